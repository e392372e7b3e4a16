"""What is on the screen, one module a pane. Panes take snapshots and know nothing of each other."""

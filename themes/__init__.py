"""Colours, one file a theme. Read by `tradetui.tui.themes`."""

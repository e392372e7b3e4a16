"""Where orders go: the simulated venue, and later the broker. One protocol of submit, cancel and outcomes."""

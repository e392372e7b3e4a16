"""The words every other module uses: instruments, orders, events, commands, snapshots. Nothing here trades; no I/O."""

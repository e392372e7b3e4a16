"""The words every other module uses: instruments, orders, events, commands, snapshots. No behaviour that trades, no I/O."""

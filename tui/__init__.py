"""The screen and the command line. The only floor that knows a terminal."""

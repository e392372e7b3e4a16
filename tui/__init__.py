"""The screen and the command line. The only floor that knows a terminal."""

import os

# Textual reads it when it is imported. After a frame it waits for the next tick but one of such a clock: with its own
# 60 a second, a key that comes just then is shown after 33 ms. How often the market is painted is ours to say.
os.environ.setdefault("TEXTUAL_FPS", "120")

"""Lets a screen go first: Python runs one thread at a time, and a key is answered when its thread gets its turn.

Without it, the engine thread and the screen's share the interpreter in slices, so that a frame of 10 ms takes 30.
"""

from __future__ import annotations

import threading

GIVE_WAY_S = 0.03  # at a stretch: a frame takes less, and a screen that never rests does not stop a market


class Foreground:
    """Whether the screen is at work. The screen's thread says so, an engine's thread stands aside meanwhile."""

    def __init__(self) -> None:
        self._idle = threading.Event()
        self._idle.set()

    def begin(self) -> None:
        """The screen is at work."""
        self._idle.clear()

    def end(self) -> None:
        """The screen waits for a key or its next frame."""
        self._idle.set()

    def give_way(self) -> None:
        """Wait until the screen is done, GIVE_WAY_S at most. Called between two slices of work of a millisecond."""
        self._idle.wait(GIVE_WAY_S)

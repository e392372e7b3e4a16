"""The only door from the screen to a running session: pull a picture, send a command, move the replay clock."""

from __future__ import annotations

from typing import Protocol

from tradetui.engine.model.commands import Command
from tradetui.engine.model.snapshot import Snapshot

SPEEDS: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 0.0)  # 0 is as fast as it goes


class Desk(Protocol):
    """What the screen needs of a running session. Nothing here blocks but `stop`, which joins within two seconds."""

    def snapshot(self) -> Snapshot:
        """The newest immutable picture."""

    def send(self, command: Command) -> None:
        """Queue a command for the core; its effect shows up in a later snapshot."""

    def play(self) -> None:
        """Let the replay clock run."""

    def pause(self) -> None:
        """Hold the replay clock."""

    def step(self, events: int = 1) -> None:
        """Go forward by `events` while the clock is held."""

    def skip(self, seconds: float) -> None:
        """Run the clock forward by `seconds` of market time, as fast as it goes."""

    def set_speed(self, speed: float) -> None:
        """Market seconds per second; 0 is as fast as it goes."""

    def start(self) -> None:
        """Start the session's own thread."""

    def stop(self) -> None:
        """End the session's thread; returns within two seconds."""


def neighbour_speed(speed: float, direction: int) -> float:
    """The next faster (+1) or slower (-1) of SPEEDS, stopping at both ends."""
    order = [value or float("inf") for value in SPEEDS]
    here = speed or float("inf")
    if direction > 0:
        faster = [value for value in order if value > here]
        found = faster[0] if faster else order[-1]
    else:
        slower = [value for value in order if value < here]
        found = slower[-1] if slower else order[0]
    return 0.0 if found == float("inf") else found

"""The only door from the screen to a session: pull a picture, send a command, move the clock, change the feed."""

from __future__ import annotations

from typing import NamedTuple, Protocol

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


class FeedChoice(NamedTuple):
    """A feed that a session may be started on."""

    name: str  # replay, practice, paper
    what: str  # in a few words, and what it needs
    missing: str = ""  # why it cannot be started and what to do; empty where it can


class FeedRefused(Exception):
    """The feed was not switched; the message says why and what runs now."""


class Feeds(Protocol):
    """Who starts sessions. Both may take seconds: never called by the screen's own thread."""

    current: str  # the name of the feed that runs

    def available_feeds(self) -> tuple[FeedChoice, ...]:
        """Every feed there is, those that cannot be started included."""
        ...

    def switch_to(self, name: str) -> Desk:
        """End the present session wholly, then make the next one, not started yet. Raises FeedRefused."""
        ...


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

"""The terminal itself: its title, so that mode and state can be told from a tab bar, and whether it is still there."""

from __future__ import annotations

import select
import sys

from textual.app import App

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui.view import mode_words, state_word

_SAVE, _RESTORE = "\x1b[22;2t", "\x1b[23;2t"


def title(snapshot: Snapshot) -> str:
    """`KILLED · REPLAY · tradetui`: the most important word first, for it may be cut."""
    if snapshot.state is TradingState.HALTED:
        state = state_word(snapshot)
    elif snapshot.phase != "running":
        state = snapshot.phase.upper()
    elif snapshot.state is TradingState.REDUCING:
        state = state_word(snapshot)
    else:
        state = "PAUSED" if snapshot.paused else "RUN"
    return f"{state} · {mode_words(snapshot)} · tradetui"


def gone(descriptor: int) -> bool:
    """Whether nobody is at the other end of a terminal any more. Textual waits for ever to write to such a one."""
    if not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(descriptor, select.POLLHUP)
    return any(told & select.POLLHUP for _, told in poll.poll(0))


def left(app: App[None]) -> bool:
    """Whether the terminal of an app has gone away without a word: most send a signal, which ends us by itself."""
    driver, stdin = app._driver, sys.__stdin__
    if driver is None or driver.is_headless or app.is_web or stdin is None:
        return False
    return gone(stdin.fileno())


class TitleWriter:
    """Writes the title when it changed, and gives the old one back at the end."""

    def __init__(self, app: App[None]) -> None:
        self._app = app
        self._written = ""

    def write(self, text: str) -> None:
        """Set the title; does nothing without a terminal."""
        if text == self._written:
            return
        self._put(("" if self._written else _SAVE) + f"\x1b]2;{text}\x07")
        self._written = text
        self._app.title = text

    def restore(self) -> None:
        """Give the terminal its title back."""
        if self._written:
            self._put(_RESTORE)

    def _put(self, sequence: str) -> None:
        driver = self._app._driver  # Textual has no public way to write a title
        if driver is not None and not driver.is_headless and not self._app.is_web:
            driver.write(sequence)
            driver.flush()

"""The terminal's own title, so that mode and state can be told from another window or a tab bar."""

from __future__ import annotations

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

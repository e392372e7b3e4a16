"""The screen's event loop: it says when it is at work and when it waits."""

from __future__ import annotations

import asyncio
import selectors

from textual.app import App

from tradetui.engine.foreground import Foreground


class TellingSelector(selectors.DefaultSelector):
    """Where an event loop waits: whatever it does between two waits is work of the screen."""

    def __init__(self, foreground: Foreground) -> None:
        super().__init__()
        self._foreground = foreground

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait for what is registered; no wait is no rest."""
        rests = timeout is None or timeout > 0
        if rests:
            self._foreground.end()
        try:
            return super().select(timeout)
        finally:
            if rests:
                self._foreground.begin()

    def close(self) -> None:
        """The loop has ended."""
        self._foreground.end()
        super().close()


def run(app: App[None], foreground: Foreground) -> None:
    """Run an app until it ends, telling `foreground` when its thread is at work."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(TellingSelector(foreground))) as runner:
        runner.run(app.run_async())

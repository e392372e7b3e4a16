"""Opens the screen: the one place where the app and a session are put together."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tradetui.engine.errors import RunFailed, UsageError

if TYPE_CHECKING:
    from tradetui.engine.config import RunConfig
    from tradetui.engine.session import Loaded


def open_replay(
    config: RunConfig,
    *,
    speed: float | None,
    play: bool,
    ahead_s: float,
    theme: str | None,
    plain: bool,
    folder: Path | None,
    mode: str = "REPLAY",
) -> None:
    """Show a replay until the user quits; returns when the session's file is closed."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("the screen needs a terminal; in a pipe or a CI job use: tradetui --headless backtest")
    from tradetui.engine.foreground import Foreground
    from tradetui.engine.session import ReplaySession
    from tradetui.tui.app import Workstation
    from tradetui.tui.cli.feeds import WHAT, FeedSwitch, Recorded, connected
    from tradetui.tui.loop import run
    from tradetui.tui.themes import DEFAULT, ThemeError, load_all

    foreground = Foreground()

    def load(say: Callable[[str], None]) -> Loaded:
        import gc

        from tradetui.engine.replay import load_replay

        gc.unfreeze()
        say("reading the market")
        loaded = load_replay(config, folder or _sessions_folder(), say)
        gc.freeze()  # modules and widgets stay: to look through them all for garbage would stop a frame for 100 ms
        return loaded

    try:
        themes = load_all()
    except ThemeError as error:
        raise UsageError(f"a theme file is wrong: {error}") from error
    if theme is not None and theme not in themes:
        raise UsageError(f"theme {theme!r} is not known; known are {', '.join(sorted(themes))}")

    def make() -> ReplaySession:
        made: ReplaySession = ReplaySession(
            lambda: load(made.say), speed=speed, play=play, ahead_s=ahead_s, mode=mode, foreground=foreground
        )
        return made

    session = make()
    switch = FeedSwitch(
        {"replay": Recorded(make, WHAT["replay"]), **{name: connected(name, config) for name in ("practice", "paper")}},
        "replay",
        session,
    )
    app = Workstation(session, feeds=switch, theme=theme or DEFAULT, ascii=plain)
    try:
        run(app, foreground)
    finally:
        switch.session.stop()
    last = switch.session.snapshot()
    if last.journal:
        print(f"equity {last.account.equity:,.2f} after {last.events:,} of {last.events_total:,} events")
        print(f"session file: {last.journal}   (tradetui journal show FILE, tradetui journal verify FILE)")
    if last.error:
        raise RunFailed(last.error)


def open_backtest(config: RunConfig) -> None:
    """The same on historical bars, as fast as it goes."""
    import msgspec

    if not config.data:
        from tradetui.data.catalog import sample_month

        config = msgspec.structs.replace(config, data=tuple(str(path) for path in sample_month()))
    open_replay(config, speed=0, play=True, ahead_s=0, theme=None, plain=False, folder=None, mode="BACKTEST")


def _sessions_folder() -> Path:
    from platformdirs import user_data_path

    return user_data_path("tradetui") / "sessions"

"""Options of a replay that a backtest has too are the same option: one text, one type, one place."""

from __future__ import annotations

from typer.main import get_command

from tradetui.tui.cli import app

OF_A_REPLAY_ALONE = {"speed", "paused", "theme", "ascii_", "sessions"}


def test_a_replay_says_of_shared_options_what_a_backtest_says() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    ours, theirs = ({p.name: p for p in commands[name].params} for name in ("replay", "backtest"))
    shared = set(ours) - OF_A_REPLAY_ALONE - {"run_file", "help"}
    assert {"strategy", "data", "symbol", "to", "timezone", "limit", "entry_ms"} <= shared
    for name in shared:
        assert (ours[name].opts, ours[name].help, ours[name].metavar) == (
            theirs[name].opts, theirs[name].help, theirs[name].metavar,
        )  # fmt: skip

"""`tradetui replay`: the screen on a recorded or bundled market, at any speed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tradetui.engine.errors import UsageError
from tradetui.tui.cli.run_arguments import (
    AllowShort,
    Bars,
    CancelAhead,
    Cash,
    Commission,
    DataPaths,
    EntryMs,
    From,
    LatencyFile,
    Limit,
    LongOnly,
    Parameters,
    Quantity,
    ReportMs,
    SelfTrade,
    Strategy,
    Symbol,
    Timezone,
    To,
)
from tradetui.tui.cli.run_options import merge_options, one_of, read_run_file, simulation_table, table_of, where_from
from tradetui.tui.cli.state import Shell

HELP = """Replay a market on the screen while a strategy trades it.

Without --data it is the bundled session: quotes, trades and depth of three invented symbols, traded within
max_drawdown=0.05 and max_position_value=40000 unless a run file or --limit says otherwise.

\b
Examples:
  tradetui replay
  tradetui replay --strategy mean_reversion --speed 50
  tradetui replay --data SPY_1min.csv --strategy momentum --set period=14 --speed 0
  tradetui replay run.toml --theme daylight --paused
  tradetui replay --data generated/ --bars 30s --entry-ms 2
"""
AHEAD_S = 7200.0  # the bundled session opens two hours in, where indicators have formed and something has happened
BUNDLED_LIMITS = {"max_drawdown": "0.05", "max_position_value": "40000"}  # so that the risk pane has something to show


def replay(
    context: typer.Context,
    run_file: Annotated[Path | None, typer.Argument(metavar="[RUN.toml]", help="A run file, as for backtest.")] = None,
    strategy: Strategy = None,
    set_: Parameters = None,
    data: DataPaths = None,
    symbol: Symbol = None,
    from_: From = None,
    to: To = None,
    timezone: Timezone = None,
    cash: Cash = None,
    quantity: Quantity = None,
    commission: Commission = None,
    bars: Bars = None,
    entry_ms: EntryMs = None,
    report_ms: ReportMs = None,
    latency_file: LatencyFile = None,
    cancel_ahead: CancelAhead = None,
    self_trade: SelfTrade = None,
    allow_short: AllowShort = False,
    long_only: LongOnly = False,
    limit: Limit = None,
    speed: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=10_000_000,
            help="Market seconds per second; 0 is as fast as it goes. [10; with --data four bars a second]",
        ),
    ] = None,
    paused: Annotated[bool, typer.Option("--paused", help="Open with the clock held.")] = False,
    theme: Annotated[str | None, typer.Option(help="midnight (default), daylight, colorblind, asia, mono.")] = None,
    ascii_: Annotated[bool, typer.Option("--ascii", help="Draw with plain characters only.")] = False,
    sessions: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the session file is written.")] = None,
) -> None:
    from tradetui.engine.config import run_config
    from tradetui.tui.cli.screen import open_replay

    shell: Shell = context.obj
    if shell.headless:
        raise UsageError("a replay has a screen; without one it is a backtest: tradetui --headless backtest ...")
    file_values = {} if run_file is None else read_run_file(run_file)
    options: dict[str, Any] = {
        "strategy": strategy, "data": data, "symbol": symbol, "from": from_, "to": to, "timezone": timezone,
        "cash": cash, "quantity": quantity, "commission": commission, "allow_short": one_of(allow_short, long_only),
        "parameters": table_of(file_values, "parameters", set_ or [], "--set"),
        "simulation": simulation_table(
            file_values, bars, entry_ms=entry_ms, report_ms=report_ms, latency_file=latency_file,
            cancel_ahead=cancel_ahead, self_trade=self_trade,
        ),
        "limits": table_of(file_values, "limits", limit or [], "--limit"),
    }  # fmt: skip
    values = merge_options(file_values, options)
    if run_file is None and not values.get("data"):
        values.setdefault("limits", BUNDLED_LIMITS)
    config = run_config(values, where_from(run_file))
    ahead_s = 0.0 if config.data else AHEAD_S
    open_replay(config, speed=speed, play=not paused, ahead_s=ahead_s, theme=theme, plain=ascii_, folder=sessions)


replay.__doc__ = HELP

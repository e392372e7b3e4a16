"""`tradetui backtest`: a strategy over historical bars, on the screen, or with --headless as table, JSON and files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradetui.engine.errors import RunFailed, UsageError
from tradetui.tui.cli.gates import GateFailed, gate_values, parse_gate
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

if TYPE_CHECKING:
    from tradetui.engine.backtest import Progress
    from tradetui.engine.config import RunConfig

HELP = """Trade a strategy over historical bars, or over ticks and books.

Without --data it uses the bundled month of three invented symbols. --data also takes quotes, trades, depth and order
events, files or folders as `tradetui data import` and `tradetui data generate --kind session` write them: the finest of
each symbol is its market, and bars are built from its trades. A TOML run file holds the same names as the options (with
_ for -), tables [parameters], [limits], [fees], [slippage], [chance], [simulation] and [instruments.SYMBOL]; options
beat it.

\b
Examples:
  tradetui --headless backtest --strategy ma_crossover --set fast=10 --set slow=20
  tradetui --headless backtest --data GOOG.csv --quantity 10 --commission 0.002 --allow-short --json
  tradetui --headless backtest run.toml --out results/ --fail-if 'max_drawdown < -0.2' --fail-if 'trades < 10'
  tradetui --headless backtest --strategy my_idea.py:MyIdea --limit max_drawdown=0.1 --quiet
  tradetui --headless backtest --data generated/ --strategy momentum --bars 5min --entry-ms 2 --report-ms 1
"""

_Flag = bool | None


def backtest(
    context: typer.Context,
    run_file: Annotated[Path | None, typer.Argument(metavar="[RUN.toml]", help="A run file.")] = None,
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
    commission_fixed: Annotated[str | None, typer.Option(help="Money per execution. [0]")] = None,
    spread: Annotated[str | None, typer.Option(help="Fraction of the price, paid on entry. [0]")] = None,
    slippage_bps: Annotated[str | None, typer.Option(help="Market and stop orders fill this much worse. [0]")] = None,
    fill: Annotated[
        str | None, typer.Option(metavar="through|touch", help="What a limit order needs of the price. [through]")
    ] = None,
    intrabar: Annotated[
        str | None,
        typer.Option(
            metavar="stop_first|target_first|adaptive", help="Which of two exits inside one bar. [stop_first]"
        ),
    ] = None,
    same_close: Annotated[
        _Flag, typer.Option("--same-close", help="Fill at the close a decision was made on: optimistic.")
    ] = None,
    volume_cap: Annotated[
        str | None, typer.Option(metavar="FRACTION|none", help="Most of a bar's volume that fills. [0.1]")
    ] = None,
    bars: Bars = None,
    entry_ms: EntryMs = None,
    report_ms: ReportMs = None,
    latency_file: LatencyFile = None,
    cancel_ahead: CancelAhead = None,
    self_trade: SelfTrade = None,
    allow_short: AllowShort = False,
    long_only: LongOnly = False,
    form: Annotated[
        str | None, typer.Option(metavar="auto|event|vectorised", help="Decide bar by bar or in columns. [auto]")
    ] = None,
    limit: Limit = None,
    seed: Annotated[str | None, typer.Option(help="Of the venue's randomness. [0]")] = None,
    rf: Annotated[str | None, typer.Option(help="Annual risk-free rate as a fraction. [0]")] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="tradetui|empyrical|quantstats|backtesting.py",
            help="Whose definitions the metrics follow. [tradetui]",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write run.json, tables and the session file there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of the table.")] = False,
    fail_if: Annotated[
        list[str] | None, typer.Option(metavar="EXPR", help="Exit with 5 when true, such as 'sharpe < 1'; repeatable.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no table.")] = False,
) -> None:
    from tradetui.engine.config import run_config

    if symbol == "":
        raise UsageError("--symbol is empty; expected a name")
    gates = [parse_gate(text) for text in fail_if or []]
    file_values = {} if run_file is None else read_run_file(run_file)
    options: dict[str, Any] = {
        "strategy": strategy, "data": data, "symbol": symbol, "from": from_, "to": to, "timezone": timezone,
        "cash": cash, "quantity": quantity, "commission": commission, "commission_fixed": commission_fixed,
        "spread": spread, "slippage_bps": slippage_bps, "fill": fill, "intrabar": intrabar, "same_close": same_close,
        "volume_cap": volume_cap, "allow_short": one_of(allow_short, long_only), "form": form, "seed": seed,
        "rf": rf, "profile": profile,
        "parameters": table_of(file_values, "parameters", set_ or [], "--set"),
        "simulation": simulation_table(
            file_values, bars, entry_ms=entry_ms, report_ms=report_ms, latency_file=latency_file,
            cancel_ahead=cancel_ahead, self_trade=self_trade,
        ),
        "limits": table_of(file_values, "limits", limit or [], "--limit"),
    }  # fmt: skip
    config = run_config(merge_options(file_values, options), where_from(run_file))
    shell: Shell = context.obj
    if not shell.headless:
        if as_json or out or gates or quiet:
            raise UsageError("--json, --out, --fail-if and --quiet need --headless: tradetui --headless backtest ...")
        from tradetui.tui.cli.screen import open_backtest

        open_backtest(config)
        return
    if out is not None and (out / "run.json").exists() and not quiet:
        print(f"tradetui: {out} holds another run; it is replaced", file=sys.stderr)
    result = _run(config, out, quiet or as_json, quiet)
    if as_json:
        sys.stdout.write(result.to_json() + "\n")
    elif not quiet:
        from tradetui.tui.cli.table import print_result

        print_result(result, out)
    for error in result.errors:
        kept = " and in the session file" if out else ""
        raise RunFailed(
            f"strategy {error.strategy} was stopped; what it did before is in the result{kept}. "
            f"It raised {error.error}\n{error.traceback.rstrip()}"
        )
    values = gate_values(result.to_dict()) if gates else {}
    tripped = [reason for gate in gates if (reason := gate.trips(values)) is not None]
    if tripped:
        raise GateFailed("; ".join(tripped))


backtest.__doc__ = HELP


def _run(config: RunConfig, out: Path | None, quiet: bool, silent: bool) -> Any:
    from tradetui.engine.backtest import run_backtest
    from tradetui.engine.simulated_market import unheard

    data = list(config.data)
    if not data:
        from tradetui.data.catalog import sample_month

        data = [str(path) for path in sample_month()]
        if not quiet:
            print("tradetui: no --data; using the bundled sample month", file=sys.stderr)
    if quiet or not sys.stderr.isatty():
        return run_backtest(config.strategy, data, config=config, out=out, tell=unheard if silent else _tell)
    with _progress() as progress:
        return run_backtest(config.strategy, data, config=config, out=out, progress=progress, tell=_tell)


def _tell(what: str) -> None:
    print(f"tradetui: {what}", file=sys.stderr)


class _progress:  # noqa: N801  # used as a function: a context manager that yields a callback
    """A bar on stderr with the rows done, the rate and the time left."""

    def __enter__(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("backtest"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        task = self._bar.add_task("", total=None)
        return lambda done, total: self._bar.update(task, completed=done, total=total)

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

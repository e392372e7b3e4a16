"""`tradetui data check` and `tradetui data clean`: faults counted, mended by named rules, and given back on request."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import TradetuiError, UsageError
from tradetui.tui.cli.data_import import Column, Columns, DialectPairs, Json, Kind, Stamp, Symbol
from tradetui.tui.cli.feed_import import refuse_again

if TYPE_CHECKING:
    from tradetui.data.clean.report import CleaningReport
    from tradetui.data.clean.rules import Settings
    from tradetui.data.dialects.words import Stated

CHECK_HELP = """Find and count the faults of market data. Nothing is changed and nothing is written.

Every rule looks at the file as it is, also those that clean runs only on request. A file in another layout than ours
is read as `tradetui data import` reads it, with the same options.

\b
Examples:
  tradetui data check market/SPY_2008-2017_bars.parquet --calendar XNYS
  tradetui data check trades.parquet --json
  tradetui data check bid.csv --ask ask.csv
"""

CLEAN_HELP = """Mend market data by named rules, each counted, listed and undone exactly.

By default only what cannot be true is mended; what is merely unlikely, or changes what the rows mean, is done by rules
that are asked for. The file is left alone: the cleaned one and a record of all that was taken out or changed go to
another folder.

\b
Examples:
  tradetui data clean market/SPY_2008-2017_bars.parquet --out clean
  tradetui data clean market/AAPL_bars.parquet --rule splits --rule spikes --out clean
  tradetui data clean market/XXX_trades.parquet --skip out_of_sequence --set venue=N --rule venue --out clean
  tradetui data clean clean/SPY_2008-2017_bars.parquet --undo restored.parquet
  tradetui data clean --rules
"""

UNDO_SUFFIX = ".undo.parquet"

OptionalFiles = Annotated[list[Path] | None, typer.Argument(metavar="FILE...", help="Files to judge; never changed.")]
Calendar = Annotated[
    str | None, typer.Option("--calendar", metavar="CODE", help="Calendar of the exchange, as XNYS or CMES.")
]
Timezone = Annotated[
    str | None, typer.Option("--timezone", metavar="ZONE", help="Zone of times that name none, and of the days.")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A number that rules judge by; repeatable.")
]


def check(
    files: OptionalFiles = None,
    ask: Annotated[
        Path | None, typer.Option("--ask", metavar="FILE", help="Bars of the ask, compared with one FILE of the bid.")
    ] = None,
    calendar: Calendar = None,
    timezone: Timezone = None,
    symbol: Symbol = None,
    stamp: Stamp = None,
    kind: Kind = None,
    columns: Columns = None,
    column: Column = None,
    dialect: DialectPairs = None,
    settings: Set = None,
    every: Annotated[bool, typer.Option("--all", help="Show the rules that found nothing too.")] = False,
    as_json: Json = False,
) -> None:
    """Prints what each rule finds in each file."""
    from tradetui.data.clean.files import load
    from tradetui.data.clean.registry import rules_for
    from tradetui.data.clean.run import check as find
    from tradetui.data.dialects.words import stated

    _demand_files(files)
    wanted = _settings(settings, calendar, timezone)
    named = {"symbol": symbol, "timezone": timezone, "stamp": stamp, "kind": kind, "columns": columns}
    said = stated(dialect or (), column or (), **named)
    if ask is not None:
        _compare(files or [], ask, said, as_json=as_json)
        return
    reports: list[CleaningReport] = []
    code = 0
    for path in files or []:
        try:
            table = load(path, said).table
            reports.append(find(table, rules_for(table.kind), wanted, str(path)))
        except TradetuiError as error:
            print(f"tradetui: {error}", file=sys.stderr)
            code = code or error.exit_code
            continue
        if not as_json:
            typer.echo("\n".join(reports[-1].lines(every=every)))
    if as_json:
        _print_json({"reports": reports})
    raise typer.Exit(code)


def clean(
    files: OptionalFiles = None,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the cleaned files; made if absent.")
    ] = Path("clean"),
    rule: Annotated[list[str] | None, typer.Option("--rule", metavar="NAME", help="Run this too; repeatable.")] = None,
    skip: Annotated[list[str] | None, typer.Option("--skip", metavar="NAME", help="Leave out; repeatable.")] = None,
    only: Annotated[list[str] | None, typer.Option("--only", metavar="NAME", help="Run only this; repeatable.")] = None,
    undo: Annotated[
        Path | None, typer.Option("--undo", metavar="FILE", help="Write here what the cleaned FILE was made from.")
    ] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List all rules and leave.")] = False,
    calendar: Calendar = None,
    timezone: Timezone = None,
    symbol: Symbol = None,
    stamp: Stamp = None,
    kind: Kind = None,
    columns: Columns = None,
    column: Column = None,
    dialect: DialectPairs = None,
    settings: Set = None,
    as_json: Json = False,
) -> None:
    """Cleans every file that can be, prints its report and the paths that were written."""
    if rules:
        _list_rules()
        return
    _demand_files(files)
    if undo is not None:
        _undo(files or [], undo)
        return
    from tradetui.data.dialects.words import stated

    wanted = _settings(settings, calendar, timezone)
    named = {"symbol": symbol, "timezone": timezone, "stamp": stamp, "kind": kind, "columns": columns}
    said = stated(dialect or (), column or (), **named)
    reports: list[CleaningReport] = []
    written: set[Path] = set()
    lists = (rule or [], skip or [], only or [])
    code = 0
    for path in files or []:
        try:
            reports.append(_clean_one(path, out, said, wanted, *lists, written, tell=not as_json))
        except TradetuiError as error:
            print(f"tradetui: {error}", file=sys.stderr)
            code = code or error.exit_code
    if as_json:
        _print_json({"reports": reports})
    raise typer.Exit(code)


def _clean_one(
    path: Path,
    out: Path,
    said: Stated,
    settings: Settings,
    more: list[str],
    less: list[str],
    only: list[str],
    written: set[Path],
    *,
    tell: bool,
) -> CleaningReport:
    from tradetui.data.clean.files import load, write_cleaned
    from tradetui.data.clean.registry import chosen
    from tradetui.data.dialects.importing import stem_of

    loaded = load(path, said)
    stem = stem_of(path)
    kind = loaded.kind
    target = out / f"{stem.removesuffix(f'_{kind}')}_{kind}.parquet"
    refuse_again(target, path, written)
    record = target.with_suffix(UNDO_SUFFIX)
    report = write_cleaned(loaded, chosen(kind, more, less, only), settings, target, record).report
    written.add(target)
    if tell:
        typer.echo("\n".join(report.lines()), err=True)
        typer.echo(f"{target}\n{record}")
    return report


def _undo(files: list[Path], target: Path) -> None:
    from tradetui.data.clean.files import undo_cleaning

    if len(files) != 1:
        raise UsageError(f"--undo takes one cleaned FILE, and {len(files)} are named")
    rows = undo_cleaning(files[0], files[0].with_suffix(UNDO_SUFFIX), target)
    typer.echo(f"{rows:,} rows are as they were before cleaning", err=True)
    typer.echo(target)


def _compare(files: list[Path], ask: Path, said: Stated, *, as_json: bool) -> None:
    from tradetui.data.clean.files import load
    from tradetui.data.clean.pairs import compare_sides

    if len(files) != 1:
        raise UsageError(f"--ask takes one FILE of the bid, and {len(files)} are named")
    found = compare_sides(load(files[0], said).table, load(ask, said).table)
    if as_json:
        _print_json({"bid": str(files[0]), "ask": str(ask), "sides": found})
    else:
        typer.echo("\n".join(found.lines()))


def _settings(pairs: list[str] | None, calendar: str | None, timezone: str | None) -> Settings:
    from tradetui.data.clean.registry import settings_of

    return settings_of(pairs or (), calendar or "", timezone or "")


def _list_rules() -> None:
    from tradetui.data.clean.registry import RULES

    for rule in RULES:
        runs = "by default" if rule.default else "on request" if rule.mend else "only counted"
        typer.echo(f"{rule.name:<17} {', '.join(rule.kinds)}; {runs}\n{'':18}finds {rule.finds}\n{'':18}{rule.does}")


def _demand_files(files: list[Path] | None) -> None:
    if not files:
        raise UsageError("no file is named: expected one or more, as in tradetui data check FILE")


def _print_json(value: object) -> None:
    import msgspec

    typer.echo(msgspec.json.encode(value).decode())

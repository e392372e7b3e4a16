"""`tradetui data show`: the quality report of one symbol, as text of 80 columns or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.tui.cli.data_import import DialectPairs, Json, Kind, Stamp, Symbol, Timezone
from tradetui.tui.cli.data_list import default_folder, moment
from tradetui.tui.cli.data_pictures import ASCII, UNICODE, Ink, heat_map, legend, sparkline

if TYPE_CHECKING:
    from tradetui.data.clean.rules import Table
    from tradetui.data.describe import Description

HELP = """Describe market data: span, gaps, coverage of days, prices, returns, and what `tradetui data check` finds.

Names a file, or a symbol in a folder or store. A file in another layout is read as `tradetui data import` reads it,
with the same options. Nothing is changed.

\b
Examples:
  tradetui data show ACME
  tradetui data show market/SPY_bars.parquet --calendar XNYS
  tradetui data show AAPL --data store --json
"""

WIDTH = 80
DAY_NS = 86_400 * 10**9
UNITS = ((DAY_NS, "d"), (3_600 * 10**9, "h"), (60 * 10**9, "min"), (10**9, "s"))
DIGITS = 8  # of a price

What = Annotated[str, typer.Argument(metavar="FILE|SYMBOL", help="A file, or a symbol in --data.")]


def show(
    what: What,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Folder or store that a SYMBOL is looked for in.")
    ] = None,
    calendar: Annotated[
        str | None, typer.Option("--calendar", metavar="CODE", help="Calendar of the exchange, as XNYS or CMES.")
    ] = None,
    timezone: Timezone = None,
    symbol: Symbol = None,
    stamp: Stamp = None,
    kind: Kind = None,
    dialect: DialectPairs = None,
    ascii: Annotated[bool, typer.Option("--ascii", help="Draw with ASCII characters alone.")] = False,
    as_json: Json = False,
) -> None:
    """Prints one report a symbol."""
    from tradetui.data.clean.registry import settings_of
    from tradetui.data.describe import describe
    from tradetui.data.describe_folder import table_of_file, tables_of
    from tradetui.data.dialects.words import stated

    settings = settings_of((), calendar or "", timezone or "")
    tables: list[tuple[str, Table]]
    if Path(what).exists():
        said = stated(dialect or (), (), symbol=symbol, timezone=timezone, stamp=stamp, kind=kind)
        tables = [(what, table_of_file(Path(what), said))]
    else:
        tables = tables_of(what, data or default_folder())
    found = [one for source, table in tables for one in describe(table, source, settings)]
    if as_json:
        typer.echo(_json(found))
        return
    ink = ASCII if ascii else UNICODE
    typer.echo("\n\n".join("\n".join(_lines(one, ink)) for one in found))


def _lines(found: Description, ink: Ink) -> Iterator[str]:
    first, last = (_moment(found, ts) for ts in (found.first_ns, found.last_ns))
    length = f"{duration(found.interval_ns)} " if found.interval_ns else ""
    yield f"{found.symbol}  {length}{found.kind}  {found.source}"
    yield f"  {found.rows:,} rows   {first} to {last}{'' if _is_daily(found) else ' UTC'}"
    yield _rule("rows")
    yield from _columns(_row_figures(found))
    yield _rule("prices")
    yield from _columns(_price_figures(found))
    if found.closes:
        yield f"  {sparkline(found.closes, WIDTH - 4, ink)}"
    yield _rule("found by data check")
    yield from _faults(found)
    yield _rule(f"days, by {found.calendar or found.timezone}")
    yield from heat_map(found, ink)
    yield f"  {legend(found, ink)}"


def _row_figures(found: Description) -> list[tuple[str, str]]:
    with_rows = [day for day in found.days if day.rows]
    figures = [("days with rows", f"{len(with_rows):,}"), ("rows a day, median", f"{found.typical_rows:,}")]
    if found.calendar:
        missing = sum(not day.rows for day in found.days)
        figures.append(("sessions missing", f"{missing:,}"))
        figures.append(("rows on closed days", f"{sum(day.rows for day in with_rows if not day.expected):,}"))
    if found.gaps is not None:
        figures += [("gaps", f"{found.gaps.count:,}"), ("gaps within days", f"{found.gaps.within_days:,}")]
        if found.gaps.missing is not None:
            figures.append(("bars missing", f"{found.gaps.missing:,}"))
        if found.gaps.count:
            figures.append(("longest gap", duration(found.gaps.longest_ns)))
            figures.append(("after", _moment(found, found.gaps.longest_from_ns)))
    if found.zero_volume is not None:
        figures.append(("bars without volume", f"{found.zero_volume:,}"))
    if found.unknown_volume:
        figures.append(("volume not known", f"{found.unknown_volume:,}"))
    figures.append(("repeated times", f"{found.repeated_times:,}"))
    return figures


def _price_figures(found: Description) -> list[tuple[str, str]]:
    figures = [(name, _price(value)) for name, value in (("first", found.first_price), ("last", found.last_price))]
    figures += [("lowest", _price(found.low)), ("highest", _price(found.high))]
    for name, extreme in (("worst return", found.worst_return), ("best return", found.best_return)):
        if extreme is not None:
            figures.append((name, f"{extreme.value:+.4%}"))
            figures.append(("at", _moment(found, extreme.ts_ns)))
    if found.return_deviation is not None:
        figures.append(("deviation of returns", f"{found.return_deviation:.4%}"))
    return figures


def _faults(found: Description) -> Iterator[str]:
    if not found.faults:
        yield "  nothing"
        return
    names = sorted(found.faults.items(), key=lambda fault: (-fault[1], fault[0]))
    yield from _columns([(name, f"{count:,}") for name, count in names])


def _is_daily(found: Description) -> bool:
    return found.interval_ns >= DAY_NS


def _moment(found: Description, ts_ns: int) -> str:
    return moment(ts_ns, date_only=_is_daily(found))


def duration(length_ns: int) -> str:
    """A length of time in its two largest units: 3d 17h, 1min, 250ms."""
    parts = []
    rest = length_ns
    for unit, name in UNITS:
        number, rest = divmod(rest, unit)
        if number:
            parts.append(f"{number}{name}")
    return " ".join(parts[:2]) or f"{length_ns / 10**6:g}ms"


def _price(value: float | None) -> str:
    return "-" if value is None else f"{value:,.{DIGITS}g}" if abs(value) < 10**DIGITS else f"{value:,.0f}"


def _columns(figures: list[tuple[str, str]]) -> Iterator[str]:
    for row in range(0, len(figures), 2):
        yield "  " + "    ".join(f"{name:<20} {value:>16}" for name, value in figures[row : row + 2])


def _rule(title: str) -> str:
    return f"-- {title} " + "-" * (WIDTH - len(title) - 4)


def _json(found: list[Description]) -> str:
    import msgspec

    from tradetui.data.times import time_text

    reports = []
    for one in found:
        report = msgspec.to_builtins(one)
        for name in ("first", "last"):
            report[name] = time_text(report.pop(f"{name}_ns"))
        for name in ("worst_return", "best_return"):
            if report[name] is not None:
                report[name]["at"] = time_text(report[name].pop("ts_ns"))
        reports.append(report)
    return msgspec.json.encode({"schema_version": 1, "reports": reports}).decode()

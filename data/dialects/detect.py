"""What a file seems to be, with the evidence; what its bytes cannot tell is a doubt, to be settled by an option."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl

from tradetui.data.dialects.detection import Detection, Doubt, Finding
from tradetui.data.dialects.layouts import SHOWN_MAX, column_layout, text_layout
from tradetui.data.dialects.reading import guarded, scan_columns, scan_text
from tradetui.data.dialects.sessions import judge_rows
from tradetui.data.dialects.staging import Staged, staged
from tradetui.data.dialects.times import epoch_of, form_of
from tradetui.data.dialects.words import Dialect, Stated, interval_ns_of
from tradetui.data.files import is_vendor, symbol_from_name
from tradetui.data.times import zone
from tradetui.engine.errors import DataError, UsageError

SAMPLE_ROWS = 20_000  # some weeks of minutes


def detect(path: Path, said: Stated | None = None) -> Detection:
    """What the file at `path` seems to be, given what the user says of it.

    Raises DataError for a file that cannot be read or is no table of bars, trades or quotes.
    """
    said = said or Stated()
    with staged(path, said.member or "") as source:
        return detect_staged(source, said)


def detect_staged(source: Staged, said: Stated) -> Detection:
    """`detect` of a file that is already unpacked."""
    if said.timezone is not None:
        zone(said.timezone)
    findings: list[Finding] = []
    if source.member:
        findings.append(Finding("archive", source.member, "the data file in it"))
    dialect = text_layout(source, said, findings) if source.kind == "csv" else column_layout(source, said)
    dialect = _symbol(source, said, _stated(said, dialect), findings)
    detection = Detection(source.path, dialect, findings)
    _ask_symbol(said, detection)
    _columns_found(detection)
    _times(source, said, detection)
    judge_rows(source, said, detection, _sample(source, detection.dialect))
    return detection


def _stated(said: Stated, dialect: Dialect) -> Dialect:
    """What the user said, over what was found."""
    same = ("timezone", "wall_clock", "ambiguous", "stamp", "newest_first", "decimal", "thousands", "price_scale")
    values = {name: value for name in (*same, "size_scale", "epoch") if (value := getattr(said, name)) is not None}
    if said.interval is not None:
        values["interval_ns"] = interval_ns_of(said.interval)
    return msgspec.structs.replace(dialect, **values)


def _symbol(source: Staged, said: Stated, dialect: Dialect, findings: list[Finding]) -> Dialect:
    if dialect.roles.symbol is not None:
        findings.append(Finding("symbol", f"column {dialect.roles.symbol!r}", "its name"))
        return msgspec.structs.replace(dialect, symbol=said.symbol or "")
    name = said.symbol or symbol_from_name(Path(source.member) if source.member else source.path)
    if not name:
        raise DataError(source.path, None, "its name begins with no symbol", "a symbol", "Name it with --symbol")
    findings.append(Finding("symbol", name, "stated" if said.symbol else "the file's name"))
    return msgspec.structs.replace(dialect, symbol=name)


def _ask_symbol(said: Stated, detection: Detection) -> None:
    """A name that tells no more than who wrote the file tells no symbol: that is asked for."""
    dialect = detection.dialect
    if said.symbol is None and dialect.roles.symbol is None and is_vendor(dialect.symbol):
        detection.doubts.append(
            Doubt(f"{dialect.symbol!r} in its name says who wrote it, not its symbol", "--symbol NAME")
        )


def _columns_found(detection: Detection) -> None:
    roles = detection.dialect.roles.used()
    unused = [name for name in detection.dialect.columns if name not in roles.values()]
    taken = ", ".join(role if role == name.lower() else f"{role}={name or '(unnamed)'}" for role, name in roles.items())
    because = f"not used: {', '.join(unused[:SHOWN_MAX])}" if unused else "every column is used"
    detection.findings.append(Finding(detection.dialect.kind, taken, because))


def _times(source: Staged, said: Stated, detection: Detection) -> None:
    """The form and the zone of the times."""
    dialect = detection.dialect
    name = dialect.roles.time
    if name is None:
        shown = ", ".join(repr(column) for column in dialect.columns[:SHOWN_MAX])
        seen, hint = f"no time column among {shown}", "Say which it is with --column time=NAME"
        raise DataError(source.path, 1 if source.kind == "csv" else None, seen, "a column of times", hint)
    for role, column in dialect.roles.used().items():
        if column not in dialect.columns:
            raise UsageError(
                f"--column {role}={column}: the file has no such column, only {', '.join(dialect.columns)}"
            )
    values = _time_values(source, dialect)
    if values.dtype == pl.String:
        _text_times(source, said, detection, [str(value) for value in values])
    elif values.dtype.is_integer():
        _number_times(source, detection, name, int(values[0]))
    elif isinstance(values.dtype, pl.Datetime):
        if values.dtype.time_zone is None:
            _ask_zone(said, detection, f"column {name!r} holds times without a zone")
        else:
            detection.findings.append(Finding("times", f"column {name!r}", f"instants in {values.dtype.time_zone}"))
    elif values.dtype != pl.Date:
        raise DataError(source.path, None, f"column {name!r} holds {values.dtype}", "dates, times, numbers or text")


def _text_times(source: Staged, said: Stated, detection: Detection, values: list[str]) -> None:
    dialect, name = detection.dialect, detection.dialect.roles.time
    first = values[0].strip()
    if said.time_format is not None:
        form, clock, naive = said.time_format, "%H" in said.time_format, "z" not in said.time_format
        detection.findings.append(Finding("times", form, "stated"))
    elif (found := form_of(values, said.date_order)) is not None:
        form, clock, naive = found.form, found.clock, found.naive
        detection.findings.append(Finding("times", form, f"{first!r} in column {name!r}"))
        if found.ambiguous_order:
            seen = f"{first!r} may be month/day or day/month, and no row of the file decides it"
            detection.doubts.append(Doubt(seen, "--dialect date_order=mdy or --dialect date_order=dmy"))
    elif first.lstrip("+-").isdigit():
        _number_times(source, detection, str(name), int(first))
        return
    else:
        hint = "Say it in the words of strptime, as in --dialect time_format='%d.%m.%Y %H:%M'"
        raise DataError(source.path, None, f"time {first!r} is not understood", "a date, a time or an epoch", hint)
    detection.dialect = msgspec.structs.replace(dialect, time_format=form)
    if naive and clock:
        _ask_zone(said, detection, f"times like {first!r} name no zone")
    elif naive and said.timezone is None:
        detection.findings.append(Finding("zone", "none", "dates without a clock stay dates: 00:00 UTC"))


def _number_times(source: Staged, detection: Detection, name: str, first: int) -> None:
    unit = detection.dialect.epoch or epoch_of(name, first)
    if unit is None:
        hint = "Name the unit with --dialect epoch=s, ms, us or ns"
        raise DataError(source.path, None, f"time {first} is no time of a market in any unit", "an epoch", hint)
    detection.dialect = msgspec.structs.replace(detection.dialect, epoch=unit)
    detection.findings.append(Finding("times", f"{unit} since 1970-01-01", f"{first} in column {name!r}"))


def _ask_zone(said: Stated, detection: Detection, seen: str) -> None:
    if said.timezone is None:
        detection.doubts.append(Doubt(seen, "--timezone, as in --timezone America/New_York or --timezone UTC"))
    else:
        detection.findings.append(Finding("zone", said.timezone, "stated"))


def _time_values(source: Staged, dialect: Dialect) -> pl.Series:
    """Times of the sample as the file writes them, the time of day joined on; never empty."""
    lazy = scan_columns(source) if source.kind != "csv" else scan_text(source, dialect)
    column = pl.col(str(dialect.roles.time))
    if dialect.roles.clock is not None:
        column = pl.concat_str(column, dialect.roles.clock, separator=" ")
    text = dialect if source.kind == "csv" else None
    frame = guarded(source, lambda: lazy.select(column).head(SAMPLE_ROWS).collect(), text)
    values = frame.to_series().drop_nulls()
    if not len(values):
        hint = "The column of times may be another one: --column time=NAME" if len(frame) else ""
        seen = f"column {dialect.roles.time!r} is empty" if len(frame) else "there are columns and no row"
        raise DataError(source.path, None, seen, "a time on every row" if len(frame) else "at least one row", hint)
    return values


def _sample(source: Staged, dialect: Dialect) -> pl.LazyFrame:
    lazy = scan_columns(source) if source.kind != "csv" else scan_text(source, dialect)
    return lazy.head(SAMPLE_ROWS)

"""Separator, header, columns and kind of a file, from its first lines or its schema."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tradetui.data.dialects.detection import Finding
from tradetui.data.dialects.reading import column_schema, ends_mid_line, fields_of, head_lines
from tradetui.data.dialects.roles import CLOCK, NEEDED, looks_like_values, roles_by_name, roles_listed, unique_names
from tradetui.data.dialects.staging import Staged
from tradetui.data.dialects.words import Dialect, Roles, Stated
from tradetui.engine.errors import DataError

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_LINES = 200  # enough to see columns; times and directions are judged on more
SHOWN_MAX = 10  # column names in a message
COLUMNS_TEXT = "columns for bars (open, high, low, close), trades (price, size) or quotes (bid, ask)"


def text_layout(source: Staged, said: Stated, findings: list[Finding]) -> Dialect:
    """Separator, header and columns of a text file."""
    lines = [line for line in head_lines(source)[said.skip_lines or 0 :] if line.strip()][:SAMPLE_LINES]
    if not lines:
        raise DataError(source.path, None, "the file is empty", "a header and at least one row")
    separator = said.separator or _separator(lines)
    rows = fields_of(lines, separator)
    header = not looks_like_values(rows[0]) if said.header is None else said.header
    body = rows[1:] if header else rows
    if not body:
        raise DataError(source.path, 1, "there is a header and no row", "at least one row")
    because = "stated" if said.separator else f"{len(body[0])} fields on every line of the sample"
    findings.append(Finding("separator", {"\t": "tab"}.get(separator, separator), because))
    width = len(body[0])
    names, roles = _named_columns(source, said, rows[0] if header else [], body[0], findings)
    if len(names) != width:
        seen = f"{len(names)} columns are named and the first row has {width} fields"
        hint = 'Name every column in the file\'s order: --columns "time,open,high,low,close,volume", "-" ignores one'
        raise DataError(source.path, None, seen, "a name for each field", hint)
    found, kind = roles_by_name(names, msgspec.structs.replace(roles, **said.roles.used()), said.kind)
    if kind is None:
        raise _refuse_columns(source, names, said)
    if ends_mid_line(source):
        findings.append(Finding("last line", "whole", "it has no line end: check that the file was not cut off"))
    return Dialect(
        kind=kind, columns=names, roles=found, symbol="", separator=separator, header=header,
        skip_lines=said.skip_lines or 0,
    )  # fmt: skip


def _named_columns(
    source: Staged, said: Stated, header: Sequence[str], row: Sequence[str], findings: list[Finding]
) -> tuple[tuple[str, ...], Roles]:
    """Names of all columns in the file's order, and the roles that are sure whatever they are called."""
    if said.columns is not None:
        return roles_listed(said.columns)
    if not header:
        hint = 'Name them: --columns "time,open,high,low,close,volume"'
        seen = f"the first line holds values ({', '.join(row[:SHOWN_MAX])}), so the columns have no names"
        raise DataError(source.path, 1, seen, "a header", hint)
    findings.append(Finding("header", "line 1", "most of its fields are no numbers"))
    if len(header) + 1 == len(row):
        at = next((i for i, value in enumerate(row[1:], 1) if CLOCK.fullmatch(value.strip())), 0)
        if at:
            names = unique_names([*header[:at], "time of day", *header[at:]])
            seen = f"{len(header)} names over {len(row)} fields, and field {at + 1} is {row[at]!r}"
            findings.append(Finding(f"column {at + 1}", "time of day", seen))
            return names, Roles(time=names[at - 1], clock="time of day")
    return unique_names(header), Roles()


def column_layout(source: Staged, said: Stated) -> Dialect:
    names = tuple(column_schema(source))
    found, kind = roles_by_name(names, said.roles, said.kind)
    if kind is None:
        raise _refuse_columns(source, names, said)
    return Dialect(kind=kind, columns=names, roles=found, symbol="")


def _refuse_columns(source: Staged, names: Sequence[str], said: Stated) -> DataError:
    """Explains why no kind of table can be made."""
    more = f" and {len(names) - SHOWN_MAX} more" if len(names) > SHOWN_MAX else ""
    shown = ", ".join(repr(name) for name in names[:SHOWN_MAX]) + more
    expected = COLUMNS_TEXT if said.kind is None else f"columns for {', '.join(NEEDED[said.kind])}"
    hint = "Say which column is what with --column ROLE=NAME; a series of closes becomes bars with --column close=NAME"
    if said.kind is None and roles_by_name(names, said.roles, "trades")[1] is not None:
        hint = (
            "It looks like messages of an order book: say --kind orders or --kind depth, or --kind trades if it is none"
        )
    return DataError(source.path, 1 if source.kind == "csv" else None, f"columns {shown}", expected, hint)


def _separator(lines: Sequence[str]) -> str:
    """The separator that cuts the second line (values) into most fields."""
    line = lines[1] if len(lines) > 1 else lines[0]
    return max(SEPARATORS, key=lambda mark: line.count(mark) if mark != "," or ";" not in line else 0)

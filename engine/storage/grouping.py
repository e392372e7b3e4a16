"""Rows as databases take them: table by table, in the schema's order. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tradetui.engine.storage.rows import Row, Value, plain_money, plain_text
from tradetui.engine.storage.schema import stored_schema
from tradetui.engine.storage.sessions import SessionInfo


def by_table(rows: Sequence[Row]) -> Iterator[tuple[str, list[tuple[Value, ...]]]]:
    """Each table that has rows, and their values."""
    grouped: dict[str, list[tuple[Value, ...]]] = {name: [] for name in stored_schema().tables()}
    for row in rows:
        grouped[row.table].append(row.values)
    return ((name, values) for name, values in grouped.items() if values)


def session_values(info: SessionInfo) -> tuple[Value, ...]:
    """The row of a session of which nothing is stored."""
    texts = (
        info.session,
        info.mode,
        info.created_at,
        info.version,
        info.config_sha256,
        info.config_json,
        info.header_sha256,
    )
    return (*map(plain_text, texts), plain_money(info.start_cash), -1, False, None)

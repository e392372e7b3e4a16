"""A recorded session's journal into a database or an archive, after the fact. Doing it again changes nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import msgspec

from tradetui.engine.journal.reader import JournalReader, open_journal
from tradetui.engine.storage.archive import ParquetArchive
from tradetui.engine.storage.rows import Row, SessionRows
from tradetui.engine.storage.sessions import session_info
from tradetui.engine.storage.writer import ROWS_PER_TRANSACTION, Database

NO_EVENTS = "no events"
Progress = Callable[[int, int], None]  # blocks done, blocks in all


class Exported(msgspec.Struct, frozen=True):
    """What an export brought: rows offered by table, those that were there already included."""

    session: str
    target: str
    events: int
    rows: dict[str, int]
    finished: bool


def export_journal(path: Path, target: Database, progress: Progress | None = None) -> Exported:
    """Store every row of a journal that is not there; raises JournalError, DataError and StorageError."""
    with open_journal(path) as reader:
        return asyncio.run(_export(reader, target, progress))


async def _export(reader: JournalReader, target: Database, progress: Progress | None) -> Exported:
    closing, (blocks, highest) = reader.closing, reader.rows.block_numbers()
    last = reader.rows.block(highest) if highest >= 0 else None
    info = session_info(reader.header, NO_EVENTS if last is None else last.digest.hex())
    fold, counted, events = SessionRows(info), Counter[str](), 0
    waiting: list[Row] = []
    try:
        await target.open(info)
        for block in reader.blocks():
            if (
                block.number > highest
            ):  # a session that is still written: what came since we began waits for another time
                break
            for event in reader.decode(block):
                waiting += fold.add(event)
                events += 1
            counted.update(row.table for row in waiting)
            for start in range(0, len(waiting), ROWS_PER_TRANSACTION):
                await target.store(info.session, waiting[start : start + ROWS_PER_TRANSACTION], -1)
            waiting.clear()
            await target.store(info.session, (), fold.seq)  # last, so that it never says more than is there
            if progress is not None:
                progress(block.number + 1, blocks)
        if closing is not None:
            await target.finish(info.session, closing.digest.hex())
        elif isinstance(target, ParquetArchive):
            target.write(None)
    finally:
        await target.close()
    return Exported(info.session, target.name, events, dict(counted), closing is not None)

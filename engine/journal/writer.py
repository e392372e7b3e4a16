"""Journals to write to: one that only hashes, one that is a session file. Same events, same digest."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from operator import attrgetter, lt
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Protocol, Self

import msgspec

from tradetui.engine.errors import JournalError
from tradetui.engine.journal.blocks import Block, Closing, block_crc32, closing_seal
from tradetui.engine.journal.codec import encode_events
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.model.events import Event

if TYPE_CHECKING:
    from tradetui.engine.journal.store import SessionStore

BLOCK_EVENTS_MAX = 4096  # about a megabyte of text: large enough for the disk, small enough to check one at a time
BUSY_TIMEOUT_MS = 2_000  # how long to wait for another program that holds the file

_SEQ = attrgetter("seq")


class Journal(Protocol):
    """Where the core's events go, in order. `digest` proves them: equal inputs give equal digests."""

    @property
    def events(self) -> int:
        """How many events were appended."""

    def append(self, events: Sequence[Event]) -> None:
        """Take events; a call that raises has taken none of them."""

    def commit(self) -> None:
        """Return only when every event taken so far is as safe as this journal makes it."""

    def close(self, summary: object = None) -> None:
        """Commit and end in order; `summary` is anything that JSON can hold."""

    def abandon(self) -> None:
        """Commit and let go without an orderly end: the run failed or was interrupted."""

    def digest(self) -> str:
        """Hex SHA-256 of the header and every event taken so far."""


class HashJournal:
    """Counts and hashes, keeps nothing: the journal of a run without `--out`."""

    def __init__(self, header: JournalHeader, block_events_max: int = BLOCK_EVENTS_MAX) -> None:
        self._hash = hashlib.sha256(header.hashed_bytes())
        self._block_events_max = block_events_max
        self._waiting: list[Event] = []
        self._hashed = 0

    @property
    def events(self) -> int:
        """How many events were appended."""
        return self._hashed + len(self._waiting)

    def append(self, events: Sequence[Event]) -> None:
        """Take events; raises JournalError when an earlier one cannot be written as text."""
        if len(self._waiting) >= self._block_events_max:
            self.commit()
        self._waiting.extend(events)

    def commit(self) -> None:
        """Fold what waits into the hash."""
        while self._waiting:
            events = self._waiting[: self._block_events_max]
            self._hash.update(encode_events(events))
            self._hashed += len(events)
            del self._waiting[: len(events)]

    def close(self, summary: object = None) -> None:  # the protocol gives it; nothing is kept here
        """Fold the rest in."""
        self.commit()

    def abandon(self) -> None:
        """Nothing is kept, so there is nothing to save."""

    def digest(self) -> str:
        """Hex SHA-256 of the header and every event taken so far."""
        self.commit()
        return self._hash.hexdigest()


class FileJournal:
    """One session file, `session.db`. Use it from one thread at a time.

    Events wait in memory until commit(), or until a block is full; a block is in the file wholly or not at all.
    `durability` is what a committed block survives: "power_loss" (a live session) or "process_death" (a backtest,
    which can be run again). After a JournalError everything taken is still held: mend the cause and commit() again, or
    abandon(). What was committed before stays readable and verifiable in every case.

    Raises JournalError when the file exists (unless `overwrite`) or cannot be made.
    """

    def __init__(
        self,
        path: str | Path,
        header: JournalHeader,
        block_events_max: int = BLOCK_EVENTS_MAX,
        *,
        overwrite: bool = False,
        durability: Literal["power_loss", "process_death"] = "power_loss",
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
        size_bytes_max: int | None = None,
    ) -> None:
        from tradetui.engine.journal.store import SessionStore

        self.path = Path(path)
        self._store: SessionStore | None = SessionStore(
            self.path,
            header,
            overwrite=overwrite,
            durability=durability,
            busy_timeout_ms=busy_timeout_ms,
            size_bytes_max=size_bytes_max,
        )
        self._hash = hashlib.sha256(header.hashed_bytes())
        self._block_events_max = block_events_max
        self._waiting: list[Event] = []
        self._blocks = 0
        self._written = 0
        self._last_seq: int | None = None

    @classmethod
    def resume(
        cls,
        path: str | Path,
        block_events_max: int = BLOCK_EVENTS_MAX,
        *,
        durability: Literal["power_loss", "process_death"] = "power_loss",
        busy_timeout_ms: int = BUSY_TIMEOUT_MS,
    ) -> tuple[FileJournal, list[Event]]:
        """A session file that was interrupted, to go on with, and every event in it.

        Raises JournalError where the session was closed, or where anything in the file is not as it was written.
        """
        from tradetui.engine.journal.reader import open_journal
        from tradetui.engine.journal.store import SessionStore
        from tradetui.engine.journal.verify import verify

        report = verify(path)
        if not report.ok:
            raise JournalError(f"{path}: {report.sentence()}. A session that cannot be trusted does not go on")
        if report.closed:
            raise JournalError(f"{path}: the session was ended in order; start a new one")
        journal = cls.__new__(cls)
        events: list[Event] = []
        with open_journal(path) as reader:
            journal.path = reader.path
            journal._hash = hashlib.sha256(reader.hashed_header)
            for block in reader.blocks():
                journal._hash.update(block.payload)
                events += reader.decode(block)
        journal._block_events_max = block_events_max
        journal._waiting = []
        journal._blocks, journal._written = report.blocks, len(events)
        journal._last_seq = events[-1].seq if events else None
        journal._store = SessionStore.reopen(journal.path, durability, busy_timeout_ms)
        return journal, events

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._store is not None:
            self.abandon()

    @property
    def events(self) -> int:
        """How many events were appended."""
        return self._written + len(self._waiting)

    @property
    def events_committed(self) -> int:
        """How many of them are in the file."""
        return self._written

    def append(self, events: Sequence[Event]) -> None:
        """Take events, first writing out what waits when a block is full; a call that raises has taken none."""
        self._open_store()
        if len(self._waiting) >= self._block_events_max:
            self.commit()
        self._waiting.extend(events)

    def commit(self) -> None:
        """Write everything that waits; when this returns, it is durable."""
        store = self._open_store()
        while self._waiting:
            self._write_block(store, self._waiting[: self._block_events_max])

    def close(self, summary: object = None) -> None:
        """Commit, write the closing record, and leave one self-contained file."""
        self.commit()
        store = self._open_store()
        digest, summary_json = self._hash.digest(), msgspec.json.encode(summary)
        seal = closing_seal(self._written, self._blocks, digest, summary_json)
        store.add_closing(Closing(self._written, self._blocks, digest, summary_json, seal))
        self._store = None
        store.close()

    def abandon(self) -> None:
        """Write what waits and let go without a closing record: the session reads as interrupted, and as intact."""
        store = self._open_store()
        try:
            self.commit()
        finally:
            self._store = None
            store.close()

    def digest(self) -> str:
        """Hex SHA-256 of the header and every event taken so far, committed or not."""
        running = self._hash.copy()
        running.update(encode_events(self._waiting))
        return running.hexdigest()

    def _open_store(self) -> SessionStore:
        if self._store is None:
            raise JournalError(f"{self.path}: the journal is closed; nothing can be added. Start a new session file")
        return self._store

    def _write_block(self, store: SessionStore, events: list[Event]) -> None:
        self._refuse_disorder(events)
        payload = encode_events(events)
        running = self._hash.copy()
        running.update(payload)
        digest, first, last = running.digest(), events[0], events[-1]
        span = (first.seq, last.seq, len(events), first.ts_ns, last.ts_ns)
        store.add_block(Block(self._blocks, *span, payload, digest, block_crc32(self._blocks, span, payload, digest)))
        self._hash = running
        self._blocks += 1
        self._written += len(events)
        self._last_seq = last.seq
        del self._waiting[: len(events)]

    def _refuse_disorder(self, events: list[Event]) -> None:
        seqs = list(map(_SEQ, events))
        before = seqs[0] - 1 if self._last_seq is None else self._last_seq
        if before < seqs[0] and all(map(lt, seqs, seqs[1:])):
            return
        seen = next((a, b) for a, b in zip([before, *seqs], seqs, strict=False) if a >= b)
        raise JournalError(f"{self.path}: event {seen[1]} came after event {seen[0]}; sequence numbers must increase")

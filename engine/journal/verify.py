"""Proving a session file: every event there, in order, unchanged since it was written."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from tradetui.engine.errors import JournalError
from tradetui.engine.journal.blocks import Block
from tradetui.engine.journal.reader import JournalReader, open_journal

LOST_COMMITS_MAX = 1  # a power failure can tear the one commit under way, which nobody was told had succeeded


class VerifyReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was proved. `events`, `blocks` and `digest` are those of the intact beginning, whatever follows it."""

    path: str
    ok: bool
    closed: bool
    events: int
    blocks: int
    digest: str
    bad_block: int | None = None
    problem: str = ""
    note: str = ""

    def sentence(self) -> str:
        """The result in one sentence."""
        if not self.ok:
            return f"broken: {self.problem}. {self.events} events before that are intact"
        if not self.closed:
            note = f" ({self.note})" if self.note else ""
            return f"not closed: the run was interrupted, or still runs; {self.events} events are intact{note}"
        return f"intact and closed: {self.events} events"


def verify(path: str | Path) -> VerifyReport:
    """Recompute the whole chain of a session file.

    Raises DataError when the file is no session at all; everything else is in the report.
    """
    try:
        reader = open_journal(path)
    except JournalError as fault:
        return VerifyReport(
            path=str(path), ok=False, closed=False, events=0, blocks=0, digest="", problem=str(fault).rstrip(".")
        )
    with reader:
        return _Verification(reader).run()


class _Verification:
    """One pass over a journal: the running hash and what it has covered so far."""

    def __init__(self, reader: JournalReader) -> None:
        self._reader = reader
        self._running = hashlib.sha256(reader.hashed_header)
        self._events = 0
        self._blocks = 0
        self._last_seq: int | None = None
        self._closed = False
        self._note = ""
        self._all_read = False

    def run(self) -> VerifyReport:
        try:
            with self._reader.rows.snapshot():  # a session being written must not close between two looks at it
                for block in self._reader.blocks():
                    self._check(block)
                self._check_end()
        except JournalError as fault:
            return self._report(str(fault))
        return self._report("")

    def _check(self, block: Block) -> None:
        events = self._reader.decode(block)
        seqs = [event.seq for event in events]
        if not events:
            raise self._bad("holds no event")
        claimed = (block.first_seq, block.last_seq, block.first_ts_ns, block.last_ts_ns)
        found = (seqs[0], seqs[-1], events[0].ts_ns, events[-1].ts_ns)
        if claimed != found:
            raise self._bad(f"says (first seq, last seq, first time, last time) {claimed} and holds {found}")
        for before, seq in zip([self._last_seq, *seqs], seqs, strict=False):
            if before is not None and seq <= before:
                raise self._bad(f"has event {seq} after event {before}")
        running = self._running.copy()
        running.update(block.payload)
        if running.digest() != block.digest:
            raise self._bad(f"has digest {block.digest.hex()} where its events give {running.hexdigest()}")
        self._running, self._last_seq = running, seqs[-1]
        self._events += len(events)
        self._blocks += 1

    def _check_end(self) -> None:
        self._all_read = True
        path = self._reader.path
        closing, (count, _) = self._reader.closing, self._reader.rows.block_numbers()
        if count != self._blocks:
            raise JournalError(f"{path}: {count} blocks are listed and {self._blocks} can be read")
        if closing is not None:
            self._closed = True
            claimed = (closing.blocks, closing.events, closing.digest)
            if claimed != (self._blocks, self._events, self._running.digest()):
                raise JournalError(
                    f"{path}: closed with {closing.blocks} blocks, {closing.events} events and digest "
                    f"{closing.digest.hex()}; found {self._blocks}, {self._events} and {self._running.hexdigest()}"
                )
        if damage := self._reader.rows.damage():
            raise JournalError(f"{path}: {damage}")
        lost = self._reader.rows.commits_passed_over()
        if lost > LOST_COMMITS_MAX:
            raise JournalError(
                f"{path}-wal: {lost} commits stand after the point where the log is damaged; "
                "their events cannot be trusted"
            )
        if lost:
            self._note = "the last write was cut short, or damaged afterwards, and does not count"

    def _bad(self, what: str) -> JournalError:
        return JournalError(f"{self._reader.path}: block {self._blocks} {what}")

    def _report(self, problem: str) -> VerifyReport:
        return VerifyReport(
            path=str(self._reader.path),
            ok=not problem,
            closed=self._closed,
            events=self._events,
            blocks=self._blocks,
            digest=self._running.hexdigest(),
            bad_block=self._blocks if problem and not self._all_read else None,
            problem=problem.rstrip("."),
            note=self._note,
        )

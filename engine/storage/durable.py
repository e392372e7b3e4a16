"""How much of a session its journal holds for good: a crash could forget the rest, and its numbers be used again."""

from __future__ import annotations

from pathlib import Path

from tradetui.engine.journal.reader import open_journal


class Durable:
    """Looks into one journal, only when it has to. Holds no file open, as its writer leaves a single one behind."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self._seq = -1

    def reaches(self, seq: int) -> bool:
        """Whether the event is on disk. Raises JournalError and DataError."""
        if self._seq < seq and self._journal.exists():
            with open_journal(self._journal) as reader:
                _, highest = reader.rows.block_numbers()
                block = reader.rows.block(highest) if highest >= 0 else None
                self._seq = -1 if block is None else block.last_seq
        return seq <= self._seq

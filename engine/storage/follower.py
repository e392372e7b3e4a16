"""A session's events for one slower reader: in order, none lost, none twice, in bounded memory. Does no waiting.

The engine's side puts references into a queue. When the reader is so far behind that the queue is full, the engine's
side only remembers how far it got; the reader takes what is missing from the journal, which has everything, and then
goes on with the queue.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue

from tradetui.engine.journal.reader import JournalReader, open_journal
from tradetui.engine.model.events import Event

QUEUE_EVENTS_MAX = 100_000  # some 20 MB: ten seconds of a busy market, then the journal is enough


class Follower:
    """Observes a bus on one thread and is read on another. Observe from before the session's first event.

    `observe` belongs to the engine's thread, everything else to the reader's; counts may be read from any thread.
    """

    def __init__(self, journal: Path, events_max: int = QUEUE_EVENTS_MAX) -> None:
        self.journal = journal
        self.seq = -1  # of the newest event that was handed out
        self._events_max = events_max
        # Each batch comes with the last number that was missed before it: whether there is a hole is seen at the batch.
        self._queue: SimpleQueue[tuple[int, Sequence[Event]]] = SimpleQueue()
        self._queueing = True  # the engine's side ends it, the reader's begins it again
        self._put = self._missed = 0  # counted by the engine's side alone
        self._missed_to = -1
        self._taken = self._caught = 0  # counted by the reader alone
        self._waiting: deque[Event] = deque()
        self._held: tuple[int, Sequence[Event]] | None = None  # a batch that must wait for the journal
        self._reader: JournalReader | None = None
        self._reading: Iterator[Event] = iter(())
        self._from_the_start = True  # the journal may already hold something

    def observe(self, events: Sequence[Event]) -> None:
        """Take a batch without looking at it; never blocks, never fails."""
        if not events:
            return
        if self._queueing:
            if self._put - self._taken < self._events_max:
                self._put += len(events)
                self._queue.put((self._missed_to, events))
                return
            self._queueing = False
        self._missed += len(events)
        self._missed_to = events[-1].seq

    @property
    def behind(self) -> int:
        """How many events wait, in the queue or in the journal."""
        missed = max(1, self._missed - self._caught) if self._missed_to > self.seq else 0
        return self._put - self._taken + len(self._waiting) + missed

    @property
    def from_journal(self) -> bool:
        """Whether the reader was left behind, so that the journal alone has what is missing."""
        return self._missed_to > self.seq

    def take(self, events_max: int) -> list[Event]:
        """The next events, at most so many; none where there is nothing new. Raises JournalError and DataError."""
        events = self._next(events_max)
        if events:
            self.seq = events[-1].seq
        return events

    def begin_again(self) -> None:
        """Hand out everything anew, from the journal's first event on."""
        self.release()
        self.seq, self._from_the_start = -1, True

    def release(self) -> None:
        """Let go of the journal's file until it is needed again. Belongs to the thread that reads."""
        self._reading = iter(())
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _next(self, events_max: int) -> list[Event]:
        if self._from_the_start:
            events = self._read(events_max) if self.journal.exists() else []
            if events:
                return events
            self._from_the_start = False
        self._gather(events_max)
        if not self._waiting:
            return self._catch_up(self._held[0] if self._held else self._missed_to, events_max)
        self.release()
        return [self._waiting.popleft() for _ in range(min(events_max, len(self._waiting)))]

    def _gather(self, events_max: int) -> None:
        """Bring what is queued together, up to a hole that the journal has to fill."""
        while len(self._waiting) < events_max and (item := self._held or self._from_queue()) is not None:
            newest = self._waiting[-1].seq if self._waiting else self.seq
            missed_to, batch = item
            self._held = item if missed_to > newest else None
            if self._held:
                return
            self._taken += len(batch)
            self._waiting.extend(event for event in batch if event.seq > newest)

    def _from_queue(self) -> tuple[int, Sequence[Event]] | None:
        try:
            return self._queue.get_nowait()
        except Empty:
            return None

    def _catch_up(self, missed_to: int, events_max: int) -> list[Event]:
        """What the journal has of the events that were missed."""
        if missed_to <= self.seq:
            self._caught = self._missed if self._missed_to <= self.seq else self._caught
            return []
        self._queueing = True  # first, so that whatever comes from now on is in the queue or is remembered as missed
        events = self._read(events_max)
        self._caught += len(events)
        return events

    def _read(self, events_max: int) -> list[Event]:
        if self._reader is None:
            self._reader = open_journal(self.journal)
            self._reading = self._reader.events(self.seq + 1)
        events = list(islice(self._reading, events_max))
        if not events:
            self.release()
        return events

"""Keeps a session's rows in a database, on a thread of its own: the engine never waits and loses nothing by it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple, Protocol

import msgspec

from tradetui.engine.backoff import Backoff, Waits
from tradetui.engine.errors import TradetuiError
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.loop_thread import LoopThread
from tradetui.engine.model.events import Event
from tradetui.engine.storage.durable import Durable
from tradetui.engine.storage.follower import Follower
from tradetui.engine.storage.picture import StorePicture
from tradetui.engine.storage.rows import Row, SessionRows
from tradetui.engine.storage.sessions import SessionInfo

EVENTS_PER_TURN = 500
ROWS_PER_TRANSACTION = 1_000
STOPPING_WAIT_S_MAX = 0.25
WAITS = Waits(first_s=0.25, longest_s=15.0)  # between tries to reach a server


class Pace(NamedTuple):
    """How often the writer looks."""

    poll_s: float = 0.05  # rows of this long become one transaction
    ping_s: float = 1.0  # a database that is lost is noticed while nothing is to be stored


class Database(Protocol):
    """A place for rows. Every fault is a StorageError; after one, `close` and `open` again. Used by one thread."""

    @property
    def name(self) -> str:
        """How it is called on a screen; no password in it."""
        ...

    async def open(self, info: SessionInfo) -> int:
        """Connect, bring the tables to the newest version, have the session; returns its stored_seq, -1 if new."""
        ...

    async def store(self, session: str, rows: Sequence[Row], seq: int) -> None:
        """Add rows that are not there, and that everything up to `seq` is; wholly or not at all."""
        ...

    async def finish(self, session: str, digest: str) -> None:
        """All of a session that ended in order is stored."""
        ...

    async def ping(self) -> None:
        """Raise where it cannot be reached."""
        ...

    async def close(self) -> None:
        """Let go of it; never raises."""
        ...


class StorageWriter:
    """Follows one session and stores it, through every loss of the database."""

    def __init__(
        self,
        database: Database,
        info: SessionInfo,
        follower: Follower,
        *,
        clock: Callable[[], int],
        chance: Random,
        backoff: Backoff | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._database, self._info, self._follower, self._clock = database, info, follower, clock
        self._backoff, self._pace = backoff or Backoff(WAITS, chance), pace or Pace()
        self._rows, self._durable = SessionRows(info), Durable(follower.journal)
        self._waiting: deque[tuple[int, list[Row]]] = deque()
        self._quiet_turns = 0
        self._over = False
        self._loop = LoopThread("storage", self._main, self._failed)
        self._picture = StorePicture(database.name, "CONNECTING", "not connected yet", since_ns=clock())

    def observe(self, events: Sequence[Event]) -> None:
        """Take a batch of events in the engine's thread; never blocks."""
        self._follower.observe(events)

    def start(self) -> None:
        """Connect and go on storing."""
        self._loop.start()

    def close(self, timeout_s: float) -> StorePicture:
        """Store the rest, for at most so long, and end. Close the journal first. What is left, the journal has."""
        self._loop.finish(timeout_s)
        return self.picture()

    def picture(self) -> StorePicture:
        """How it is doing; from any thread."""
        picture, behind = self._picture, self._follower.behind + len(self._waiting)
        left_behind = picture.state == "OK" and self._follower.from_journal
        return msgspec.structs.replace(
            picture,
            behind=behind,
            state="BEHIND" if left_behind else picture.state,
            message=f"{behind:,} events behind; the journal has them" if left_behind else picture.message,
        )

    def healthy(self) -> bool:
        """Whether the database takes rows; without one no new order should be sent."""
        return self._picture.state == "OK"  # that it is behind is added to a picture, and is no fault

    # -- the writer's thread

    async def _main(self) -> None:
        try:
            while not self._over:
                await self._until_lost()
                if not self._over:
                    wait_s = self._backoff.next_s()
                    await self._loop.rest(min(wait_s, STOPPING_WAIT_S_MAX) if self._loop.stopping else wait_s)
        finally:
            self._follower.release()
            await self._database.close()

    async def _until_lost(self) -> None:
        try:
            await self._connect()
            while not self._over:
                await self._turn()
        except TradetuiError as fault:
            self._lost(str(fault))
        except Exception as fault:  # noqa: BLE001  # a bug of ours: told as loudly as a lost database, and begun anew
            self._lost(f"{type(fault).__name__} while storing; this is a bug")
            self._begin_again()
        if not self._over:
            await self._database.close()

    async def _connect(self) -> None:
        stored = await self._database.open(self._info)
        if stored < self._picture.stored_seq:  # a backup was restored, or another database made: it lacks rows
            self._begin_again()
        while self._waiting and self._waiting[0][0] <= stored:  # the answer to a commit was lost, not the commit
            self._waiting.popleft()
        self._picture = msgspec.structs.replace(
            self._picture,
            state="OK",
            message="",
            since_ns=self._clock(),
            stored_seq=stored,
            connects=self._picture.connects + 1,
        )

    async def _turn(self) -> None:
        await self._fold()
        if self._waiting and self._durable.reaches(self._waiting[0][0]):
            await self._store()
            if self._follower.behind + len(self._waiting) < EVENTS_PER_TURN:  # else there is enough for another one
                await self._loop.rest(self._pace.poll_s)
        elif self._loop.stopping and not self._waiting and not self._follower.behind:
            await self._finish()
        else:
            await self._ping_now_and_then()
            await self._loop.rest(self._pace.poll_s)

    async def _fold(self) -> None:
        if len(self._waiting) >= EVENTS_PER_TURN:
            return
        stored = self._picture.stored_seq
        for event in self._follower.take(EVENTS_PER_TURN):
            rows = self._rows.add(event)
            if rows and event.seq > stored:
                self._waiting.append((event.seq, rows))
                await asyncio.sleep(0)  # lets go of the interpreter, for which the engine may be waiting

    async def _store(self) -> None:
        rows: list[Row] = []
        events = 0
        for seq, added in self._waiting:
            full = len(rows) + len(added) > ROWS_PER_TRANSACTION
            if rows and (full or not self._durable.reaches(seq)):
                break
            rows += added
            events, last = events + 1, seq
        await self._database.store(self._info.session, rows, last)
        for _ in range(events):
            self._waiting.popleft()
        self._backoff.reset()
        self._quiet_turns = 0
        picture = self._picture
        self._picture = msgspec.structs.replace(picture, stored_seq=last, rows=picture.rows + len(rows))

    async def _ping_now_and_then(self) -> None:
        self._quiet_turns += 1
        if self._quiet_turns * self._pace.poll_s >= self._pace.ping_s:
            self._quiet_turns = 0
            await self._database.ping()
            self._backoff.reset()

    async def _finish(self) -> None:
        if self._follower.journal.exists():
            with open_journal(self._follower.journal) as reader:
                closing = reader.closing
            if closing is not None:
                await self._database.finish(self._info.session, closing.digest.hex())
        self._over = True

    def _failed(self, fault: BaseException) -> None:
        self._lost(f"{type(fault).__name__} while storing; this is a bug, and nothing is stored any more")

    def _lost(self, message: str) -> None:
        picture = self._picture
        since_ns = picture.since_ns if picture.state == "DOWN" else self._clock()
        self._picture = msgspec.structs.replace(picture, state="DOWN", message=message, since_ns=since_ns)

    def _begin_again(self) -> None:
        self._rows = SessionRows(self._info)
        self._waiting.clear()
        self._follower.begin_again()
        self._picture = msgspec.structs.replace(self._picture, stored_seq=-1)

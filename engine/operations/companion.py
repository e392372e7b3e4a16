"""Beside a live session, on a thread of its own: obeys a halt from outside and tells others how the session is.

It looks at the session's snapshot and sends commands as an operator does; the session knows nothing of it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, Self

from msgspec.structs import replace

from tradetui.engine.keys import Environment
from tradetui.engine.model.commands import Command, Kill, Unlock
from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.operations.halt import Halt, HaltLatch
from tradetui.engine.operations.health import SessionHealth
from tradetui.engine.operations.run_files import Registration, RunFile
from tradetui.engine.operations.unlock import UnlockBox

LOOK_S = 0.05  # a kill from another terminal acts this fast where no kill over the broker did before
BEATS_S = 1.0
ENVIRONMENTS: dict[str, Environment] = {"PRACTICE": "dev", "PAPER": "paper", "LIVE": "live"}  # by a session's mode
STOP_S = 1.0

log = logging.getLogger(__name__)


class Watched(Protocol):
    """What a session offers a screen."""

    def snapshot(self) -> Snapshot:
        """The newest immutable picture."""
        ...

    def send(self, command: Command) -> None:
        """Queue a command for the core."""
        ...


class Companion:
    """Between `with` and its end. `session` gives the one that runs now: a screen may switch to another.

    `urls` are the addresses where orders go, by environment: those that another process can ask.
    """

    def __init__(
        self,
        state_folder: Path,
        file: RunFile,
        session: Callable[[], Watched],
        urls: Mapping[Environment, str],
    ) -> None:
        self._registration = Registration(state_folder, file)
        self._latches = {mode: HaltLatch(state_folder, environment) for mode, environment in ENVIRONMENTS.items()}
        self._file, self._session, self._urls = file, session, urls
        self._unlocks = UnlockBox(state_folder, file.pid)
        self._told: Halt | None = None  # the halt that the session was told of
        self._obeyed = False
        self._picture: SessionHealth | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="companion", daemon=True)

    def __enter__(self) -> Self:
        self._registration.__enter__()
        self._unlocks.take()  # of a process that had our number before
        self._thread.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._stop.set()
        self._thread.join(STOP_S)
        self._registration.__exit__(*fault)

    def picture(self) -> SessionHealth | None:
        """The newest; None before the first."""
        return self._picture

    def look(self) -> None:
        """Obey a halt, pass on an unlock, and end the halt once the session has obeyed that."""
        session = self._session()
        snapshot = session.snapshot()
        latch = self._latches.get(snapshot.mode)
        if latch is None or snapshot.phase != "running":
            self._told = None
            return
        wish, halt = self._unlocks.take(), latch.read()
        late = wish is not None and halt is not None and halt.ts_ns >= wish.ts_ns  # somebody halted after that wish
        if wish is not None and not late and snapshot.state != TradingState.ACTIVE:
            session.send(Unlock(wish.reason, wish.actor))
        if halt is None:
            self._told = None
        elif halt != self._told:
            self._told, self._obeyed = halt, False
            session.send(Kill(actor=halt.actor or "halt", reason=halt.reason))
        elif snapshot.state in (TradingState.ACTIVE, TradingState.REDUCING):
            if self._obeyed:
                latch.clear(halt)
        else:
            self._obeyed = True

    def beat(self) -> None:
        """Leave a picture, and what is known better by now."""
        snapshot = self._session().snapshot()
        self._picture = health_of(snapshot, time.time_ns())
        environment = ENVIRONMENTS.get(snapshot.mode, self._file.environment)
        file = replace(
            self._file,
            environment=environment,
            trading_url=self._urls.get(environment, ""),
            mode=snapshot.mode.lower(),
            account=snapshot.account_label[-4:],
            paper=snapshot.mode != "LIVE" if snapshot.account_label else None,
            journal=snapshot.journal,
        )
        if file != self._file:
            self._registration.told(file)
            self._file = file
        self._registration.beat(self._picture)

    def _run(self) -> None:
        beat_s = 0.0
        ill: type[Exception] | None = None
        while not self._stop.wait(LOOK_S):
            try:
                self.look()
                if time.monotonic() >= beat_s:
                    beat_s = time.monotonic() + BEATS_S
                    self.beat()
            except Exception as error:  # a full disk, say: a halt must be obeyed all the same, now or at the next look
                if type(error) is not ill:
                    log.exception("the session's run file or its halt could not be seen to; it is tried again")
                ill = type(error)
            else:
                ill = None


def health_of(snapshot: Snapshot, ts_ns: int) -> SessionHealth:
    """A session's picture for those who do not draw it."""
    told = snapshot.reconciliation
    return SessionHealth(
        ts_ns=ts_ns,
        trading=snapshot.state.name,
        halted=snapshot.state_reason if snapshot.state != TradingState.ACTIVE else "",
        feeds=snapshot.feeds,
        execution=snapshot.execution,
        ticks=snapshot.events,
        orders=snapshot.execution.sent if snapshot.execution else 0,
        fills=snapshot.fills_total,
        working=len(snapshot.orders),
        positions=len(snapshot.positions),
        equity=snapshot.account.equity,
        queue_depth=max((feed.queued for feed in snapshot.feeds), default=0),
        storage_lag=max((kept.waiting for kept in snapshot.storage), default=0),
        storage="; ".join(f"{kept.name} {kept.state}" for kept in snapshot.storage if kept.state != "OK"),
        differences=None if told is None else len(told.differences),
        latencies=snapshot.latencies,
    )

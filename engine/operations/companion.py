"""Beside a live session, on a thread of its own: obeys a halt from outside and tells others how the session is.

It looks at the session's snapshot and sends commands as an operator does; the session knows nothing of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, Self

from msgspec.structs import replace

from tradetui.engine.model.commands import Command, Kill
from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.operations.halt import Halt, HaltLatch
from tradetui.engine.operations.health import Latencies, SessionHealth
from tradetui.engine.operations.run_files import Registration, RunFile

LOOK_S = 0.05  # a kill from another terminal acts this fast where no kill over the broker did before
BEATS_S = 1.0
STOP_S = 1.0
NONE_MEASURED = Latencies()


class Watched(Protocol):
    """What a session offers a screen."""

    def snapshot(self) -> Snapshot:
        """The newest immutable picture."""
        ...

    def send(self, command: Command) -> None:
        """Queue a command for the core."""
        ...


class Companion:
    """Between `with` and its end. `picture` is for the metrics endpoint."""

    def __init__(
        self,
        state_folder: Path,
        file: RunFile,
        session: Watched,
        latencies: Callable[[], tuple[Latencies, Latencies]] | None = None,
    ) -> None:
        self._registration = Registration(state_folder, file)
        self._latch = HaltLatch(state_folder, file.environment)
        self._file, self._session, self._latencies = file, session, latencies
        self._told: Halt | None = None  # the halt that the session was told of
        self._obeyed = False
        self._picture: SessionHealth | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="companion", daemon=True)

    def __enter__(self) -> Self:
        self._registration.__enter__()
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
        """Obey a halt, and end it once the operator has unlocked here."""
        snapshot = self._session.snapshot()
        if snapshot.phase != "running":
            return
        halt = self._latch.read()
        if halt is None:
            self._told = None
        elif halt != self._told:
            self._told, self._obeyed = halt, False
            self._session.send(Kill(actor=halt.actor or "halt", reason=halt.reason))
        elif snapshot.state in (TradingState.ACTIVE, TradingState.REDUCING):
            if self._obeyed:
                self._latch.clear(halt)
        else:
            self._obeyed = True

    def beat(self) -> None:
        """Leave a picture, and what is known better by now."""
        snapshot = self._session.snapshot()
        latencies = self._latencies() if self._latencies else (NONE_MEASURED, NONE_MEASURED)
        self._picture = health_of(snapshot, time.time_ns(), *latencies)
        file = replace(
            self._file,
            mode=snapshot.mode.lower(),
            account=snapshot.account_label[-4:],
            paper=snapshot.mode != "LIVE" if snapshot.account_label else None,
            journal=snapshot.journal,
        )
        if file != self._file:
            self._file = file
            self._registration.told(file)
        self._registration.beat(self._picture)

    def _run(self) -> None:
        beat_s = 0.0
        while not self._stop.wait(LOOK_S):
            self.look()
            if time.monotonic() >= beat_s:
                beat_s = time.monotonic() + BEATS_S
                self.beat()


def health_of(
    snapshot: Snapshot, ts_ns: int, tick_to_signal: Latencies = NONE_MEASURED, tick_to_order: Latencies = NONE_MEASURED
) -> SessionHealth:
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
        storage="; ".join(f"{kept.name} {kept.state}" for kept in snapshot.storage if kept.state != "OK"),
        differences=None if told is None else len(told.differences),
        tick_to_signal=tick_to_signal,
        tick_to_order=tick_to_order,
    )

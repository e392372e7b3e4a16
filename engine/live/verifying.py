"""Proves a recorded live session: its inputs into a fresh core must give the very events that its journal holds.

The venue of that core is the journal's own reports. Where the session died and went on, so does this; market rows that
a killed process had not written yet are counted, not guessed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

import msgspec

from tradetui.engine.journal.codec import encode_events
from tradetui.engine.live.player import LivePlayer
from tradetui.engine.live.restoring import restore
from tradetui.engine.model.commands import (
    CancelAll,
    ClosePosition,
    Command,
    Kill,
    PauseTrading,
    ResumeTrading,
    Unlock,
)
from tradetui.engine.model.events import (
    Beat,
    CommandEvent,
    Event,
    FeedEvent,
    FillEvent,
    MarketData,
    OrderEvent,
    SessionEvent,
    SignalEvent,
    VenueReport,
    VenueState,
)

INPUTS = (VenueReport, VenueState, FeedEvent, Beat, SessionEvent, CommandEvent)
_COMMANDS: dict[str, Callable[[CommandEvent], Command]] = {
    "kill": lambda event: Kill(event.actor, event.reason),
    "cancel_all": lambda event: CancelAll(event.actor, event.reason),
    "pause": lambda event: PauseTrading(event.actor, event.reason),
    "resume": lambda event: ResumeTrading(event.actor, event.reason),
    "unlock": lambda event: Unlock(event.reason, event.actor),
    "close": lambda event: ClosePosition(event.symbol, event.actor, event.reason),
}


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """What a second run of a session showed. Of the first difference, both sides as they would stand in a journal."""

    same: bool
    events: int  # of the journal that came again
    inputs: int
    market_rows: int
    signals: int
    orders: int
    fills: int
    missing: int  # inputs whose market rows were never written: the process died
    recorded: str = ""
    replayed: str = ""

    def sentence(self) -> str:
        """The result in one sentence."""
        if not self.same:
            return (
                f"not the same: after {self.events} equal events the session has\n  {self.recorded}\n"
                f"and a second run has\n  {self.replayed}"
            )
        lost = f"; {self.missing} market rows were lost when it died, nothing after them is proved" * bool(self.missing)
        return (
            f"the same: {self.events} events from {self.inputs} inputs and {self.market_rows} market rows "
            f"({self.signals} signals, {self.orders} orders, {self.fills} fills){lost}"
        )


class _Replay:
    """One pass over the inputs of a session by number."""

    def __init__(
        self,
        make: Callable[[], LivePlayer],
        events: Sequence[Event],
        rows: Sequence[MarketData],
        last_seq: int | None,
    ) -> None:
        self.make, self.events, self.recorded, self.last_seq = make, events, rows, last_seq
        self.rows = deque(rows)
        self.player = make()
        self.at = 0  # events of the journal that came again
        self.inputs = self.market_rows = self.missing = 0
        self.cut = False  # market rows of this part of the session are missing
        self.difference: tuple[str, str] | None = None

    def run(self) -> Replayed:
        position = self._next_input(0)
        while self.difference is None:
            event = self.events[position] if position < len(self.events) else None
            self._market(None if event is None else event.seq)
            if event is None:
                break
            if isinstance(event, SessionEvent) and event.what == "resumed":
                self._resume(position, event)
            elif self.player.core.seq + 1 != event.seq and self.difference is None:
                if self.at < position and self.events[self.at].seq == self.player.core.seq + 1:
                    break  # it followed from an input that is here: nothing is missing
                self.missing += event.seq - self.player.core.seq - 1
                if self.last_seq is not None:
                    self.difference = (_line(event), f"{self.missing} market rows before it are not in the recording")
                    break
                self.cut = True
                position = self._skip(position)
                continue
            if self.difference is None:
                self._input(event)
            position = self._next_input(position + 1)
        self._demand(len(self.events))
        self._demand_whole()
        return self._result()

    def _next_input(self, position: int) -> int:
        while position < len(self.events) and not isinstance(self.events[position], INPUTS):
            position += 1
        return position

    def _market(self, before: int | None) -> None:
        """Work the market rows up to an input, as far as none is missing."""
        rows, player = self.rows, self.player
        while rows and (before is None or rows[0].seq < before) and self.difference is None:
            if rows[0].seq > player.core.seq + 1:
                return
            row = rows.popleft()
            if row.seq == player.core.seq + 1:
                player.work(row)
                self.market_rows += 1
                self._compare()

    def _input(self, event: Event) -> None:
        item: Any = _COMMANDS[event.command](event) if isinstance(event, CommandEvent) else event
        self.player.work(item if isinstance(event, CommandEvent) else msgspec.structs.replace(item, seq=0))
        self.inputs += 1
        self._compare()

    def _resume(self, position: int, event: SessionEvent) -> None:
        """The session died and went on here."""
        self._demand(position)
        self.player, self.cut = self.make(), False
        restore(self.player, self.events[:position], takewhile(lambda row: row.seq < event.seq, self.recorded))
        self.player.core.reach(event.seq - 1)
        self.at = position
        while self.rows and self.rows[0].seq < event.seq:
            self.rows.popleft()

    def _demand(self, position: int) -> None:
        """Everything up to there must have come again, unless market rows of this part were lost."""
        if self.difference is None and not self.cut and self.at < position:
            self.difference = (_line(self.events[self.at]), "nothing")

    def _demand_whole(self) -> None:
        """Of a session that ended in order every input must be there, those after the last event too."""
        seen, last = self.player.core.seq, self.last_seq
        if self.difference is None and last is not None and seen != last:
            self.difference = (f"numbers up to {last}", f"numbers up to {seen}: market rows are missing or too many")

    def _skip(self, position: int) -> int:
        """On to where the session went on after it had died."""
        for at in range(position, len(self.events)):
            event = self.events[at]
            if isinstance(event, SessionEvent) and event.what == "resumed":
                return at
        return len(self.events)

    def _compare(self) -> None:
        for event in self.player.take():
            expected = self.events[self.at] if self.at < len(self.events) else None
            if expected is None or _line(expected) != _line(event):
                self.difference = ("nothing" if expected is None else _line(expected), _line(event))
                return
            self.at += 1

    def _result(self) -> Replayed:
        same = self.events[: self.at]
        recorded, replayed = self.difference or ("", "")
        return Replayed(
            same=self.difference is None,
            events=self.at,
            inputs=self.inputs,
            market_rows=self.market_rows,
            signals=sum(isinstance(event, SignalEvent) for event in same),
            orders=sum(isinstance(event, OrderEvent) for event in same),
            fills=sum(isinstance(event, FillEvent) for event in same),
            missing=self.missing,
            recorded=recorded,
            replayed=replayed,
        )


def replay(
    make: Callable[[], LivePlayer], events: Sequence[Event], rows: Sequence[MarketData], last_seq: int | None = None
) -> Replayed:
    """Run a session's inputs again: `events` are its journal's, `rows` its recording's; `make` gives a fresh player.

    `last_seq` is the last number of a session that never died: then nothing may be missing.
    """
    return _Replay(make, events, rows, last_seq).run()


def _line(event: Event) -> str:
    return encode_events([event]).decode().rstrip()

"""Keeps new risk back while a reason stands, and lets go when none does and it was no operator who wanted it."""

from __future__ import annotations

from tradetui.engine.control import obey
from tradetui.engine.live.accounts import Looked
from tradetui.engine.live.holds import ACCOUNT, DRIFT, END, EXPLAINED_NS, FEED, ORDERS, START, Holds
from tradetui.engine.live.outbox import OutboxVenue
from tradetui.engine.model.commands import PauseTrading, ResumeTrading
from tradetui.engine.model.events import ControlEvent, FeedEvent, TradingState
from tradetui.engine.step import Core

BLOCKED_ADVICE = "the broker's own page says why, and it is looked at again each minute"
ENGINE = "engine"  # the actor of what nobody asked for


class Restraint:
    """Applies reasons to a core; times in market time, but for those of a reason's own clock."""

    def __init__(self, core: Core[OutboxVenue]) -> None:
        self._core = core
        self.holds = Holds()
        self.held_by_us = False  # it was no operator who reduced trading
        self._drift_since_ns = 0

    def hold(self, name: str, reason: str, ts_ns: int, cancel: bool = True) -> None:
        """One more reason, or another wording of it."""
        self.holds.add(name, reason)
        core = self._core
        if core.state != TradingState.ACTIVE:
            return
        self.held_by_us = True
        if name in (START, ORDERS) or not cancel:  # soon over, or soon told to be worse: working entries stay
            core.state = TradingState.REDUCING
            core.emit(ControlEvent(core.state, ENGINE, reason, ts_ns), core.seq)
        else:
            obey(core, PauseTrading(ENGINE, reason), ts_ns)

    def let_go(self, ts_ns: int) -> None:
        """Trade on where nothing holds us any more; hold again where something does and an operator let go."""
        state, why = self._core.state, self.holds.reason
        if why and state == TradingState.ACTIVE:
            self.held_by_us = True
            obey(self._core, PauseTrading(ENGINE, why), ts_ns)
        elif not why and state == TradingState.REDUCING and self.held_by_us:
            self.held_by_us = False
            obey(self._core, ResumeTrading(ENGINE, "what held it is over"), ts_ns)

    def begin(self, ts_ns: int) -> None:
        """The session starts or goes on: the account is to be compared first."""
        self.hold(START, self.holds.reason or "the account is to be compared again", ts_ns)

    def account(self, blocked: str, ts_ns: int) -> None:
        """The account may not trade, and why; empty where it may."""
        if blocked:
            self.hold(ACCOUNT, f"the account may not trade: {blocked}; {BLOCKED_ADVICE}", ts_ns)
        else:
            self.holds.end(ACCOUNT)

    def compared(self, looked: Looked, wall_ns: int, ts_ns: int) -> None:
        """The account was compared at `wall_ns` of its own clock."""
        if looked.drift:
            self.hold(DRIFT, looked.drift, ts_ns)
            self._drift_since_ns = self._drift_since_ns or wall_ns
        elif looked.clean:
            if self._drift_since_ns and wall_ns - self._drift_since_ns > EXPLAINED_NS:
                self.held_by_us = False  # nobody explained it in time: whoever looked into it unlocks
            self._drift_since_ns = 0
            for name in (START, ORDERS, DRIFT):
                self.holds.end(name)
        self.let_go(ts_ns)

    def feed(self, event: FeedEvent, ts_ns: int) -> bool:
        """News of a connection, or of our own writing; whether the account is to be asked for because of it."""
        reason = _reason(event)
        if event.source == "orders":
            if event.state in ("DOWN", "STALE"):
                self.hold(ORDERS, reason, ts_ns)
                return False
            return event.state != "LATE"  # what was missed is to be found before new risk is taken
        if event.state == "END":
            self.holds.over(event.message)
            self.hold(END, event.message, ts_ns, cancel=False)
        elif event.state in ("STALE", "DOWN"):
            stale = event.state == "STALE"
            self.holds.ill(_about(event), reason, event.ts_ns, stale)
            self.hold(FEED, reason, ts_ns, cancel=stale)
        elif event.state == "FRESH":
            self.holds.well(_about(event), event.ts_ns)
        return event.state == "GAP"

    def heal(self, wall_ns: int, ts_ns: int) -> None:
        """The feed has been well for long enough, if it has."""
        if self.holds.healed(wall_ns):
            self.holds.end(FEED)
            self.holds.well_since_ns = None
            self.let_go(ts_ns)


def _about(event: FeedEvent) -> str:
    """What is ill: a symbol, all prices, or our own writing, under a name that no symbol has."""
    return event.symbol if event.source == "market" else f" {event.source} {event.symbol}"


def _reason(event: FeedEvent) -> str:
    other = {"orders": "the venue's stream of orders", "recording": "the recording", "storage": "the database"}
    what = other.get(event.source) or f"the feed of {event.symbol or 'prices'}"
    return f"{what} is {event.state.lower()}: {event.message}" if event.message else f"{what} is {event.state.lower()}"

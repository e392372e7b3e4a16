"""The venue's account beside our books: how they begin, and what is said when they differ.

What is in flight is no difference: one that is seen is asked again at once, and told when it is seen a second time.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple

from tradetui.engine.live.outbox import OutboxVenue
from tradetui.engine.live.reconciliation import Found, Seen, compare
from tradetui.engine.model.events import OpeningEvent, ReconciliationEvent, RiskEvent, VenueOrder, VenueState
from tradetui.engine.step import Core


class Looked(NamedTuple):
    """What a look at the account leads to."""

    clean: bool  # nothing differs but cash, of which a person is told
    again: bool  # the account is to be asked again at once
    drift: str  # a position that differs for good, in words; empty where none does


class Accounts:
    """Remembers what was seen once, and what has been told."""

    def __init__(self, core: Core[OutboxVenue]) -> None:
        self._core = core
        self._suspected: set[tuple[str, str, str]] = set()
        self._told: set[tuple[str, str, str]] = set()

    def open(self, state: VenueState, ts_ns: int) -> None:
        """Begin the books with what the account holds."""
        core = self._core
        opening = OpeningEvent(state.cash, state.positions, ts_ns)
        core.emit(opening, state.seq)
        core.portfolio.adopt(opening)
        core.guard.rearm(core.equity())  # the first peak: even the first fee is a fall

    def compare(self, state: VenueState, ts_ns: int) -> Looked:
        """Look at the account, take into view whose orders are not ours, and say what differs for the second time."""
        core, venue = self._core, self._core.venue
        portfolio = core.portfolio
        positions = {symbol: held.quantity for symbol, held in portfolio.open.items()}
        seen = compare(state, portfolio.cash, positions, venue.sent, venue.session_id, venue.foreign)
        for order in seen.strangers:
            self._adopt(order, state.seq, ts_ns)
        keys = {found.key for found in seen.found}
        lasting = tuple(found for found in seen.found if found.key in self._suspected)
        fresh = tuple(found for found in seen.found if found.key not in self._suspected)
        self._suspected = keys
        for number in dict.fromkeys(number for found in fresh for number in found.order_ids if number in venue.sent):
            venue.look_up(number)
        for number in seen.revived:
            if number in venue.ended:
                venue.ended[number].cancelled = True
                venue.withdraw_again(number)
        if not fresh:
            self._say(state, seen, lasting, ts_ns)
        drift = "; ".join(f.difference.message for f in lasting if f.difference.kind == "position")
        return Looked(all(kind == "cash" for kind, _, _ in keys), bool(fresh), drift)

    def _say(self, state: VenueState, seen: Seen, lasting: tuple[Found, ...], ts_ns: int) -> None:
        core = self._core
        differences = tuple(found.difference for found in lasting)
        cash: Decimal = core.portfolio.cash
        core.emit(ReconciliationEvent(differences, seen.orders, seen.positions, cash, state.cash, ts_ns), state.seq)
        for found in lasting:
            if found.key not in self._told:
                said = found.difference
                severity: Literal["critical", "warning"] = "critical" if said.kind == "position" else "warning"
                core.emit(RiskEvent(severity, "RECONCILIATION", said.symbol, said.message, ts_ns), state.seq)
        self._told = {found.key for found in lasting}

    def _adopt(self, order: VenueOrder, cause: int, ts_ns: int) -> None:
        self._core.venue.adopt_working(order)
        side = "buy" if order.side > 0 else "sell"
        text = f"an order of somebody else: {side} {order.quantity} {order.type} ({order.venue_id})"
        self._core.emit(RiskEvent("info", "FOREIGN", order.symbol, text, ts_ns), cause)

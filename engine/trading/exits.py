"""What follows a fill: the legs of an entry, and for an exit the end of whatever it makes void."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tradetui.engine.model.events import Event, FillEvent
from tradetui.engine.model.instrument import Instrument
from tradetui.engine.model.orders import Order
from tradetui.engine.trading.brackets import LEGS, legs_of
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.placing import Placing
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.quotes import QuoteKeeper

EXITS = ("close", *LEGS)


class Exits:
    """Keeps exits in step with what there is to leave."""

    def __init__(
        self,
        portfolio: Portfolio,
        instruments: Mapping[str, Instrument],
        open_orders: OpenOrders,
        placing: Placing,
        quotes: QuoteKeeper,
    ) -> None:
        self._portfolio, self._instruments = portfolio, instruments
        self._open, self._placing, self._quotes = open_orders, placing, quotes

    def follow(self, order: Order, fill: FillEvent, first: bool, done: bool, now: Moment) -> list[Event]:
        """The legs of an entry with its first fill; for an exit, the end of what it makes void."""
        events: list[Event] = []
        if order.role == "open":
            if first:
                instrument = self._instruments[order.symbol]
                for leg in legs_of(order, fill.price, instrument, now.ts_ns, now.cause):
                    self._placing.place(leg, instrument, now, events)
            return events
        if order.parent:
            self._exit_only(order, done, now, events)
        if self._open.by_symbol[order.symbol]:
            self.close_up(order, now, events)
            if order.role != "quote":
                events += self._quotes.after_exit(order, now)
        return events

    def close_up(self, filled: Order | FillEvent, now: Moment, events: list[Event]) -> None:
        """Once the position is flat, or a quote turned it round, its exits are void and what waited for that may go."""
        held = self._portfolio.quantity(filled.symbol)
        if held and (held > 0) != (filled.side > 0):
            return
        exits = [o for o in self._open.of(filled.symbol) if o.role in EXITS and (not held or o.side == filled.side)]
        events += [self._placing.cancel(order, "the position is closed", now) for order in exits]
        if not held or exits:
            for order in self._open.held(filled.symbol):
                self._placing.place(order, self._instruments[order.symbol], now, events)

    def closing(self, symbol: str, held: Decimal, reason: str, now: Moment) -> Order:
        """The order that closes `held` units at the market; neither numbered nor judged yet."""
        return Order(
            0,
            symbol,
            -1 if held > 0 else 1,
            held.copy_abs(),
            role="close",
            time_in_force="gtc",
            reason=reason,
            decided_price=now.price,
            ts_ns=now.ts_ns,
            cause=now.cause,
        )

    def _exit_only(self, leg: Order, done: bool, now: Moment, events: list[Event]) -> None:
        """A bracket leg filled: its entry must not go on filling, and the other leg ends with it.

        A target that filled in part leaves the stop in place for the rest; a stop that fired is leaving in any case.
        """
        parent = self._open.by_id.get(leg.parent)
        if parent is not None:
            events.append(self._placing.cancel(parent, f"its {leg.role.replace('_', ' ')} filled", now))
        if done or leg.role == "stop_loss":
            others = [o for o in self._open.of(leg.symbol) if o.parent == leg.parent and o is not leg]
            if leg.role == "take_profit" and self._portfolio.quantity(leg.symbol):
                others = [o for o in others if o.quantity <= leg.filled]  # less was to be had: the rest keeps its stop
            events += [self._placing.cancel(o, "the other leg of its bracket filled", now) for o in others]

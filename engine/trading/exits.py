"""What follows a fill: the legs of an entry, and for an exit the end of whatever it makes void.

At a venue made of bars the legs of an entry stand for all of it, and the venue lets them close no more than it brought.
Others fill what they are sent: there each part of an entry that fills has legs of its own. A venue that sets units
aside for resting exits (`docs/live.md`) takes a close only once the legs have made way for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tradetui.engine.model.events import Event, FillEvent, RiskEvent
from tradetui.engine.model.instrument import EXACT, Instrument
from tradetui.engine.model.orders import Order, OrderStatus
from tradetui.engine.trading.brackets import LEGS, again, fix_levels, has_levels, legs_of, make_mates
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.placing import Placing
from tradetui.engine.trading.portfolio import Portfolio
from tradetui.engine.trading.quotes import QuoteKeeper
from tradetui.engine.trading.sizing import ZERO

EXITS = ("close", *LEGS)
MAKES_WAY = "makes way for a close"


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
        self.by_part = False  # whether each part of an entry has legs of its own
        self.sets_aside = False  # whether the venue keeps the units of resting exits from other exits
        self._made_way: dict[str, list[Order]] = {}  # legs that were cancelled for a close, by symbol

    # -- fills

    def follow(self, order: Order, fill: FillEvent, first: bool, done: bool, now: Moment) -> list[Event]:
        """The legs of an entry, or of its part that filled; for an exit, the end of what it makes void."""
        events: list[Event] = []
        if order.role == "open":
            if not has_levels(order):
                return events
            if first:
                fix_levels(order, fill.price, self._instruments[order.symbol])
            if first or self.by_part:
                self._protect(order, fill.quantity if self.by_part else order.quantity, now, events)
            return events
        if order.parent:
            self._exit_only(order, done, now, events)
        if self._open.by_symbol[order.symbol]:
            self.close_up(order, now, events)
            if order.role != "quote":
                events += self._quotes.after_exit(order, now)
        if done and self._made_way:
            self.settle(order.symbol, now, events)
        return events

    def close_up(self, filled: Order | FillEvent, now: Moment, events: list[Event]) -> None:
        """Once the position is flat, or a quote turned it round, its exits are void and what waited for that may go."""
        held = self._portfolio.quantity(filled.symbol)
        if held and (held > 0) != (filled.side > 0):
            return
        self._made_way.pop(filled.symbol, None)
        exits = [o for o in self._open.of(filled.symbol) if o.role in EXITS and (not held or o.side == filled.side)]
        events += [self._placing.cancel(order, "the position is closed", now) for order in exits]
        if not held or exits:
            for order in self._open.held(filled.symbol):
                self._placing.place(order, self._instruments[order.symbol], now, events)

    # -- closes

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

    def place_close(self, close: Order, now: Moment, events: list[Event]) -> None:
        """Send a close, legs out of its way where they would hold its units; what it leaves over keeps its legs."""
        symbol = close.symbol
        if self.sets_aside:
            self._make_way(close, now, events)
        self._placing.place(close, self._instruments[symbol], now, events)
        if self.sets_aside:
            self._protect_again(symbol, close.quantity if self._open.by_id.get(close.order_id) else ZERO, now, events)

    def settle(self, symbol: str, now: Moment, events: list[Event]) -> None:
        """Protect again what no close is going to leave any more."""
        if symbol in self._made_way and not any(o.role == "close" for o in self._open.of(symbol)):
            self._protect_again(symbol, ZERO, now, events)
            self.stand_down(symbol)

    def stand_down(self, symbol: str | None = None) -> None:
        """Nothing comes back by itself: all was cancelled on purpose, or there is nothing to protect."""
        for name in list(self._made_way) if symbol is None else [symbol]:
            self._made_way.pop(name, None)

    def remember(self, leg: Order) -> None:
        """A leg that made way for a close in an earlier part of this session."""
        self._made_way.setdefault(leg.symbol, []).append(leg)

    # -- what the venue gave up

    def dropped(self, order: Order, now: Moment, events: list[Event]) -> None:
        """An exit that the venue did not take or keep, where it was not for its mate's sake."""
        held = self._portfolio.quantity(order.symbol)
        if order.role == "close":
            events += self._placing.end_held(order.symbol, "its close did not fill", now)
            reduces = held and (held > 0) != (order.side > 0) and held.copy_abs() < order.left
            if self.sets_aside and order.status == OrderStatus.REJECTED and reduces:  # a leg was quicker
                self.place_close(self.closing(order.symbol, held, order.reason, now), now, events)
            self.settle(order.symbol, now, events)
            if self.sets_aside and order.status == OrderStatus.REJECTED:
                self._tell_unclosed(order, now, events)
            return
        if order.role != "stop_loss" or not self.sets_aside or held * order.side >= 0 or order.left <= 0:
            return
        units = min(order.left, held.copy_abs())
        closes = order.status == OrderStatus.REJECTED
        done = "they are closed at the market" if closes else "nothing protects them"
        text = f"{EXACT.normalize(units):f} units have lost their stop-loss, order {order.order_id}: {done}"
        events.append(RiskEvent("critical", "UNPROTECTED", order.symbol, text, now.ts_ns))
        if closes:
            mate = self._open.by_id.get(order.mate)
            if mate is not None:
                events.append(self._placing.cancel(mate, "its stop-loss was rejected", now))
            self.place_close(self.closing(order.symbol, units.copy_sign(held), "no stop-loss", now), now, events)

    # -- inside

    def _protect(self, entry: Order, quantity: Decimal, now: Moment, events: list[Event]) -> None:
        """Give units of an entry their legs.

        Where own orders must not meet, a lone stop cannot stand beside an entry that still works, nor a lone target
        beside one at the market: the entry's rest goes.
        """
        legs = legs_of(entry, quantity, now.ts_ns, now.cause)
        works = self.sets_aside and entry.order_id in self._open.by_id
        if works and len(legs) == 1 and (legs[0].role == "stop_loss" or entry.type == "market"):
            events.append(self._placing.cancel(entry, f"its {_name(legs[0])} cannot stand beside it", now))
        self._place_legs(legs, now, events)

    def _place_legs(self, legs: list[Order], now: Moment, events: list[Event]) -> None:
        for leg in legs:
            self._placing.place(leg, self._instruments[leg.symbol], now, events)
        make_mates(legs)

    def _tell_unclosed(self, close: Order, now: Moment, events: list[Event]) -> None:
        """The venue refused to close, and neither an exit nor another close stands for the units."""
        if any(order.role == "close" for order in self._open.of(close.symbol)):
            return
        bare = min(self._free(close.symbol, close.side), close.left)
        if bare > 0:
            text = f"the venue refused to close {EXACT.normalize(bare):f} units, order {close.order_id}"
            text += ": they are still held and nothing protects them; see why it refused, and close them by hand"
            events.append(RiskEvent("critical", "UNPROTECTED", close.symbol, text, now.ts_ns))

    def _exit_only(self, leg: Order, done: bool, now: Moment, events: list[Event]) -> None:
        """A bracket leg filled: its entry must not go on filling, and its mate ends with it.

        A target that filled in part leaves the stop in place for the rest; a stop that fired is leaving in any case.
        Where the venue keeps both as one it lessens the one by what the other fills, and a cancel would end both.
        """
        parent = self._open.by_id.get(leg.parent)
        if parent is not None:
            events.append(self._placing.cancel(parent, f"its {_name(leg)} filled", now))
        mate = self._open.by_id.get(leg.mate)
        if mate is None or not (done or (leg.role == "stop_loss" and not self.sets_aside)):
            return
        if leg.role == "take_profit" and self._portfolio.quantity(leg.symbol) and mate.quantity > leg.filled:
            return  # less was to be had: the rest keeps its stop
        events.append(self._placing.cancel(mate, "the other leg of its bracket filled", now))

    def _legs(self, symbol: str, side: int) -> list[list[Order]]:
        """Working legs, those of the same units together, oldest first."""
        parts: dict[int, list[Order]] = {}
        for order in self._open.of(symbol):
            if order.role in LEGS and order.side == side:
                parts.setdefault(order.mate if order.mate in parts else order.order_id, []).append(order)
        return list(parts.values())

    def _free(self, symbol: str, side: int) -> Decimal:
        """Units of the position for which no leg stands."""
        held = EXACT.multiply(self._portfolio.quantity(symbol), Decimal(-side))
        for part in self._legs(symbol, side):
            held = EXACT.subtract(held, min(leg.left for leg in part))
        return held

    def _make_way(self, close: Order, now: Moment, events: list[Event]) -> None:
        """Cancel as many legs as hold units that the close needs, the newest first."""
        for part in reversed(self._legs(close.symbol, close.side)):
            if self._free(close.symbol, close.side) >= close.quantity:
                return
            events += [self._placing.cancel(leg, MAKES_WAY, now) for leg in part]
            self._made_way.setdefault(close.symbol, []).extend(part)

    def _protect_again(self, symbol: str, leaving: Decimal, now: Moment, events: list[Event]) -> None:
        """Legs that made way come back for what of the position is neither leaving nor protected."""
        parts: dict[int, list[Order]] = {}
        for leg in self._made_way.get(symbol, ()):
            parts.setdefault(leg.mate if leg.mate in parts else leg.order_id, []).append(leg)
        for part in parts.values():
            bare = EXACT.subtract(self._free(symbol, part[0].side), leaving)
            quantity = min(bare, *(leg.left for leg in part))
            if quantity > 0:
                self._place_legs([again(leg, quantity, now.ts_ns, now.cause) for leg in part], now, events)


def _name(leg: Order) -> str:
    return leg.role.replace("_", " ")

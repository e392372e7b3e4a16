"""What a signal still asks for: the entry missing, the units too many, and which working orders contradict it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tradetui.engine.model.events import Event, SignalEvent
from tradetui.engine.model.instrument import EXACT, Instrument
from tradetui.engine.model.orders import Order
from tradetui.engine.trading.brackets import LEGS
from tradetui.engine.trading.moment import Moment
from tradetui.engine.trading.open_orders import OpenOrders
from tradetui.engine.trading.placing import Placing
from tradetui.engine.trading.sizing import ZERO
from tradetui.engine.trading.wishes import BadWish, Wishes

_SUPERSEDED = "superseded by a new signal"


class Entries:
    """Makes entries from signals, and ends what a newer signal contradicts."""

    def __init__(
        self, wishes: Wishes, instruments: Mapping[str, Instrument], open_orders: OpenOrders, placing: Placing
    ) -> None:
        self._wishes, self._instruments = wishes, instruments
        self._open, self._placing = open_orders, placing

    def difference(
        self, signal: SignalEvent, instrument: Instrument, wanted: int, held: Decimal, now: Moment
    ) -> tuple[Order | None, Decimal]:
        """The entry still missing and the units too many, to get from `held` to what `signal` wants; raises BadWish."""
        if not wanted:
            return None, held.copy_abs()
        if not held or (held > 0) != (wanted > 0):
            return self._entry(signal, instrument, wanted, now), held.copy_abs()
        if signal.quantity is None:  # on the wanted side: only an entry that is still filling goes on, by the new terms
            rest = next((o for o in self._open.of(signal.symbol) if o.role == "open" and o.side == wanted), None)
            if rest is None or not rest.quantity:
                return None, ZERO
            return self._entry(signal, instrument, wanted, now, rest.left), ZERO
        entry = self._entry(signal, instrument, wanted, now)
        missing = EXACT.subtract(entry.quantity, held.copy_abs())
        if missing > 0:
            entry.quantity = missing
            return entry, ZERO
        return None, missing.copy_abs()

    def supersede(
        self,
        signal: SignalEvent,
        entry: Order | None,
        surplus: Decimal,
        held: Decimal,
        now: Moment,
        events: list[Event],
    ) -> tuple[Order | None, bool]:
        """Cancel what contradicts the new wish. Returns the close that goes on, and whether that is all to do."""
        close: Order | None = None
        kept: Order | None = None
        for order in self._open.of(signal.symbol):
            if order.role in LEGS:
                continue
            if order.role == "close":
                fits = surplus > 0 and (order.left == surplus or (surplus == held.copy_abs() and order.left > surplus))
                if close is None and fits:
                    close = order
                    continue
            elif kept is None and entry is not None and _same(order, entry, signal):
                kept = order
                continue
            events.append(self._placing.cancel(order, _SUPERSEDED, now))
        settled = (close is not None) == (surplus > 0) and (kept is not None) == (entry is not None)
        if kept is not None and not settled:  # its close is to be sent anew, and it has to wait for that one
            events.append(self._placing.cancel(kept, _SUPERSEDED, now))
        return close, settled and (close is not None or kept is not None)

    def levels_of(self, order: Order, signal: SignalEvent, now: Moment) -> None:
        """Give an entry that was sent before the levels that its signal asked for."""
        try:
            instrument = self._instruments[order.symbol]
            wished = self._wishes.entry(signal, instrument, order.side, now.price, now.free, order.quantity)
        except BadWish:
            return  # its legs cannot be told any more
        order.stop_loss, order.take_profit = wished.stop_loss, wished.take_profit
        order.stop_share, order.target_share = wished.stop_share, wished.target_share

    def _entry(
        self, signal: SignalEvent, instrument: Instrument, side: int, now: Moment, quantity: Decimal | None = None
    ) -> Order:
        entry = self._wishes.entry(signal, instrument, side, now.price, now.free, quantity)
        entry.ts_ns, entry.cause = now.ts_ns, now.cause
        return entry


def _same(order: Order, entry: Order, signal: SignalEvent) -> bool:
    """Whether the working order is what the new wish asks for; a day order is renewed, since it may soon expire."""
    return (
        (order.type == "market" or order.time_in_force != "day")
        and order.side == entry.side
        and order.type == entry.type
        and order.limit_price == entry.limit_price
        and order.stop_price == entry.stop_price
        and order.stop_loss == entry.stop_loss
        and order.take_profit == entry.take_profit
        and order.time_in_force == entry.time_in_force
        and (signal.quantity is None or order.left == entry.quantity)
    )

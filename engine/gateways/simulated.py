"""The simulated venue: keeps the orders sent to it and fills them from bars or quotes. Holds no strategy and no ledger.

Settling is a conversation, because the consequence of one fill decides the next: `begin` a bar, ask `react` for one
outcome at a time, apply it, `end` the bar. All randomness comes from one seeded generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite

import msgspec

from tradetui.engine.config import ChanceConfig
from tradetui.engine.gateways.displayed import Displayed
from tradetui.engine.gateways.holdings import Holdings
from tradetui.engine.market.bar_fills import AT_MARKET, AT_OPEN, FIRST, Intrabar, Reach, Resting, Window, reach
from tradetui.engine.market.watch import EVERYWHERE, Watch, watch_of
from tradetui.engine.model.events import FillEvent, OrderEvent
from tradetui.engine.model.instrument import (
    EXACT,
    NANOS_PER_UNIT,
    Instrument,
    decimal_from,
    decimal_from_nanos,
    nanos_from_decimal,
)
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.trading.fees import FeeSchedule
from tradetui.engine.trading.session_day import session_end_ns
from tradetui.engine.trading.sizing import cost_of, largest_quantity
from tradetui.engine.trading.slippage import NoSlippage, Slippage
from tradetui.engine.trading.venue import Dropped

FreeCash = Callable[[], Decimal]
ZERO, ONE = Decimal(0), Decimal(1)


class VenueRules(msgspec.Struct, frozen=True, kw_only=True):
    """How the simulated venue behaves; see semantics.md, "fills on bars"."""

    fees: FeeSchedule = FeeSchedule()
    slippage: Slippage = NoSlippage()
    spread: Decimal = Decimal(0)  # fraction, paid by opening orders alone
    touch: bool = False
    volume_cap: Decimal | None = None
    intrabar: Intrabar = "stop_first"
    chance: ChanceConfig = ChanceConfig()


_OPENERS = ("open", "quote")  # what may open a position
UNBOUNDED = 10**60  # nanos of quantity, more than any order: a bar whose volume does not bind


class SimulatedExecutor:
    """A venue made of rules. One instance a run; it keeps what it filled, so that exits only reduce."""

    def __init__(self, rules: VenueRules, instruments: Mapping[str, Instrument], seed: int) -> None:
        self._rules = rules
        self._instruments = instruments
        self._ticks = {symbol: nanos_from_decimal(known.tick) for symbol, known in instruments.items()}
        self._lots = {symbol: nanos_from_decimal(known.lot) for symbol, known in instruments.items()}
        self._random = random.Random(seed)
        self._orders: dict[str, list[Resting]] = {}
        self._holdings = Holdings()
        self._bar: Window | None = None
        self._volume_left = 0
        self._settled = ("", -1)  # whose bar `_volume_left` is of
        self._cap = None if rules.volume_cap is None else float(rules.volume_cap)
        self._sleeping: set[str] = set()  # symbols with dormant orders
        self.expiring: set[str] = set()  # symbols that have had orders which end with a session
        self.displayed = Displayed()
        self._side = 0  # the side that may fill from a quote; 0 for a bar, which fills both
        self._touch = rules.touch
        self.rest: Window | None = None  # the part of the bar after the last fill, where its legs may act
        self.watches: dict[str, Watch] = {}  # symbols with work to do; the engine skips every other bar
        self._plain_chance = rules.chance == ChanceConfig()
        self._plain_price = isinstance(rules.slippage, NoSlippage) and not rules.spread

    # -- orders in

    def submit(
        self, order: OrderEvent, *, wakes_ns: int | None = None, born: Window | None = None, decided: float = 0.0
    ) -> None:
        """Take an order. `born` is the rest of the bar being settled, where legs act at once.

        With `wakes_ns` it sleeps until a bar or quote of its symbol that begins then or later: what began before its
        decision cannot fill it. `decided` is the market at the decision where quotes tell it: slippage is measured
        from there.
        """
        resting = Resting(
            order.order_id,
            order.symbol,
            order.side,
            order.role,
            order.type,
            nanos_from_decimal(order.quantity),
            0 if order.limit_price is None else nanos_from_decimal(order.limit_price),
            0 if order.stop_price is None else nanos_from_decimal(order.stop_price),
            order.fraction,
            order.time_in_force,
            order.parent,
            dormant=wakes_ns is not None,
            born=born,
            wakes_ns=wakes_ns or 0,
            decided=decided if order.type == "market" else 0.0,
        )
        if wakes_ns is not None:
            self._sleeping.add(order.symbol)
        self._orders.setdefault(order.symbol, []).append(resting)
        self.watches[order.symbol] = Watch(*EVERYWHERE, 0)

    def cancel(self, symbol: str, order_id: int) -> bool:
        """Take an order out of the market; False when it is not there (any more)."""
        orders = self._orders.get(symbol, [])
        for index, order in enumerate(orders):
            if order.order_id == order_id:
                del orders[index]
                self._watch(symbol)
                return True
        return False

    # -- one bar

    def begin(self, symbol: str, bar: Window) -> None:
        """Start settling `bar`: its volume is shared by all orders of the symbol."""
        again = self._settled == (symbol, bar.ts_ns)  # its close, after the bar as a whole: no new volume
        self._bar, self._side, self._touch, self._settled = bar, 0, self._rules.touch, (symbol, bar.ts_ns)
        if symbol in self._sleeping:
            self._wake(symbol, bar.ts_ns)
        if self._cap is None or not isfinite(bar.volume):  # the volume is not known, so it cannot bind
            self._volume_left = UNBOUNDED
        elif not again:
            lot = self._lots[symbol]
            self._volume_left = round(bar.volume * self._cap * NANOS_PER_UNIT) // lot * lot

    def begin_quote(self, symbol: str, side: int, quote: Window) -> None:
        """Start settling one side of a quote: orders of `side` may take what it displays, and reaching it is enough."""
        lot = self._lots[symbol]
        self._bar, self._side, self._touch, self._settled = quote, side, True, ("", -1)
        if symbol in self._sleeping:
            self._wake(symbol, quote.ts_ns)
        size = round(quote.volume * NANOS_PER_UNIT)
        self._volume_left = self.displayed.show(symbol, side, quote.open, size) // lot * lot

    def react(self, symbol: str, free: FreeCash) -> FillEvent | Dropped | None:
        """The next thing that happens to this symbol's orders inside the bar, or None when nothing more does.

        `free` tells the cash that may back an opening order.
        """
        bar = self._bar
        assert bar is not None
        while self._volume_left > 0:
            found = self._earliest(symbol, bar)
            if found is None:
                break
            order, where = found
            outcome = self._execute(order, where, bar, free)
            if outcome is not None:
                return outcome
        if self._orders.get(symbol):
            self._trigger(symbol, bar)
        return None

    def end(self, symbol: str, bar: Window) -> list[Dropped]:
        """Finish the bar: orders that were for this bar only are given up, the others sleep until the next."""
        dropped = []
        for order in list(self._orders.get(symbol, ())):
            if order.dormant:
                continue
            order.born, order.spent = None, False
            if order.fresh:
                order.fresh = False
                if order.time_in_force in ("ioc", "fok"):
                    reason = f"{order.time_in_force}: the rest did not fill"
                    dropped.append(self._give_up(order, OrderStatus.CANCELLED, reason))
                    continue
                if order.time_in_force == "day" and order.role == "open" and order.type != "market":
                    self.expiring.add(symbol)
                    order.expires_ns = session_end_ns(bar.ts_ns, self._instruments[symbol].timezone)
            if not self._plain_chance and self._random.random() < self._rules.chance.cancel:
                dropped.append(self._give_up(order, OrderStatus.CANCELLED, "the venue cancelled it (chance.cancel)"))
        self._watch(symbol)
        return dropped

    def expire(self, symbol: str, ts_ns: int) -> list[Dropped]:
        """Give up the day orders whose session is over at `ts_ns`."""
        return [
            self._give_up(order, OrderStatus.EXPIRED, "its session ended")
            for order in list(self._orders.get(symbol, ()))
            if order.expires_ns <= ts_ns
        ]

    # -- inside

    def _wake(self, symbol: str, ts_ns: int) -> None:
        """Orders decided before this bar began take part in it; the others sleep on."""
        self._sleeping.discard(symbol)
        for order in self._orders.get(symbol, ()):
            order.dormant = order.dormant and order.wakes_ns > ts_ns
            if order.dormant:
                self._sleeping.add(symbol)

    def _trigger(self, symbol: str, bar: Window) -> None:
        """A stop that the market reached is a market order from then on, even if this bar had nothing left for it."""
        if self._cap is not None and bar.volume == 0:
            return  # nothing traded, so nothing was reached
        for order in self._orders.get(symbol, ()):
            if order.stop and not (order.triggered or order.dormant or order.side == -self._side):
                window = bar if order.born is None else order.born
                extreme = window.high if order.side > 0 else window.low
                order.triggered = order.side * extreme >= order.side * order.stop

    def _earliest(self, symbol: str, bar: Window) -> tuple[Resting, Reach] | None:
        orders = self._orders.get(symbol)
        if not orders:
            return None
        best: tuple[Resting, Reach] | None = None
        best_key = (9, False, 0)
        through = 0 if self._touch else self._ticks[symbol]
        for order in orders:
            if order.dormant or order.spent or order.side == -self._side:
                continue
            where = reach(order, bar, through, self._rules.intrabar)
            if where is not None:
                key = (where.phase, order.role in _OPENERS, order.order_id)  # exits first, then by age
                if key < best_key:
                    best, best_key = (order, where), key
        return best

    def _execute(self, order: Resting, where: Reach, bar: Window, free: FreeCash) -> FillEvent | Dropped | None:
        chance = self._rules.chance
        if order.time_in_force == "gtx" and where.phase == AT_OPEN:
            if order.fresh:
                return self._give_up(order, OrderStatus.CANCELLED, "post-only: it would have taken")
            where = Reach(AT_OPEN, order.limit, 0)  # it rested before the market came: a gap filled it on the way
        if not self._plain_chance and self._random.random() >= chance.fill:
            order.spent = True
            return None
        if order.role in _OPENERS:
            price = self._price(order, where, bar, free)
            refused = self._afford(order, price, free)
            if refused is not None:
                return refused
        else:
            order.left = self._holdings.closable(order)
            if order.left == 0:
                return self._give_up(order, OrderStatus.CANCELLED, "nothing is left to close")
            price = self._price(order, where, bar, free)
        quantity = self._quantity(order)
        if quantity == 0:
            order.spent = True
            return None
        return self._fill(order, where, bar, price, quantity)

    def _quantity(self, order: Resting) -> int:
        quantity = min(order.left, self._volume_left)
        chance = self._rules.chance
        if not self._plain_chance and chance.partial and self._random.random() < chance.partial:
            lot = self._lots[order.symbol]
            quantity = max(int(quantity * self._random.random()) // lot * lot, min(lot, quantity))
            order.spent = True
        if order.time_in_force == "fok" and quantity < order.left:
            return 0
        return quantity

    def _price(self, order: Resting, where: Reach, bar: Window, free: FreeCash) -> int:
        price = where.price
        if self._plain_price or order.type in ("limit", "stop_limit"):
            return price
        tick = self._ticks[order.symbol] / NANOS_PER_UNIT
        size = min(order.left or self._sized(order, price, free()), self._volume_left)
        shift = self._rules.slippage.shift(price / NANOS_PER_UNIT, size / NANOS_PER_UNIT, bar.volume, tick)
        moved = price + order.side * round(shift * NANOS_PER_UNIT)
        if order.role == "open" and self._rules.spread:
            factor = EXACT.add(ONE, self._rules.spread.copy_sign(Decimal(order.side)))
            moved = nanos_from_decimal(EXACT.multiply(decimal_from_nanos(moved), factor))
        elif where.phase != AT_MARKET:  # a stop cannot fill where the bar never traded
            moved = max(bar.low, min(bar.high, moved))
        return max(moved, 1)

    def _afford(self, order: Resting, price: int, free: FreeCash) -> Dropped | None:
        """Size an order given as a fraction; reject one that the free cash cannot pay."""
        budget = free()
        if order.fraction is not None and order.left == 0:
            order.left = self._sized(order, price, budget)
            if order.left == 0:
                share = EXACT.multiply(budget, decimal_from(order.fraction))
                lot = _text(self._instruments[order.symbol].lot)
                return self._give_up(order, OrderStatus.REJECTED, f"{_text(share)} buys less than one lot of {lot}")
            return None
        unit = decimal_from_nanos(price)
        opens = order.left - self._holdings.reducible(order) if order.role == "quote" else order.left
        if opens <= 0:
            return None
        cost = cost_of(decimal_from_nanos(opens), unit, order.side, self._rules.fees, _is_maker(order))
        if cost > budget and order.fraction is not None:  # the rest of a fraction: prices moved, so it buys less
            order.left = min(
                order.left,
                nanos_from_decimal(
                    largest_quantity(
                        budget,
                        unit,
                        self._instruments[order.symbol].lot,
                        order.side,
                        self._rules.fees,
                        _is_maker(order),
                    )
                ),
            )
            if order.left == 0:
                return self._give_up(order, OrderStatus.CANCELLED, f"{_text(budget)} of free cash buys no more of it")
            return None
        if cost > budget:
            return self._give_up(
                order, OrderStatus.REJECTED, f"insufficient funds: costs {_text(cost)}, free {_text(budget)}"
            )
        return None

    def _sized(self, order: Resting, price: int, budget: Decimal) -> int:
        """What its fraction of `budget` buys at `price`, in nanos of quantity."""
        share = EXACT.multiply(budget, decimal_from(order.fraction or 0.0))
        lot = self._instruments[order.symbol].lot
        unit, maker = decimal_from_nanos(price), _is_maker(order)
        return nanos_from_decimal(largest_quantity(share, unit, lot, order.side, self._rules.fees, maker))

    def _fill(self, order: Resting, where: Reach, bar: Window, price: int, quantity: int) -> FillEvent:
        ambiguous = where.phase >= FIRST and self._sibling_hit(order, bar)
        symbol, side = order.symbol, order.side
        rest = bar if order.born is None else order.born
        self.rest = rest if where.direction == 0 else rest.after(where.price, where.direction)
        order.born = self.rest
        order.left -= quantity
        order.executions += 1
        order.triggered = True
        if self._volume_left != UNBOUNDED:
            self._volume_left -= quantity
        if self._side:
            self.displayed.take(symbol, side, bar.open, round(bar.volume * NANOS_PER_UNIT), quantity)
        self._holdings.fill(order, quantity)
        if order.left == 0:
            self._orders[symbol].remove(order)
        units, unit, maker = decimal_from_nanos(quantity), decimal_from_nanos(price), _is_maker(order)
        return FillEvent(
            f"{order.order_id}-{order.executions}",
            order.order_id,
            symbol,
            side,
            units,
            unit,
            self._rules.fees.fee(side, units, EXACT.multiply(units, unit), maker),
            "maker" if maker else "taker",
            order.role,
            ambiguous,
            order.decided or where.price / NANOS_PER_UNIT,
            bar.ts_ns,
            decimal_from_nanos(order.left) if order.left else ZERO,
        )

    def _sibling_hit(self, order: Resting, bar: Window) -> bool:
        """Whether the other leg of a bracket could have filled inside the same bar just as well.

        The whole bar counts, also where the entry came inside it: its path may have been another than the one assumed.
        """
        if order.role not in ("stop_loss", "take_profit"):
            return False
        through = 0 if self._touch else self._ticks[order.symbol]
        return any(
            reach(msgspec.structs.replace(other, born=None), bar, through, self._rules.intrabar) is not None
            for other in self._orders[order.symbol]
            if other.parent == order.parent and other.role != order.role and not other.dormant
        )

    def _give_up(self, order: Resting, status: OrderStatus, reason: str) -> Dropped:
        self._orders[order.symbol].remove(order)
        return Dropped(order.order_id, status, reason)

    def _watch(self, symbol: str) -> None:
        """Recompute when the symbol needs attention next; forget it when nothing rests."""
        orders = self._orders.get(symbol)
        if not orders:
            self.watches.pop(symbol, None)
            return
        self.watches[symbol] = watch_of(orders, self._rules.chance.cancel > 0)


def _is_maker(order: Resting) -> bool:
    return order.type in ("limit", "stop_limit")


def _text(amount: Decimal) -> str:
    return f"{EXACT.normalize(amount):f}"

"""Where orders meet the market: the seam, and the way of the real paper engine, which fills against the best quote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, Decimal
from random import Random
from typing import Protocol

import msgspec

from tradetui.engine.model.instrument import decimal_from_nanos
from tradetui.engine.practice.words import ZERO, Execution, Outcome

Change = tuple[int, int, int]  # side (+1 bid), price and what is displayed there now, 0 for nothing; nanos
Best = Callable[[str, int], tuple[int, int] | None]  # symbol, side -> price and size of the best level; nanos
QTY_STEP = Decimal("0.000000001")


class Matcher(Protocol):
    """Matches the account's orders with what the market shows. Told of every change of a symbol it is interested in."""

    def interested(self, symbol: str) -> bool:
        """Whether a change of the symbol's book can matter."""
        ...

    def display(self, symbol: str, changes: Sequence[Change], whole: bool, ts_ns: int) -> list[Outcome]:
        """Levels of the book changed, or, with `whole`, this is all of it; fills of resting orders."""
        ...

    def print_trade(self, symbol: str, side: int, price: int, size: int, ts_ns: int) -> list[Outcome]:
        """The market traded; `side` is the taker's. Orders that stood in its way are met."""
        ...

    def place(
        self, order_id: str, symbol: str, side: int, qty: Decimal, limit: Decimal | None, ts_ns: int
    ) -> list[Outcome]:
        """An order arrives, takes what it can, and its rest stays; a market order has no limit."""
        ...

    def take(
        self, order_id: str, symbol: str, side: int, qty: Decimal, limit: Decimal | None, whole: bool, ts_ns: int
    ) -> list[Outcome]:
        """An order arrives, takes what it can, or nothing unless the `whole` can be had; its rest is gone."""
        ...

    def remove(self, order_id: str) -> None:
        """A resting order ends; one that does not rest is no fault."""
        ...

    def resize(self, order_id: str, qty: Decimal) -> None:
        """A resting order keeps its place with less left."""
        ...


class _Resting(msgspec.Struct):
    order_id: str
    symbol: str
    side: int
    qty: Decimal
    limit: Decimal | None


class QuoteMatcher:
    """Fills at the best price of the other side, whatever its size; with a chance, only a random part at a time."""

    def __init__(self, best: Best, partial_chance: float = 0.0, seed: int = 0) -> None:
        self._resting: dict[str, _Resting] = {}
        self._best = best
        self._chance = partial_chance
        self._random = Random(seed)

    def interested(self, symbol: str) -> bool:
        return any(order.symbol == symbol for order in self._resting.values())

    def display(self, symbol: str, changes: Sequence[Change], whole: bool, ts_ns: int) -> list[Outcome]:
        filled: list[Outcome] = []
        for order in [o for o in self._resting.values() if o.symbol == symbol]:
            filled += self._fill(order)
        return filled

    def print_trade(self, symbol: str, side: int, price: int, size: int, ts_ns: int) -> list[Outcome]:
        return []  # only quotes fill

    def place(
        self, order_id: str, symbol: str, side: int, qty: Decimal, limit: Decimal | None, ts_ns: int
    ) -> list[Outcome]:
        order = _Resting(order_id, symbol, side, qty, limit)
        self._resting[order_id] = order
        return self._fill(order)

    def take(
        self, order_id: str, symbol: str, side: int, qty: Decimal, limit: Decimal | None, whole: bool, ts_ns: int
    ) -> list[Outcome]:
        order = _Resting(order_id, symbol, side, qty, limit)
        return self._fill(order, all_of_it=whole)

    def remove(self, order_id: str) -> None:
        self._resting.pop(order_id, None)

    def resize(self, order_id: str, qty: Decimal) -> None:
        if order_id in self._resting:
            self._resting[order_id].qty = qty

    def _fill(self, order: _Resting, all_of_it: bool = False) -> list[Outcome]:
        far = self._best(order.symbol, -order.side)
        if far is None:
            return []
        price = decimal_from_nanos(far[0])
        if order.limit is not None and (price - order.limit) * order.side > 0:
            return []
        qty = order.qty
        if not all_of_it and self._chance and self._random.random() < self._chance:
            part = Decimal(str(self._random.random()))
            step = Decimal(1) if qty == qty.to_integral_value() else QTY_STEP
            qty = max((qty * part).quantize(step, ROUND_DOWN), min(step, qty))
        order.qty -= qty
        if order.qty <= ZERO:
            self._resting.pop(order.order_id, None)
        return [Execution(order.order_id, qty, price)]

"""Random markets on few prices, so that everything meets everything: tapes of each source, bad rows mixed in."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tapes import NANOS, Row, word
from tradetui.engine.market.simulation import (
    PRICE_MAX,
    ROW_ADD,
    ROW_CANCEL,
    ROW_CLEAR,
    ROW_DEPTH,
    ROW_DEPTH_CLEAR,
    ROW_EXECUTE,
    ROW_MODIFY,
    ROW_QUOTE,
    ROW_TRADE,
    TS_MAX,
    Source,
)

TICK = NANOS // 100
MIDDLE = 100 * NANOS


class RandomMarket:
    """Writes one symbol's rows, remembering just enough for most of them to make sense."""

    def __init__(self, source: Source, symbol: int, random: Random, *, bad: float, spread: int) -> None:
        self.source, self.symbol, self.random, self.bad, self.spread = source, symbol, random, bad, spread
        self.alive: dict[int, tuple[int, int]] = {}  # order id → side and size
        self.middle = MIDDLE
        self.ids = 0
        self.nearest = random.choice((-1, 1, 1))  # -1: sides overlap

    def row(self, ts: int) -> Row:
        if self.random.random() < self.bad:
            return self._bad(ts)
        if self.random.random() < 0.05:
            self.middle += self.random.choice((-1, 1)) * TICK
        return {"orders": self._order, "depth": self._depth, "quotes": self._quote, "trades": self._trade}[self.source](
            ts
        )

    def _size(self) -> int:
        return self.random.choice((1, 2, 3, 5, 8)) * NANOS + self.random.choice((0, 0, 1, 333_333_333))

    def _price(self, side: int) -> int:
        """On its side of the middle, and in some markets sometimes beyond it."""
        return self.middle - side * self.random.randint(self.nearest, self.spread) * TICK

    def _make(
        self, ts: int, kind: int, side: int = 0, price: int = 0, size: int = 0, id: int = 0, extra: int = 0
    ) -> Row:
        return ts, word(kind, side, self.symbol), price, size, id, extra

    def _order(self, ts: int) -> Row:
        chance = self.random.random()
        if chance < 0.06:
            return self._trade(ts)
        if chance < 0.063:
            self.alive.clear()
            return self._make(ts, ROW_CLEAR)
        if chance < 0.45 or not self.alive:
            self.ids += 1
            side, size = self.random.choice((1, -1)), self._size()
            self.alive[self.ids] = side, size
            return self._make(ts, ROW_ADD, side, self._price(side), size, self.ids)
        old = list(self.alive)
        order_id = self.random.choice(old if chance < 0.7 else old[:6])
        side, size = self.alive.pop(order_id)
        if chance < 0.6:
            new = self.random.choice((size, size // 2 + 1, size + NANOS))
            self.alive[order_id] = side, new
            return self._make(ts, ROW_MODIFY, side, self._price(side), new, order_id)
        if chance < 0.72:
            return self._make(ts, ROW_CANCEL, side, 0, 0, order_id)
        went = min(size + (self.random.random() < self.bad), self._size())
        if went < size:
            self.alive = {order_id: (side, size - went)} | self.alive
        return self._make(ts, ROW_EXECUTE, side, 0, went, order_id)

    def _depth(self, ts: int) -> Row:
        chance = self.random.random()
        if chance < 0.3:
            return self._trade(ts)
        if chance < 0.303:
            return self._make(ts, ROW_DEPTH_CLEAR)
        side = self.random.choice((1, -1))
        return self._make(ts, ROW_DEPTH, side, self._price(side), self.random.choice((0, 1, 1, 1)) * self._size())

    def _quote(self, ts: int) -> Row:
        if self.random.random() < 0.35:
            return self._trade(ts)
        bid, ask = self._price(1) - TICK, self._price(-1) + TICK
        if self.random.random() < 0.6:
            bid, ask = self.middle - TICK, self.middle + TICK
        bid, ask = (price * (self.random.random() > 0.03) for price in (bid, ask))
        return self._make(ts, ROW_QUOTE, 0, bid, self._size(), ask, self._size())

    def _trade(self, ts: int) -> Row:
        side = self.random.choice((-1, 0, 1))
        return self._make(ts, ROW_TRADE, side, self._price(self.random.choice((1, -1))), self._size())

    def _bad(self, ts: int) -> Row:
        """Anything: each number may be absurd, and the symbol out of range."""
        pick = self.random.choice
        code = pick(range(16)) | pick(range(4)) << 4 | (self.symbol + pick((0, 0, 0, 0, 50, -50))) * 64
        huge = pick((2**61, PRICE_MAX - 2, PRICE_MAX, PRICE_MAX + 1, 2**63 - 1, -(2**63)))
        price, size = (pick((0, -1, 1, MIDDLE, 3 * TICK, self._size(), huge)) for _ in range(2))
        ts = pick((ts,) * 9 + (TS_MAX + 1, 2**63 - 1, -(2**63)))
        return ts, code, price, size, pick((0, -1, self.ids, self.ids + 9, huge)), pick((0, -1, NANOS, huge))


def random_rows(
    sources: tuple[Source, ...], seed: int, rows: int, *, bad: float = 0.02, spread: int = 6
) -> Iterator[Row]:
    """Rows of several symbols; many share their time with the one before, a few run backwards."""
    random = Random(seed)
    markets = [RandomMarket(source, n, random, bad=bad, spread=spread) for n, source in enumerate(sources)]
    ts = random.choice((1, 1_000, 10**15))
    market = markets[0]
    for _ in range(rows):
        if random.random() < 0.5:
            ts += random.choice((1, 2, 5, 10, 40))
            market = random.choice(markets)
        elif random.random() < 0.3:
            market = random.choice(markets)
        late = random.choice((1, 3, 30)) if random.random() < bad else 0
        yield market.row(ts - late)

"""Rows of a price ladder from a book: grouped levels, own orders, imbalance and what changed. Pure."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from tradetui.engine.model.snapshot import BookView

GROUPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # ticks a row
DEPTHS = (5, 10, 20, 0)  # levels a side; 0 is all there are
DELTA_WINDOW_S = 10
NS = 1_000_000_000

Levels = dict[int, float]  # price in ticks -> size


@dataclass(frozen=True)
class Rung:
    """One price of the ladder. `size` is None where only the price is known."""

    side: int  # +1 bid, -1 ask
    price: float
    size: float | None
    mine: float  # own quantity working here: positive buys, negative sells
    delta: float | None
    last: bool


@dataclass(frozen=True)
class Ladder:
    """Asks and bids, best first on both sides; `share` is the bids' part of that depth, `top` its largest size."""

    asks: tuple[Rung, ...]
    bids: tuple[Rung, ...]
    bid: float | None
    ask: float | None
    spread_ticks: int | None
    share: float | None
    top: float


def has_depth(book: BookView) -> bool:
    """Whether sizes are known: data with best prices alone carries them with size 0."""
    return any(size > 0 for _, size in (*book.bids, *book.asks))


class Memory:
    """Sizes as they were up to ten market seconds ago, one picture a second, for what was added and pulled since."""

    def __init__(self) -> None:
        self._past: deque[tuple[int, dict[tuple[int, float], float]]] = deque(maxlen=DELTA_WINDOW_S + 2)
        self._symbol = ""

    def learn(self, book: BookView) -> None:
        """Remember this picture if a second of market time has passed; time going back or another symbol forgets."""
        newest = self._past[-1][0] if self._past else None
        if book.symbol != self._symbol or (newest is not None and book.ts_ns < newest):
            self._past.clear()
            self._symbol = book.symbol
            newest = None
        if newest is None or book.ts_ns - newest >= NS:
            sizes = {(1, price): size for price, size in book.bids}
            sizes.update({(-1, price): size for price, size in book.asks})
            self._past.append((book.ts_ns, sizes))

    def before(self, ts_ns: int) -> dict[tuple[int, float], float] | None:
        """The oldest picture at most ten seconds older than `ts_ns`; None when there is none older than now."""
        while len(self._past) > 1 and ts_ns - self._past[0][0] > DELTA_WINDOW_S * NS:
            self._past.popleft()
        if not self._past or self._past[0][0] >= ts_ns:
            return None
        return self._past[0][1]


def build(book: BookView, group: int, depth: int, before: dict[tuple[int, float], float] | None) -> Ladder:
    """The ladder of a book, `group` ticks a row and `depth` rows a side (0: all)."""
    tick = book.tick if book.tick > 0 else 0.01
    limit = depth or None
    step = tick * group
    sides: dict[int, tuple[Rung, ...]] = {}
    for side, levels in ((1, book.bids), (-1, book.asks)):
        now = _grouped(levels, side, tick, group)
        mine = _grouped(((price, left) for way, price, left in book.mine if way == side), side, tick, group)
        past = None if before is None else _past(before, side, tick, group, len(levels))
        last = _bucket(book.last, side, tick, group) if book.last is not None and _side_of_last(book) == side else None
        keys = sorted(now.keys() | mine.keys(), reverse=side > 0)[:limit]
        sides[side] = tuple(
            Rung(
                side,
                key * step,
                now.get(key, 0.0),
                side * mine.get(key, 0.0),
                None if past is None or not past.knows(key) else now.get(key, 0.0) - past.sizes.get(key, 0.0),
                key == last,
            )
            for key in keys
        )
    bid = book.bids[0][0] if book.bids else None
    ask = book.asks[0][0] if book.asks else None
    bid_size = sum(rung.size or 0.0 for rung in sides[1])
    ask_size = sum(rung.size or 0.0 for rung in sides[-1])
    total = bid_size + ask_size
    return Ladder(
        asks=sides[-1],
        bids=sides[1],
        bid=bid,
        ask=ask,
        spread_ticks=None if bid is None or ask is None else round((ask - bid) / tick),
        share=bid_size / total if total > 0 else None,
        top=max((rung.size or 0.0 for rung in (*sides[1], *sides[-1])), default=0.0),
    )


def around(book: BookView, bid: float | None, ask: float | None, group: int, rows: int) -> Ladder:
    """A ladder of round prices around the last one, for data without depth: own orders, best bid and ask."""
    last = book.last if book.last is not None else bid if bid is not None else ask
    if last is None or not math.isfinite(last):
        return Ladder((), (), None, None, None, None, 0.0)
    step = nice_step(abs(last) * 0.0004, book.tick) * group
    centre = math.floor(last / step)
    rungs: dict[int, dict[float, Rung]] = {1: {}, -1: {}}
    for at in range(centre - rows, centre + rows + 1):
        value = _exact(at * step)
        side = -1 if value > last else 1
        rungs[side][value] = Rung(side, value, None, 0.0, None, math.isclose(value, last, abs_tol=step / 1e6))
    for side, best in ((1, bid), (-1, ask)):
        if best is not None:
            best = _exact(best)
            rungs[side][best] = Rung(side, best, None, 0.0, None, False)
    for way, price, left in book.mine:
        value = _exact(price)
        side = -1 if value > last else 1
        held = rungs[side].get(value)
        rungs[side][value] = Rung(side, value, None, (held.mine if held else 0.0) + way * left, None, False)
    return Ladder(
        asks=tuple(rungs[-1][key] for key in sorted(rungs[-1])),
        bids=tuple(rungs[1][key] for key in sorted(rungs[1], reverse=True)),
        bid=bid,
        ask=ask,
        spread_ticks=None,
        share=None,
        top=0.0,
    )


def nice_step(wanted: float, tick: float) -> float:
    """The 1, 2 or 5 times a power of ten that is not below `wanted`, and not below the tick."""
    wanted = max(wanted, tick, 1e-6)
    scale = 10.0 ** math.floor(math.log10(wanted))
    return next(scale * factor for factor in (1, 2, 5, 10) if scale * factor >= wanted * 0.999999)


def _exact(price: float) -> float:
    """One price, however it was computed: 1841 steps of 0.1 are 184.1, and one row."""
    return round(price, 9)


def _bucket(price: float, side: int, tick: float, group: int) -> int:
    at = round(price / tick)
    return at // group if side > 0 else -(-at // group)


def _grouped(levels: Iterable[tuple[float, float]], side: int, tick: float, group: int) -> Levels:
    out: Levels = {}
    for price, size in levels:
        key = _bucket(price, side, tick, group)
        out[key] = out.get(key, 0.0) + size
    return out


def _side_of_last(book: BookView) -> int:
    """The side that the last trade was nearer to: a group of ticks below the spread and one above may both hold it."""
    if not (book.bids and book.asks and book.last is not None):
        return 1 if book.bids else -1
    return 1 if book.last - book.bids[0][0] <= book.asks[0][0] - book.last else -1


@dataclass(frozen=True)
class _Past:
    """The grouped sizes of one side some seconds ago. `deepest` is the last key seen then, None where all were seen."""

    side: int
    sizes: Levels
    deepest: int | None

    def knows(self, key: int) -> bool:
        """Whether the picture reached so deep: what came into view since is not what was added since."""
        return self.deepest is None or (key - self.deepest) * self.side >= 0


def _past(before: dict[tuple[int, float], float], side: int, tick: float, group: int, shown: int) -> _Past:
    """Of a picture with fewer levels than are `shown` now, all were seen; of another, that is not known."""
    levels = [(price, size) for (way, price), size in before.items() if way == side]
    sizes = _grouped(levels, side, tick, group)
    cut = len(levels) >= max(shown, 1)
    return _Past(side, sizes, (min(sizes) if side > 0 else max(sizes)) if cut else None)

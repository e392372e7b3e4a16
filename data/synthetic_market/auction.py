"""A call auction: orders on both sides, the one price at which most can be traded, and what is left over."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.bars import Float64, Int64

EAGER_ORDERS = 400  # of a side at most: they are larger where more is to be traded
EXCESS = 0.15  # one side wants up to this much more than the other, and not more of what rests: a book remains
AT_ANY_PRICE = 0  # the limit of an order that takes any price


class CallOrders(NamedTuple):
    """Orders of a call in the order they came: `side` +1 or -1, limit in ticks or AT_ANY_PRICE, size in lots."""

    side: npt.NDArray[np.int8]
    limit: Int64
    size: Int64

    def first(self, count: int) -> CallOrders:
        """Those that had come when there were `count`."""
        return CallOrders(self.side[:count], self.limit[:count], self.size[:count])


class Uncross(NamedTuple):
    """The price of a call in ticks, the lots that trade there, and the lots wanted beyond them, buys positive."""

    price: int
    volume: int
    imbalance: int


def uncross(orders: CallOrders, reference: int) -> Uncross:
    """Most volume first, then least imbalance, then nearest to `reference`, then the lower price.

    Without a price at which anything trades, the reference and a volume of 0. The rule of most exchanges, for one
    Nasdaq's opening and closing crosses (Nasdaq Equity 4, Rules 4752 and 4754).
    """
    limited = orders.limit[orders.limit != AT_ANY_PRICE]
    low = int(min(limited.min(initial=reference), reference)) - 1
    high = int(max(limited.max(initial=reference), reference)) + 1
    prices = np.arange(low, high + 1)
    demand = _wanted(orders, 1, low, high)[::-1].cumsum()[::-1]
    supply = _wanted(orders, -1, low, high).cumsum()
    volume = np.minimum(demand, supply)
    best = np.lexsort((prices, np.abs(prices - reference), np.abs(demand - supply), -volume))[0]
    if volume[best] == 0:
        return Uncross(reference, 0, int(demand[reference - low] - supply[reference - low]))
    return Uncross(int(prices[best]), int(volume[best]), int(demand[best] - supply[best]))


def left_over(orders: CallOrders, result: Uncross) -> CallOrders:
    """What rests after the call: unfilled limit orders, best price first, in the order they came.

    Orders at any price come first and do not rest, then the better limit, then who came first. The result is never
    crossed: two orders that could still trade with one another would have made a larger volume.
    """
    kept = []
    for side in (1, -1):
        own = np.flatnonzero(orders.side == side)
        limit, size = orders.limit[own], orders.size[own]
        urgency = np.where(limit == AT_ANY_PRICE, np.iinfo(np.int64).max, limit * side)
        rank = np.lexsort((own, -urgency))
        before = np.cumsum(size[rank]) - size[rank]
        left = size[rank] - np.clip(result.volume - before, 0, size[rank])
        rests = (left > 0) & (limit[rank] != AT_ANY_PRICE)
        kept.append(CallOrders(np.full(int(rests.sum()), side, np.int8), limit[rank][rests], left[rests]))
    return CallOrders(*(np.concatenate(columns) for columns in zip(*kept, strict=True)))


def call_orders(
    rng: np.random.Generator, fair: float, spread_ticks: float, resting: int, volume: float, round_lot: int
) -> CallOrders:
    """Orders for a call around the price `fair`: `resting` limit orders a side, and about `volume` lots to be traded.

    Two thirds of the volume comes at any price. Limits thin out with distance as in `book_loop`.
    """
    parts = [_limits(rng, side, fair, spread_ticks, resting, round_lot) for side in (1, -1)]
    beyond = EXCESS * min(volume, float(parts[0].size.sum())) * (2.0 * rng.random() - 1.0)
    for side, more in ((1, max(0.0, beyond)), (-1, max(0.0, -beyond))):
        parts.append(_eager(rng, side, fair, spread_ticks, volume + more, round_lot))
    merged = CallOrders(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    order = np.argsort(rng.random(len(merged.side)), kind="stable")
    return CallOrders(merged.side[order], merged.limit[order], merged.size[order])


def _wanted(orders: CallOrders, side: int, low: int, high: int) -> Int64:
    """Lots of one side by limit, those at any price at the end where they count for every price."""
    own = orders.side == side
    at = np.where(orders.limit[own] == AT_ANY_PRICE, high if side > 0 else low, orders.limit[own])
    wanted = np.zeros(high - low + 1, np.int64)
    np.add.at(wanted, at - low, orders.size[own])
    return wanted


def _limits(
    rng: np.random.Generator, side: int, fair: float, spread_ticks: float, count: int, round_lot: int
) -> CallOrders:
    u, v = rng.random(count), rng.random(count)
    away = spread_ticks * (0.1 + 0.9 * rng.random(count)) + np.minimum(120.0, 4.0 * (1.0 / (1.0 - u) - 1.0))
    limit = np.floor(fair - away) if side > 0 else np.floor(fair + away) + 1.0
    return CallOrders(np.full(count, side, np.int8), np.maximum(1, limit.astype(np.int64)), _sizes(v, round_lot))


def _eager(
    rng: np.random.Generator, side: int, fair: float, spread_ticks: float, volume: float, round_lot: int
) -> CallOrders:
    """Orders that mean to trade: two in three at any price, the others up to a few spreads beyond the fair price."""
    sizes = _sizes(rng.random(EAGER_ORDERS), round_lot)
    sizes *= max(1, math.ceil(volume / int(sizes.sum())))
    before = np.cumsum(sizes) - sizes
    wanted = max(1, round(volume / round_lot)) * round_lot
    sizes = np.clip(wanted - before, 0, sizes)
    sizes = sizes[sizes > 0]
    u, any_price = rng.random(len(sizes)), rng.random(len(sizes)) < 2 / 3
    limit = np.rint(fair + side * 3.0 * spread_ticks * u).astype(np.int64)
    limit[any_price] = AT_ANY_PRICE
    return CallOrders(np.full(len(sizes), side, np.int8), limit, sizes)


def _sizes(u: Float64, round_lot: int) -> Int64:
    """Round lots with a heavy tail, as in `book_loop`."""
    return round_lot * (1 + np.minimum(40.0, 0.8 * (1.0 / (1.0 - 0.999 * u) - 1.0)).astype(np.int64))

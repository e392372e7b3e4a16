"""The market benchmarks in hftbacktest: rules compiled with it, books as a hash map or as a vector of prices.

Conversion of the data into its event array and the compilation of the strategy are timed apart from the run. Like its
converter of Databento's files, an execution becomes a fill for the exchange and a change of the order for everybody; a
quote becomes the changes of the levels that it replaces.
"""

from __future__ import annotations

from typing import Any

import hftbacktest as hft
import numpy as np
import numpy.typing as npt
from numba import njit

from make_market import ADD, CANCEL, EXECUTE, MINUTE_NS, MODIFY, TICK, TRADE, Columns, load, rows_of
from market_rules import (
    FAR,
    LATENCY_NS,
    NEAR,
    POSITION_MAX,
    QUANTITY,
    WAKE_NS,
    Ran,
    Work,
    read_work,
    report_market,
)
from program import FAST, SLOW, Stopwatch

BOTH = hft.EXCH_EVENT | hft.LOCAL_EVENT
WARM_UP_ROWS = 2_000
TRADES_A_MINUTE = 100_000  # room for the trades between two wakes
WAKES, ORDERS, FILLS = 0, 1, 2  # entries of what a strategy counts
BEHIND, DRIFT, RENEW = 6, 7, 8  # entries of `new_state`
FOREVER_NS = 10**15
Counts = npt.NDArray[np.int64]


@njit
def cross(hbt: Any, counts: Counts, _state: Counts) -> None:
    """Reverses at every cross of two means of the minutes' last trades."""
    closes = np.zeros(SLOW, np.int64)
    fast, slow, before, count, last, order_id, position = 0, 0, 0, 0, 0, 1, 0
    hbt.elapse(1)
    hbt.elapse(MINUTE_NS - hbt.current_timestamp % MINUTE_NS)
    while True:
        counts[WAKES] += 1
        trades = hbt.last_trades(0)
        if len(trades) > 0:
            last = round(trades[-1].px / TICK)
            hbt.clear_last_trades(0)
            if count >= FAST:
                fast -= closes[(count - FAST) % SLOW]
            if count >= SLOW:
                slow -= closes[count % SLOW]
            closes[count % SLOW] = last
            fast += last
            slow += last
            count += 1
            if count >= SLOW:
                now = fast * SLOW - slow * FAST
                side = 1 if before < 0 < now else (-1 if before > 0 > now else 0)
                before = now
                for _ in range(0 if side * position >= abs(side) else (1 if position == 0 else 2)):
                    if side > 0:
                        hbt.submit_buy_order(0, order_id, last * TICK, QUANTITY, hft.GTC, hft.MARKET, False)
                    else:
                        hbt.submit_sell_order(0, order_id, last * TICK, QUANTITY, hft.GTC, hft.MARKET, False)
                    order_id += 1
                    position += side
                    counts[ORDERS] += 1
        hbt.clear_inactive_orders(0)
        if hbt.elapse(MINUTE_NS) != 0:
            break


@njit
def replace(hbt: Any, counts: Counts, _state: Counts) -> None:
    """Replaces two quotes behind the best price every 100 ms."""
    order_id, bid_id, ask_id, count = 2, 0, 1, 0
    bid_price, ask_price = 0, 0
    hbt.elapse(1)
    hbt.elapse(WAKE_NS - hbt.current_timestamp % WAKE_NS)
    while True:
        counts[WAKES] += 1
        hbt.clear_inactive_orders(0)
        depth = hbt.depth(0)
        count += 1
        behind = FAR if count & 1 else NEAR
        orders = hbt.orders(0)
        wanted = depth.best_bid_tick - behind
        resting = bid_id in orders
        if not resting or wanted != bid_price:
            if resting and orders.get(bid_id).cancellable:
                hbt.cancel(0, bid_id, False)
            bid_id, bid_price, order_id = order_id, wanted, order_id + 1
            hbt.submit_buy_order(0, bid_id, wanted * TICK, QUANTITY, hft.GTX, hft.LIMIT, False)
            counts[ORDERS] += 1
        wanted = depth.best_ask_tick + behind
        resting = ask_id in orders
        if not resting or wanted != ask_price:
            if resting and orders.get(ask_id).cancellable:
                hbt.cancel(0, ask_id, False)
            ask_id, ask_price, order_id = order_id, wanted, order_id + 1
            hbt.submit_sell_order(0, ask_id, wanted * TICK, QUANTITY, hft.GTX, hft.LIMIT, False)
            counts[ORDERS] += 1
        if hbt.elapse(WAKE_NS) != 0:
            break


@njit
def gone(orders: Any, order_id: int) -> bool:
    """Whether the order was filled."""
    if order_id not in orders:
        return False
    return bool(orders.get(order_id).status == hft.FILLED)


@njit
def rest(hbt: Any, counts: Counts, state: Counts) -> None:
    """One wake of the rule that keeps quotes resting; see `new_state`."""
    counts[WAKES] += 1
    state[0] += 1
    orders = hbt.orders(0)
    for at in (2, 4):
        if state[at] and gone(orders, state[at]):
            state[at] = 0
    hbt.clear_inactive_orders(0)
    depth, position = hbt.depth(0), hbt.position(0)
    renew = state[0] % state[RENEW] == 0
    for at in (2, 4):
        side = 1 if at == 2 else -1
        best = (depth.best_bid_tick if side > 0 else depth.best_ask_tick) - side * state[BEHIND]
        quoted = state[at] != 0
        if not (renew or not quoted or abs(best - state[at + 1]) >= state[DRIFT]):
            continue
        working = quoted and state[at] in orders
        wanted = position * side < POSITION_MAX
        if working and wanted and best == state[at + 1]:
            continue
        if working and orders.get(state[at]).cancellable:
            hbt.cancel(0, state[at], False)
        state[at] = 0
        if wanted:
            state[at], state[at + 1] = state[1], best
            state[1] += 1
            if side > 0:
                hbt.submit_buy_order(0, state[at], best * TICK, QUANTITY, hft.GTX, hft.LIMIT, False)
            else:
                hbt.submit_sell_order(0, state[at], best * TICK, QUANTITY, hft.GTX, hft.LIMIT, False)
            counts[ORDERS] += 1


@njit
def rest_by_timer(hbt: Any, counts: Counts, state: Counts) -> None:
    hbt.elapse(1)
    hbt.elapse(WAKE_NS - hbt.current_timestamp % WAKE_NS)
    while True:
        rest(hbt, counts, state)
        if hbt.elapse(WAKE_NS) != 0:
            break


@njit
def rest_by_best(hbt: Any, counts: Counts, state: Counts) -> None:
    """Nothing in hftbacktest waits for a move of the best price, so every feed event is looked at."""
    hbt.elapse(1)
    bid, ask = hbt.depth(0).best_bid_tick, hbt.depth(0).best_ask_tick
    while True:
        if hbt.wait_next_feed(False, FOREVER_NS) != 2:
            break
        depth = hbt.depth(0)
        if depth.best_bid_tick != bid or depth.best_ask_tick != ask:
            bid, ask = depth.best_bid_tick, depth.best_ask_tick
            rest(hbt, counts, state)


@njit
def watch(hbt: Any, counts: Counts, _state: Counts) -> None:
    """Only lets the market pass, 100 ms at a time."""
    while hbt.elapse(WAKE_NS) == 0:
        counts[WAKES] += 1


def new_state(work: Work) -> Counts:
    """Wakes so far, the next id, id and price of the bid and of the ask, and how they are placed."""
    return np.array([0, 1, 0, 0, 0, 0, *work.manner])


def events_of(work: Work, columns: Columns) -> npt.NDArray[Any]:
    return {"ticks": tick_events, "depth": depth_events, "orders": order_events}[work.kind](columns)


def tick_events(columns: Columns) -> npt.NDArray[Any]:
    """A quote as what became of the levels it is about: the old one away where the price moved, the new one's size."""
    parts = [_events(columns["t_ts_ns"], hft.TRADE_EVENT, columns["t_side"], columns["t_price"], columns["t_size"])]
    ranks = [np.zeros(len(parts[0]), np.int64)]
    ts = columns["q_ts_ns"]
    for name, side in (("bid", 1), ("ask", -1)):
        price, size = columns[f"q_{name}"], columns[f"q_{name}_size"]
        before = np.concatenate((price[:1], price[:-1]))
        moved = np.flatnonzero(price != before)
        changed = np.flatnonzero((price != before) | (size != np.concatenate(([-1], size[:-1]))))
        sides = np.full(len(ts), side)
        for rows, prices, sizes in ((moved, before, np.zeros_like(size)), (changed, price, size)):
            parts.append(_events(ts[rows], hft.DEPTH_EVENT, sides[rows], prices[rows], sizes[rows]))
            ranks.append(2 * rows + 1 + (sizes is size))
    events, rank = np.concatenate(parts), np.concatenate(ranks)
    return np.ascontiguousarray(events[np.lexsort((rank, events["exch_ts"]))])


def depth_events(columns: Columns) -> npt.NDArray[Any]:
    kind = np.where(columns["kind"] == TRADE, hft.TRADE_EVENT, hft.DEPTH_EVENT)
    made = _events(columns["ts_ns"], kind, columns["side"], columns["price"], columns["size"])
    # A trade before the fall of its level at the same time, as ours are played: the queue would move twice for it.
    return made[np.lexsort((kind != hft.TRADE_EVENT, columns["ts_ns"]))]


def order_events(columns: Columns) -> npt.NDArray[Any]:
    """An execution is two events: the fill at the exchange, then what is left of the order or its end."""
    action, ids, size = columns["action"], columns["order_id"], columns["size"]
    left = _left(action, ids, size)
    executed = action == EXECUTE
    kind = np.select(
        [action == ADD, (action == CANCEL) | (executed & (left == 0)), (action == MODIFY) | executed],
        [hft.ADD_ORDER_EVENT, hft.CANCEL_ORDER_EVENT, hft.MODIFY_ORDER_EVENT],
    )
    side, price, ts = columns["side"], columns["price"], columns["ts_ns"]
    changes = _events(ts, kind, side, price, np.where(executed, left, size), ids)
    fills = _events(ts[executed], hft.FILL_EVENT, side[executed], price[executed], size[executed], ids[executed])
    fills["ev"] &= ~np.uint64(hft.LOCAL_EVENT)
    return np.insert(changes, np.flatnonzero(executed), fills)


def _left(action: Counts, ids: Counts, size: Counts) -> Counts:
    """The size of its order after each event."""
    live: dict[int, int] = {}
    left = np.zeros(len(action), np.int64)
    for row, (what, order, much) in enumerate(zip(action.tolist(), ids.tolist(), size.tolist(), strict=True)):
        if what in (ADD, MODIFY):
            live[order] = left[row] = much
        elif what == EXECUTE:
            live[order] -= much
            left[row] = live[order]
    return left


def _events(ts: Counts, kind: Any, side: Counts, price: Counts, size: Counts, ids: Any = 0) -> npt.NDArray[Any]:
    made = np.zeros(len(ts), hft.types.event_dtype)
    signs = np.select([side > 0, side < 0], [hft.BUY_EVENT, hft.SELL_EVENT])
    made["ev"] = np.asarray(kind, np.int64) | BOTH | signs
    made["exch_ts"] = made["local_ts"] = ts
    made["px"], made["qty"], made["order_id"] = price * TICK, size, ids
    return made


def build(work: Work, events: npt.NDArray[Any], columns: Columns) -> Any:
    latency = 0 if work.kind == "ticks" else LATENCY_NS
    asset = hft.BacktestAsset().data(events).linear_asset(1.0).constant_order_latency(latency, latency)
    asset = asset.l3_fifo_queue_model() if work.kind == "orders" else asset.risk_adverse_queue_model()
    asset = asset.no_partial_fill_exchange().trading_value_fee_model(0.0, 0.0).tick_size(TICK).lot_size(1.0)
    asset = asset.last_trades_capacity(TRADES_A_MINUTE if work.kind == "ticks" else 0)
    if work.engine == "hash map":
        return hft.HashMapMarketDepthBacktest([asset])
    prices = [columns[name] for name in ("price", "q_bid", "q_ask", "t_price") if name in columns]
    low, high = min(int(p.min()) for p in prices), max(int(p.max()) for p in prices)
    asset = asset.roi_lb(max(0, low - 100) * TICK).roi_ub((high + 100) * TICK)
    return hft.ROIVectorMarketDepthBacktest([asset])


def main() -> None:
    work = read_work(__doc__, ("hash map", "roi vector"))
    with Stopwatch() as prepare:
        columns = load(work.file, work.rows)
        events = events_of(work, columns)
    rules = {"ticks": cross, "depth": replace, "orders": rest_by_best if work.wake == "best" else rest_by_timer}
    rule = watch if work.wake == "none" else rules[work.kind]
    counts = np.zeros(3, np.int64)
    with Stopwatch() as compiling:
        first = events[:WARM_UP_ROWS]  # it keeps the address alone: a copy made on the way would be gone
        few = build(work, first, columns)
        rule(few, counts, new_state(work))
        few.close()
    counts[:] = 0
    market = build(work, events, columns)
    with Stopwatch() as run:
        rule(market, counts, new_state(work))
    state = market.state_values(0)
    ran = Ran(
        int(counts[WAKES]), int(counts[ORDERS]), int(state.num_trades), float(state.position), float(state.balance)
    )
    market.close()
    report_market(f"hftbacktest {hft.__version__}", rows_of(columns), run, prepare, compiling, ran)


if __name__ == "__main__":
    main()

"""The compiled loop of one symbol: what arrives acts on an order-level book, which decides what may happen next.

Every order rests in a first-in-first-out queue of its price. Prices are ticks above the lowest price that the book can
hold, sizes are lots. Only + - * / and square roots of uniform numbers are used, so that a seed gives the same market on
every machine. What the rules are taken from:

- where limit orders arrive: a power law of the distance from the best price on the same side. Its exponent is about 0.6
  in Bouchaud, Mezard, Potters (2002), "Statistical properties of stock order books", Quantitative Finance 2, 251-256,
  and about 1.5 in Zovko, Farmer (2002), "The power of patience", Quantitative Finance 2, 387-392; 1 is used here.
- signs of market orders: parts of large hidden orders whose lengths have a Pareto tail of 1.6, one of several chosen at
  random each time, which makes signs remember as lag^-0.6 (Lillo, Mike, Farmer (2005), "Theory for long memory in
  supply and demand", Physical Review E 71, 066122; measured in Lillo, Farmer (2004), "The long memory of the efficient
  market", Studies in Nonlinear Dynamics and Econometrics 8(3)).
- why prices do not trend with the signs: orders that push away from the believed price are small beside the size they
  meet, those that push towards it are not (Lillo, Farmer 2004: signs are offset by size and liquidity).
- cancels: an order's hazard falls with its age and rises with its size (Mike, Farmer (2008), "An empirical behavioral
  model of liquidity and volatility", Journal of Economic Dynamics and Control 32, 200-234).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tradetui.data.synthetic_market.jit import compiled
from tradetui.engine.market.bars import Float64, Int64

DRAWS: Final = 6  # uniform numbers that one arrival uses
PARTS_OF_ARRIVAL: Final = 64  # events that one arrival can cause at most
SWEEP_ORDERS: Final = 48  # resting orders that one market order takes at most
KEPT_ORDERS: Final = 6  # a side never has fewer: no market order and no cancel takes them

# Columns of `orders` (one row a slot), of `levels` (one row a price) and the entries of `book`.
ID, SIZE, PRICE, NEXT, PREVIOUS, PLACE = range(6)
TOTAL, HEAD, TAIL = range(3)
BID, ASK, NEXT_ID, FREE, COUNT, COUNT_ASKS, QUOTED = 0, 1, 2, 3, 4, 5, 6  # QUOTED to QUOTED + 3: the last quote
WORKED: Final = 10  # which hidden order traded last
BOOK_ENTRIES: Final = 11
HIDDEN: Final = 3  # rows of `hidden`, the large orders being worked: sign, parts left

# Columns of an event row; actions are those of OrderEvents.
EVENT_COLUMNS: Final = 7  # time, action, id, side, price, size, total of the level afterwards
QUOTE_COLUMNS: Final = 5  # time, bid, size, ask, size
ADD, CANCEL, MODIFY, EXECUTE = 1, 2, 3, 4

# Rates that differ between symbols, entries of `habits`; the last is a state: the share of arrivals that are market
# orders brought about by others.
MARKET_SHARE, SPREAD_TICKS, ORDERS_A_SIDE, ROUND_LOT, EXCITED = 0, 1, 2, 3, 4
HABITS: Final = 5

NONE: Final = -1
ODD_SHARE: Final = 0.12  # of orders whose size is no multiple of the round lot
AT_BEST_SHARE: Final = 0.45  # of limit orders that do not improve the price: join the queue at the best one
TAIL_TICKS: Final = 4.0  # half of those that queue behind the best price are farther than this
DISTANCE_MAX: Final = 120
PUSH_SHARE: Final = 0.6  # of arrivals while the believed price is beyond the best of the other side
TAKE_SHARE: Final = 0.2  # of those pushes that trade; the others withdraw stale orders
REPEAT_SHARE: Final = 0.46  # of market orders that are the next part of the one before
OFFSPRING: Final = 0.5  # market orders that one market order brings about, a Hawkes process in arrivals instead of time
FORGET: Final = 0.05  # of what excites them is forgotten at each arrival
PULLED_MAX: Final = 12  # of them in one push
WIDE: Final = (
    4.0  # usual spreads: so wide a spread is narrowed, and no market order pays more beyond the believed price
)
MODIFY_SHARE: Final = 0.06  # of cancels that take only a part

LONG, FLOATS, LONGS = "int64", "float64[::1]", "int64[::1]"
TABLE = "int64[:, ::1]"


@compiled(f"{LONG}({TABLE}, {TABLE}, {TABLE}, {LONGS}, {LONG}, {LONG}, {LONG})")
def enter(orders: Int64, levels: Int64, live: Int64, book: Int64, side: int, price: int, size: int) -> int:
    """A new order at the end of its queue; gives its slot. The price must not reach the other side."""
    slot = book[FREE]
    book[FREE] = orders[slot, NEXT]
    row = 0 if side > 0 else 1
    place = book[COUNT + row]
    live[row, place] = slot
    book[COUNT + row] = place + 1
    tail = levels[price, TAIL]
    orders[slot, ID] = book[NEXT_ID]
    orders[slot, SIZE] = size
    orders[slot, PRICE] = price
    orders[slot, NEXT] = NONE
    orders[slot, PREVIOUS] = tail
    orders[slot, PLACE] = place
    book[NEXT_ID] += 1
    if tail == NONE:
        levels[price, HEAD] = slot
    else:
        orders[tail, NEXT] = slot
    levels[price, TAIL] = slot
    levels[price, TOTAL] += size
    if side > 0:
        book[BID] = max(book[BID], price)
    else:
        book[ASK] = min(book[ASK], price)
    return int(slot)


@compiled(f"{LONG}({TABLE}, {TABLE}, {TABLE}, {LONGS}, {LONG}, {LONG}, {LONG})")
def reduce(orders: Int64, levels: Int64, live: Int64, book: Int64, side: int, slot: int, size: int) -> int:
    """Takes `size` from an order, which leaves the book when nothing is left; gives the level's total afterwards."""
    price = orders[slot, PRICE]
    levels[price, TOTAL] -= size
    orders[slot, SIZE] -= size
    if orders[slot, SIZE] > 0:
        return int(levels[price, TOTAL])
    before, after = orders[slot, PREVIOUS], orders[slot, NEXT]
    if before == NONE:
        levels[price, HEAD] = after
    else:
        orders[before, NEXT] = after
    if after == NONE:
        levels[price, TAIL] = before
    else:
        orders[after, PREVIOUS] = before
    row = 0 if side > 0 else 1
    last = book[COUNT + row] - 1
    moved = live[row, last]
    live[row, orders[slot, PLACE]] = moved
    orders[moved, PLACE] = orders[slot, PLACE]
    book[COUNT + row] = last
    orders[slot, NEXT] = book[FREE]
    book[FREE] = slot
    if levels[price, TOTAL] == 0:  # a side keeps orders, so the search ends
        if side > 0 and price == book[BID]:
            while levels[price, TOTAL] == 0:
                price -= 1
            book[BID] = price
        elif side < 0 and price == book[ASK]:
            while levels[price, TOTAL] == 0:
                price += 1
            book[ASK] = price
        return 0
    return int(levels[price, TOTAL])


@compiled(f"{LONG}({TABLE}, {LONG}, {LONG}, {LONG}, {LONG}, {LONG}, {LONG}, {LONG}, {LONG})")
def note(events: Int64, at: int, ts: int, action: int, id: int, side: int, price: int, size: int, total: int) -> int:
    """Writes one event row; gives the number of rows so far."""
    events[at, 0] = ts
    events[at, 1] = action
    events[at, 2] = id
    events[at, 3] = side
    events[at, 4] = price
    events[at, 5] = size
    events[at, 6] = total
    return at + 1


@compiled(f"{LONG}({FLOATS}, float64, float64)")
def order_size(habits: Float64, u: float, v: float) -> int:
    """Lots of a new order: round lots with a heavy tail, now and then an odd number."""
    round_lot = habits[ROUND_LOT]
    if v < ODD_SHARE:
        return 1 + int(u * (round_lot - 1.0))
    return int(round_lot) * (1 + int(min(40.0, 0.8 * (1.0 / (1.0 - 0.999 * u) - 1.0))))


@compiled(f"{LONG}({TABLE}, {TABLE}, {TABLE}, {LONGS}, {TABLE}, {LONG}, {LONG}, {LONG}, {LONG}, float64)")
def take(
    orders: Int64,
    levels: Int64,
    live: Int64,
    book: Int64,
    events: Int64,
    at: int,
    ts: int,
    side: int,
    size: int,
    worst: float,
) -> int:
    """A market order of `side`: executes the other side's queues from the best price on, first come first served.

    It pays no price beyond `worst`, as orders that exchanges collar do not; what is left of it is gone.
    """
    for _ in range(SWEEP_ORDERS):
        price = book[ASK] if side > 0 else book[BID]
        few = book[COUNT + (1 if side > 0 else 0)] <= KEPT_ORDERS
        if size == 0 or few or (price - worst) * side > 0.0:
            break
        slot = levels[price, HEAD]
        order = orders[slot, ID]
        taken = min(size, orders[slot, SIZE])
        total = reduce(orders, levels, live, book, -side, slot, taken)
        at = note(events, at, ts, EXECUTE, order, -side, price, taken, total)
        size -= taken
    return at


@compiled(f"{LONG}({TABLE}, {TABLE}, {TABLE}, {LONGS}, {LONG}, float64, float64, float64)")
def cancelled(orders: Int64, levels: Int64, live: Int64, book: Int64, row: int, u: float, v: float, w: float) -> int:
    """The slot that is withdrawn: of two orders drawn at random mostly the younger, now and then the larger.

    The last order of the best price is spared every other time: its owner sees that the queue is short.
    """
    count = book[COUNT + row]
    first, second = live[row, int(u * count)], live[row, int(v * count)]
    if w < 0.55:
        chosen = first if orders[first, ID] > orders[second, ID] else second
    elif w < 0.75:
        chosen = first if orders[first, SIZE] > orders[second, SIZE] else second
    else:
        chosen = first
    price = orders[chosen, PRICE]
    if price == book[BID + row] and levels[price, HEAD] == levels[price, TAIL] and w * 8.0 - int(w * 8.0) < 0.5:
        return int(second if chosen == first else first)
    return int(chosen)


@compiled(f"{LONG}({TABLE}, {LONGS}, {FLOATS}, {LONG}, float64, float64, float64)")
def limit_price(levels: Int64, book: Int64, habits: Float64, side: int, believed: float, u: float, v: float) -> int:
    """Where a limit order goes: inside the spread if its owner's margin allows, else at or behind the best price.

    The margin is drawn around half the symbol's usual spread, measured from the believed price.
    """
    best, other = (book[BID], book[ASK]) if side > 0 else (book[ASK], book[BID])
    margin = habits[SPREAD_TICKS] * (0.1 + 0.9 * u)
    wanted = int(believed - margin) if side > 0 else int(believed + margin) + 1
    if (wanted - best) * side > 0:
        return int(wanted if (other - wanted) * side > 0 else other - side)
    if v < AT_BEST_SHARE:
        return int(best)
    x = (v - AT_BEST_SHARE) / (1.0 - AT_BEST_SHARE)
    away = 1 + int(min(float(DISTANCE_MAX), TAIL_TICKS * (1.0 / (1.0 - x) - 1.0)))
    price = best - side * away
    return int(min(max(price, 1), len(levels) - 2))


@compiled(f"{LONG}({TABLE}, {LONG}, float64, float64)")
def hidden_sign(hidden: Int64, j: int, u: float, v: float) -> int:
    """The sign of the next part of hidden order `j`; an exhausted one is replaced by one of Pareto(1.6) length."""
    if hidden[j, 1] == 0:
        hidden[j, 0] = 1 if v < 0.5 else -1
        root = np.sqrt(max(u, 1e-7))
        eighth = np.sqrt(np.sqrt(root))
        hidden[j, 1] = 1 + int(3.0 / (root * eighth))
    hidden[j, 1] -= 1
    return int(hidden[j, 0])


@compiled(f"{LONG}({TABLE}, {TABLE}, {TABLE}, {LONGS}, {TABLE}, {LONG}, {LONG}, {LONG}, {LONG}, {LONG})")
def withdraw(
    orders: Int64,
    levels: Int64,
    live: Int64,
    book: Int64,
    events: Int64,
    at: int,
    ts: int,
    row: int,
    slot: int,
    size: int,
) -> int:
    """An owner takes `size` from an order: all of it is a cancel, less is a modification to what is left."""
    if book[COUNT + row] <= KEPT_ORDERS:
        return at
    side = 1 if row == 0 else -1
    order, price, left = orders[slot, ID], orders[slot, PRICE], orders[slot, SIZE] - size
    total = reduce(orders, levels, live, book, side, slot, size)
    if left > 0:
        return note(events, at, ts, MODIFY, order, side, price, left, total)
    return note(events, at, ts, CANCEL, order, side, price, size, total)


@compiled(f"{LONG}({TABLE}, {TABLE}, {TABLE}, {LONGS}, {TABLE}, {LONG}, {LONG}, {LONG}, float64)")
def pull(
    orders: Int64, levels: Int64, live: Int64, book: Int64, events: Int64, at: int, ts: int, stale: int, believed: float
) -> int:
    """Owners of orders that the believed price has passed withdraw them, several at the same time."""
    row = 1 if stale > 0 else 0
    for _ in range(PULLED_MAX):
        price = book[BID + row]
        if (believed - price) * stale <= 0.0:
            break
        slot = levels[price, HEAD]
        at = withdraw(orders, levels, live, book, events, at, ts, row, slot, orders[slot, SIZE])
    return at


@compiled(f"{LONG}({TABLE}, {LONGS}, {TABLE}, {LONG}, {LONG})")
def quote(levels: Int64, book: Int64, quotes: Int64, quoted: int, ts: int) -> int:
    """Writes the best of both sides if it is not what was quoted last; gives the number of rows so far."""
    bid, ask = book[BID], book[ASK]
    bid_size, ask_size = levels[bid, TOTAL], levels[ask, TOTAL]
    if (
        bid == book[QUOTED]
        and bid_size == book[QUOTED + 1]
        and ask == book[QUOTED + 2]
        and ask_size == book[QUOTED + 3]
    ):
        return quoted
    book[QUOTED], book[QUOTED + 1], book[QUOTED + 2], book[QUOTED + 3] = bid, bid_size, ask, ask_size
    quotes[quoted, 0] = ts
    quotes[quoted, 1] = bid
    quotes[quoted, 2] = bid_size
    quotes[quoted, 3] = ask
    quotes[quoted, 4] = ask_size
    return quoted + 1


@compiled(f"{LONG}({TABLE}, {TABLE}, {TABLE}, {LONGS}, {TABLE}, {FLOATS}, {TABLE}, {LONG}, {LONG}, float64, {FLOATS})")
def arrive(
    orders: Int64,
    levels: Int64,
    live: Int64,
    book: Int64,
    hidden: Int64,
    habits: Float64,
    events: Int64,
    at: int,
    ts: int,
    believed: float,
    u: Float64,
) -> int:
    """One arrival acts on the book; gives the number of event rows so far."""
    bid, ask = book[BID], book[ASK]
    lean = believed - 0.5 * (bid + ask)
    stale = 1 if believed > ask else (-1 if believed < bid else 0)
    if stale != 0 and u[0] < PUSH_SHARE:
        if u[1] < TAKE_SHARE:
            price = ask if stale > 0 else bid
            return take(orders, levels, live, book, events, at, ts, stale, levels[price, TOTAL], float(price))
        return pull(orders, levels, live, book, events, at, ts, stale, believed)
    what = u[0] if stale == 0 else (u[0] - PUSH_SHARE) / (1.0 - PUSH_SHARE)
    market = min(0.5, habits[MARKET_SHARE] * (1.0 - OFFSPRING) + habits[EXCITED])
    habits[EXCITED] *= 1.0 - FORGET
    wide = ask - bid > WIDE * habits[SPREAD_TICKS]
    if what < market and not wide:
        habits[EXCITED] += OFFSPRING * FORGET
        part = what / market
        worked = int(part * part * HIDDEN)  # some are worked harder than others
        if u[5] < REPEAT_SHARE:
            worked = book[WORKED]
        book[WORKED] = worked
        side = hidden_sign(hidden, worked, u[1], u[2])
        size = order_size(habits, u[3], u[4])
        if side * lean < 0.0:  # away from the believed price: not more than a part of what it meets
            there = levels[ask if side > 0 else bid, TOTAL]
            size = max(1, min(size, there // 2))
        worst = believed + side * WIDE * habits[SPREAD_TICKS]
        return take(orders, levels, live, book, events, at, ts, side, size, worst)
    rest = (what - market) / (1.0 - market)
    row = 0 if u[1] * (book[COUNT] + book[COUNT_ASKS]) < book[COUNT] else 1
    crowd = 0.5 * book[COUNT + row] / habits[ORDERS_A_SIDE]
    if rest < min(0.9, crowd) and not wide and book[COUNT + row] > KEPT_ORDERS:
        slot = cancelled(orders, levels, live, book, row, u[2], u[3], u[4])
        size = orders[slot, SIZE]
        if u[5] < MODIFY_SHARE:
            size = max(1, int(size * (0.2 + 0.6 * u[5] / MODIFY_SHARE)))
        return withdraw(orders, levels, live, book, events, at, ts, row, slot, size)
    tilt = 0.5 + 0.3 * max(-1.0, min(1.0, lean / habits[SPREAD_TICKS]))
    side = 1 if u[1] < tilt else -1
    if wide:  # somebody earns it by quoting better where the gap is
        side = 1 if believed - bid > ask - believed else -1
    if book[FREE] == NONE:
        return at  # as many orders as the book can hold: this one stays at home
    price = limit_price(levels, book, habits, side, believed, u[2], u[3])
    size = order_size(habits, u[4], u[5])
    slot = enter(orders, levels, live, book, side, price, size)
    return note(events, at, ts, ADD, orders[slot, ID], side, price, size, levels[price, TOTAL])


@compiled(
    f"{LONG}({TABLE}, {TABLE}, {TABLE}, {LONGS}, {TABLE}, {FLOATS}, {TABLE}, {TABLE}, {LONGS}, {FLOATS}, {LONG},"
    " float64[:, ::1], int64[::1])"
)
def play(
    orders: Int64,
    levels: Int64,
    live: Int64,
    book: Int64,
    hidden: Int64,
    habits: Float64,
    events: Int64,
    quotes: Int64,
    times: Int64,
    path: Float64,
    open_ns: int,
    u: Float64,
    rows: Int64,
) -> int:
    """Everything that arrives at `times` acts on the book; gives how many arrivals did before `events` was full.

    `path` is the price that traders believe in, in ticks, at each second since the open, straight in between; `u` has
    `DRAWS` uniform numbers a row. `rows` counts the rows of `events` and of `quotes`, a row of which is written when
    the best prices or their sizes differ after an arrival from what was quoted last.
    """
    at, quoted = rows[0], rows[1]
    for k in range(len(times)):
        if at + PARTS_OF_ARRIVAL > len(events) or quoted == len(quotes):
            rows[0], rows[1] = at, quoted
            return k
        ts = times[k]
        second = (ts - open_ns) // 1_000_000_000
        part = (ts - open_ns - second * 1_000_000_000) / 1e9
        believed = path[second] + (path[second + 1] - path[second]) * part
        at = arrive(orders, levels, live, book, hidden, habits, events, at, ts, believed, u[k])
        quoted = quote(levels, book, quotes, quoted, ts)
    rows[0], rows[1] = at, quoted
    return len(times)

"""Seeded ticks, depth and orders that every program of a market benchmark reads: the invented market as numpy columns.

Prices are counted in ticks and sizes in lots, times are nanoseconds. Three kinds:

- `ticks`: trades and best quotes of several days put one after the other, without nights between.
- `depth`: new totals of price levels and trades of one day, its time pressed together until so many rows come in 100 ms
  as on a liquid exchange (39 and 87 were counted in recordings of BTC against USDT and of a perpetual).
- `orders`: every order of one day, of a market with thousands of live orders, and beside it some thousand orders far
  away at sparse prices, which come and go.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

TICK, TICK_NANOS, LOT_NANOS = 0.01, 10_000_000, 1_000_000_000
MINUTE_NS = 60_000_000_000
ADD, CANCEL, MODIFY, EXECUTE = 1, 2, 3, 4  # actions of the kind `orders`
DEPTH, TRADE = 1, 2  # kinds of the kind `depth`
SEED, SYMBOL = 7, "ACME"
SESSION_NS = 390 * MINUTE_NS
AFTER_NS = 1_000_000  # no row at the very end of a bar, where engines differ in what belongs to it
TICKS_A_DAY = 385_000  # of the kind `ticks`: a day has 390 minute bars
ROWS_A_100_MS = 40  # of the kind `depth`
ORDERS_A_SIDE = 2_500  # of the kind `orders`
VOLATILITY, VOLATILITY_ROWS = 0.05, 5_000_000  # of the kind `orders`: so that the best price moves every forty rows
FAR_A_SIDE = 1_500  # orders that rest far away
FAR_EVERY = 120  # rows of the market between two withdrawals of a far order, each followed by another's arrival
FIRST_DAY = date(2026, 3, 2)
ROWS_EACH = {"ticks": 0.445, "depth": 0.93, "orders": 1.13}  # rows from one order event asked for, a little less

Columns = dict[str, npt.NDArray[np.int64]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("ticks", "depth", "orders"))
    parser.add_argument("file", type=Path, help="the .npz to write; it is not made again where it is there already")
    parser.add_argument("--rows", type=int, required=True)
    options = parser.parse_args()
    if not options.file.exists():
        make = {"ticks": ticks, "depth": depth, "orders": orders}[options.kind]
        columns = make(options.rows)
        facts = {"ticks": facts_of_ticks, "depth": facts_of_depth, "orders": facts_of_orders}[options.kind](columns)
        options.file.parent.mkdir(parents=True, exist_ok=True)
        text = np.frombuffer(json.dumps(facts).encode(), np.uint8)
        np.savez(options.file, facts=text, **columns)  # type: ignore[arg-type]  # the stub takes allow_pickle for one
    print(json.dumps(facts_of(options.file)))


def load(path: Path, rows: int | None = None) -> Columns:
    """The first `rows` rows, in time order, of a saved file, or all."""
    with np.load(path) as saved:
        columns = {name: saved[name] for name in saved.files if name != "facts"}
    if rows is None:
        return columns
    if "ts_ns" in columns:
        return {name: column[:rows] for name, column in columns.items()}
    return _first_ticks(columns, rows)


def rows_of(columns: Columns) -> int:
    """How many rows of the market these are."""
    return len(columns["ts_ns"]) if "ts_ns" in columns else len(columns["q_ts_ns"]) + len(columns["t_ts_ns"])


def facts_of(path: Path) -> dict[str, Any]:
    """What was counted in the data when they were made."""
    with np.load(path) as saved:
        found: dict[str, Any] = json.loads(saved["facts"].tobytes())
    return found


def ticks(rows: int) -> Columns:
    from tradetui.data.synthetic import session_open_ns

    days = max(1, -(-rows // TICKS_A_DAY))
    market = _market(days)
    parts: dict[str, list[npt.NDArray[np.int64]]] = {}
    for day, at in enumerate(market.days):
        piece = market.whole(day, _events("ticks", min(rows, TICKS_A_DAY)))
        moved = session_open_ns(market.days[0]) + day * SESSION_NS - session_open_ns(at) + AFTER_NS
        quotes, trades = piece.session.quotes, piece.session.trades
        inside = (trades.ts_ns >= session_open_ns(at)) & (trades.ts_ns < session_open_ns(at) + SESSION_NS)
        found = {
            "q_ts_ns": quotes.ts_ns + moved,
            "q_bid": quotes.bid // TICK_NANOS,
            "q_bid_size": quotes.bid_size // LOT_NANOS,
            "q_ask": quotes.ask // TICK_NANOS,
            "q_ask_size": quotes.ask_size // LOT_NANOS,
            "t_ts_ns": trades.ts_ns[inside] + moved,
            "t_price": trades.price[inside] // TICK_NANOS,
            "t_size": trades.size[inside] // LOT_NANOS,
            "t_side": trades.side[inside].astype(np.int64),
        }
        for name, column in found.items():
            parts.setdefault(name, []).append(column)
    columns = {name: np.concatenate(columns) for name, columns in parts.items()}
    _demand(rows_of(columns), rows)
    return _first_ticks(columns, rows)


def depth(rows: int) -> Columns:
    piece = _market(1).whole(0, _events("depth", rows))
    changes, trades = piece.session.depth, piece.session.trades
    opened = changes.ts_ns[0]
    inside = (trades.ts_ns >= opened) & (trades.ts_ns <= changes.ts_ns[-1])
    ts = np.concatenate((changes.ts_ns, trades.ts_ns[inside]))
    kind = np.repeat(np.array([DEPTH, TRADE]), (len(changes), int(inside.sum())))
    order = np.lexsort((kind, ts))
    both = {
        "side": (changes.side, trades.side[inside]),
        "price": (changes.price // TICK_NANOS, trades.price[inside] // TICK_NANOS),
        "size": (changes.size // LOT_NANOS, trades.size[inside] // LOT_NANOS),
    }
    columns = {"ts_ns": ts, "kind": kind, **{name: np.concatenate(two).astype(np.int64) for name, two in both.items()}}
    _demand(len(order), rows)
    columns = {name: column[order][:rows] for name, column in columns.items()}
    since = columns["ts_ns"] - opened
    wanted = rows / ROWS_A_100_MS * 100_000_000
    columns["ts_ns"] = opened + (since * (wanted / float(since[-1]))).astype(np.int64)
    return columns


def orders(rows: int) -> Columns:
    market = _market(1, ORDERS_A_SIDE, VOLATILITY * math.sqrt(rows / VOLATILITY_ROWS))
    table = market.whole(0, _events("orders", rows)).orders
    columns = {
        "ts_ns": table.ts_ns,
        "action": table.action.astype(np.int64),
        "order_id": table.order_id,
        "side": table.side.astype(np.int64),
        "price": table.price // TICK_NANOS,
        "size": table.size // LOT_NANOS,
    }
    _demand(len(table) + 2 * FAR_A_SIDE, rows)
    far, after = _far_orders(columns)
    at = np.concatenate((np.arange(len(table)), after))
    order = np.argsort(at, kind="stable")
    return {name: np.concatenate((columns[name], far[name]))[order][:rows] for name in columns}


def _far_orders(near: Columns) -> tuple[Columns, npt.NDArray[np.int64]]:
    """Orders far below and above all others, and the row of the market after which each event of theirs comes."""
    rng = np.random.default_rng(SEED)
    low, high = int(near["price"].min()), int(near["price"].max())
    rows: list[tuple[int, int, int, int, int, int]] = []  # after which row, action, id, side, price, size
    live: list[tuple[int, int, int, int]] = []
    next_id = int(near["order_id"].max()) + 1_000

    def arrive(after: int, side: int) -> None:
        away = float(np.exp(rng.uniform(np.log(0.01), np.log(0.98))))
        price = max(1, int(low * (1.0 - away))) if side > 0 else int(high * (1.0 + 4.0 * away))
        order = (next_id + len(rows), side, price, 100 * int(rng.integers(1, 20)))
        live.append(order)
        rows.append((after, ADD, *order))

    opening = int(np.searchsorted(near["ts_ns"], near["ts_ns"][0], side="right"))
    for number in range(2 * FAR_A_SIDE):
        arrive(opening - 1, 1 if number % 2 else -1)
    for after in range(opening, len(near["ts_ns"]), FAR_EVERY):
        gone = live.pop(int(rng.integers(len(live))))
        rows.append((after, CANCEL, *gone))
        arrive(after, gone[1])
    table = np.array(rows, np.int64)
    names = ("action", "order_id", "side", "price", "size")
    far = {name: table[:, column + 1] for column, name in enumerate(names)}
    return {"ts_ns": near["ts_ns"][table[:, 0]], **far}, table[:, 0]


def facts_of_ticks(columns: Columns) -> dict[str, Any]:
    minutes = np.unique(columns["t_ts_ns"] // MINUTE_NS)
    return {
        "rows": rows_of(columns),
        "quotes": len(columns["q_ts_ns"]),
        "trades": len(columns["t_ts_ns"]),
        "minute bars": len(minutes),
        "minutes without a trade": int(minutes[-1] - minutes[0] + 1 - len(minutes)),
    }


def facts_of_depth(columns: Columns) -> dict[str, Any]:
    seconds = (columns["ts_ns"][-1] - columns["ts_ns"][0]) / 1e9
    return {
        "rows": rows_of(columns),
        "trades": int((columns["kind"] == TRADE).sum()),
        "seconds": round(float(seconds), 1),
        "rows in 100 ms": round(rows_of(columns) / float(seconds) / 10.0, 1),
        "prices": len(np.unique(columns["price"])),
    }


def facts_of_orders(columns: Columns) -> dict[str, Any]:
    """Live orders, levels and moves of the best price, from a plain replay; it also proves that the stream is sound."""
    live: dict[int, tuple[int, int, int]] = {}
    levels: dict[int, dict[int, int]] = {1: {}, -1: {}}  # orders at each price of a side
    counts, prices, spans, moves = [], [], [], 0
    best = {1: 0, -1: 2**62}
    rows = zip(*(columns[name].tolist() for name in ("action", "order_id", "side", "price", "size")), strict=True)
    for number, (action, order, side, price, size) in enumerate(rows):
        level = levels[side]
        if action == ADD:
            assert order not in live
            live[order] = (side, price, size)
            level[price] = level.get(price, 0) + 1
        elif action == MODIFY:
            assert live[order][1] == price
            live[order] = (side, price, size)
        else:
            left = live[order][2] - size
            assert left >= 0
            if left and action == EXECUTE:
                live[order] = (side, price, left)
            else:
                del live[order]
                level[price] -= 1
                if not level[price]:
                    del level[price]
        if ((price - best[side]) * side > 0 and price in level) or (best[side] == price and price not in level):
            best[side] = (max if side > 0 else min)(level)  # only then can it have moved
            moves += 1
        if number % 10_000 == 9_999:
            counts.append(len(live))
            prices.append(len(levels[1]) + len(levels[-1]))
            spans.append(max(levels[-1]) - min(levels[1]) + 1)
    return {
        "rows": rows_of(columns),
        "actions": {
            name: round(float((columns["action"] == code).mean()), 3)
            for name, code in (("add", ADD), ("cancel", CANCEL), ("modify", MODIFY), ("execute", EXECUTE))
        },
        "live orders, least, mean, most": [min(counts), round(float(np.mean(counts))), max(counts)],
        "rows between moves of the best price": round(rows_of(columns) / moves, 1),
        "price levels, mean": round(float(np.mean(prices))),
        "ticks between the lowest bid and the highest ask, mean": round(float(np.mean(spans))),
        "seconds": round(float(columns["ts_ns"][-1] - columns["ts_ns"][0]) / 1e9, 1),
    }


def _market(days: int, orders_a_side: int | None = None, volatility: float | None = None) -> Any:
    from tradetui.data.synthetic_market.market import Market
    from tradetui.data.synthetic_market.symbols import market_symbols

    (symbol,) = market_symbols(SEED, 1)
    if orders_a_side is not None and volatility is not None:
        model = replace(symbol.model, daily_volatility=volatility)
        symbol = replace(symbol, model=model, orders_a_side=orders_a_side)
    return Market(SEED, (symbol,), FIRST_DAY, days)


def _events(kind: str, rows: int) -> int:
    """Order events to ask for, so that there are a few rows more than wanted."""
    return max(20_000, int(rows / ROWS_EACH[kind] * 1.08))


def _demand(found: int, rows: int) -> None:
    if found < rows:
        raise ValueError(f"the market made {found:,} rows; {rows:,} are wanted: lower the number in ROWS_EACH")


def _first_ticks(columns: Columns, rows: int) -> Columns:
    both = np.sort(np.concatenate((columns["q_ts_ns"], columns["t_ts_ns"])))
    if rows >= len(both):
        return columns
    ends = {name: int(np.searchsorted(columns[f"{name}_ts_ns"], both[rows])) for name in ("q", "t")}
    return {name: column[: ends[name[0]]] for name, column in columns.items()}


if __name__ == "__main__":
    main()

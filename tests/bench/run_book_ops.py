"""One book, one call a message from Python: ours in heaps, ours compiled, nautilus_trader's from Cython or PyO3.

Ours is given numbers. nautilus is given deltas, made before the run, or with --make an order made in the run for each
call. With --look the best bid and ask are read after every message.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from make_market import ADD, CANCEL, EXECUTE, LOT_NANOS, MODIFY, TICK_NANOS, Columns, load
from program import Stopwatch

BOOKS = ("heaps", "compiled", "cython", "pyo3")
Best = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("book", choices=BOOKS)
    parser.add_argument("file", type=Path, help="made by make_market.py")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--look", action="store_true")
    parser.add_argument("--make", action="store_true")
    options = parser.parse_args()
    columns = load(options.file, options.rows)
    with Stopwatch() as prepare:
        if options.book in ("heaps", "compiled"):
            name, call, best = ours(options.book, columns)
        else:
            name, call, best = nautilus(options.book, columns, options.make)
    with Stopwatch() as run:
        call(options.look)
    bid, ask = best()
    rows = len(columns["ts_ns"])
    told = {"engine": name, "rows": rows, "seconds": run.seconds, "run_cpu_s": run.cpu_s, "prepare_s": prepare.seconds}
    print(json.dumps({**told, "bid": bid, "ask": ask}))


def ours(kind: str, columns: Columns) -> tuple[str, Callable[[bool], None], Best]:
    """One method a message. The compiled one is compiled, or loaded, by a few calls before."""
    if kind == "heaps":
        from tradetui.engine.market.order_book import OrderBook as Book
    else:
        from tradetui.engine.market.kernel.book import KernelBook as Book  # type: ignore[assignment]
    prices, sizes = columns["price"] * TICK_NANOS, columns["size"] * LOT_NANOS
    rows = list(
        zip(
            *(columns[name].tolist() for name in ("action", "order_id", "side")),
            prices.tolist(),
            sizes.tolist(),
            columns["ts_ns"].tolist(),
            strict=True,
        )
    )
    warm = Book()
    warm.add_order(1, 1, 1, 1)
    warm.modify_order(1, 1, 1)
    warm.cancel_order(1)
    book = Book()

    def call(look: bool) -> None:
        add, modify, cancel, execute = book.add_order, book.modify_order, book.cancel_order, book.execute_order
        bid, ask = book.get_best_bid, book.get_best_ask
        for action, order, side, price, size, ts in rows:
            if action == ADD:
                add(order, side, price, size, ts)
            elif action == CANCEL:
                cancel(order, ts)
            elif action == EXECUTE:
                execute(order, size, ts)
            else:
                modify(order, price, size, ts)
            if look:
                bid()
                ask()

    def best() -> tuple[int, int]:
        return (book.get_best_bid() or 0) // TICK_NANOS, (book.get_best_ask() or 0) // TICK_NANOS

    return f"tradetui, {kind}", call, best


def nautilus(kind: str, columns: Columns, make: bool) -> tuple[str, Callable[[bool], None], Best]:
    import nautilus_trader

    words = _cython() if kind == "cython" else _pyo3()
    book = words["OrderBook"](words["symbol"], words["L3"])
    rows = list(_changes(columns))
    if make:

        def call(look: bool) -> None:
            add, update, delete = book.add, book.update, book.delete
            order_of, price_of, size_of = words["BookOrder"], words["price"], words["size"]
            buy, sell, bid, ask = words["BUY"], words["SELL"], book.best_bid_price, book.best_ask_price
            more = (0, 0) if kind == "pyo3" else ()  # its flags and sequence have no default
            for number, (action, order_id, side, price, size, ts) in enumerate(rows):
                order = order_of(buy if side > 0 else sell, price_of(price), size_of(size), order_id)
                late = (*more[:1], number, ts) if more else (ts,)
                if action == ADD:
                    add(order, *late)
                elif action == CANCEL:
                    delete(order, *late)
                else:
                    update(order, *late)
                if look:
                    bid()
                    ask()

    else:
        actions = {ADD: words["ADD"], CANCEL: words["DELETE"], MODIFY: words["UPDATE"]}
        sides = {1: words["BUY"], -1: words["SELL"]}
        deltas = []
        for number, (action, order_id, side, price, size, ts) in enumerate(rows):
            order = words["BookOrder"](sides[side], words["price"](price), words["size"](size), order_id)
            deltas.append(words["Delta"](words["symbol"], actions[action], order, 128, number, ts, ts))

        def call(look: bool) -> None:
            apply, bid, ask = book.apply_delta, book.best_bid_price, book.best_ask_price
            for delta in deltas:
                apply(delta)
                if look:
                    bid()
                    ask()

    def best() -> tuple[int, int]:
        return round(float(book.best_bid_price()) * 100), round(float(book.best_ask_price()) * 100)

    return f"nautilus_trader {nautilus_trader.__version__}", call, best


def _changes(columns: Columns) -> Any:
    """Rows as adds, updates to what is left, and deletes."""
    left: dict[int, int] = {}
    names = ("action", "order_id", "side", "price", "size", "ts_ns")
    for action, order, side, price, size, ts in zip(*(columns[name].tolist() for name in names), strict=True):
        if action == EXECUTE:
            left[order] -= size
            size = left[order]
            action = MODIFY if size else CANCEL
        elif action != CANCEL:
            left[order] = size
        yield action, order, side, price, size, ts


def _cython() -> dict[str, Any]:
    from nautilus_trader.model.book import OrderBook
    from nautilus_trader.model.data import BookOrder, OrderBookDelta
    from nautilus_trader.model.enums import BookAction, BookType, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId
    from nautilus_trader.model.objects import Price, Quantity

    symbol = InstrumentId.from_str("ACME.SIM")
    return _words(symbol, OrderBook, BookOrder, OrderBookDelta, BookAction, BookType, OrderSide, Price, Quantity)


def _pyo3() -> dict[str, Any]:
    from nautilus_trader.core.nautilus_pyo3 import (
        BookAction,
        BookOrder,
        BookType,
        InstrumentId,
        OrderBook,
        OrderBookDelta,
        OrderSide,
        Price,
        Quantity,
    )

    symbol = InstrumentId.from_str("ACME.SIM")
    return _words(symbol, OrderBook, BookOrder, OrderBookDelta, BookAction, BookType, OrderSide, Price, Quantity)


def _words(
    symbol: Any, book: Any, order: Any, delta: Any, action: Any, level: Any, side: Any, price: Any, size: Any
) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "OrderBook": book,
        "BookOrder": order,
        "Delta": delta,
        "L3": level.L3_MBO,
        "ADD": action.ADD,
        "UPDATE": action.UPDATE,
        "DELETE": action.DELETE,
        "BUY": side.BUY,
        "SELL": side.SELL,
        "price": lambda ticks: price(ticks / 100, 2),
        "size": lambda lots: size(lots, 0),
    }


if __name__ == "__main__":
    main()

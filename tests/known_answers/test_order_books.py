"""Depth, queues, sweeps and counts of random order streams at every checkpoint, as three other programs found them."""

from __future__ import annotations

import csv
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tradetui.engine.market.order_book import OrderBook
from tradetui.engine.model.instrument import decimal_from_nanos

SIDES = {"B": 1, "A": -1, "buy": 1, "sell": -1}


def nanos(text: str) -> int:
    return int(Decimal(text) * 10**9)


def apply(book: OrderBook, row: dict[str, str]) -> None:
    """One row of the stream: A adds, D deletes, R shrinks in place, M enters the same id again at the end."""
    order_id, ts_ns = int(row["order_id"]), int(row["ts_ns"])
    held = book.order(order_id)
    match row["action"]:
        case "D":
            fault = book.cancel_order(order_id, ts_ns)
        case "R":
            assert held is not None
            fault = book.modify_order(order_id, held.price, nanos(row["size"]), ts_ns)
        case action:
            if action == "M":  # its place is lost even where nothing else changes
                assert book.cancel_order(order_id, ts_ns) is None
            fault = book.add_order(order_id, SIDES[row["side"]], nanos(row["price"]), nanos(row["size"]), ts_ns)
    assert fault is None


def levels(book: OrderBook, side: int) -> list[list[Any]]:
    return [
        [f"{decimal_from_nanos(price).normalize():f}", f"{decimal_from_nanos(size).normalize():f}", orders]
        for price, size, orders in book.depth(side, 10)
    ]


def swept(book: OrderBook, side: str, quantity: str) -> tuple[float, int] | None:
    found = book.sweep(SIDES[side], nanos(quantity))
    return None if found is None else (found.average / 10**9, found.levels)


def check(book: OrderBook, point: dict[str, Any]) -> None:
    assert (levels(book, 1), levels(book, -1)) == (point["bids"], point["asks"])
    for side, queue in ((1, point["bids_first_queue"]), (-1, point["asks_first_queue"])):
        assert book.queue(side, book.depth(side, 1)[0].price) == queue
    for side, quantity, average, touched in point["sweep"]:
        expected = None if average is None else (pytest.approx(float(average), rel=1e-9), touched)
        assert swept(book, side, quantity) == expected
    counts = ("n_bid_levels", "n_ask_levels", "n_bid_orders", "n_ask_orders")
    seen = [book.count_levels(1), book.count_levels(-1), book.count_orders(1), book.count_orders(-1)]
    assert seen == [point[name] for name in counts]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_random_stream_of_orders_gives_the_book_that_others_found(shared: Path, seed: int) -> None:
    folder = shared / "answers" / "orderbook"
    answer = json.loads((folder / f"random_l3_seed{seed}.json").read_text(encoding="utf-8"))
    points = {point["after_row"]: point for point in answer["checkpoints"]}
    book = OrderBook()
    with gzip.open(folder / f"random_l3_seed{seed}.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            apply(book, row)
            point = points.pop(int(row["row"]), None)
            if point is not None:
                check(book, point)
    assert points == {}
    assert not any(book.faults())

"""Recorded feeds, imported as a user imports them, against the books that other programs and the venues state."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from tradetui.data.feeds.importing import FeedImported, import_feed

NANOS = 10**9
L2_FILES = {
    "binance-spot": ("binance_spot_BTCUSDT_2024-08-08.jsonl.gz", "binance_spot_BTCUSDT.json"),
    "binance-futures": ("binance_coinm_BTCUSD_PERP_2024-08-08.jsonl.gz", "binance_coinm_BTCUSD_PERP.json"),
    "bybit": ("bybit_linear_XRPUSDT_ob500_2024-12-01.zip", "bybit_XRPUSDT_ob500.json"),
}


class Read(NamedTuple):
    imported: FeedImported
    answers: dict[str, Any]

    def rows(self, table: str) -> pl.DataFrame:
        return pl.read_parquet(self.imported.paths[table])


@pytest.fixture(scope="module", params=sorted(L2_FILES))
def l2(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    return read(request.param, shared, tmp_path_factory)


@pytest.fixture(scope="module", params=["binance-futures", "binance-spot"])
def binance(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    return read(request.param, shared, tmp_path_factory)


_READ: dict[str, Read] = {}


def read(feed: str, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    if feed not in _READ:
        name, answers = L2_FILES[feed]
        imported = import_feed(shared / "data" / "l2" / name, tmp_path_factory.mktemp(feed))
        assert imported.report.feed == feed
        _READ[feed] = Read(imported, json.loads((shared / "answers" / "orderbook" / answers).read_text()))
    return _READ[feed]


class Levels:
    """A book of two dicts, as plain as can be."""

    def __init__(self) -> None:
        self.sides: dict[int, dict[int, int]] = {1: {}, -1: {}}

    def apply(self, side: int, price: int, size: int) -> None:
        if side == 0:
            self.sides = {1: {}, -1: {}}
        elif size:
            self.sides[side][price] = size
        else:
            self.sides[side].pop(price, None)

    def depth(self, side: int, levels: int | None = None) -> list[tuple[int, int]]:
        return sorted(self.sides[side].items(), reverse=side > 0)[:levels]


def after_each_update(depth: pl.DataFrame) -> Iterator[tuple[int, Levels]]:
    """The update id and the book after each message."""
    book, last = Levels(), None
    for update, side, price, size in depth.select("feed_id", "side", "price", "size").iter_rows():
        if last is not None and update != last:
            yield last, book
        last = update
        book.apply(side, price, size)
    assert last is not None
    yield last, book


def nanos(text: str) -> int:
    value = Decimal(text) * NANOS
    assert value == int(value)
    return int(value)


def swept(levels: list[tuple[int, int]], quantity: int) -> tuple[Decimal | None, int | None]:
    left, paid, touched = quantity, 0, 0
    for price, size in levels:
        taken = min(left, size)
        paid, left, touched = paid + taken * price, left - taken, touched + 1
        if not left:
            return Decimal(paid) / quantity / NANOS, touched
    return None, None


def assert_l2_checkpoint(book: Levels, stated: dict[str, Any]) -> None:
    for side, name in ((1, "bids"), (-1, "asks")):
        assert book.depth(side, 10) == [(nanos(price), nanos(size)) for price, size in stated[name]]
        assert len(book.sides[side]) == stated[f"n_{name[:3]}_levels"]
    for side, quantity, price, touched in stated["sweep"]:
        average, levels = swept(book.depth(-1 if side == "buy" else 1), nanos(quantity))
        assert levels == touched
        assert (average is None) == (price is None)
        if average is not None:
            assert abs(average - Decimal(price)) <= abs(Decimal(price)) * Decimal("1e-9")


@pytest.mark.slow
def test_every_stated_book_of_levels_is_reached(l2: Read) -> None:
    wanted = {stated.get("update_id", stated.get("u")): stated for stated in l2.answers["checkpoints"]}
    for update, book in after_each_update(l2.rows("depth")):
        if (stated := wanted.pop(update, None)) is not None:
            assert_l2_checkpoint(book, stated)
    assert not wanted


@pytest.mark.slow
def test_the_best_is_what_the_venue_states_after_every_applied_update(binance: Read) -> None:
    quotes = binance.rows("quotes").select("feed_id", "bid", "bid_size", "ask", "ask_size").rows()
    compared, k = 0, -1
    for update, book in after_each_update(binance.rows("depth")):
        while k + 1 < len(quotes) and quotes[k + 1][0] <= update:
            k += 1
        if update > binance.answers["snapshot_lastUpdateId"] and k >= 0:
            assert (*max(book.sides[1].items()), *min(book.sides[-1].items())) == quotes[k][1:]
            compared += 1
    assert compared == binance.answers["compared_with_bookTicker"]


def test_a_binance_recording_is_counted_as_stated(binance: Read) -> None:
    report, answers = binance.imported.report, binance.answers
    assert (report.messages, report.applied) == (answers["lines"], answers["applied"])
    assert report.number("stale") == answers["stale_depth_dropped"]
    assert (report.number("gap"), report.breaks, report.cut) == (0, [], "")
    assert binance.imported.rows["quotes"] == answers["bookTicker_messages"]
    trades = binance.rows("trades")
    assert len(trades) == answers["trades"]
    assert trades["size"].sum() == nanos(str(answers["trade_qty_sum"]))
    assert (trades["side"] == -1).sum() == answers["buyer_is_maker_trades"]
    assert binance.rows("depth")["feed_id"].max() == answers["final_update_id"]


def test_deletes_of_levels_that_are_not_held_are_counted(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert read("binance-spot", shared, tmp_path_factory).imported.report.number("unknown_level") == 11_239

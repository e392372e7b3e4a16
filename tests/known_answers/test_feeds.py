"""Recorded feeds, imported as a user imports them, against the books that other programs and the venues state."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from tradetui.data.dialects.importing import import_file
from tradetui.data.dialects.words import stated
from tradetui.data.feeds.importing import FeedImported, import_feed
from tradetui.data.market_data import read_market
from tradetui.data.resample import bars_from_trades
from tradetui.engine.market.order_book import OrderBook
from tradetui.engine.market.session_tape import SessionTape
from tradetui.engine.market.simulation import SimulationRules
from tradetui.engine.market.tape import ADD, EXECUTE, MODIFY

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


def assert_l2_checkpoint(book: Levels, told: dict[str, Any]) -> None:
    for side, name in ((1, "bids"), (-1, "asks")):
        assert book.depth(side, 10) == [(nanos(price), nanos(size)) for price, size in told[name]]
        assert len(book.sides[side]) == told[f"n_{name[:3]}_levels"]
    for side, quantity, price, touched in told["sweep"]:
        average, levels = swept(book.depth(-1 if side == "buy" else 1), nanos(quantity))
        assert levels == touched
        assert (average is None) == (price is None)
        if average is not None:
            assert abs(average - Decimal(price)) <= abs(Decimal(price)) * Decimal("1e-9")


@pytest.mark.slow
def test_every_stated_book_of_levels_is_reached(l2: Read) -> None:
    wanted = {told.get("update_id", told.get("u")): told for told in l2.answers["checkpoints"]}
    for update, book in after_each_update(l2.rows("depth")):
        if (told := wanted.pop(update, None)) is not None:
            assert_l2_checkpoint(book, told)
    assert not wanted


@pytest.mark.slow
def test_the_best_is_what_the_venue_states_after_every_applied_update(binance: Read) -> None:
    quotes = binance.rows("quotes").select("feed_id", "bid", "bid_size", "ask", "ask_size").rows()
    compared, k = 0, -1
    for update, book in after_each_update(binance.rows("depth")):
        while k + 1 < len(quotes) and quotes[k + 1][0] <= update:
            k += 1
        if update > binance.answers["snapshot_lastUpdateId"] and k >= 0:
            bid, ask = max(book.sides[1]), min(book.sides[-1])
            assert (bid, book.sides[1][bid], ask, book.sides[-1][ask]) == quotes[k][1:]
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


L3_FILES = {
    "bitstamp": ("bitstamp_BTCUSD_2026-05-02_orders.csv.gz", "bitstamp_BTCUSD_2026-05-02.json"),
    "nasdaq": ("nasdaq_NVDA_2010-06-08_messages.csv.gz", "nvda_2010-06-08.json"),
}
HEADER_LINES = 1
ORDER_ROWS = ("feed_id", "ts_ns", "action", "order_id", "side", "price", "size")


@pytest.fixture(scope="module", params=sorted(L3_FILES))
def l3(request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    return read_l3(request.param, shared, tmp_path_factory)


def read_l3(feed: str, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Read:
    if feed not in _READ:
        name, answers = L3_FILES[feed]
        imported = import_feed(shared / "data" / "l3" / name, tmp_path_factory.mktemp(feed))
        assert imported.report.feed == feed
        _READ[feed] = Read(imported, json.loads((shared / "answers" / "orderbook" / answers).read_text()))
    return _READ[feed]


def new_book(made: str) -> Any:
    """An empty book of either kind; the compiled one is imported where it is wanted, as that compiles it."""
    if made == "heaps":
        return OrderBook()
    from tradetui.engine.market.kernel.book import KernelBook

    return KernelBook()


class Player:
    """Plays imported order events into a book, up to a line of the source.

    Orders at price 0 rest at the venue and in the stated books, but in no book of ours: they are counted apart.
    """

    def __init__(self, orders: pl.DataFrame, book: Any) -> None:
        self.book = book
        self.free: dict[int, int] = {}  # side by id
        self._rows = orders.select(ORDER_ROWS).rows()
        self._next = 0

    def play(self, line: int) -> None:
        while self._next < len(self._rows) and self._rows[self._next][0] <= line:
            self._apply(*self._rows[self._next][1:])
            self._next += 1

    def _apply(self, ts: int, action: int, order_id: int, side: int, price: int, size: int) -> None:
        if action == ADD:
            if price == 0:
                self.free[order_id] = side
            self.book.add_order(order_id, side, price, size, ts)
        elif action == MODIFY:
            self.book.modify_order(order_id, price, size, ts)
        elif action == EXECUTE:
            self.book.execute_order(order_id, size, ts)
        else:
            self.free.pop(order_id, None)
            self.book.cancel_order(order_id, ts)


def assert_l3_checkpoint(player: Player, told: dict[str, Any]) -> None:
    book = player.book
    for side, name in ((1, "bid"), (-1, "ask")):
        free = list(player.free.values()).count(side)
        levels = [(nanos(price), nanos(size), orders) for price, size, orders in told[f"{name}s"]]
        every = [tuple(level) for level in book.depth(side, 100_000)]
        assert every[:10] == levels
        assert (book.queue(side, levels[0][0]) if levels else []) == told[f"{name}s_first_queue"]
        assert sum(orders for _, _, orders in every) + free == told[f"n_{name}_orders"]
        assert len(every) + (free > 0) == told[f"n_{name}_levels"]
    bid, ask = book.get_best_bid(), book.get_best_ask()
    assert (bid is not None and ask is not None and bid >= ask) == told.get("crossed", False)
    for side, quantity, price, touched in told.get("sweep", ()):
        levels = [(price, size) for price, size, _ in book.depth(-1 if side == "buy" else 1, 100_000)]
        average, walked = swept(levels, nanos(quantity))
        assert walked == touched
        if average is not None:
            assert abs(average - Decimal(price)) <= abs(Decimal(price)) * Decimal("1e-9")


@pytest.mark.slow
@pytest.mark.parametrize("made", ["heaps", "compiled"])
def test_every_stated_book_of_orders_is_reached(l3: Read, made: str) -> None:
    player = Player(l3.rows("orders"), new_book(made))
    for told in l3.answers["checkpoints"]:
        player.play(told.get("after_row", told.get("after_message")) + HEADER_LINES)
        assert_l3_checkpoint(player, told)
    assert len(l3.answers["checkpoints"]) in (63, 21)


def test_the_book_of_the_r_packages_article_is_reached(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    done = read_l3("nasdaq", shared, tmp_path_factory)
    (published,) = done.answers["published"]
    expected = published["expect"]
    player = Player(done.rows("orders"), OrderBook())
    player.play(published["after_message"] + HEADER_LINES)
    for side, name in ((1, "bid"), (-1, "ask")):
        (best,) = player.book.depth(side, 1)
        assert [best.price, best.size] == [nanos(text) for text in expected[f"best_{name}"]]
        assert player.book.count_orders(side) == expected[f"n_{name}_orders"]
        assert player.book.count_levels(side) == expected[f"n_{name}_levels"]


def test_the_faults_of_the_l3_recordings_are_counted_as_known(
    shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bitstamp = read_l3("bitstamp", shared, tmp_path_factory)
    counts, report = bitstamp.answers["counts"], bitstamp.imported.report
    assert report.messages == bitstamp.answers["rows"]
    assert report.number("unknown_id") == counts["deleted_unknown"] + counts["changed_unknown"]
    assert report.number("time_backwards") == 1
    assert report.number("crossed") > 0
    nasdaq = read_l3("nasdaq", shared, tmp_path_factory)
    assert nasdaq.imported.report.number("time_backwards") == 9
    assert nasdaq.imported.rows["trades"] == nasdaq.answers["trade_messages"]
    assert nasdaq.imported.report.number("unknown_id") == nasdaq.imported.report.number("crossed") == 0


@pytest.mark.parametrize("made", ["heaps", "compiled"])
def test_the_book_of_lobster_is_reached_after_every_message(shared: Path, tmp_path: Path, made: str) -> None:
    folder = shared / "data" / "l3"
    done = import_feed(folder / "lobster_MSFT_2012-06-21_message_50_rows_0001-0500.csv.gz", tmp_path)
    answers = json.loads((shared / "answers" / "orderbook" / "lobster_MSFT_rows_0001-0500.json").read_text())
    books = gzip.decompress((folder / "lobster_MSFT_2012-06-21_orderbook_50_rows_0001-0500.csv.gz").read_bytes())
    player, equal, levels = Player(pl.read_parquet(done.paths["orders"]), new_book(made)), 0, answers["depth_compared"]
    for line, text in enumerate(books.decode().splitlines(), 1):
        player.play(line)
        values = [int(value) for value in text.split(",")]
        for side, at in ((-1, 0), (1, 2)):
            told = [(values[k] * 100_000, values[k + 1] * NANOS) for k in range(at, 4 * levels, 4)]
            assert [(price, size) for price, size, _ in player.book.depth(side, levels)] == told, line
        equal += 1
    assert equal == answers["rows_equal_to_published_book"] == 500
    trades = pl.read_parquet(done.paths["trades"])
    assert trades["size"].sum() == (answers["visible_exec_shares"] + answers["hidden_exec_shares"]) * NANOS
    orders = pl.read_parquet(done.paths["orders"])
    visible = orders.filter(pl.col("action") == EXECUTE)
    assert visible["size"].sum() == answers["visible_exec_shares"] * NANOS
    paid = sum(price * size for price, size in visible.select("price", "size").iter_rows())
    average = Decimal(paid) / visible["size"].sum() / NANOS
    assert round(average, 10) == Decimal(answers["visible_exec_vwap"])
    assert done.report.faults == {}
    assert (orders["ts_ns"] - 1340251200 * NANOS)[0] == 35_999_954_513_652  # New York's midnight of that day


def test_minute_bars_of_the_xrp_eth_trades_are_the_exchanges_own(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "ticks" / "XRP_ETH_trades_2019-10-11_13.feather"
    trades = pl.read_parquet(import_file(source, tmp_path, stated(symbol="XRP/ETH")).path)
    made = bars_from_trades(trades, "1min").select("ts_ns", "open", "high", "low", "close", "volume")
    published = pl.read_ipc(shared / "data" / "minute" / "XRP_ETH_1min_2019-10-11_13.feather")
    times = published["date"].dt.epoch("ns")
    assert made["ts_ns"].to_list() == times.to_list()
    for name in ("open", "high", "low", "close"):
        assert made[name].to_list() == [round(price * NANOS) for price in published[name]]
    assert made["volume"].to_list() == pytest.approx(published["volume"].to_list(), rel=1e-12)


class PlayedMarket:
    """The compiled simulation over an imported table, read as a backtest reads it."""

    def __init__(self, path: Path) -> None:
        from tradetui.engine.market.kernel.market import KernelMarket

        session, _ = read_market([path])
        tape = SessionTape(session)
        rules = SimulationRules(sources=tape.sources, wake=0)
        self.market = KernelMarket(rules, 1)
        self.market.load(tape.piece(0, len(tape)))
        self._numbers = pl.read_parquet(path, columns=["feed_id"]).to_series().to_numpy()

    def play(self, number: int) -> None:
        """To the end of the rows of this update, or of this line."""
        stop = int((self._numbers <= number).sum())
        while self.market.row < stop:
            self.market.advance(stop, 1 << 30)

    def depth(self, side: int) -> list[tuple[int, int, int]]:
        return [tuple(level) for level in self.market.depth(0, side, 100_000)]


@pytest.mark.slow
def test_the_compiled_market_reaches_every_stated_book_of_levels(l2: Read) -> None:
    played = PlayedMarket(l2.imported.paths["depth"])
    for told in l2.answers["checkpoints"]:
        played.play(told.get("update_id", told.get("u")))
        for side, name in ((1, "bids"), (-1, "asks")):
            every = [level[:2] for level in played.depth(side)]
            assert every[:10] == [(nanos(price), nanos(size)) for price, size in told[name]]
            assert len(every) == told[f"n_{name[:3]}_levels"]
    assert not any(played.market.faults())


@pytest.mark.slow
def test_the_compiled_market_reaches_every_stated_book_of_orders(l3: Read) -> None:
    played = PlayedMarket(l3.imported.paths["orders"])
    for told in l3.answers["checkpoints"]:
        played.play(told.get("after_row", told.get("after_message")) + HEADER_LINES)
        for side, name in ((1, "bids"), (-1, "asks")):
            levels = [(nanos(price), nanos(size), orders) for price, size, orders in told[name]]
            assert played.depth(side)[:10] == levels
        best = played.market.best(0)
        assert bool(best.bid and best.ask and best.bid >= best.ask) == told.get("crossed", False)
    faults = played.market.faults()
    assert faults.bad_price == l3.imported.report.number("no_price")
    left_out = {"bad_price": 0, "unknown_id": 0, "crossed": 0}
    assert not any(faults._replace(**left_out))

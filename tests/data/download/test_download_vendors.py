"""What each vendor gave is what lies on disk, row by row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from servers import Bar, Market, bar_at, seconds, weekdays

from tradetui.data.formats import read_bars
from tradetui.data.raw_catalog import read_catalog

CASES = [
    pytest.param("binance", "BTCUSDT", "1min", "2024-01-01", "2024-01-02", 500, id="binance-1min"),
    pytest.param("binance", "BTCUSDT", "1day", "2023-01-01", "2024-01-01", 100, id="binance-1day"),
    pytest.param("alpaca", "AAPL", "1min", "2024-01-01", "2024-01-02", 500, id="alpaca-1min"),
    pytest.param("alpaca", "BTC/USD", "15min", "2024-01-01", "2024-02-01", 700, id="alpaca-crypto"),
    pytest.param("yahoo", "^GSPC", "5min", "2024-01-10", "2024-02-20", None, id="yahoo-5min"),
    pytest.param("yahoo", "AAPL", "1hour", "2023-06-01", "2024-02-01", None, id="yahoo-1hour"),
]


def expected(market: Market, symbol: str, start: str, stop: str, step: int) -> list[Bar]:
    return [
        bar_at(symbol, at)
        for at in range(seconds(start), seconds(stop), step)
        if market.open_at(at) and at + step <= market.now_s
    ]


def rows_of(text: str) -> list[list[str]]:
    return [line.split(",") for line in text.splitlines()]


@pytest.mark.usefixtures("quiet_yfinance")
@pytest.mark.parametrize(("source", "symbol", "timeframe", "start", "stop", "page"), CASES)
def test_the_raw_file_and_the_bars_hold_every_row_that_the_vendor_has(
    rig: Any, source: str, symbol: str, timeframe: str, start: str, stop: str, page: int | None
) -> None:
    market = Market((symbol,), seconds("2024-03-01 12:00:00"), page=page)
    step = {"1min": 60, "5min": 300, "15min": 900, "1hour": 3600, "1day": 86400}[timeframe]
    dataset = rig.one(market, source, (symbol,), timeframe, start, stop).dataset
    wanted = expected(market, symbol, start, stop, step)

    header, *rows = rows_of((rig.folder / dataset.csv.path).read_text())
    assert header == ["Datetime", "Open", "High", "Low", "Close", "Volume"]
    scale = 1000 if source == "binance" else 1
    assert [(seconds(row[0][:-1]), *map(Decimal, row[1:])) for row in rows] == [
        (b.at_s, *(Decimal(p) / 100 for p in (b.open, b.high, b.low, b.close)), Decimal(b.volume) / scale)
        for b in wanted
    ]
    bars = read_bars(rig.folder / dataset.bars.path)
    assert bars.symbols == (symbol,)
    assert bars.interval_ns == step * 10**9
    assert (bars.ts_ns // 10**9).tolist() == [b.at_s for b in wanted]
    assert bars.close.tolist() == [b.close * 10**7 for b in wanted]
    assert dataset.rows == len(wanted)


@pytest.mark.usefixtures("quiet_yfinance")
@pytest.mark.parametrize("source", ["alpaca", "yahoo"])
def test_a_day_of_shares_is_stamped_with_its_date_whatever_the_zone_of_the_exchange(rig: Any, source: str) -> None:
    market = Market(("AAPL",), seconds("2024-11-20 12:00:00"), open_at=weekdays)  # over two changes of the clock
    rig.clock.now_ns = market.now_s * 10**9
    dataset = rig.one(market, source, ("AAPL",), "1day", "2024-02-01", "2024-11-15").dataset
    _, *rows = rows_of((rig.folder / dataset.csv.path).read_text())
    days = [b.at_s for b in expected(market, "AAPL", "2024-02-01", "2024-11-15", 86400)]
    assert [seconds(row[0][:-1]) for row in rows] == days


@pytest.mark.usefixtures("quiet_yfinance")
@pytest.mark.parametrize(("source", "symbol"), [("binance", "BTCUSDT"), ("alpaca", "BTC/USD"), ("yahoo", "AAPL")])
@pytest.mark.parametrize("skew_s", [-90, 0, 150])
def test_the_bar_that_is_still_open_is_left_out_even_if_our_clock_is_wrong(
    rig: Any, source: str, symbol: str, skew_s: int
) -> None:
    market = Market((symbol,), seconds("2024-03-01 12:00:20"))
    rig.clock.now_ns = (market.now_s + skew_s) * 10**9
    dataset = rig.one(market, source, (symbol,), "5min", "2024-03-01 10:00:00").dataset
    finished = min(market.now_s, market.now_s + skew_s)
    last = seconds(dataset.last[:-1])
    assert last + 300 <= finished < last + 600

    market.now_s += 3600
    rig.clock.now_ns = market.now_s * 10**9
    later = rig.one(market, source, (symbol,), "5min", None).dataset
    assert later.changes == ()
    assert later.rows == dataset.rows + (seconds(later.last[:-1]) - last) // 300


def test_the_catalog_names_source_time_range_and_hash_of_each_file(rig: Any) -> None:
    import hashlib

    market = Market(("BTCUSDT", "ETHUSDT"), seconds("2024-03-01 12:00:00"))
    rig.run(market, "binance", ("ETHUSDT", "BTCUSDT"), "1hour", "2024-01-01", "2024-01-03")
    catalog = read_catalog(rig.folder)
    assert [one.key for one in catalog.datasets] == [("binance", s, "1hour") for s in ("BTCUSDT", "ETHUSDT")]
    for one in catalog.datasets:
        assert one.downloaded_at == "2024-03-01T12:00:00Z"
        assert one.address.startswith("http://127.0.0.1:")
        assert (one.covered_from, one.covered_to) == ("2024-01-01T00:00:00Z", "2024-01-03T00:00:00Z")
        assert (one.first, one.last, one.rows) == ("2024-01-01T00:00:00Z", "2024-01-02T23:00:00Z", 48)
        for file in (one.csv, one.bars):
            assert file is not None
            content = (rig.folder / file.path).read_bytes()
            assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    listed = {file.path for one in catalog.datasets for file in (one.csv, one.bars) if file}
    assert set(rig.files()) == {*listed, "catalog.json"}


def test_without_raw_there_is_only_the_checked_file_and_it_can_be_extended(rig: Any) -> None:
    market = Market(("BTCUSDT",), seconds("2024-03-01 12:00:00"), page=100)
    whole = rig.one(market, "binance", ("BTCUSDT",), "1hour", "2024-01-01", "2024-02-01", raw=False)
    files = rig.files()
    assert set(files) == {"binance/BTCUSDT_1hour.parquet", "catalog.json"}
    again = rig.one(market, "binance", ("BTCUSDT",), "1hour", "2023-12-01", "2024-02-20", raw=False)
    assert (whole.dataset.rows, again.dataset.rows) == (31 * 24, 81 * 24)
    bars = read_bars(rig.folder / "binance/BTCUSDT_1hour.parquet")
    assert bars.close.tolist() == [
        b.close * 10**7 for b in expected(market, "BTCUSDT", "2023-12-01", "2024-02-20", 3600)
    ]


def test_alpaca_keys_stand_in_no_file_that_is_written(rig: Any) -> None:
    market = Market(("AAPL",), seconds("2024-03-01 12:00:00"), page=50)
    rig.run(market, "alpaca", ("AAPL", "NONE"), "1hour", "2024-01-01", "2024-02-01")
    secrets = (b"AKTESTKEY", b"sEcReTwOrDs")
    assert [name for name, content in rig.files().items() if any(secret in content for secret in secrets)] == []

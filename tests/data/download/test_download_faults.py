"""What goes wrong between a vendor and us: what passes leaves no trace, what does not is told with what to do."""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import Any

import pytest
from servers import Fault, Market, seconds

from tradetui.engine.errors import DataError, TradetuiError, UsageError

NOW = "2024-03-01 12:00:00"
PAGE = {"binance": 100, "alpaca": 100, "yahoo": None}
SYMBOL = {"binance": "BTCUSDT", "alpaca": "AAPL", "yahoo": "AAPL"}
RANGE = {"binance": ("2024-01-01", "2024-01-20"), "alpaca": ("2024-01-01", "2024-01-20"), "yahoo": ("2024-02-02", NOW)}
TIMEFRAME = {"binance": "1hour", "alpaca": "1hour", "yahoo": "1min"}

PASSING = {
    "busy": Fault("429"),
    "busy_seconds": Fault("429", "7"),
    "busy_date": Fault("429", formatdate(seconds(NOW) + 9, usegmt=True)),
    "banned_briefly": Fault("418", "30"),
    "broken": Fault("500"),
    "away": Fault("503", "3"),
    "cut": Fault("cut"),
    "empty": Fault("empty"),
    "page_for_people": Fault("html"),
}
ONLY_WHERE_WE_SORT = {"disorder": Fault("disorder"), "repeat": Fault("repeat")}


@pytest.fixture(autouse=True)
def _fresh(quiet_yfinance: None) -> None:
    """Every test here may speak to Yahoo."""


def market_of(source: str, faults: dict[int, Fault] | None = None) -> Market:
    market = Market((SYMBOL[source],), seconds(NOW), page=PAGE[source], faults=faults or {})
    if source == "yahoo":  # it gives a week of minutes at a time: few of them
        market.open_at = lambda at_s: at_s % 3600 == 0
    return market


def download(rig: Any, market: Market, source: str, **options: Any) -> Any:
    rig.clock.now_ns = seconds(NOW) * 10**9
    return rig.one(market, source, (SYMBOL[source],), TIMEFRAME[source], *RANGE[source], **options)


def data_files(rig: Any) -> dict[str, bytes]:
    """Without the catalog: it tells the time, which a wait moves."""
    return {name: content for name, content in rig.files().items() if name != "catalog.json"}


@pytest.fixture
def undisturbed(rig: Any, request: pytest.FixtureRequest) -> Any:
    """The files of a run without faults, in a folder that is empty again afterwards."""

    def files(source: str) -> dict[str, bytes]:
        folder = rig.folder
        rig.folder = folder.with_name("undisturbed")
        download(rig, market_of(source), source)
        found = data_files(rig)
        rig.folder = folder
        rig.clock.slept.clear()
        return found

    return files


FAULTS = [(source, name, fault) for source in PAGE for name, fault in PASSING.items()]
FAULTS += [(source, name, fault) for source in ("binance", "alpaca") for name, fault in ONLY_WHERE_WE_SORT.items()]
FAULTS += [("binance", "skip", Fault("skip"))]


@pytest.mark.parametrize(("source", "name", "fault"), FAULTS, ids=[f"{s}-{n}" for s, n, _ in FAULTS])
def test_a_fault_that_passes_leaves_the_files_as_if_it_had_not_been(
    rig: Any, undisturbed: Any, source: str, name: str, fault: Fault
) -> None:
    wanted = undisturbed(source)
    market = market_of(source, {1: fault, 3: fault})
    download(rig, market, source)
    assert data_files(rig) == wanted
    assert len(market.asked) > 4


@pytest.mark.slow
@pytest.mark.parametrize("source", PAGE)
def test_a_vendor_that_hangs_is_given_up_on_and_asked_again(rig: Any, undisturbed: Any, source: str) -> None:
    wanted = undisturbed(source)
    download(rig, market_of(source, {1: Fault("hang")}), source, timeout_s=0.4)
    assert data_files(rig) == wanted


@pytest.mark.parametrize("source", PAGE)
@pytest.mark.parametrize(("name", "least_s"), [("busy_seconds", 7), ("busy_date", 8), ("banned_briefly", 30)])
def test_the_wait_that_a_vendor_asks_for_is_kept(rig: Any, source: str, name: str, least_s: float) -> None:
    download(rig, market_of(source, {1: PASSING[name]}), source)
    assert max(rig.clock.slept) >= least_s


def test_waits_without_a_word_from_the_vendor_double_with_a_share_of_chance(rig: Any) -> None:
    faults = {number: Fault("500") for number in range(1, 6)}
    download(rig, market_of("binance", faults), "binance")
    waits = [slept for slept in rig.clock.slept if slept >= 0.5]
    assert len(waits) == 5
    assert all(2**n / 2 <= wait <= 2**n for n, wait in enumerate(waits))
    assert len({wait / 2**n for n, wait in enumerate(waits)}) == 5


@pytest.mark.parametrize("source", PAGE)
def test_a_vendor_that_stays_away_is_given_up_on_and_the_next_run_goes_on_from_there(
    rig: Any, undisturbed: Any, source: str
) -> None:
    wanted = undisturbed(source)
    market = market_of(source, {number: Fault("500") for number in range(2, 99)})
    with pytest.raises(DataError, match=rf"{source} {SYMBOL[source]}: HTTP 500 .*8 times in a row.*same command again"):
        download(rig, market, source)
    asked = len(market.asked)
    market.faults.clear()
    download(rig, market, source)
    assert data_files(rig) == wanted
    starts = [int(re.sub(r"\D", "", next(iter(start_of(query))))) for query in market.asked]
    assert starts[asked] > starts[0]


def start_of(query: dict[str, str]) -> list[str]:
    return [query[name] for name in ("startTime", "start", "period1") if name in query]


@pytest.mark.parametrize("source", PAGE)
def test_a_ban_that_is_too_long_to_sit_out_ends_the_run_at_once(rig: Any, source: str) -> None:
    with pytest.raises(DataError, match=r"HTTP 4\d\d, too many requests, and asks to wait 86400 s; expected .* 300 s"):
        download(rig, market_of(source, {0: Fault("429", "86400")}), source)
    assert sum(rig.clock.slept) < 60


@pytest.mark.parametrize("source", PAGE)
@pytest.mark.parametrize(
    ("kind", "seen"),
    [("column", r"11 fields; expected a list of 12|with 't', 'o'.*'close'|cannot read"), ("shape", "data|moved")],
)
def test_a_changed_format_is_refused_and_nothing_of_it_is_kept(rig: Any, source: str, kind: str, seen: str) -> None:
    with pytest.raises(DataError, match=seen) as caught:
        download(rig, market_of(source, {0: Fault(kind)}), source)
    assert caught.value.exit_code == 3
    assert "The vendor has changed its format" in str(caught.value)
    assert rig.files() == {}


@pytest.mark.parametrize("source", PAGE)
def test_a_symbol_that_the_vendor_does_not_know_is_told_and_leaves_nothing_behind(rig: Any, source: str) -> None:
    (finished,) = rig.run(market_of(source), source, ("NOSUCH",), TIMEFRAME[source], *RANGE[source])
    assert isinstance(finished.result, DataError)
    assert re.match(rf"{source} NOSUCH: .*; expected a symbol (that )?(it|the vendor) lists\.", str(finished.result))
    assert rig.files() == {}


@pytest.mark.parametrize("source", PAGE)
def test_a_range_without_any_bar_is_told(rig: Any, source: str) -> None:
    market = market_of(source)
    market.open_at = lambda _: False
    with pytest.raises(DataError, match=r"no bar between .* and .*; expected at least one"):
        download(rig, market, source)
    assert rig.files() == {}


def test_a_wrong_key_is_told_without_being_shown(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APCA_API_SECRET_KEY", "WrOnGwOrDs")
    with pytest.raises(DataError, match=r"alpaca AAPL: HTTP 401 .*unauthorized.*Check the keys") as caught:
        download(rig, market_of("alpaca"), "alpaca")
    assert "WrOnGwOrDs" not in str(caught.value)
    assert "AKTESTKEY" not in str(caught.value)


def test_an_absent_key_is_a_matter_of_usage(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APCA_API_SECRET_KEY")
    market = market_of("alpaca")
    with pytest.raises(UsageError, match="expected APCA_API_SECRET_KEY in the environment"):
        download(rig, market, "alpaca")
    assert market.asked == []


def test_crypto_from_alpaca_needs_no_key(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APCA_API_KEY_ID")
    monkeypatch.delenv("APCA_API_SECRET_KEY")
    market = Market(("BTC/USD",), seconds(NOW))
    assert rig.one(market, "alpaca", ("BTC/USD",), "1hour", "2024-01-01", "2024-01-02").dataset.rows == 24


def test_bars_older_than_yahoo_keeps_are_refused_before_it_is_asked(rig: Any) -> None:
    market = market_of("yahoo")
    expected = "Yahoo keeps 30 days. Expected --from 2024-02-01 or later, or a longer --timeframe"
    with pytest.raises(UsageError, match=expected):
        rig.one(market, "yahoo", ("AAPL",), "1min", "2024-01-15", NOW)
    assert market.asked == []


def test_one_symbol_that_fails_does_not_keep_the_others(rig: Any) -> None:
    market = Market(("A", "B", "C"), seconds(NOW), page=100)
    finished = rig.run(market, "binance", ("A", "NOSUCH", "B", "C"), "1hour", "2024-01-01", "2024-01-10", jobs=3)
    assert [one.symbol for one in finished] == ["A", "NOSUCH", "B", "C"]
    assert [isinstance(one.result, TradetuiError) for one in finished] == [False, True, False, False]


def test_a_server_that_is_not_there_is_a_connection_fault(rig: Any) -> None:
    import socket

    from tradetui.data.download.binance import BinanceSource
    from tradetui.data.download.pages import Transient

    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    source = BinanceSource(address, lambda: 0, 1.0)
    with pytest.raises(Transient, match="the connection failed"):
        source.page("BTCUSDT", "1min", 0, 10**12, None)
    source.close()

"""Bars of the past: fetched once, then read from disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from quotation_board import feed_config

from practice_market import ACME, BTC, MINUTE_NS, OPEN_NS
from tradetui.data.download.patience import Timing
from tradetui.engine.errors import DataError
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.history import bars_of
from tradetui.engine.practice.in_thread import ExchangeThread

KEYS = Credentials("PKTEST", "test-secret")


def later(_: Event) -> Timing:
    return Timing(lambda: OPEN_NS + 10**18, lambda: 0.0, lambda _: None)


@pytest.fixture
def asked(server: ExchangeThread) -> Callable[[], int]:
    """How many requests the venue has been sent."""
    left = server.venue.data_rates
    counted: list[int] = []
    ask = left.ask

    def counting(key: str, now_s: float) -> object:
        counted.append(1)
        return ask(key, now_s)

    left.ask = counting  # type: ignore[method-assign, assignment]
    return lambda: len(counted)


@pytest.mark.slow
def test_bars_of_shares_and_coins_are_fetched_once(
    server: ExchangeThread, tmp_path: Path, asked: Callable[[], int]
) -> None:
    server.call(lambda venue: venue.advance(OPEN_NS + 20 * MINUTE_NS))
    wanted = (feed_config(server.url), KEYS, tmp_path, (ACME, BTC), "1min", OPEN_NS, OPEN_NS + 10 * MINUTE_NS)
    bars = bars_of(*wanted, timing=later)
    assert {symbol: len(found.ts_ns) for symbol, found in bars.items()} == {ACME: 10, BTC: 10}
    assert bars[ACME].ts_ns[0] == OPEN_NS
    requests = asked()
    assert requests > 0
    again = bars_of(*wanted, timing=later)
    assert again[ACME].close.tolist() == bars[ACME].close.tolist()
    assert asked() == requests


def test_more_is_fetched_where_more_is_wanted(server: ExchangeThread, tmp_path: Path) -> None:
    server.call(lambda venue: venue.advance(OPEN_NS + 20 * MINUTE_NS))
    for minutes in (10, 15):
        stop_ns = OPEN_NS + minutes * MINUTE_NS
        config = feed_config(server.url)
        bars = bars_of(config, KEYS, tmp_path, (ACME,), "1min", OPEN_NS, stop_ns, timing=later)
        assert len(bars[ACME].ts_ns) == minutes


def test_wrong_keys_are_told_and_not_shown(server: ExchangeThread, tmp_path: Path) -> None:
    keys = Credentials("PKCANARY", "canary-secret")
    with pytest.raises(DataError, match="Check the keys") as caught:
        bars_of(feed_config(server.url), keys, tmp_path, (ACME,), "1min", OPEN_NS, OPEN_NS + MINUTE_NS, timing=later)
    assert "CANARY" not in str(caught.value)
    assert "canary" not in str(caught.value)

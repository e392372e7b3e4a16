"""The bundled session, played with orders in it: the same every time, whatever the pace."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from practice_market import OPEN_NS, small_session
from tradetui.data.catalog import sample_session
from tradetui.engine.errors import UsageError
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.opening import open_venue, renamed
from tradetui.engine.practice.venue import Venue

MINUTES = 3
MINUTE_NS = 60 * 10**9


@pytest.fixture(scope="module")
def session() -> MarketSession:
    return sample_session()


def venue_of(session: MarketSession, **config: Any) -> Venue:
    return open_venue(session, {}, PracticeConfig(**config), running=False).venue


def traded(venue: Venue, steps: int) -> dict[str, Any]:
    """Three minutes with some orders, in so many steps."""
    start = venue.world.start_ns
    venue.advance(start)
    for side, kind, price in (("buy", "market", None), ("buy", "limit", "200.40"), ("sell", "limit", "200.80")):
        venue.exchange.submit(
            {"symbol": "ACME", "qty": "250", "side": side, "type": kind, "limit_price": price, "time_in_force": "day"}
        )
    for step in range(1, steps + 1):
        venue.advance(start + MINUTES * MINUTE_NS * step // steps)
    return venue.ledger()


@pytest.mark.slow
def test_the_pace_changes_nothing(session: MarketSession) -> None:
    assert traded(venue_of(session), 1) == traded(venue_of(session), 37)


@pytest.mark.slow
def test_the_account_and_its_fills_agree(session: MarketSession) -> None:
    ledger = traded(venue_of(session), 1)
    spent = sum(
        Decimal(row["qty"]) * Decimal(row["price"]) * (1 if row["side"] == "buy" else -1)
        for row in ledger["activities"]
    )
    assert Decimal(ledger["cash"]) == 100_000 - spent
    assert len(ledger["activities"]) >= 2


def test_a_market_order_is_filled_at_levels_that_were_displayed(session: MarketSession) -> None:
    venue = venue_of(session)
    venue.advance(venue.world.start_ns + MINUTE_NS)
    asks = dict(venue.exchange.prices.book("ACME").asks)
    answer = venue.exchange.submit(
        {"symbol": "ACME", "qty": "400", "side": "buy", "type": "market", "time_in_force": "day"}
    )
    assert isinstance(answer, dict)
    prices = [int(Decimal(row.body["price"]) * 10**9) for row in venue.exchange.account.ledger.activities]
    assert prices
    assert all(price in asks for price in prices)


def test_symbols_are_shown_under_other_names(session: MarketSession) -> None:
    shown = renamed(session, {"CORVUS": "BTC/USD"})
    assert shown.symbols == ("ACME", "BOREAL", "BTC/USD")
    found = venue_of(shown).exchange.assets.find("BTCUSD")
    assert found is not None
    assert found.crypto


@pytest.mark.parametrize("names", [{"NOPE": "X"}, {"ACME": "BOREAL"}])
def test_a_name_that_cannot_be_is_refused(session: MarketSession, names: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        renamed(session, names)


def test_a_market_without_rows_is_refused() -> None:
    with pytest.raises(UsageError, match="no rows"):
        venue_of(small_session(0))


def test_as_fast_as_it_goes_ends_at_the_end() -> None:
    venue = open_venue(small_session(), {}, PracticeConfig(), speed=0, running=True).venue
    while not venue.play(venue.clock.market_ns(0)):
        pass
    assert venue.exchange.now_ns == venue.world.end_ns > OPEN_NS

"""A careful client in a storm of faults by a seed: it never sends twice, and at the end its books are the venue's."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from test_protocol import HEADERS

from practice_market import ACME, MINUTE_NS, OPEN_NS, order, small_world
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.faults import Chance
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

ORDERS, TRIES_MAX = 100, 50
UNKNOWN = 0  # no answer came


@pytest.fixture
def stormy() -> Iterator[ExchangeThread]:
    venue = Venue(small_world(EngineMatcher(), minutes=120, rate_per_minute=10**6), {"PKTEST": "test-secret"})
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as running:
        yield running


def ask(server: ExchangeThread, method: str, path: str, body: object = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=0.08)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), HEADERS)
        response = connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None
    except (OSError, http.client.HTTPException):
        return UNKNOWN, None
    finally:
        connection.close()


def surely(server: ExchangeThread, path: str) -> tuple[int, Any]:
    """Ask, which changes nothing, until there is an answer."""
    for _ in range(TRIES_MAX):
        status, answer = ask(server, "GET", path)
        if status not in (UNKNOWN, 429, 500):
            return status, answer
    raise AssertionError(f"no answer to {path}")


def send(server: ExchangeThread, body: dict[str, object]) -> None:
    """Send an order until it is known to have been taken or refused; look it up before sending it again."""
    for _ in range(TRIES_MAX):
        status, _ = ask(server, "POST", "/v2/orders", body)
        if status in (200, 403, 422):
            return
        if surely(server, f"/v2/orders:by_client_order_id?client_order_id={body['client_order_id']}")[0] == 200:
            return
    raise AssertionError("it was never answered")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_a_careful_client_and_the_venue_agree_in_the_end(stormy: ExchangeThread, seed: int) -> None:
    stormy.call(lambda venue: venue.faults.set_chance(Chance(seed=seed, every=2, delay_s=0.01)))
    for number in range(ORDERS):
        side = "buy" if number % 3 else "sell"
        send(stormy, order(side, qty=str(1 + number % 7), client_order_id=f"storm-{number}"))
        stormy.call(lambda venue: venue.advance(venue.exchange.now_ns + MINUTE_NS // 3))
    stormy.call(lambda venue: venue.faults.clear())
    orders = surely(stormy, "/v2/orders?status=all&limit=500")[1]
    ledger = surely(stormy, "/_practice/ledger")[1]
    ids = [row["client_order_id"] for row in orders]
    assert len(ids) == len(set(ids)) <= ORDERS
    assert len(ids) > ORDERS // 2
    cash, held = Decimal(100_000), Decimal(0)
    for row in orders:
        sign = 1 if row["side"] == "buy" else -1
        if row["filled_avg_price"] is not None:
            cash -= sign * Decimal(row["filled_qty"]) * Decimal(row["filled_avg_price"])
            held += sign * Decimal(row["filled_qty"])
    assert abs(Decimal(ledger["cash"]) - cash) < Decimal("0.01")
    assert Decimal(ledger["positions"].get(ACME, "0")) == held
    kinds = {hit["kind"] for hit in surely(stormy, "/_practice/faults")[1]["injected"]}
    assert {"500_before", "500_after", "timeout_after", "drop", "429"} <= kinds

"""Faults by a seed on everything at once, then quiet: our books are the venue's, and nothing was sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest
from trading_floor import AFTER_THE_MINUTE, QUICK, QUICK_PINGS, Trader, client_id, limit

from tradetui.engine.gateways.alpaca.config import RestConfig
from tradetui.engine.model.events import VenueReport
from tradetui.engine.practice.faults import Chance

ORDERS = 30
OVER = {"cancelled", "expired", "rejected"}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_after_a_storm_every_order_and_every_fill_is_known_once(trader: Callable[..., Trader], seed: int) -> None:
    one = trader(
        rest=RestConfig(read_s=0.1, waits=QUICK, per_minute=10_000),
        socket=QUICK_PINGS,
        clocks=AFTER_THE_MINUTE,
        poll_s=0.1,
        lookup_window_s=0.5,
    )
    one.server.call(lambda venue: venue.faults.set_chance(Chance(seed=seed, every=4, delay_s=0.02)))
    chance = Random(seed)
    for number in range(1, ORDERS + 1):
        rests = chance.random() < 0.4
        side = chance.choice((1, 1, -1)) if number > 5 else 1
        price = Decimal("99.00") if side > 0 else Decimal("101.00")
        more = limit(str(price)) if rests else {}
        one.send(number, side=side, quantity=Decimal(chance.randrange(1, 20)), **more)
        if chance.random() < 0.7:  # else several are on their way at once
            one.inbox.until(lambda _, number=number: one.inbox.reports(number), f"anything of {number}")
        if chance.random() < 0.2:
            one.withdraw(chance.randrange(1, number + 1))
        if chance.random() < 0.2:
            one.advance(5)
    one.inbox.until(lambda _: {r.order_id for r in one.inbox.reports()} >= set(range(1, ORDERS + 1)), "all of them")
    injected = {hit.kind for hit in one.server.call(lambda venue: venue.faults.log)}
    for number in range(1, ORDERS + 1):
        one.withdraw(number)
    one.server.call(lambda venue: venue.faults.clear())
    one.inbox.until(lambda items: _settled(one, [i for i in items if isinstance(i, VenueReport)]), f"seed {seed}")
    _agree(one)
    assert len(injected) >= 5


def _settled(one: Trader, reports: list[VenueReport]) -> bool:
    """Whether every order has ended, as far as was told, and nothing works at the venue."""
    over = {r.order_id for r in reports if r.what in OVER or (r.what == "fill" and r.leaves == 0)}
    return over >= set(range(1, ORDERS + 1)) and all(o["status"] in _DONE for o in one.orders()) and _fits(one)


_DONE = ("filled", "canceled", "expired", "rejected")


def _fits(one: Trader) -> bool:
    told = Counter[str]()
    for report in one.inbox.reports():
        if report.what == "fill":
            told[report.client_order_id] += report.quantity  # type: ignore[assignment]
    return all(told[o["client_order_id"]] == Decimal(o["filled_qty"]) for o in one.orders())


def _agree(one: Trader) -> None:
    sent = [o["client_order_id"] for o in one.orders()]
    assert len(sent) == len(set(sent))
    assert set(sent) <= {client_id(number) for number in range(1, ORDERS + 1)}
    fills = [r for r in one.inbox.reports() if r.what == "fill"]
    assert len({f.execution_id for f in fills}) == len(fills)
    assert sum(f.quantity * f.side for f in fills) == one.position()
    cash = one.server.call(lambda venue: venue.exchange.account.ledger.cash)
    assert 100_000 - sum(f.quantity * f.side * f.price for f in fills) == cash
    for number in range(1, ORDERS + 1):
        words = Counter(one.inbox.words(number))
        assert words["accepted"] <= 1
        assert sum(words[word] for word in OVER) <= 1
    assert one.executor.health().unresolved == 0

"""Faults by a seed on everything at once, then quiet: our books are the venue's, and nothing was sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest
from trading_floor import AFTER_THE_MINUTE, QUICK, QUICK_PINGS, Trader, client_id, exit_at, limit

from tradetui.engine.gateways.alpaca.config import RestConfig
from tradetui.engine.gateways.live_words import SendPair, Withdraw
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


PAIRS = 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_after_a_storm_every_pair_is_over_and_no_exit_was_anybody_elses(
    trader: Callable[..., Trader], seed: int
) -> None:
    one = trader(
        rest=RestConfig(read_s=0.1, waits=QUICK, per_minute=10_000),
        socket=QUICK_PINGS,
        clocks=AFTER_THE_MINUTE,
        poll_s=0.1,
        lookup_window_s=0.5,
    )
    one.quote(100.0, 100.02)
    one.server.call(lambda venue: venue.faults.set_chance(Chance(seed=seed, every=4, delay_s=0.02)))
    chance = Random(seed)
    for number in range(1, 3 * PAIRS, 3):
        one.send(number)
        one.inbox.until(lambda _, number=number: _over(one, number), f"the end of {number}")
        one.executor.do(
            SendPair(
                exit_at(number + 1, stop="99"),
                exit_at(number + 2, f"+{number + 1}", target="101"),
            )
        )
        one.inbox.until(lambda _, number=number: one.inbox.words(number + 1), f"anything of {number + 1}")
        end = chance.choice(("target", "a part", "stop", "cancel", "nothing"))
        if end == "cancel":
            one.executor.do(Withdraw(number + 1, client_id(number + 1), f"{client_id(number + 2)}+{number + 1}"))
        else:
            bid = {"stop": 98.9, "nothing": 100.0}.get(end, 101.0)
            one.quote(bid, bid + 0.02, 4 if end == "a part" else 400)
        one.quote(100.0, 100.02)
    one.server.call(lambda venue: venue.faults.clear())
    for number in range(3, 3 * PAIRS + 1, 3):
        one.executor.do(Withdraw(number, f"{client_id(number)}+{number - 1}"))
    everything = range(1, 3 * PAIRS + 1)
    one.inbox.until(lambda _: all(_over(one, number) for number in everything), f"seed {seed}")
    one.inbox.until(lambda _: all(o["status"] in _DONE for o in one.orders()))
    one.inbox.until(lambda _: _units(one) == one.position(), "every fill")
    assert one.inbox.words(0) == []
    fills = [r for r in one.inbox.reports() if r.what == "fill"]
    cash = one.server.call(lambda venue: venue.exchange.account.ledger.cash)
    assert 100_000 - sum(f.quantity * f.side * f.price for f in fills) == cash
    for number in range(3, 3 * PAIRS + 1, 3):
        assert sum(f.quantity for f in fills if f.order_id in (number - 1, number)) <= 10


def _over(one: Trader, number: int) -> bool:
    return any(r.what in OVER or (r.what == "fill" and r.leaves == 0) for r in one.inbox.reports(number))


def _units(one: Trader) -> Decimal:
    return sum((r.quantity * r.side for r in one.inbox.reports() if r.what == "fill"), Decimal(0))

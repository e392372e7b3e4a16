"""Nothing is made of nothing: cash, positions and fills agree to the last digit whatever is traded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practice_market import ACME, BTC, OPEN_NS, Story, order
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.words import TERMINAL

SIDES = st.sampled_from(["buy", "sell"])
QUANTITIES = st.integers(1, 300)
TICKS = st.integers(-30, 30)
STEPS = st.one_of(
    st.tuples(st.just("market"), SIDES, QUANTITIES, TICKS),
    st.tuples(st.just("limit"), SIDES, QUANTITIES, TICKS),
    st.tuples(st.just("bracket"), SIDES, QUANTITIES, TICKS),
    st.tuples(st.just("quote"), SIDES, QUANTITIES, TICKS),
    st.tuples(st.just("trade"), SIDES, QUANTITIES, TICKS),
    st.tuples(st.just("cancel"), SIDES, QUANTITIES, TICKS),
    st.tuples(st.just("replace"), SIDES, QUANTITIES, TICKS),
)


def play(story: Story, step: tuple[str, str, int, int]) -> None:
    what, side, qty, ticks = step
    price = 100 + Decimal(ticks) / 100
    sign = 1 if side == "buy" else -1
    exits = {"take_profit": {"limit_price": str(price + sign)}, "stop_loss": {"stop_price": str(price - sign)}}
    open_orders = story.exchange.orders.open()
    if what == "market":
        story.exchange.submit(order(side, str(qty)))
    elif what == "limit":
        story.exchange.submit(order(side, str(qty), "limit", limit_price=str(price)))
    elif what == "bracket":
        story.exchange.submit(order(side, str(qty), "limit", limit_price=str(price), order_class="bracket", **exits))
    elif what == "quote":
        story.quote(price, price + Decimal("0.02"), size=qty)
    elif what == "trade":
        story.trade(price, size=qty, side=sign)
    elif open_orders and what == "cancel":
        story.exchange.cancel(open_orders[qty % len(open_orders)].id)
    elif open_orders:
        story.exchange.replace(open_orders[qty % len(open_orders)].id, {"limit_price": str(price)})


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_cash_positions_and_fills_agree_after_every_step(steps: list[tuple[str, str, int, int]]) -> None:
    story = Story(EngineMatcher())
    story.quote(100, 100.02)
    ledger, desk = story.exchange.account.ledger, story.exchange
    filled: dict[str, Decimal] = {}
    for step in steps:
        play(story, step)
        for update in story.exchange.updates():
            if update.event in ("fill", "partial_fill"):
                filled[update.order_id] = filled.get(update.order_id, Decimal(0)) + Decimal(update.data["qty"])
        rows = [row.body for row in ledger.activities]
        signed = [(1 if r["side"] == "buy" else -1, Decimal(r["qty"]), Decimal(r["price"])) for r in rows]
        assert ledger.cash == 100_000 - sum(side * qty * price for side, qty, price in signed)
        assert ledger.quantity(ACME) == sum(side * qty for side, qty, _ in signed)
        for found in desk.orders.by_id.values():
            assert found.filled_qty == filled.get(found.id, 0)
            assert found.qty is not None
            assert found.filled_qty <= found.qty
            assert (found.status == "filled") == (found.left == 0 and found.status not in TERMINAL - {"filled"})
        held, _ = desk.account.held(ACME)
        assert held <= abs(ledger.quantity(ACME))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(SIDES, st.decimals("0.001", "2", places=9)), max_size=12))
def test_coins_and_their_fees_agree_too(orders: list[tuple[str, Decimal]]) -> None:
    story = Story(EngineMatcher(), start_cash=Decimal(1_000_000))
    story.quote(50_000, 50_010, symbol=BTC)
    for side, qty in orders:
        story.exchange.submit(order(side, str(qty), force="ioc", symbol=BTC))
    cash, coins = Decimal(1_000_000), Decimal(0)
    for row in story.exchange.account.ledger.activities:
        qty, price = Decimal(row.body["qty"]), Decimal(row.body["price"])
        if row.body["side"] == "buy":
            cash -= qty * price
            coins += (qty * Decimal("0.9975")).quantize(Decimal("1e-9"), "ROUND_DOWN")
        else:
            cash += qty * price * Decimal("0.9975")
            coins -= qty
    assert story.exchange.account.ledger.cash == cash
    assert story.exchange.account.ledger.quantity(BTC) == coins >= 0


def account(story: Story) -> dict[str, Any]:
    return story.exchange.account.body(OPEN_NS)


def test_buying_power_falls_by_what_is_held_and_what_is_set_aside() -> None:
    story = Story(EngineMatcher())
    story.quote(98, 100)
    story.exchange.submit(order(qty="100"))
    story.trade(100)
    assert (account(story)["equity"], account(story)["buying_power"]) == ("100000", "390000")
    story.exchange.submit(order(qty="100", kind="limit", limit_price="99"))
    assert account(story)["buying_power"] == "380100"
    story.exchange.cancel_all()
    assert account(story)["buying_power"] == "390000"
    assert (account(story)["cash"], account(story)["long_market_value"]) == ("90000", "10000")


def test_what_is_set_aside_falls_with_each_partial_fill() -> None:
    story = Story(EngineMatcher())
    story.quote(98, 100, size=40)
    story.exchange.submit(order(qty="100", kind="limit", limit_price="100"))
    (waiting,) = story.exchange.orders.open()
    assert waiting.reserved == Decimal("6000.00018")
    story.trade(100)
    assert account(story)["buying_power"] == "390000"


def test_a_short_adds_to_cash_and_takes_from_buying_power() -> None:
    story = Story(EngineMatcher())
    story.quote(100, 102)
    story.trade(100)
    story.exchange.submit(order("sell", qty="100"))
    assert (account(story)["cash"], account(story)["short_market_value"]) == ("110000", "-10000")
    assert (account(story)["equity"], account(story)["buying_power"]) == ("100000", "390000")
    (position,) = story.exchange.positions()
    assert (position["side"], position["qty"], position["market_value"]) == ("short", "-100", "-10000")
    story.trade(90)
    assert story.exchange.positions()[0]["unrealized_pl"] == "1000"


@pytest.mark.parametrize(("cash", "multiplier", "power"), [("1999", "1", "1999"), ("2000", "4", "8000")])
def test_a_small_account_has_no_margin(cash: str, multiplier: str, power: str) -> None:
    story = Story(start_cash=Decimal(cash))
    assert (account(story)["multiplier"], account(story)["buying_power"]) == (multiplier, power)
    assert account(story)["shorting_enabled"] is (multiplier != "1")


def test_a_limit_order_for_a_short_is_measured_at_three_percent_above_the_ask() -> None:
    story = Story(EngineMatcher())
    story.quote(99, 100)
    story.exchange.submit(order("sell", qty="10", kind="limit", limit_price="101"))
    assert account(story)["buying_power"] == "398970"  # less 1030.00003


def test_an_average_price_is_kept_while_a_position_is_reduced() -> None:
    story = Story(EngineMatcher())
    story.quote(99, 100)
    story.exchange.submit(order(qty="3"))
    story.quote(100, 101)
    story.exchange.submit(order(qty="6"))
    story.exchange.submit(order("sell", qty="4"))
    assert story.exchange.positions()[0]["avg_entry_price"] == "100.666666667"

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from practice_market import ACME, BTC, Story, order
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.refusals import Refusal

KEYS = (
    "id client_order_id created_at updated_at submitted_at filled_at expired_at expires_at canceled_at failed_at "
    "replaced_at replaced_by replaces asset_id symbol asset_class notional qty filled_qty filled_avg_price "
    "order_class order_type type side position_intent time_in_force limit_price stop_price status extended_hours "
    "legs trail_percent trail_price hwm subtag source"
)


@pytest.fixture(params=["engine", "quotes"])
def story(request: pytest.FixtureRequest) -> Story:
    """A market of 100.00 to 100.02 whose first trade was at 100.01, with either matcher."""
    told = Story(EngineMatcher() if request.param == "engine" else None)
    told.quote(100, 100.02)
    told.trade(100.01)
    return told


def sent(story: Story, body: dict[str, object]) -> dict[str, Any]:
    answer = story.exchange.submit(body)
    assert not isinstance(answer, Refusal), answer
    return answer


def bought(story: Story, qty: str = "10") -> None:
    sent(story, order(qty=qty))
    story.events()


def test_a_market_order_is_answered_as_pending_and_filled_at_the_far_side(story: Story) -> None:
    answer = sent(story, order(client_order_id="mine"))
    assert (answer["status"], answer["filled_qty"], answer["client_order_id"]) == ("pending_new", "0", "mine")
    assert story.events() == ["pending_new market buy", "new market buy", "fill market buy 10 at 100.02"]
    assert story.exchange.positions()[0]["avg_entry_price"] == "100.02"


def test_an_answer_has_the_key_set_of_the_protocol(story: Story) -> None:
    assert sorted(sent(story, order())) == sorted(KEYS.split())


def test_a_marketable_limit_fills_at_the_market_and_another_one_rests_until_the_market_comes(story: Story) -> None:
    sent(story, order(kind="limit", limit_price="100.10"))
    sent(story, order(kind="limit", limit_price="99.90", qty="3"))
    assert story.events() == [
        "pending_new limit buy",
        "new limit buy",
        "fill limit buy 10 at 100.02",
        "pending_new limit buy",
        "new limit buy",
    ]
    story.quote(99.80, 99.90)
    assert story.events() == ["fill limit buy 3 at 99.9"]


def test_a_buy_stop_waits_for_a_trade_at_its_price(story: Story) -> None:
    sent(story, order(kind="stop", stop_price="100.50"))
    story.quote(100.40, 100.60)
    assert story.events() == ["pending_new stop buy", "new stop buy"]
    story.trade(100.50)
    assert story.events() == ["fill stop buy 10 at 100.6"]


def test_a_sell_stop_limit_becomes_a_limit_and_stays_working(story: Story) -> None:
    bought(story)
    sent(story, order("sell", kind="stop_limit", stop_price="99.50", limit_price="99.40"))
    story.quote(99.20, 99.30)
    story.trade(99.25)
    assert story.events() == ["pending_new stop_limit sell", "new stop_limit sell"]
    story.quote(99.40, 99.50)
    assert story.events() == ["fill stop_limit sell 10 at 99.4"]


def test_a_trailing_stop_follows_the_best_price_and_never_goes_back(story: Story) -> None:
    bought(story)
    answer = sent(story, order("sell", kind="trailing_stop", trail_price="0.50"))
    assert (answer["status"], answer["hwm"], answer["stop_price"]) == ("new", "100.01", "99.51")
    story.trade(101)
    story.trade(100.80)
    found = story.exchange.orders.by_id[answer["id"]]
    assert (found.hwm, found.stop_price) == (101, Decimal("100.5"))
    story.quote(100.40, 100.42)
    story.trade(100.45)
    assert story.events()[-1] == "fill trailing_stop sell 10 at 100.4"


def test_a_trailing_percentage_shows_its_stop_unrounded(story: Story) -> None:
    bought(story)
    answer = sent(story, order("sell", kind="trailing_stop", trail_percent="5"))
    assert answer["stop_price"] == "95.0095"


def test_an_ioc_order_takes_what_is_there_and_the_rest_is_canceled() -> None:
    story = Story(EngineMatcher())
    story.quote(100, 100.02, size=4)
    sent(story, order(kind="limit", limit_price="100.05", force="ioc"))
    assert story.events()[2:] == ["partial_fill limit buy 4 at 100.02", "canceled limit buy"]


def test_a_fok_order_takes_all_or_nothing() -> None:
    story = Story(EngineMatcher())
    story.quote(100, 100.02, size=4)
    sent(story, order(force="fok"))
    assert story.events()[2:] == ["canceled market buy"]
    sent(story, order(force="fok", qty="4"))
    assert story.events()[2:] == ["fill market buy 4 at 100.02"]


def test_what_is_left_of_a_market_order_takes_again_when_the_display_changes() -> None:
    story = Story(EngineMatcher())
    story.quote(100, 100.02, size=4)
    sent(story, order())
    assert story.events()[2:] == ["partial_fill market buy 4 at 100.02"]
    story.quote(100, 100.02, size=4)
    assert story.events() == []  # the same four shares stay displayed in a recording: they are not sold twice
    story.quote(100, 100.03, size=50)
    assert story.events() == ["fill market buy 6 at 100.03"]


def test_an_order_over_money_is_sized_at_the_price_it_trades_at(story: Story) -> None:
    answer = sent(story, {**order(), "qty": None, "notional": "1000"})
    assert (answer["qty"], answer["notional"]) == (None, "1000")
    found = story.exchange.orders.by_id[answer["id"]]
    assert str(found.filled_qty) == "9.998000399"
    assert story.exchange.desk.render(found)["qty"] is None


def test_a_coin_is_bought_less_the_fee_in_coin_and_shown_without_its_slash(story: Story) -> None:
    story.quote(50_000, 50_010, symbol=BTC)
    sent(story, {**order(force="gtc", symbol=BTC), "qty": "0.0016"})
    found = story.exchange.position("BTC/USD")
    assert isinstance(found, dict)
    assert (found["symbol"], found["qty"], found["exchange"]) == ("BTCUSD", "0.001596", "CRYPTO")
    assert story.exchange.position("BTCUSD") == found
    assert story.exchange.orders.open() == []


def test_a_coin_is_sold_less_the_fee_in_money(story: Story) -> None:
    story.quote(50_000, 50_010, symbol=BTC)
    sent(story, order(qty="1", force="gtc", symbol=BTC))
    before = story.exchange.account.ledger.cash
    sent(story, order("sell", qty="0.5", force="ioc", symbol=BTC))
    assert story.exchange.account.ledger.cash - before == 25_000 - 25_000 * 25 / 10_000


def test_quantities_of_coins_beyond_the_increment_are_cut_silently(story: Story) -> None:
    story.quote(50_000, 50_010, symbol=BTC)
    assert sent(story, order(qty="0.1234567891234", force="gtc", symbol=BTC))["qty"] == "0.123456789"


def test_a_float_of_a_client_is_read_as_it_was_written(story: Story) -> None:
    assert sent(story, order(qty=1.0, kind="limit", limit_price=99.5))["limit_price"] == "99.5"
    assert sent(story, {**order(qty=0.1), "symbol": ACME})["qty"] == "0.1"


def test_the_real_paper_engine_fills_whatever_size_is_shown_and_now_and_then_only_a_part() -> None:
    story = Story(partial_fill_chance=0.5, seed=3)
    story.quote(100, 100.02, size=1)
    for _ in range(20):
        sent(story, order(qty="100"))
        story.quote(100, 100.02, size=1)
    told = story.events()
    assert any(event.startswith("partial_fill") for event in told)
    assert any(event.endswith(" 100 at 100.02") for event in told)


@pytest.mark.parametrize(("stop", "worst"), [("101", "103.52"), ("49", "50.96")])
def test_a_buy_stop_does_not_chase_the_market_beyond_its_collar(stop: str, worst: str) -> None:
    story = Story(EngineMatcher())
    story.quote(Decimal(stop) - 2, Decimal(stop) - 1)
    sent(story, order(kind="stop", stop_price=stop))
    story.quote(Decimal(worst), Decimal(worst) + Decimal("0.01"))
    story.trade(worst)
    assert story.events()[-1] == "new stop buy"
    story.quote(Decimal(worst) - 1, Decimal(worst))
    assert story.events() == [f"fill stop buy 10 at {worst}"]

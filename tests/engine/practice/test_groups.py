from __future__ import annotations

from typing import Any

import pytest

from practice_market import Story, order
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.refusals import Refusal

EXITS = {"take_profit": {"limit_price": "101"}, "stop_loss": {"stop_price": "99"}}


@pytest.fixture
def story() -> Story:
    told = Story(EngineMatcher())
    told.quote(100, 100.02)
    told.trade(100.01)
    return told


def sent(story: Story, body: dict[str, object]) -> dict[str, Any]:
    answer = story.exchange.submit(body)
    assert not isinstance(answer, Refusal), answer
    return answer


def status(story: Story, order_id: str) -> str:
    return story.exchange.orders.by_id[order_id].status


def test_a_bracket_answers_with_both_legs_held(story: Story) -> None:
    answer = sent(story, order(kind="limit", limit_price="99.90", order_class="bracket", **EXITS))
    legs = answer["legs"]
    assert [(leg["type"], leg["side"], leg["status"]) for leg in legs] == [
        ("limit", "sell", "held"),
        ("stop", "sell", "held"),
    ]
    assert {leg["submitted_at"] for leg in legs} == {answer["submitted_at"]}
    assert len({answer["client_order_id"], *(leg["client_order_id"] for leg in legs)}) == 3


def test_after_the_entry_the_take_profit_works_and_the_stop_stays_held(story: Story) -> None:
    take, stop = sent(story, order(order_class="bracket", **EXITS))["legs"]
    assert (status(story, take["id"]), status(story, stop["id"])) == ("new", "held")
    assert story.exchange.orders.by_id[take["id"]].submitted_ns > story.exchange.orders.by_id[stop["id"]].submitted_ns
    assert story.events()[-1] == "new limit sell"


def test_exits_wait_until_the_entry_has_filled_whole() -> None:
    story = Story(EngineMatcher())
    story.quote(100, 100.02, size=4)
    take, _ = sent(story, order(kind="limit", limit_price="100.02", order_class="bracket", **EXITS))["legs"]
    assert story.events()[-1] == "partial_fill limit buy 4 at 100.02"
    assert status(story, take["id"]) == "held"


def test_one_exit_fills_and_the_other_is_canceled(story: Story) -> None:
    sent(story, order(order_class="bracket", **EXITS))
    story.events()
    story.quote(101, 101.02)
    assert story.events() == ["fill limit sell 10 at 101", "canceled stop sell"]
    assert story.exchange.positions() == []


def test_the_stop_is_reached_and_the_take_profit_is_canceled_first(story: Story) -> None:
    sent(story, order(order_class="bracket", **EXITS))
    story.events()
    story.quote(98.90, 98.95)
    story.trade(98.95)
    assert story.events() == ["canceled limit sell", "new stop sell", "fill stop sell 10 at 98.9"]


def test_a_partial_take_profit_shrinks_the_stop(story: Story) -> None:
    _, stop = sent(story, order(order_class="bracket", **EXITS))["legs"]
    story.quote(101, 101.02, size=4)
    assert str(story.exchange.orders.by_id[stop["id"]].qty) == "6"


def test_canceling_one_of_a_group_cancels_the_rest(story: Story) -> None:
    answer = sent(story, order(kind="limit", limit_price="99.90", order_class="bracket", **EXITS))
    assert story.exchange.cancel(answer["legs"][0]["id"]) is None
    assert [status(story, o) for o in (answer["id"], *(leg["id"] for leg in answer["legs"]))] == ["canceled"] * 3


def test_both_exits_of_a_position_hold_it_once(story: Story) -> None:
    sent(story, order(order_class="bracket", **EXITS))
    assert story.exchange.positions()[0]["qty_available"] == "0"


def test_an_oco_is_its_take_profit_with_one_held_leg(story: Story) -> None:
    sent(story, order())
    answer = sent(story, order("sell", kind="limit", order_class="oco", **EXITS))
    assert (answer["type"], answer["limit_price"], answer["status"]) == ("limit", "101", "pending_new")
    assert [(leg["type"], leg["status"]) for leg in answer["legs"]] == [("stop", "held")]
    story.events()
    story.quote(98.90, 98.95)
    story.trade(98.95)
    assert story.events() == ["canceled limit sell", "new stop sell", "fill stop sell 10 at 98.9"]


def test_the_stop_of_an_oco_lies_on_the_losing_side_of_the_market_too(story: Story) -> None:
    sent(story, order())
    refused = story.exchange.submit(
        order("sell", kind="limit", order_class="oco", **{**EXITS, "stop_loss": {"stop_price": "100.50"}})
    )
    assert isinstance(refused, Refusal)
    assert refused.message == "stop_loss.stop_price must be <= base_price - 0.01"


def test_an_order_that_says_it_closes_opens_nothing(story: Story) -> None:
    refused = story.exchange.submit(order("sell", position_intent="sell_to_close"))
    assert isinstance(refused, Refusal)
    assert refused.message == "position intent mismatch, inferred: sell_to_open, specified: sell_to_close"
    sent(story, order())
    assert sent(story, order("sell", position_intent="sell_to_close"))["position_intent"] == "sell_to_close"


def test_an_oto_has_one_exit_that_works_after_the_entry(story: Story) -> None:
    answer = sent(story, order(order_class="oto", stop_loss={"stop_price": "99", "limit_price": "98.5"}))
    assert [leg["type"] for leg in answer["legs"]] == ["stop_limit"]
    assert status(story, answer["legs"][0]["id"]) == "new"


def test_a_bracket_to_sell_short_has_exits_that_buy(story: Story) -> None:
    exits = {"take_profit": {"limit_price": "99"}, "stop_loss": {"stop_price": "101"}}
    answer = sent(story, order("sell", order_class="bracket", **exits))
    assert {leg["side"] for leg in answer["legs"]} == {"buy"}
    story.events()
    story.quote(98.98, 99)
    assert story.events() == ["fill limit buy 10 at 99", "canceled stop buy"]


def test_the_exits_of_a_group_are_replaced_without_losing_their_place_in_it(story: Story) -> None:
    answer = sent(story, order(order_class="bracket", **EXITS))
    take, stop = answer["legs"]
    new_take = story.exchange.replace(take["id"], {"limit_price": "102"})
    new_stop = story.exchange.replace(stop["id"], {"stop_price": "98"})
    assert not isinstance(new_take, Refusal)
    assert not isinstance(new_stop, Refusal)
    assert (new_stop["status"], status(story, new_take["id"]), status(story, take["id"])) == ("held", "new", "replaced")
    story.events()
    story.quote(102, 102.02)
    assert story.events() == ["fill limit sell 10 at 102", "canceled stop sell"]
    assert status(story, new_stop["id"]) == "canceled"


def test_a_nested_list_rolls_legs_into_their_parent(story: Story) -> None:
    from tradetui.engine.practice.orders import OrderFilter

    sent(story, order(order_class="bracket", **EXITS))
    flat = story.exchange.orders.select(OrderFilter(status="all"), ())
    nested = story.exchange.orders.select(OrderFilter(status="all", nested=True), ())
    assert (len(flat), len(nested)) == (3, 1)

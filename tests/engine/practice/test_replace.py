from __future__ import annotations

from typing import Any

import pytest

from practice_market import ACME, Story, order
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.refusals import Refusal


@pytest.fixture
def story() -> Story:
    told = Story(EngineMatcher())
    told.quote(100, 100.02)
    told.trade(100.01)
    return told


def sent(story: Story, **body: Any) -> dict[str, Any]:
    answer = story.exchange.submit(order(**body))
    assert not isinstance(answer, Refusal), answer
    return answer


def refused(story: Story, order_id: str, **change: Any) -> tuple[int, int | None, str]:
    answer = story.exchange.replace(order_id, change)
    assert isinstance(answer, Refusal), answer
    return answer.status, answer.code, answer.message


def replaced(story: Story, order_id: str, **change: Any) -> dict[str, Any]:
    answer = story.exchange.replace(order_id, change)
    assert not isinstance(answer, Refusal), answer
    return answer


def test_the_new_order_keeps_what_was_not_named_and_the_time_of_creation(story: Story) -> None:
    old = sent(story, kind="limit", limit_price="99", client_order_id="one")
    new = replaced(story, old["id"], limit_price="98.50", client_order_id="two")
    assert (new["qty"], new["limit_price"], new["client_order_id"]) == ("10", "98.5", "two")
    assert (new["created_at"], new["status"], new["replaces"]) == (old["created_at"], "new", old["id"])
    assert new["submitted_at"] != old["submitted_at"]


def test_without_a_quantity_it_is_what_was_left(story: Story) -> None:
    story.quote(99.98, 100, size=4)
    old = sent(story, kind="limit", limit_price="100")
    new = replaced(story, old["id"], limit_price="99")
    assert new["qty"] == "6"
    found = story.exchange.orders.by_id[old["id"]]
    assert (str(found.filled_qty), found.status) == ("4", "replaced")


def test_a_better_price_may_fill_at_once(story: Story) -> None:
    old = sent(story, kind="limit", limit_price="99")
    story.events()
    replaced(story, old["id"], limit_price="100.05")
    assert story.events() == [
        "replaced limit buy",
        "pending_new limit buy",
        "new limit buy",
        "fill limit buy 10 at 100.02",
    ]


def test_a_trail_is_changed_in_its_own_measure(story: Story) -> None:
    sent(story)
    old = sent(story, side="sell", kind="trailing_stop", trail_percent="5")
    new = replaced(story, old["id"], trail="2")
    assert (new["trail_percent"], new["trail_price"], new["hwm"], new["stop_price"]) == ("2", None, "100.01", "98.0098")


def test_more_than_the_account_has_is_refused(story: Story) -> None:
    old = sent(story, kind="limit", limit_price="99")
    assert refused(story, old["id"], qty="100000")[:2] == (403, 40310000)
    assert story.exchange.orders.by_id[old["id"]].status == "new"


def test_more_shares_than_there_are_is_refused(story: Story) -> None:
    sent(story)
    old = sent(story, side="sell", kind="limit", limit_price="101")
    status, code, message = refused(story, old["id"], qty="11")
    assert (status, code) == (403, 40310000)
    assert message == "insufficient qty available for order (requested: 11, available: 0)"
    assert replaced(story, old["id"], qty="9")["qty"] == "9"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"qty": "0.5"}, "qty must be a whole number"),
        ({"qty": "0"}, "qty must be > 0"),
        ({"stop_price": "98"}, "limit orders have no stop_price"),
        ({"trail": "1"}, "only trailing stop orders have a trail"),
        ({"time_in_force": "soon"}, "invalid time_in_force: soon"),
        (
            {"limit_price": "98.123"},
            "invalid limit_price 98.123. sub-penny increment does not fulfill minimum pricing criteria",
        ),
        ({"client_order_id": "taken"}, "client_order_id must be unique"),
        ({"client_order_id": "x" * 129}, "client_order_id must be text of no more than 128 characters"),
    ],
)
def test_a_change_that_cannot_be_is_refused_with_words(story: Story, change: dict[str, Any], message: str) -> None:
    sent(story, client_order_id="taken")
    old = sent(story, kind="limit", limit_price="99")
    assert refused(story, old["id"], **change)[::2] == (422, message)


def test_orders_over_money_and_oto_are_not_replaced(story: Story) -> None:
    over_money = {**order(kind="limit", limit_price="99"), "qty": None, "notional": "500", "symbol": ACME}
    answer = story.exchange.submit(over_money)
    assert isinstance(answer, dict)
    assert refused(story, answer["id"], limit_price="98")[2] == "notional orders cannot be replaced"
    oto = sent(story, kind="limit", limit_price="99", order_class="oto", stop_loss={"stop_price": "98"})
    assert refused(story, oto["id"], limit_price="98.50")[2] == "oto orders cannot be replaced"

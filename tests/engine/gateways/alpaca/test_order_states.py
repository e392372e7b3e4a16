"""The table of orders alone: whatever comes in whatever order, each fill counts once and an end stays an end."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.engine.gateways.alpaca.models import fill_of, order_of, update_of
from tradetui.engine.gateways.alpaca.order_states import OrderStates
from tradetui.engine.model.events import VenueReport

VENUE_ID = "7b1d0000-0000-4000-8000-000000000001"
TIME = "2026-11-20T15:04:05.102030405Z"


def body(status: str, filled: str = "0", average: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": VENUE_ID,
        "client_order_id": "s1-1",
        "symbol": "ACME",
        "side": "buy",
        "qty": "10",
        "filled_qty": filled,
        "filled_avg_price": average,
        "type": "limit",
        "limit_price": "41.25",
        "status": status,
        "submitted_at": TIME,
        "updated_at": TIME,
        **more,
    }


def snapshot(states: OrderStates, *args: Any, explained: bool = False, **more: Any) -> list[VenueReport]:
    raw = order_of(body(*args, **more))
    assert raw is not None
    return states.snapshot(raw, 1, explained)


def update(states: OrderStates, event: str, order: dict[str, Any], **more: Any) -> list[VenueReport]:
    raw = update_of({"event": event, "timestamp": TIME, "order": order, **more})
    assert raw is not None
    return states.update(raw, 1)


def part(states: OrderStates, quantity: str, total: str, price: str = "41") -> list[VenueReport]:
    status = "filled" if total == "10" else "partially_filled"
    return update(states, "fill", body(status, total, price), qty=quantity, price=price, execution_id="x")


def history(states: OrderStates, quantity: str, total: str, price: str = "41") -> list[VenueReport]:
    row = {"activity_type": "FILL", "order_id": VENUE_ID, "qty": quantity, "price": price, "cum_qty": total}
    raw = fill_of({**row, "transaction_time": TIME, "id": "1"})
    assert raw is not None
    return states.history(raw, 1)


def words(reports: list[VenueReport]) -> list[str]:
    return [r.what for r in reports]


@pytest.fixture
def states() -> OrderStates:
    found = OrderStates("s1")
    record = found.table.record("s1-1", 1)
    found.outgoing.queue(record)
    found.outgoing.begin(record, "ACME", 1, Decimal(10))
    return found


def test_a_fill_after_a_hole_waits_for_what_is_before_it(states: OrderStates) -> None:
    assert words(part(states, "6", "10", "42")) == ["accepted"]
    told = part(states, "4", "4", "41")
    assert [(r.what, r.quantity, r.price, r.leaves) for r in told] == [
        ("fill", Decimal(4), Decimal(41), Decimal(6)),
        ("fill", Decimal(6), Decimal(42), Decimal(0)),
    ]


def test_history_fills_the_hole_with_the_same_executions(states: OrderStates) -> None:
    part(states, "6", "10", "42")
    told = history(states, "4", "4") + history(states, "6", "10", "42")
    assert [r.execution_id for r in told] == [f"{VENUE_ID}@4", f"{VENUE_ID}@10"]
    assert part(states, "4", "4") == []
    assert states.duplicates >= 2


def test_what_nobody_explains_is_one_fill_at_the_price_that_the_average_leaves(states: OrderStates) -> None:
    part(states, "4", "4", "41")
    assert snapshot(states, "filled", "10", "41.6") == []
    (lump,) = snapshot(states, "filled", "10", "41.6", explained=True)
    assert (lump.quantity, lump.price, lump.leaves) == (Decimal(6), Decimal(42), Decimal(0))


def test_a_cancel_is_told_after_the_fills_before_it(states: OrderStates) -> None:
    part(states, "2", "2")
    assert words(update(states, "canceled", body("canceled", "5", "41"))) == []
    assert words(history(states, "3", "5")) == ["fill", "cancelled"]
    assert states.table.working() == []


def test_a_fill_that_beats_its_cancel_still_counts_and_leaves_nothing(states: OrderStates) -> None:
    assert words(update(states, "canceled", body("canceled"))) == ["accepted", "cancelled"]
    (fill,) = part(states, "3", "3")
    assert (fill.what, fill.leaves) == ("fill", 0)


def test_nothing_goes_back(states: OrderStates) -> None:
    part(states, "10", "10")
    assert snapshot(states, "new", "0") == []
    assert snapshot(states, "canceled", "4", "41") == []
    assert part(states, "4", "4") == []
    assert states.table.working() == []


@pytest.mark.parametrize(
    "status", ["held", "stopped", "suspended", "pending_review", "calculated", "never_heard_of", ""]
)
def test_words_that_nobody_knows_survive(states: OrderStates, status: str) -> None:
    assert words(snapshot(states, status, surprise={"a": 1})) == ["accepted"]
    assert update(states, f"became_{status}", body(status)) == []
    assert states.unknown_events == {f"became_{status}": 1}
    assert len(states.table.working()) == 1


def test_done_for_today_is_not_the_end(states: OrderStates) -> None:
    assert words(update(states, "done_for_day", body("done_for_day"))) == ["accepted"]
    assert words(part(states, "10", "10")) == ["fill"]


def test_an_order_that_was_replaced_by_somebody_says_by_which(states: OrderStates) -> None:
    told = update(states, "replaced", body("replaced", replaced_by="another"))
    assert [(r.what, r.reason) for r in told] == [("accepted", ""), ("replaced", "replaced by another")]


@pytest.mark.parametrize("event", ["expired", "rejected"])
def test_an_end_by_the_venue_is_told_once(states: OrderStates, event: str) -> None:
    told = update(states, event, body(event)) + update(states, event, body(event)) + snapshot(states, event)
    assert words(told) == (["accepted", "expired"] if event == "expired" else ["rejected"])


def test_an_order_that_arrives_after_it_was_given_up_is_unwanted_and_its_fills_count(states: OrderStates) -> None:
    record = states.table.record("s1-1")
    assert words(states.unclear(record, "timeout", 1)) == ["unresolved"]
    assert words(states.refused(record, "never arrived", 1)) == ["rejected"]
    assert snapshot(states, "new") == []
    assert states.table.unwanted() == [record]
    assert states.table.unwanted() == []
    assert words(part(states, "10", "10")) == ["fill"]


def test_an_order_of_another_session_is_foreign(states: OrderStates) -> None:
    told = snapshot(states, "new", id="other", client_order_id="s0-1") + snapshot(
        states, "new", id="another", client_order_id="s1-x"
    )
    assert [(r.what, r.order_id, r.quantity, r.price) for r in told] == [("foreign", 0, 10, Decimal("41.25"))] * 2


def test_an_order_of_ours_is_known_by_its_id_after_a_restart() -> None:
    (told,) = snapshot(OrderStates("s1"), "new")
    assert (told.what, told.order_id) == ("accepted", 1)


def test_a_sale_of_coins_pays_in_money_and_a_purchase_in_coins() -> None:
    for side, fee in (("sell", Decimal("1.025")), ("buy", Decimal(0))):
        states = OrderStates("s1", Decimal("0.0025"))
        order = body("filled", "10", "41", symbol="BTC/USD", side=side)
        told = update(states, "fill", order, qty="10", price="41")
        assert told[-1].fee == fee


@pytest.mark.slow
@settings(deadline=None)
@given(
    st.permutations(range(6)),
    st.sets(st.integers(0, 5)),
    st.lists(st.integers(0, 5), max_size=4),
    st.integers(0, 6),
)
def test_lost_doubled_and_overtaken_frames_and_history_always_come_to_the_same(
    order: list[int], lost: set[int], doubled: list[int], asked_at: int
) -> None:
    pieces = [
        ("1", "1", "41"),
        ("2", "3", "41.5"),
        ("1", "4", "42"),
        ("3", "7", "40.1"),
        ("2", "9", "41"),
        ("1", "10", "43"),
    ]
    states = OrderStates("s1")
    told: list[VenueReport] = []
    for place, index in enumerate([*order, *doubled]):
        if place == asked_at:
            told += snapshot(states, "partially_filled", "4", "41.5")
        if index not in lost:
            told += part(states, *pieces[index])
    told += snapshot(states, "filled", "10", "41.23")
    for piece in pieces:
        told += history(states, *piece)
    fills = [r for r in told if r.what == "fill"]
    assert [(f.execution_id, f.quantity, f.price) for f in fills] == [
        (f"{VENUE_ID}@{total}", Decimal(quantity), Decimal(price)) for quantity, total, price in pieces
    ]
    assert [f.leaves for f in fills] == [10 - Decimal(total) for _, total, _ in pieces]
    assert words(told).count("accepted") == 1
    assert told[0].what == "accepted"
    assert states.table.working() == []

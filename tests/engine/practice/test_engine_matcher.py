"""How the account's orders stand among the market's."""

from __future__ import annotations

from decimal import Decimal

import pytest

from practice_market import ACME, nanos
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.matcher import Change
from tradetui.engine.practice.words import Ended, Execution

D = Decimal


def bid(price: str, size: int) -> Change:
    return (1, nanos(price), nanos(size))


def ask(price: str, size: int) -> Change:
    return (-1, nanos(price), nanos(size))


@pytest.fixture
def matcher() -> EngineMatcher:
    """100.00 x 50 / 100.02 x 30, 100.05 x 30."""
    made = EngineMatcher()
    made.display(ACME, [bid("100.00", 50), ask("100.02", 30), ask("100.05", 30)], True, 0)
    return made


def fills(outcomes: list[Execution | Ended]) -> list[tuple[str, str, str]]:
    return [(o.order_id, str(o.qty), str(o.price)) for o in outcomes if isinstance(o, Execution)]


def test_an_order_walks_the_levels_and_rests_at_its_limit(matcher: EngineMatcher) -> None:
    found = matcher.place("a", ACME, 1, D(50), D("100.03"), 1)
    assert fills(found) == [("a", "30", "100.02")]
    assert fills(matcher.display(ACME, [ask("100.03", 5)], False, 2)) == [("a", "5", "100.03")]


def test_a_trade_meets_those_first_who_came_first(matcher: EngineMatcher) -> None:
    matcher.place("a", ACME, 1, D(10), D("100.00"), 1)
    assert fills(matcher.print_trade(ACME, -1, nanos("100.00"), nanos(45), 2)) == []
    assert fills(matcher.print_trade(ACME, -1, nanos("100.00"), nanos(8), 3)) == [("a", "3", "100")]


def test_what_the_market_adds_stands_behind_and_what_it_cancels_stood_behind(matcher: EngineMatcher) -> None:
    matcher.place("a", ACME, 1, D(10), D("100.00"), 1)
    matcher.display(ACME, [bid("100.00", 80)], False, 2)
    matcher.display(ACME, [bid("100.00", 50)], False, 3)  # the thirty that came last went
    assert fills(matcher.print_trade(ACME, -1, nanos("100.00"), nanos(55), 4)) == [("a", "5", "100")]


def test_a_trade_through_the_price_fills_at_the_own_limit(matcher: EngineMatcher) -> None:
    matcher.place("a", ACME, 1, D(10), D("100.01"), 1)
    assert fills(matcher.print_trade(ACME, -1, nanos("99.50"), nanos(4), 2)) == [("a", "4", "100.01")]


def test_what_was_taken_stays_displayed_and_is_not_had_twice(matcher: EngineMatcher) -> None:
    assert fills(matcher.take("a", ACME, 1, D(30), D("100.02"), True, 1)) == [("a", "30", "100.02")]
    assert fills(matcher.take("b", ACME, 1, D(1), D("100.02"), False, 2)) == []
    matcher.display(ACME, [ask("100.02", 35)], False, 3)
    assert fills(matcher.take("c", ACME, 1, D(30), D("100.02"), False, 4)) == [("c", "5", "100.02")]


def test_the_memory_of_what_was_taken_ends_with_its_level(matcher: EngineMatcher) -> None:
    matcher.take("a", ACME, 1, D(30), D("100.02"), True, 1)
    assert matcher.interested(ACME)
    matcher.display(ACME, [ask("100.02", 0)], False, 2)
    assert not matcher.interested(ACME)
    matcher.display(ACME, [ask("100.02", 30)], False, 3)
    assert fills(matcher.take("b", ACME, 1, D(30), D("100.02"), True, 4)) == [("b", "30", "100.02")]


def test_what_the_tape_takes_is_there_as_long_as_it_is_displayed(matcher: EngineMatcher) -> None:
    matcher.place("a", ACME, -1, D(10), D("100.05"), 1)
    matcher.display(ACME, [ask("100.02", 10)], False, 2)  # some feeds tell the new size first, then the trade
    matcher.print_trade(ACME, 1, nanos("100.02"), nanos(20), 3)
    assert fills(matcher.take("b", ACME, 1, D(30), D("100.02"), False, 4)) == [("b", "10", "100.02")]


def test_a_display_that_crosses_itself_waits_until_the_other_side_has_gone(matcher: EngineMatcher) -> None:
    matcher.place("a", ACME, 1, D(10), D("99.00"), 1)
    matcher.display(ACME, [bid("100.03", 7)], False, 2)  # the ask of 100.02 is still displayed
    assert fills(matcher.take("b", ACME, -1, D(7), D("100.03"), False, 3)) == []
    matcher.display(ACME, [ask("100.02", 0)], False, 4)
    assert fills(matcher.take("c", ACME, -1, D(7), D("100.03"), False, 5)) == [("c", "7", "100.03")]


def test_orders_of_the_account_never_trade_with_each_other(matcher: EngineMatcher) -> None:
    matcher.place("a", ACME, -1, D(10), D("100.01"), 1)
    outcomes = matcher.place("b", ACME, 1, D(10), D("100.01"), 2)
    assert outcomes == [Ended("b")]


def test_a_whole_display_replaces_what_was_known(matcher: EngineMatcher) -> None:
    matcher.display(ACME, [ask("101.00", 9)], True, 1)
    assert fills(matcher.take("a", ACME, 1, D(50), None, False, 2)) == [("a", "9", "101")]


def test_a_shrunk_order_keeps_its_place_and_a_removed_one_is_gone(matcher: EngineMatcher) -> None:
    matcher.place("a", ACME, -1, D(10), D("100.01"), 1)
    matcher.resize("a", D(4))
    assert fills(matcher.print_trade(ACME, 1, nanos("100.01"), nanos(9), 2)) == [("a", "4", "100.01")]
    matcher.place("b", ACME, -1, D(10), D("100.01"), 3)
    matcher.remove("b")
    matcher.remove("never there")
    assert fills(matcher.print_trade(ACME, 1, nanos("100.01"), nanos(9), 4)) == []

"""Fills on bars against a second, slow and obvious telling of the same rules.

The twin knows longs alone: a short is a long in a market turned upside down. It tells where one entry and its bracket
fill, bar after bar, with prices in ticks; it shares no code with the engine.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.engine.gateways.simulated import Dropped, SimulatedExecutor, VenueRules
from tradetui.engine.market.bar_fills import Window
from tradetui.engine.model.events import FillEvent, OrderEvent
from tradetui.engine.model.instrument import Instrument

TICK = Decimal("0.01")
NANOS = 10_000_000
QUANTITY = Decimal(10)
FREE = Decimal(10**9)


class Bar(NamedTuple):
    open: int
    high: int
    low: int
    close: int


class Plan(NamedTuple):
    """One long entry and its bracket, prices in ticks."""

    kind: str
    limit: int
    stop: int
    stop_loss: int | None
    take_profit: int | None


class Filled(NamedTuple):
    bar: int
    what: str
    price: int
    ambiguous: bool


# -- the twin


def twin(bars: list[Bar], plan: Plan, touch: bool, policy: str) -> list[Filled]:
    """Where a long entry and then one of its exits fill."""
    triggered = False
    for number, bar in enumerate(bars):
        entered, triggered = enter(bar, plan, triggered, touch)
        if entered is None:
            continue
        price, rest = entered
        found = [Filled(number, "open", price, False)]
        for later, part in enumerate([rest, *bars[number + 1 :]], number):
            out = leave(part, plan, touch, policy, bars[later])
            if out is not None:
                found.append(Filled(later, *out))
                break
        return found
    return []


def enter(bar: Bar, plan: Plan, triggered: bool, touch: bool) -> tuple[tuple[int, Bar] | None, bool]:
    """The price at which the entry fills in this bar and the part of it that surely comes after."""
    if plan.kind == "market":
        return (bar.open, bar), False
    if plan.kind == "limit" or triggered:
        return buy_below(bar, plan.limit, touch), triggered
    if plan.kind == "stop":
        if bar.open >= plan.stop:
            return (bar.open, bar), False
        return ((plan.stop, after_rise(bar, plan.stop)) if bar.high >= plan.stop else None), False
    if bar.open >= plan.stop:  # a stop-limit that gaps is a limit for the whole bar
        return buy_below(bar, plan.limit, touch), True
    if bar.high < plan.stop:
        return None, False
    rest = after_rise(bar, plan.stop)
    if plan.limit > plan.stop or (touch and plan.limit == plan.stop):
        return (plan.stop, rest), True
    found = buy_below(rest, plan.limit, touch)
    return found, True


def buy_below(bar: Bar, limit: int, touch: bool) -> tuple[int, Bar] | None:
    if bar.open < limit or (touch and bar.open == limit):
        return bar.open, bar
    if bar.low < limit or (touch and bar.low == limit):
        return limit, after_fall(bar, limit)
    return None


def after_rise(bar: Bar, price: int) -> Bar:
    """Once the market has risen to `price`: what is above is still to come, of what is below only the close is sure."""
    return Bar(price, bar.high, min(price, bar.close), bar.close)


def after_fall(bar: Bar, price: int) -> Bar:
    return Bar(price, max(price, bar.close), bar.low, bar.close)


def leave(bar: Bar, plan: Plan, touch: bool, policy: str, whole: Bar) -> tuple[str, int, bool] | None:
    """Which exit fills in this part of a bar, at which price, and whether the whole bar would have filled the other."""
    stop, target = plan.stop_loss, plan.take_profit
    if stop is not None and bar.open <= stop:
        return "stop_loss", bar.open, False
    if target is not None and (bar.open > target or (touch and bar.open == target)):
        return "take_profit", bar.open, False
    stopped = stop is not None and bar.low <= stop
    won = target is not None and (bar.high >= target if touch else bar.high > target)
    if stopped and won:
        nearer_high = bar.high - bar.open < bar.open - bar.low
        first_is_target = {"stop_first": False, "target_first": True, "adaptive": nearer_high}[policy]
        return ("take_profit", target, True) if first_is_target else ("stop_loss", stop, True)  # type: ignore[return-value]
    if stopped:
        other = target is not None and (whole.high >= target if touch else whole.high > target)
        return "stop_loss", stop, other  # type: ignore[return-value]
    other = stop is not None and whole.low <= stop
    return ("take_profit", target, other) if won else None  # type: ignore[return-value]


# -- the engine's venue


def venue(bars: list[Bar], plan: Plan, side: int, touch: bool, policy: str) -> list[Filled]:
    """The same plan sent to the simulated venue, its legs sent when the entry fills."""
    instrument = Instrument(symbol="X", tick=TICK)
    rules = VenueRules(touch=touch, intrabar=policy)  # type: ignore[arg-type]
    executor = SimulatedExecutor(rules, {"X": instrument}, 0)
    limit = plan.limit if plan.kind in ("limit", "stop_limit") else None
    stop = plan.stop if plan.kind in ("stop", "stop_limit") else None
    executor.submit(order(1, side, plan.kind, limit, stop, "open"))
    found: list[Filled] = []
    for number, bar in enumerate(bars):
        window = Window(number, *(price * NANOS for price in bar), float("nan"))
        executor.begin("X", window)
        while (outcome := executor.react("X", lambda: FREE)) is not None:
            assert not isinstance(outcome, Dropped)
            found.append(seen(number, outcome))
            if outcome.role == "open":
                if plan.stop_loss is not None:
                    executor.submit(order(2, -side, "stop", None, plan.stop_loss, "stop_loss"), born=executor.rest)
                if plan.take_profit is not None:
                    executor.submit(order(3, -side, "limit", plan.take_profit, None, "take_profit"), born=executor.rest)
            else:
                executor.cancel("X", 2)
                executor.cancel("X", 3)
        assert executor.end("X", window) == []
    return found


def order(number: int, side: int, kind: str, limit: int | None, stop: int | None, role: str) -> OrderEvent:
    return OrderEvent(
        number,
        "X",
        side,
        QUANTITY,
        kind,  # type: ignore[arg-type]
        None if limit is None else limit * TICK,
        None if stop is None else stop * TICK,
        "gtc",
        role,  # type: ignore[arg-type]
        0 if role == "open" else 1,
        None,
        "",
        0,
    )


def seen(number: int, fill: FillEvent) -> Filled:
    return Filled(number, fill.role, int(fill.price / TICK), fill.ambiguous)


# -- the comparison

TOP = 2_000  # a short in bars turned upside down around this many ticks


def upside_down(bars: list[Bar], plan: Plan) -> tuple[list[Bar], Plan]:
    def flip(price: int | None) -> int | None:
        return None if price is None else TOP - price

    turned = [Bar(TOP - b.open, TOP - b.low, TOP - b.high, TOP - b.close) for b in bars]
    levels = [flip(price) for price in plan[1:]]
    return turned, Plan(plan.kind, *levels)  # type: ignore[arg-type]


def compare(bars: list[Bar], plan: Plan, touch: bool, policy: str) -> None:
    expected = twin(bars, plan, touch, policy)
    assert venue(bars, plan, 1, touch, policy) == expected
    turned, short = upside_down(bars, plan)
    if policy != "adaptive":  # which extreme is nearer has a tie, and the tie has a side
        mirrored = [found._replace(price=TOP - found.price) for found in expected]
        assert venue(turned, short, -1, touch, policy) == mirrored


def some_bar(start: int, up: int, down: int, at: float) -> Bar:
    high, low = start + up, start - down
    return Bar(start, high, low, low + round((high - low) * at))


near = st.integers(0, 12)
bars_of = st.lists(
    st.builds(some_bar, st.integers(990, 1010), near, near, st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])),
    min_size=1,
    max_size=8,
)
level = st.integers(980, 1020)
plans = st.builds(
    Plan,
    st.sampled_from(["market", "limit", "stop", "stop_limit"]),
    level,
    level,
    st.one_of(st.none(), level),
    st.one_of(st.none(), level),
)
policies = st.sampled_from(["stop_first", "target_first", "adaptive"])


@settings(max_examples=1500, deadline=None, derandomize=True)
@given(bars_of, plans, st.booleans(), policies)
def test_the_venue_fills_where_the_twin_does(bars: list[Bar], plan: Plan, touch: bool, policy: str) -> None:
    compare(bars, plan, touch, policy)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_the_venue_fills_where_the_twin_does_over_long_walks(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(100):
        bars, price = [], 1000
        for _ in range(30):
            bar = some_bar(price + dice.randint(-3, 3), dice.randint(0, 8), dice.randint(0, 8), dice.random())
            bars.append(bar)
            price = max(900, min(1100, bar.close))

        def near_price(some: int = 25) -> int:
            return 1000 + dice.randint(-some, some)

        plan = Plan(
            dice.choice(["market", "limit", "stop", "stop_limit"]),
            near_price(),
            near_price(),
            dice.choice([None, near_price(40)]),
            dice.choice([None, near_price(40)]),
        )
        compare(bars, plan, dice.random() < 0.5, dice.choice(["stop_first", "target_first", "adaptive"]))

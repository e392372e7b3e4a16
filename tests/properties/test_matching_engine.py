"""A venue under random orders: like its naive twin to the last number, and true to what every venue promises."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from naive_venue import NaiveVenue
from tradetui.engine.market.matching_engine import MatchingEngine
from tradetui.engine.market.matching_words import (
    NEVER_NS,
    Accepted,
    Cancelled,
    Execution,
    Expired,
    MakerTakerFees,
    MatchingRules,
    NewOrder,
    Outcome,
    Reduced,
    Rejected,
    Replaced,
)
from tradetui.engine.market.simulation import SelfTrade

pytestmark = pytest.mark.slow  # random histories take their time

MAKER, TAKER = Decimal("-0.0001"), Decimal("0.0005")

POLICIES = st.sampled_from(("cancel_newest", "cancel_oldest", "cancel_both", "decrement"))
PRICES = st.integers(97, 104)
QUANTITIES = st.integers(1, 9)
TYPES = st.sampled_from(("market", "limit", "limit", "limit", "limit", "stop", "stop_limit"))
FORCES = st.sampled_from(("gtc", "gtc", "day", "ioc", "fok", "gtx"))


@st.composite
def orders(draw: st.DrawFn, owners: tuple[str, ...] = ("ann", "bob", "cat"), types: Any = TYPES) -> NewOrder:
    kind = draw(types)
    return NewOrder(
        order_id=draw(st.integers(1, 60)),
        owner=draw(st.sampled_from(owners)),
        side=draw(st.sampled_from((1, -1))),
        quantity=draw(QUANTITIES),
        type=kind,
        limit=draw(PRICES) if "limit" in kind else 0,
        stop=draw(PRICES) if "stop" in kind else 0,
        time_in_force=draw(FORCES),
    )


class Call(NamedTuple):
    """A method of a venue and its arguments, the time last."""

    method: str
    arguments: tuple[Any, ...]
    changes: dict[str, int]


IDS = st.integers(1, 60)
CHANGES = st.dictionaries(st.sampled_from(("quantity", "limit", "stop")), st.integers(-1, 106))
STEPS = st.one_of(
    *[st.builds(lambda order: ("submit", (order,), {}), orders())] * 6,
    st.builds(lambda i: ("cancel", (i,), {}), IDS),
    st.builds(lambda i, changes: ("replace", (i,), changes), IDS, CHANGES),
    st.just(("advance", (), {})),
    st.just(("halt", (), {})),
    *[st.just(("resume", (), {}))] * 2,
    st.builds(lambda price: ("print_trade", (price,), {}), st.integers(-1, 104)),
    st.builds(lambda ends: ("open_session", (ends,), {}), st.integers(0, 400)),
    st.builds(
        lambda order, field, value: ("submit", (with_field(order, field, value),), {}),
        orders(),
        st.sampled_from(("side", "quantity", "limit", "stop")),
        st.sampled_from((-(2**70), -1, 0, 2, 2**61, 2**62 - 1, 2**62, 2**63)),
    ),
)


def with_field(order: NewOrder, field: str, value: int) -> NewOrder:
    values = {name: getattr(order, name) for name in NewOrder.__struct_fields__}
    return NewOrder(**{**values, field: value})


@st.composite
def histories(draw: st.DrawFn, most: int = 40) -> list[Call]:
    """Calls with times that seldom run backwards."""
    now, calls = 0, []
    for method, arguments, changes in draw(st.lists(STEPS, min_size=most // 2, max_size=most)):
        now += draw(st.sampled_from((0, 0, 1, 7, 20)))
        at = now - draw(st.sampled_from((0, 0, 0, 0, 3)))
        calls.append(Call(method, (*arguments, at), changes))
    return calls


RULES = st.builds(
    MatchingRules,
    latency_ns=st.sampled_from(((0,), (5,), (0, 3, 30), (1, 40))),
    fill_chance=st.sampled_from((1.0, 1.0, 0.7, 0.0)),
    slip_nanos=st.sampled_from((0, 2, 150)),
    slip_bps=st.sampled_from((0.0, 125.0)),
    self_trade=POLICIES,
    seed=st.integers(0, 3),
)


def engine_with(rules: MatchingRules, session_ends_ns: int = 200) -> MatchingEngine:
    return MatchingEngine(rules, MakerTakerFees(MAKER, TAKER), session_ends_ns)


@settings(max_examples=40, deadline=None)
@given(RULES, histories())
def test_the_engine_and_its_naive_twin_tell_the_same(rules: MatchingRules, history: list[Call]) -> None:
    compare(rules, history)


@pytest.mark.parametrize(
    ("seed", "policy"),
    [
        (0, "cancel_newest"),
        (1, "cancel_oldest"),
        (2, "cancel_both"),
        (3, "decrement"),
        (4, "decrement"),
        (0, "cancel_both"),
    ],
)
def test_they_tell_the_same_in_a_long_random_session(seed: int, policy: SelfTrade) -> None:
    rules = MatchingRules(
        latency_ns=((0,), (0,), (5,), (0, 3, 30), (1, 40))[seed],
        fill_chance=0.8 if seed == 2 else 1.0,
        slip_nanos=(0, 2, 150)[seed % 3],
        slip_bps=(0.0, 125.0)[seed % 2],
        self_trade=policy,
        seed=seed,
    )
    compare(rules, random_session(seed, 500))


def random_session(seed: int, calls: int) -> list[Call]:
    """Mostly orders around a price that swings, so that the book fills, empties and sets off its stops."""
    chance, now, session = random.Random(seed), 0, []
    for number in range(1, calls + 1):
        now += chance.choice((0, 1, 2, 7))
        some_id, draw = max(1, number - chance.randrange(60)), chance.random()
        if draw < 0.72:
            call = Call("submit", (random_order(chance, number if draw < 0.71 else some_id),), {})
        elif draw < 0.82:
            call = Call("cancel", (some_id,), {})
        elif draw < 0.94:
            names = chance.sample(("quantity", "limit", "stop"), chance.choice((1, 1, 2)))
            wanted = {name: chance.randint(1, 9) if name == "quantity" else around(chance, number) for name in names}
            call = Call("replace", (some_id,), wanted)
        elif draw < 0.97:
            call = Call("print_trade", (around(chance, number),), {})
        else:
            halts = (Call("halt", (), {}), Call("resume", (), {}), Call("open_session", (now + 300,), {}))
            call = chance.choice((*halts, Call("resume", (), {}), Call("advance", (), {})))
        session.append(call._replace(arguments=(*call.arguments, now)))
        if call.method == "halt":
            session += [Call("cancel", (some_id, now), {}), Call("print_trade", (around(chance, number), now), {})]
            session.append(Call("resume", (now + 1,), {}))
    return session


SESSIONS = st.builds(random_session, st.integers(0, 10**9), st.just(60))  # dense, and quick to make; told by their seed


def around(chance: random.Random, number: int) -> int:
    """A price near the one around which the market stands at this call."""
    return 100 + abs(number // 10 % 20 - 10) + chance.randint(-4, 4)


def random_order(chance: random.Random, order_id: int) -> NewOrder:
    kind = chance.choice(("market", "limit", "limit", "limit", "limit", "limit", "stop", "stop_limit"))
    return NewOrder(
        order_id=order_id,
        owner=chance.choice(("ann", "bob", "cat", "dan")),
        side=chance.choice((1, -1)),
        quantity=chance.randint(1, 9),
        type=kind,
        limit=around(chance, order_id) if "limit" in kind else 0,
        stop=around(chance, order_id) if "stop" in kind else 0,
        time_in_force=chance.choice(("gtc", "gtc", "gtc", "day", "ioc", "fok", "gtx")),
    )


def compare(rules: MatchingRules, history: list[Call]) -> None:
    """Every call to the engine and to its twin, and all that can be seen afterwards."""
    engine, twin = engine_with(rules), NaiveVenue(rules, MAKER, TAKER, 200)
    for method, arguments, changes in history:
        told = getattr(engine, method)(*arguments, **changes)
        assert told == getattr(twin, method)(*arguments, **changes)
        assert engine.book.state_hash() == twin.state_hash()
        assert (engine.now_ns, engine.last_price) == (twin.now_ns, twin.last_price)
        assert [order.order_id for order in engine.open_orders()] == [order.id for order in twin.living()]
    assert engine.advance(NEVER_NS) == twin.advance(NEVER_NS)


def played(rules: MatchingRules, history: list[Call]) -> Iterator[tuple[MatchingEngine, list[Outcome]]]:
    """The engine after each call, and what came of it."""
    engine = engine_with(rules)
    for method, arguments, changes in history:
        yield engine, getattr(engine, method)(*arguments, **changes)


@settings(max_examples=40, deadline=None)
@given(RULES, SESSIONS)
def test_a_book_is_never_crossed_and_holds_what_the_open_orders_have_left(
    rules: MatchingRules, history: list[Call]
) -> None:
    for engine, _ in played(rules, history):
        assert not engine.book.crossed
        assert not any(engine.book.faults())
        for order in engine.open_orders():
            resting = engine.book.order(order.order_id)
            assert (resting is None) == order.waiting
            assert resting is None or (resting.size, resting.price) == (order.left, order.limit)


@settings(max_examples=40, deadline=None)
@given(RULES, SESSIONS)
def test_both_sides_of_a_trade_agree_and_only_slippage_parts_their_cash(
    rules: MatchingRules, history: list[Call]
) -> None:
    trades: dict[int, list[Execution]] = defaultdict(list)
    for _, told in played(rules, history):
        for execution in told:
            if isinstance(execution, Execution):
                trades[execution.trade_id].append(execution)
    assert sorted(trades) == list(range(1, len(trades) + 1))
    for maker, taker in trades.values():
        assert (maker.liquidity, taker.liquidity) == ("maker", "taker")
        assert (maker.order_id, taker.order_id) == (maker.maker_id, maker.taker_id) == (taker.maker_id, taker.taker_id)
        assert maker.quantity == taker.quantity > 0
        assert maker.side == -taker.side
        assert maker.owner != taker.owner
        assert taker.side * (taker.price - maker.price) >= 0
        for one, rate in ((maker, MAKER), (taker, TAKER)):
            assert one.fee == Decimal(one.quantity * one.price).scaleb(-18) * rate


@settings(max_examples=40, deadline=None)
@given(RULES, SESSIONS)
def test_every_orders_quantity_is_accounted_for(rules: MatchingRules, history: list[Call]) -> None:
    asked: dict[int, int] = {}
    gone: Counter[int] = Counter()
    engine, twice = engine_with(rules), ids_used_twice(history)
    submitted = {call.arguments[0].order_id: call.arguments[0] for call in history if call.method == "submit"}
    for method, arguments, changes in history:
        for outcome in getattr(engine, method)(*arguments, **changes):
            number = outcome.order_id
            if isinstance(outcome, Accepted):
                asked[number] = submitted[number].quantity
            elif isinstance(outcome, Replaced):
                asked[number] = outcome.quantity + gone_by_reduction(gone, number)
            elif isinstance(outcome, Execution | Cancelled | Expired):
                gone[number] += outcome.quantity
            elif isinstance(outcome, Reduced):
                gone[number] += outcome.quantity
                gone[-number] += outcome.quantity
    for number, quantity in asked.items():
        if number in twice:
            continue  # it tells two stories under one name
        living = engine.order(number)
        assert gone[number] + (0 if living is None else living.left) == quantity


def gone_by_reduction(gone: Counter[int], number: int) -> int:
    """A replacement's quantity no longer counts what was taken off the order before."""
    return gone[-number]


def limits_of(history: list[Call]) -> dict[int, NewOrder]:
    return {call.arguments[0].order_id: call.arguments[0] for call in history if call.method == "submit"}


ONLY_LIMITS = st.lists(
    orders(("ann", "bob", "cat", "dan"), st.just("limit")), max_size=40, unique_by=lambda o: o.order_id
)


@given(ONLY_LIMITS)
def test_who_trades_was_the_best_and_earliest_of_other_owners(news: list[NewOrder]) -> None:
    engine = MatchingEngine()
    resting: dict[int, int] = {}  # id → left, in order of arrival
    by_id = {order.order_id: order for order in news}
    for order in news:
        for outcome in engine.submit(order, 1):
            if isinstance(outcome, Execution) and outcome.liquidity == "maker":
                waiting = [
                    (-other.side * other.limit, place, number)
                    for place, number in enumerate(resting)
                    if (other := by_id[number]).side == outcome.side and other.owner != order.owner
                ]
                assert min(waiting)[2] == outcome.order_id
                resting[outcome.order_id] = outcome.left
                if not outcome.left:
                    del resting[outcome.order_id]
        living = engine.order(order.order_id)
        if living is not None:
            resting[order.order_id] = living.left
        assert list(resting) == [o.order_id for o in engine.open_orders()]


@given(ONLY_LIMITS)
def test_no_trade_is_worse_than_a_limit(news: list[NewOrder]) -> None:
    engine, by_id = MatchingEngine(), {order.order_id: order for order in news}
    for order in news:
        for outcome in engine.submit(order, 1):
            if isinstance(outcome, Execution):
                assert outcome.side * outcome.price <= outcome.side * by_id[outcome.order_id].limit


def ids_used_twice(history: list[Call]) -> set[int]:
    counts = Counter(call.arguments[0].order_id for call in history if call.method == "submit")
    return {number for number, count in counts.items() if count > 1}


def executions_by_order(history: list[Call], rules: MatchingRules, keep: Callable[[NewOrder], bool]) -> Any:
    """Executions and ends of the orders to keep, by id; ids that are used twice are left out."""
    kept = {number for number, order in limits_of(history).items() if keep(order)} - ids_used_twice(history)
    told: dict[int, list[Outcome]] = defaultdict(list)
    for _, outcomes in played(rules, history):
        for outcome in outcomes:
            if outcome.order_id in kept and not isinstance(outcome, Rejected):
                told[outcome.order_id].append(outcome)
    return told


@settings(max_examples=40, deadline=None)
@given(RULES, SESSIONS)
def test_fill_or_kill_fills_whole_and_at_once_or_not_at_all(rules: MatchingRules, history: list[Call]) -> None:
    told = executions_by_order(history, rules, lambda order: order.time_in_force == "fok")
    for number, outcomes in told.items():
        filled = [outcome for outcome in outcomes if isinstance(outcome, Execution)]
        killed = [outcome for outcome in outcomes if isinstance(outcome, Cancelled)]
        assert not (filled and killed)
        if filled:
            assert filled[-1].left == 0
            assert len({outcome.ts_ns for outcome in filled}) == 1
            assert {outcome.taker_id for outcome in filled} == {number}


@settings(max_examples=40, deadline=None)
@given(RULES, SESSIONS)
def test_post_only_never_takes(rules: MatchingRules, history: list[Call]) -> None:
    told = executions_by_order(history, rules, lambda order: order.time_in_force == "gtx")
    for outcomes in told.values():
        assert {o.liquidity for o in outcomes if isinstance(o, Execution)} <= {"maker"}


@settings(max_examples=40, deadline=None)
@given(RULES, SESSIONS)
def test_immediate_orders_never_rest(rules: MatchingRules, history: list[Call]) -> None:
    for engine, _ in played(rules, history):
        for order in engine.open_orders():
            assert order.waiting or (order.time_in_force not in ("ioc", "fok") and not order.is_market)


@settings(max_examples=40, deadline=None)
@given(RULES, SESSIONS)
def test_the_same_calls_tell_the_same_again(rules: MatchingRules, history: list[Call]) -> None:
    first, second = ([told for _, told in played(rules, history)] for _ in range(2))
    assert first == second


@settings(max_examples=40, deadline=None)
@given(RULES, SESSIONS)
def test_requests_act_in_the_order_in_which_they_were_sent(rules: MatchingRules, history: list[Call]) -> None:
    answered = [
        outcome.order_id
        for _, told in played(rules, history)
        for outcome in told
        if isinstance(outcome, Accepted) or (isinstance(outcome, Rejected) and outcome.request == "submit")
    ]
    sent = [call.arguments[0].order_id for call in history if call.method == "submit"]
    assert answered == sent[: len(answered)]

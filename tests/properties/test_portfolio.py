"""The ledger over any stream of legal executions: exact, counted once, the same by average cost and by FIFO."""

from __future__ import annotations

from collections import deque
from decimal import Decimal, Inexact, getcontext, localcontext

from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.engine.model.events import FillEvent
from tradetui.engine.model.instrument import EXACT
from tradetui.engine.trading.portfolio import COST_UNIT, Portfolio

ZERO = Decimal(0)
START = Decimal(100_000)


def nanos(most: int) -> st.SearchStrategy[Decimal]:
    """Positive amounts with at most nine decimals, tiny and huge ones included."""
    return st.one_of(
        st.integers(1, most), st.integers(1, 50), st.integers(1, most // 10**9).map(lambda whole: whole * 10**9)
    ).map(lambda n: EXACT.scaleb(Decimal(n), -9))


executions = st.lists(
    st.tuples(
        st.sampled_from(["A", "B"]),
        st.sampled_from([1, -1]),
        nanos(10**18),  # up to 1e9 units
        nanos(9 * 10**15),  # up to 9e6 a unit
        st.one_of(st.just(ZERO), nanos(10**12), st.decimals(0, 10, places=24)),
    ),
    max_size=40,
)


def fill(number: int, symbol: str, side: int, quantity: Decimal, price: Decimal, fee: Decimal) -> FillEvent:
    return FillEvent(
        f"{number}-1", number, symbol, side, quantity, price, fee, "taker", "open", False, float(price), number
    )


def total(amounts: list[Decimal]) -> Decimal:
    result = ZERO
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def fifo_realized(fills: list[FillEvent]) -> Decimal:
    """Profit by first in, first out: exact, because no average is ever taken."""
    lots: dict[str, deque[tuple[int, Decimal, Decimal]]] = {}
    realized = ZERO
    for one in fills:
        left, queue = one.quantity, lots.setdefault(one.symbol, deque())
        while left and queue and queue[0][0] != one.side:
            side, size, price = queue.popleft()
            closed = min(size, left)
            gain = EXACT.multiply(EXACT.subtract(one.price, price), closed)
            realized = EXACT.add(realized, gain if side > 0 else gain.copy_negate())
            left = EXACT.subtract(left, closed)
            if size > closed:
                queue.appendleft((side, EXACT.subtract(size, closed), price))
        if left:
            queue.append((one.side, left, one.price))
    return realized


@settings(max_examples=300, deadline=None, derandomize=True)
@given(executions, nanos(9 * 10**15), nanos(9 * 10**15))
def test_the_identity_holds_after_every_fill_with_no_tolerance(
    stream: list[tuple[str, int, Decimal, Decimal, Decimal]], mark_a: Decimal, mark_b: Decimal
) -> None:
    book, marks = Portfolio(START), {"A": mark_a, "B": mark_b}
    fills: list[FillEvent] = []
    for number, parts in enumerate(stream, 1):
        one = fill(number, *parts)
        fills.append(one)
        before = book.cash
        book.apply(one)
        value = EXACT.multiply(one.quantity, one.price)
        paid = EXACT.add(value if one.side > 0 else value.copy_negate(), one.fee)
        assert EXACT.subtract(before, book.cash) == paid
        assert book.imbalance(marks) == 0
        for symbol in ("A", "B"):
            own = [f.quantity if f.side > 0 else f.quantity.copy_negate() for f in fills if f.symbol == symbol]
            assert book.quantity(symbol) == total(own)
        assert set(book.open) == {s for s, p in book.positions.items() if p.quantity}
        assert all(p.cost == 0 for p in book.positions.values() if not p.quantity)
    assert book.fees == total([one.fee for one in fills])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(executions)
def test_average_cost_and_fifo_agree_once_everything_is_closed(
    stream: list[tuple[str, int, Decimal, Decimal, Decimal]],
) -> None:
    book = Portfolio(START)
    fills = [fill(number, *parts) for number, parts in enumerate(stream, 1)]
    for one in fills:
        book.apply(one)
    for position in list(book.open.values()):
        side = -1 if position.quantity > 0 else 1
        last = fill(len(fills) + 1, position.symbol, side, position.quantity.copy_abs(), Decimal(100), ZERO)
        fills.append(last)
        book.apply(last)
    assert book.open == {}
    assert book.realized == fifo_realized(fills)
    assert EXACT.subtract(EXACT.add(START, book.realized), book.fees) == book.cash


@settings(max_examples=100, deadline=None, derandomize=True)
@given(executions)
def test_the_same_execution_twice_counts_once(stream: list[tuple[str, int, Decimal, Decimal, Decimal]]) -> None:
    once, twice = Portfolio(START), Portfolio(START)
    for number, parts in enumerate(stream, 1):
        one = fill(number, *parts)
        assert once.apply(one) is not None
        assert twice.apply(one) is not None
        assert twice.apply(one) is None
        assert twice.apply(fill(1, *stream[0])) is None  # and again, however late
    assert twice.cash == once.cash
    assert {s: p.quantity for s, p in twice.positions.items()} == {s: p.quantity for s, p in once.positions.items()}


@settings(max_examples=100, deadline=None, derandomize=True)
@given(executions)
def test_the_ledger_does_not_depend_on_the_threads_decimal_context(
    stream: list[tuple[str, int, Decimal, Decimal, Decimal]],
) -> None:
    """A strategy may set any precision in its thread; an operator of the ledger that used it would show."""
    plain, odd = Portfolio(START), Portfolio(START)
    for number, parts in enumerate(stream, 1):
        plain.apply(fill(number, *parts))
    with localcontext() as context:
        context.prec = 3
        context.traps[Inexact] = True
        for number, parts in enumerate(stream, 1):
            odd.apply(fill(number, *parts))
        marks = {"A": Decimal("1.23456789"), "B": Decimal("9.87654321")}
        assert odd.imbalance(marks) == 0
        assert odd.free(marks) is not None
    assert getcontext().prec == 28
    assert odd.cash == plain.cash
    assert odd.realized == plain.realized


def test_what_the_rounding_of_a_partial_close_leaves_stays_with_the_open_part() -> None:
    book = Portfolio(START)
    book.apply(fill(1, "A", 1, Decimal(3), Decimal(10), ZERO))
    book.apply(fill(2, "A", 1, Decimal(4), Decimal(11), ZERO))
    book.apply(fill(3, "A", -1, Decimal(1), Decimal(12), ZERO))  # a seventh of 74 has no last digit
    position = book.positions["A"]
    assert position.realized.as_tuple().exponent == COST_UNIT.as_tuple().exponent
    assert EXACT.subtract(EXACT.add(position.cost, Decimal(12)), position.realized) == Decimal(74)


def test_crossing_zero_closes_and_then_opens_at_the_fill_price() -> None:
    book = Portfolio(START)
    book.apply(fill(1, "A", 1, Decimal(10), Decimal(100), ZERO))
    profit = book.apply(fill(2, "A", -1, Decimal(15), Decimal(110), ZERO))
    position = book.positions["A"]
    assert profit == 100
    assert (position.quantity, position.cost, position.average_price) == (-5, -550, 110)
    assert position.opened_ns == 2

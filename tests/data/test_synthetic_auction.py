"""Call auctions: the price at which most trades, and what is left when they have."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.data.synthetic_market.auction import AT_ANY_PRICE, CallOrders, Uncross, call_orders, left_over, uncross


def orders(*rows: tuple[int, int, int]) -> CallOrders:
    """Side, limit and size of each."""
    side, limit, size = zip(*rows, strict=True) if rows else ((), (), ())
    return CallOrders(np.array(side, np.int8), np.array(limit, np.int64), np.array(size, np.int64))


def rows(left: CallOrders) -> list[tuple[int, int, int]]:
    return list(zip(left.side.tolist(), left.limit.tolist(), left.size.tolist(), strict=True))


@pytest.mark.parametrize(
    ("told", "reference", "expected"),
    [
        ([(1, 101, 300), (-1, 99, 300)], 100, Uncross(100, 300, 0)),
        ([(1, 101, 300), (-1, 99, 300)], 120, Uncross(101, 300, 0)),
        ([(1, 105, 500), (-1, 100, 300)], 102, Uncross(102, 300, 200)),
        ([(1, 100, 100), (1, 99, 900), (-1, 99, 400)], 100, Uncross(99, 400, 600)),
        ([(1, AT_ANY_PRICE, 200), (-1, 103, 150), (-1, 104, 100)], 100, Uncross(104, 200, -50)),
        ([(1, AT_ANY_PRICE, 200), (-1, AT_ANY_PRICE, 150)], 100, Uncross(100, 150, 50)),
        ([(1, 99, 300), (-1, 101, 200)], 100, Uncross(100, 0, 0)),
        ([(1, 102, 300)], 100, Uncross(100, 0, 300)),
        ([], 100, Uncross(100, 0, 0)),
    ],
    ids=[
        "nearest to the reference",
        "as near as the limits let it",
        "more bought than sold",
        "most volume before least imbalance",
        "at any price",
        "nobody names a price",
        "nobody meets",
        "nobody sells",
        "nobody at all",
    ],
)
def test_a_call_trades_most_then_leaves_least_then_stays_near(
    told: list[tuple[int, int, int]], reference: int, expected: Uncross
) -> None:
    assert uncross(orders(*told), reference) == expected


def test_what_is_left_keeps_its_place_and_orders_at_any_price_do_not_rest() -> None:
    told = orders((1, 101, 100), (1, 102, 100), (1, 101, 50), (1, AT_ANY_PRICE, 30), (-1, 101, 200), (-1, 105, 70))
    result = uncross(told, 101)
    assert result == Uncross(101, 200, 80)
    assert rows(left_over(told, result)) == [(1, 101, 30), (1, 101, 50), (-1, 105, 70)]
    told = orders((1, AT_ANY_PRICE, 30), (-1, 101, 10))
    assert rows(left_over(told, uncross(told, 100))) == []


ROWS = st.lists(
    st.tuples(st.sampled_from([1, -1]), st.one_of(st.just(AT_ANY_PRICE), st.integers(90, 110)), st.integers(1, 500)),
    max_size=30,
)


@given(told=ROWS, reference=st.integers(85, 115))
def test_no_other_price_trades_more_and_nobody_who_could_still_trade_is_left(
    told: list[tuple[int, int, int]], reference: int
) -> None:
    result = uncross(orders(*told), reference)

    def volume(price: int) -> int:
        bought = sum(size for side, limit, size in told if side > 0 and (limit == AT_ANY_PRICE or limit >= price))
        sold = sum(size for side, limit, size in told if side < 0 and (limit == AT_ANY_PRICE or limit <= price))
        return min(bought, sold)

    assert volume(result.price) == result.volume == max(volume(price) for price in range(80, 120))
    left = rows(left_over(orders(*told), result))
    bids, asks = ([limit for side, limit, _ in left if side == sign] for sign in (1, -1))
    assert max(bids, default=0) < min(asks, default=1_000), "left over and crossed"
    for sign in (1, -1):
        rested = sum(size for side, limit, size in left if side == sign)
        whole = sum(size for side, limit, size in told if side == sign)
        at_any = sum(size for side, limit, size in told if side == sign and limit == AT_ANY_PRICE)
        assert rested == whole - max(result.volume, at_any)


@given(seed=st.integers(0, 2**30), volume=st.floats(1.0, 1e10))
def test_however_much_is_to_be_traded_a_book_remains(seed: int, volume: float) -> None:
    told = call_orders(np.random.default_rng(seed), 1_000.3, 2.0, 200, volume, 100)
    result = uncross(told, 1_000)
    left = left_over(told, result)
    assert min((left.side == 1).sum(), (left.side == -1).sum()) > 100
    assert result.volume >= 0.9 * min(volume, 1e9) - 100

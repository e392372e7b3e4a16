"""What an execution costs, and how much a budget buys."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.engine.trading.fees import FeeSchedule, PerShare, Regulatory
from tradetui.engine.trading.sizing import cost_of, largest_quantity

D = Decimal
SCHEDULES = [
    FeeSchedule(),
    FeeSchedule(commission=D("0.002")),
    FeeSchedule(fixed=D("9.99")),
    FeeSchedule(maker=D("-0.0001"), taker=D("0.0005")),
    FeeSchedule(per_share=PerShare(rate=D("0.005"), minimum=D(1))),
    FeeSchedule(per_share=PerShare(rate=D(3), minimum=D(1), maximum_fraction=D("0.5"))),
    FeeSchedule(commission=D("0.001"), fixed=D(1), per_share=PerShare(rate=D("0.5")), regulatory=Regulatory()),
]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    st.sampled_from(SCHEDULES),
    st.decimals(0, 100_000, places=6),
    st.decimals("0.01", 5_000, places=2),
    st.sampled_from([D(1), D("0.001"), D(100)]),
    st.sampled_from([1, -1]),
    st.booleans(),
)
def test_a_budget_buys_the_most_lots_that_it_covers(
    fees: FeeSchedule, budget: Decimal, price: Decimal, lot: Decimal, side: int, maker: bool
) -> None:
    quantity = largest_quantity(budget, price, lot, side, fees, maker)
    assert quantity % lot == 0
    if quantity:
        assert cost_of(quantity, price, side, fees, maker) <= budget
    assert cost_of(quantity + lot, price, side, fees, maker) > budget


def test_a_size_does_not_depend_on_the_threads_decimal_context() -> None:
    fees = FeeSchedule(fixed=D(1))
    with localcontext() as context:
        context.prec = 3
        assert largest_quantity(D(123_457), D(1), D(1), 1, fees, False) == D(123_456)


@pytest.mark.parametrize(
    ("fees", "side", "quantity", "price", "expected"),
    [
        (FeeSchedule(commission=D("0.001")), 1, 10, 100, "1.000"),
        (FeeSchedule(commission=D("0.001"), taker=D("0.002")), 1, 10, 100, "2.000"),
        (FeeSchedule(fixed=D(5)), -1, 10, 100, "5"),
        (FeeSchedule(per_share=PerShare(rate=D("0.005"), minimum=D(1))), 1, 100, 50, "1"),
        (FeeSchedule(per_share=PerShare(rate=D("0.005"), minimum=D(1))), 1, 1000, 50, "5"),
        (FeeSchedule(per_share=PerShare(rate=D(1), maximum_fraction=D("0.01"))), 1, 100, 50, "50"),
        (FeeSchedule(regulatory=Regulatory()), 1, 100, 50, "0"),
        (FeeSchedule(regulatory=Regulatory()), -1, 100, 50, "0.16"),  # 0.139 and 0.0166, each up to a cent
        (FeeSchedule(regulatory=Regulatory()), -1, 1_000_000, 1, "36.10"),  # the TAF stops at 8.30
    ],
)
def test_a_schedule_adds_up_its_parts(fees: FeeSchedule, side: int, quantity: int, price: int, expected: str) -> None:
    assert fees.fee(side, D(quantity), D(quantity * price), False) == D(expected)


def test_makers_and_takers_pay_their_own_rates() -> None:
    fees = FeeSchedule(commission=D("0.001"), maker=D(0), taker=D("0.002"))
    assert fees.fee(1, D(1), D(1000), True) == 0
    assert fees.fee(1, D(1), D(1000), False) == 2

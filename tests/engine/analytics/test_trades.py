"""Fills become trades: what a person would write into the trading diary, to the last digit."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.analytics.trades import (
    FEE_QUANTUM,
    OpenTrade,
    Trade,
    fifo_lots,
    match_round_trips,
    open_round_trips,
    round_trips,
)
from tradetui.engine.model.events import FillEvent
from tradetui.engine.model.instrument import EXACT

D = Decimal


def fill(
    number: int, side: int, quantity: str, price: str, fee: str = "0", symbol: str = "X", *, ambiguous: bool = False
) -> FillEvent:
    return FillEvent(
        execution_id=f"e{number}",
        order_id=number,
        symbol=symbol,
        side=side,
        quantity=D(quantity),
        price=D(price),
        fee=D(fee),
        liquidity="taker",
        role="open",
        ambiguous=ambiguous,
        decided_price=0.0,
        ts_ns=number,
        seq=number,
    )


def test_a_buy_and_a_sell_are_one_long_trade_net_of_both_fees() -> None:
    (trade,) = round_trips([fill(1, +1, "10", "100", "1.5"), fill(2, -1, "10", "110", "1.5")])

    assert trade == Trade("X", "long", D(10), 1, D(100), 2, D(110), D("97.0"), D(100), D("3.0"), False, 1, 2)


def test_a_short_sale_earns_when_the_price_falls() -> None:
    (trade,) = round_trips([fill(1, -1, "4", "50"), fill(2, +1, "4", "45.5")])

    assert (trade.side, trade.pnl) == ("short", D(18))


def test_a_trade_lasts_from_flat_to_flat_however_often_it_grows_and_shrinks() -> None:
    fills = [
        fill(1, +1, "10", "100", "1"),
        fill(2, +1, "10", "101", "1"),
        fill(3, -1, "5", "103", "1"),
        fill(4, +1, "5", "102", "1"),
        fill(5, -1, "20", "104", "1"),
    ]

    (trade,) = round_trips(fills)

    assert trade.quantity == 25  # everything that was entered
    assert trade.entry_price == D("100.8")  # (1000 + 1010 + 510) / 25
    assert trade.exit_price == D("103.8")  # (515 + 2080) / 25
    assert (trade.gross_pnl, trade.fees, trade.pnl) == (75, 5, 70)
    assert (trade.entry_ts_ns, trade.exit_ts_ns) == (1, 5)


def test_profit_comes_from_cash_and_not_from_the_rounded_average() -> None:
    fills = [fill(1, +1, "1", "1"), fill(2, +1, "2", "2"), fill(3, -1, "3", "3")]

    (trade,) = round_trips(fills)

    assert trade.entry_price == D("1.666666666667")
    assert trade.pnl == 4


def test_a_fill_through_zero_closes_one_trade_and_opens_the_next_with_its_fee_shared_out() -> None:
    closed, still_open = match_round_trips([fill(1, +1, "1", "10", "0.5"), fill(2, -1, "3", "11", "1")])

    third = D("0.333333333333333333")
    assert [(t.side, t.quantity, t.fees) for t in closed] == [("long", 1, D("0.5") + third)]
    assert still_open == [OpenTrade("X", "short", D(2), D(2), 2, D(11), D(22) - (1 - third), 1 - third, False, 2)]


def test_the_second_half_of_a_crossing_fill_closes_as_a_trade_of_its_own() -> None:
    fills = [fill(1, +1, "1", "10", "1"), fill(2, -1, "3", "12", "1"), fill(3, +1, "2", "11", "1")]

    first, second = round_trips(fills)

    assert (first.side, first.gross_pnl, second.side, second.gross_pnl) == ("long", 2, "short", 2)
    assert EXACT.add(first.fees, second.fees) == 3


def test_symbols_do_not_mix_and_trades_come_in_order_of_closing() -> None:
    fills = [
        fill(1, +1, "1", "10", symbol="SLOW"),
        fill(2, +1, "1", "20", symbol="QUICK"),
        fill(3, -1, "1", "21", symbol="QUICK"),
        fill(4, -1, "1", "12", symbol="SLOW"),
    ]

    assert [(t.symbol, t.pnl) for t in round_trips(fills)] == [("QUICK", 1), ("SLOW", 2)]


def test_a_position_that_stays_is_an_open_trade_and_no_closed_one() -> None:
    fills = [fill(1, +1, "10", "100", "1"), fill(2, -1, "4", "105", "1")]

    assert round_trips(fills) == []
    (trade,) = open_round_trips(fills)
    assert (trade.quantity, trade.entered, trade.cash, trade.fees) == (6, 10, D(-582), 2)


def test_the_same_execution_reported_twice_counts_once() -> None:
    buy, sell = fill(1, +1, "1", "10"), fill(2, -1, "1", "11")

    assert len(round_trips([buy, buy, sell, sell])) == 1
    assert open_round_trips([buy, buy, sell, sell]) == []
    assert len(fifo_lots([buy, buy, sell, sell])) == 1


def test_fills_without_an_execution_id_all_count() -> None:
    nameless = [msgspec.structs.replace(f, execution_id="") for f in (fill(1, +1, "1", "10"), fill(2, -1, "1", "11"))]

    assert len(round_trips(nameless)) == 1


def test_one_guessed_fill_makes_the_whole_trade_ambiguous() -> None:
    fills = [fill(1, +1, "2", "10"), fill(2, -1, "1", "9", ambiguous=True), fill(3, -1, "1", "9")]

    assert round_trips(fills)[0].ambiguous
    assert [lot.ambiguous for lot in fifo_lots(fills)] == [True, False]


def test_fifo_meets_the_oldest_entry_first_and_splits_fees_by_quantity() -> None:
    fills = [fill(1, +1, "10", "100", "1"), fill(2, +1, "10", "110", "2"), fill(3, -1, "15", "120", "3")]

    first, second = fifo_lots(fills)

    assert (first.quantity, first.entry_price, first.gross_pnl, first.fees) == (10, 100, 200, 3)
    assert (second.quantity, second.entry_price, second.gross_pnl, second.fees) == (5, 110, 50, 2)


def test_fifo_of_a_fill_through_zero_opens_the_other_side_with_what_is_left() -> None:
    fills = [fill(1, +1, "1", "10"), fill(2, -1, "3", "12"), fill(3, +1, "2", "11")]

    assert [(lot.side, lot.quantity, lot.pnl) for lot in fifo_lots(fills)] == [("long", 1, 2), ("short", 2, 2)]


def test_no_fills_make_no_trades() -> None:
    assert match_round_trips([]) == ([], [])
    assert fifo_lots([]) == []


def total(amounts: Sequence[Decimal]) -> Decimal:
    result = D(0)
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


@st.composite
def histories(draw: st.DrawFn, *, flat: bool = False) -> list[FillEvent]:
    """Fills of up to three symbols with uneven quantities and fees; `flat` ends each of them at zero."""
    moves = draw(
        st.lists(
            st.tuples(
                st.sampled_from("ABC"),
                st.sampled_from((1, -1)),
                st.decimals("0.001", "1000", places=3),
                st.decimals("0.01", "9000", places=9),
                st.decimals("-1", "10", places=7),
            ),
            max_size=30,
        )
    )
    fills = [fill(n, side, str(q), str(p), str(fee), symbol) for n, (symbol, side, q, p, fee) in enumerate(moves)]
    if flat:
        for symbol in "ABC":
            held = total([f.quantity * f.side for f in fills if f.symbol == symbol])
            if held:
                fills.append(fill(len(fills), -1 if held > 0 else 1, str(abs(held)), "123.456789", "0.7", symbol))
    return fills


@given(histories())
def test_closed_profit_and_open_cash_add_up_to_the_change_of_cash(fills: list[FillEvent]) -> None:
    closed, still_open = match_round_trips(fills)

    moved = total([EXACT.subtract(EXACT.multiply(-f.side * f.quantity, f.price), f.fee) for f in fills])
    assert total([t.pnl for t in closed] + [t.cash for t in still_open]) == moved
    assert total([t.fees for t in closed] + [t.fees for t in still_open]) == total([f.fee for f in fills])


@given(histories(flat=True))
def test_fifo_lots_and_round_trips_of_a_flat_account_agree_on_profit_and_fees(fills: list[FillEvent]) -> None:
    trips, lots = round_trips(fills), fifo_lots(fills)

    for symbol in "ABC":
        for name in ("gross_pnl", "fees", "pnl"):
            of_trips, of_lots = (
                total([getattr(t, name) for t in trades if t.symbol == symbol]) for trades in (trips, lots)
            )
            assert of_trips == of_lots


@given(histories())
def test_the_average_prices_are_the_profit_up_to_their_rounding(fills: list[FillEvent]) -> None:
    for trade in round_trips(fills):
        sign = 1 if trade.side == "long" else -1
        by_averages = sign * (trade.exit_price - trade.entry_price) * trade.quantity
        assert abs(by_averages - trade.gross_pnl) <= trade.quantity * D("2e-12")
        assert trade.pnl == EXACT.subtract(trade.gross_pnl, trade.fees)


@given(
    st.decimals("0.0001", "10", places=8), st.decimals("0.001", "99", places=3), st.decimals("0.001", "99", places=3)
)
def test_no_part_of_a_fee_is_lost_or_made_when_a_fill_is_split(fee: Decimal, first: Decimal, rest: Decimal) -> None:
    fills = [fill(1, +1, str(first), "10"), fill(2, -1, str(first + rest), "10", str(fee))]

    closed, still_open = match_round_trips(fills)

    assert EXACT.add(closed[0].fees, still_open[0].fees) == fee
    assert abs(closed[0].fees - fee * first / (first + rest)) <= FEE_QUANTUM

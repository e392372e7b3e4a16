"""When requests arrive, reports reach us, orders end, bars close and timers go off; ties; latencies."""

from __future__ import annotations

from market_scene import EVERYTHING, Scene, Scenes
from tapes import NANOS, add, cancel, quote, tape, trade
from tradetui.engine.market.simulation import (
    WOKE_BAR,
    WOKE_BEST,
    WOKE_BUDGET,
    WOKE_END,
    WOKE_REPORT,
    WOKE_TIMER,
    ClosedBar,
)

ASK = add(1, 1, -1, 101, 5)


def whens(s: Scene, *rows: tuple[int, int, int, int, int, int]) -> list[tuple[int, int, int]]:
    """Order id, when it happened and when it was known, of each report."""
    return [(r.order_id, r.at_ns, r.known_ns) for r in s.reports(*rows)]


def test_a_request_takes_the_entry_latency_and_a_report_the_way_back(scene: Scenes) -> None:
    s = scene(entry_ns=(10,), report_ns=(7,))
    s.play(ASK)
    s.buy(1, 1)
    assert whens(s, s.tick(11), s.tick(12)) == []
    assert whens(s, s.tick(17)) == []
    assert whens(s, s.tick(18)) == [(1, 11, 18)]


def test_a_request_that_arrives_with_a_row_comes_after_it(scene: Scenes) -> None:
    s = scene(entry_ns=(10,))
    s.play(ASK)
    s.buy(1, 1)
    assert s.play(cancel(11, 1), add(11, 2, -1, 102, 5), s.tick(12)) == ["1: 1 at 102 taker, 0 left"]


def test_a_request_that_arrives_before_a_row_comes_before_it(scene: Scenes) -> None:
    s = scene(entry_ns=(10,))
    s.play(ASK)
    s.buy(1, 1)
    assert s.play(cancel(12, 1), add(12, 2, -1, 102, 5)) == ["1: 1 at 101 taker, 0 left"]


def test_a_request_waits_for_the_rows_of_every_symbol_at_its_time(scene: Scenes) -> None:
    s = scene(("orders", "orders"))
    s.play(ASK)
    s.buy(1, 1)
    assert s.play(add(1, 5, 1, 50, 1, 1), add(1, 2, -1, 100, 5), s.tick(2)) == ["1: 1 at 100 taker, 0 left"]


def test_requests_sent_at_one_time_arrive_in_that_order(scene: Scenes) -> None:
    s = scene()
    s.play(ASK)
    s.buy(7, 5, 101)
    s.buy(3, 5, 101)
    assert s.settle() == ["7: 5 at 101 taker, 0 left"]
    assert s.ahead(3) == 0


def test_drawn_latencies_share_one_count(scene: Scenes) -> None:
    # splitmix64(0 + n) modulo 3, n from 1: 2, 1, 0, 1, 2, 2; requests and reports draw when they are sent
    s = scene(entry_ns=(10, 20, 30), report_ns=(100, 200, 300))
    s.play(ASK)
    s.buy(1, 1)  # n = 1: 30
    assert whens(s, s.tick(50), s.tick(231)) == [(1, 31, 231)]  # n = 2: 200
    s.buy(2, 1)  # n = 3: 10
    assert whens(s, s.tick(242), s.tick(442)) == [(2, 241, 441)]  # n = 4: 200


def test_a_constant_latency_draws_nothing(scene: Scenes) -> None:
    s = scene(entry_ns=(10,), report_ns=(100, 200, 300))
    s.play(ASK)
    s.buy(1, 1)
    assert whens(s, s.tick(50), s.tick(999)) == [(1, 11, 311)]  # n = 1: 300


def test_the_seed_moves_the_draws(scene: Scenes) -> None:
    # splitmix64(2 + n) modulo 3 is the sequence above from its third: 0
    s = scene(entry_ns=(10, 20, 30), seed=2)
    s.play(ASK)
    s.buy(1, 1)
    assert whens(s, s.tick(50)) == [(1, 11, 11)]


def test_no_request_overtakes_an_earlier_one(scene: Scenes) -> None:
    s = scene(entry_ns=(10, 20, 30))
    s.play(ASK)
    s.buy(1, 1)  # 30: at 31
    s.buy(2, 1)  # 20: would be at 21
    s.cancel(3)  # 10
    assert whens(s, s.tick(50)) == [(1, 31, 31), (2, 31, 31)]


def test_no_report_overtakes_an_earlier_one(scene: Scenes) -> None:
    s = scene(report_ns=(10, 20, 30))
    s.play(ASK)
    s.buy(1, 1)
    s.buy(2, 1)
    assert whens(s, s.tick(50)) == [(1, 1, 31), (2, 1, 31)]


def test_a_cancel_takes_its_time_and_may_come_too_late(scene: Scenes) -> None:
    s = scene(entry_ns=(10,))
    s.buy(1, 1, 100)
    s.play(add(20, 1, -1, 105, 1))
    s.cancel(1)
    assert s.play(add(29, 2, -1, 100, 5), s.tick(40)) == ["1: 1 at 100 maker, 0 left"]


def test_an_end_that_we_asked_for_wakes_nobody_where_answers_do_not(scene: Scenes) -> None:
    s = scene(wake=WOKE_BEST | WOKE_REPORT, answers_wake=False)
    s.buy(1, 1, 99)
    s.buy(2, 1, 98)
    s.wakes(add(5, 1, -1, 105, 1))
    s.cancel(2)
    assert s.wakes(add(6, 2, -1, 106, 1), add(7, 3, -1, 107, 1), add(8, 4, -1, 104, 1)) == [(WOKE_BEST, 8)]
    assert (s.market.answers(), s.market.answers()) == ([2], [])


def test_a_fill_wakes_and_tells_the_ends_before_it_too(scene: Scenes) -> None:
    s = scene(wake=WOKE_REPORT, answers_wake=False)
    s.buy(1, 1, 99)
    s.buy(2, 1, 98)
    s.play(add(5, 1, -1, 105, 1))
    s.cancel(2)
    told = s.play(add(6, 2, -1, 106, 1), add(7, 3, -1, 99, 1))
    assert told == ["2: cancelled 1", "1: 1 at 99 maker, 0 left"]


# Instants


def test_we_are_asked_after_the_last_row_of_one_symbol_and_time(scene: Scenes) -> None:
    s = scene(("quotes", "quotes"), wake=WOKE_BEST)
    woken = s.wakes(quote(1, 9, 1, 10, 1), quote(1, 8, 1, 10, 1), quote(1, 9, 1, 10, 1, 1), quote(1, 7, 1, 10, 1))
    assert woken == [(WOKE_BEST, 1)] * 3  # symbol 0, symbol 1, and symbol 0 again


def test_reports_without_latency_are_told_with_the_instant_that_made_them(scene: Scenes) -> None:
    s = scene(wake=WOKE_BEST | WOKE_REPORT)
    s.buy(1, 1, 100)
    woken = s.wakes(add(5, 1, -1, 105, 1), add(10, 2, -1, 100, 5), add(10, 3, -1, 99, 5))
    assert woken == [(WOKE_BEST, 5), (WOKE_BEST | WOKE_REPORT, 10)]


def test_the_last_instant_of_a_piece_is_open_until_the_next_row(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_BEST)
    m = s.market
    m.load(tape(quote(1, 9, 1, 10, 1)))
    assert (m.advance(EVERYTHING, EVERYTHING), m.row, m.now_ns) == (WOKE_END, 1, 1)
    m.load(tape(quote(1, 9, 1, 11, 1), quote(2, 9, 1, 11, 1)))
    assert (m.advance(1, EVERYTHING), m.row) == (WOKE_END, 1)
    assert (m.advance(2, EVERYTHING), m.row, m.now_ns) == (WOKE_BEST, 1, 1)
    assert (m.advance(2, EVERYTHING), m.row, m.now_ns) == (WOKE_END, 2, 2)
    assert m.finish() == WOKE_END


def test_finish_tells_what_the_last_instant_woke(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_BEST)
    m = s.market
    m.load(tape(quote(1, 9, 1, 10, 1)))
    assert m.advance(EVERYTHING, EVERYTHING) == WOKE_END
    assert m.finish() == WOKE_BEST
    assert m.finish() == WOKE_END


def test_time_that_runs_backwards_is_counted_and_the_clock_stays(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_BEST)
    woken = s.wakes(quote(5, 9, 1, 10, 1), quote(3, 8, 1, 10, 1), quote(6, 7, 1, 10, 1))
    assert woken == [(WOKE_BEST, 5), (WOKE_BEST, 6)]
    assert s.market.faults().time_backwards == 1
    assert s.market.best(0).bid == 7 * NANOS


# Bars


def bar(symbol: int, start: int, prices: tuple[int, int, int, int], volume: int, trades: int) -> ClosedBar:
    o, h, lo, c = (price * NANOS for price in prices)
    return ClosedBar(symbol, start, o, h, lo, c, volume * NANOS, trades)


def bars_of(s: Scene, *rows: tuple[int, int, int, int, int, int]) -> list[tuple[int, ClosedBar]]:
    """When each bar was told, and the bar."""
    m = s.market
    m.load(tape(*rows))
    found = []
    while (bits := m.advance(EVERYTHING, EVERYTHING)) != WOKE_END:
        assert bits == WOKE_BAR
        found.append((m.now_ns, m.bar()))
    while (bits := m.finish()) != WOKE_END:
        assert bits == WOKE_BAR
        found.append((m.now_ns, m.bar()))
    return found


def test_a_bar_holds_the_trades_from_its_start_to_before_its_end(scene: Scenes) -> None:
    s = scene("trades", bar_ns=(100,), wake=WOKE_BAR)
    assert bars_of(s, trade(100, 5, 1), trade(150, 9, 2), trade(199, 4, 1), trade(199, 6, 3), trade(200, 7, 1)) == [
        (200, bar(0, 100, (5, 9, 4, 6), 7, 4)),
        (300, bar(0, 200, (7, 7, 7, 7), 1, 1)),
    ]


def test_there_is_no_bar_where_there_was_no_trade(scene: Scenes) -> None:
    s = scene("quotes", bar_ns=(100,), wake=WOKE_BAR)
    assert bars_of(s, trade(10, 5, 1), quote(120, 5, 1, 6, 1), quote(450, 5, 1, 6, 1), trade(460, 6, 1)) == [
        (100, bar(0, 0, (5, 5, 5, 5), 1, 1)),
        (500, bar(0, 400, (6, 6, 6, 6), 1, 1)),
    ]


def test_bars_that_end_together_are_told_one_at_a_time_by_symbol(scene: Scenes) -> None:
    s = scene(("trades", "trades", "trades"), bar_ns=(100, 50, 100), wake=WOKE_BAR)
    rows = (trade(10, 5, 1, 0, 2), trade(11, 4, 1, 0, 0), trade(60, 3, 1, 0, 1), trade(100, 9, 9, 0, 2))
    assert bars_of(s, *rows) == [
        (100, bar(0, 0, (4, 4, 4, 4), 1, 1)),
        (100, bar(1, 50, (3, 3, 3, 3), 1, 1)),
        (100, bar(2, 0, (5, 5, 5, 5), 1, 1)),
        (200, bar(2, 100, (9, 9, 9, 9), 9, 1)),
    ]


def test_executions_make_bars_where_there_are_no_rows_of_trades(scene: Scenes) -> None:
    from tapes import execute

    rows = (add(1, 1, -1, 101, 5), execute(10, 1, 9), trade(20, 50, 1))
    assert bars_of(scene(bar_ns=(100,), wake=WOKE_BAR), *rows) == [(100, bar(0, 0, (101, 101, 101, 101), 5, 1))]
    s = scene(bar_ns=(100,), trade_symbols=(True,), wake=WOKE_BAR)
    assert bars_of(s, *rows) == [(100, bar(0, 0, (50, 50, 50, 50), 1, 1))]


def test_a_decision_at_a_bars_end_meets_the_book_after_the_rows_of_that_time(scene: Scenes) -> None:
    s = scene("quotes", bar_ns=(100,))
    m = s.market
    m.load(tape(trade(10, 5, 1), quote(20, 4, 9, 6, 9), quote(100, 5, 9, 7, 9), s.tick(150)))
    assert (m.advance(EVERYTHING, EVERYTHING), m.now_ns, m.row) == (WOKE_BAR, 100, 2)
    s.buy(1, 1)
    assert (m.advance(EVERYTHING, EVERYTHING), m.now_ns, m.row) == (WOKE_REPORT, 100, 3)
    assert [(r.price, r.at_ns) for r in m.reports()] == [(7 * NANOS, 100)]


# Timers


def test_timers_go_off_at_the_multiples_after_the_first_row(scene: Scenes) -> None:
    s = scene("quotes", timer_ns=100, wake=WOKE_TIMER)
    assert s.wakes(quote(100, 5, 1, 6, 1), quote(250, 5, 1, 6, 1), quote(400, 5, 1, 6, 1)) == [
        (WOKE_TIMER, 200),
        (WOKE_TIMER, 300),
        (WOKE_TIMER, 400),
    ]


def test_at_one_time_orders_end_then_reports_then_bars_then_timers(scene: Scenes) -> None:
    s = scene("trades", timer_ns=100, bar_ns=(100,))
    s.buy(1, 5, 5, expires=100)
    m = s.market
    m.load(tape(trade(10, 9, 1), trade(100, 1, 9), s.tick(200)))
    assert (m.advance(EVERYTHING, EVERYTHING), m.now_ns, m.row) == (WOKE_REPORT, 100, 1)
    assert [r.at_ns for r in m.reports()] == [100]
    assert (m.advance(EVERYTHING, EVERYTHING), m.now_ns, m.row) == (WOKE_BAR, 100, 1)
    assert (m.advance(EVERYTHING, EVERYTHING), m.now_ns, m.row) == (WOKE_TIMER, 100, 1)
    assert (m.advance(EVERYTHING, EVERYTHING), m.now_ns, m.row) == (WOKE_BAR, 200, 2)


# The budget, the end


def test_the_budget_counts_rows(scene: Scenes) -> None:
    s = scene("quotes", wake=WOKE_BEST)
    m = s.market
    m.load(tape(quote(1, 9, 1, 10, 1), quote(1, 8, 1, 10, 1), quote(2, 8, 1, 10, 1)))
    assert (m.advance(EVERYTHING, 0), m.row) == (WOKE_BUDGET, 0)
    assert (m.advance(EVERYTHING, 1), m.row) == (WOKE_BUDGET, 1)
    assert (m.advance(EVERYTHING, 2), m.row) == (WOKE_BEST, 2)
    assert (m.advance(EVERYTHING, 1), m.row) == (WOKE_END, 3)


def test_after_the_end_reports_on_their_way_and_open_bars_are_told_but_nothing_arrives(scene: Scenes) -> None:
    s = scene("trades", bar_ns=(100,), report_ns=(30,), timer_ns=10)
    m = s.market
    s.buy(1, 5, 9)
    m.load(tape(trade(5, 8, 2), trade(5, 8, 1)))
    assert m.advance(EVERYTHING, EVERYTHING) == WOKE_END
    s.buy(2, 1, 9)
    s.cancel(1)
    assert (m.finish(), m.now_ns) == (WOKE_REPORT, 35)
    assert [r.size for r in m.reports()] == [2 * NANOS, NANOS]
    assert (m.finish(), m.now_ns) == (WOKE_BAR, 100)
    assert m.bar() == bar(0, 0, (8, 8, 8, 8), 3, 2)
    assert (m.finish(), m.now_ns, m.reports()) == (WOKE_END, 100, [])

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tapes import NANOS, add, cancel, depth, quote, tape, tape_of, trade
from tradetui.engine.market.kernel import layout, warm
from tradetui.engine.market.kernel.market import KernelMarket
from tradetui.engine.market.kernel.texts import sources
from tradetui.engine.market.simulation import (
    REPORT_FILL,
    ROW_ADD,
    SIDE_SHIFT,
    WOKE_BUDGET,
    WOKE_END,
    Request,
    SimulationRules,
)

ALL = 1 << 62
SCENARIOS = Path(__file__).parents[1] / "simulation"


def market(*sources_: str, **rules: object) -> KernelMarket:
    return KernelMarket(SimulationRules(sources=sources_ or ("orders",), **rules), len(sources_) or 1)  # type: ignore[arg-type]


def limit(order_id: int, side: int, price: int, quantity: int = NANOS) -> Request:
    return Request(order_id, 0, side, 1, 0, quantity, price * NANOS, 0, False, 0)


def test_thousands_of_own_orders_rest_and_all_of_them_fill() -> None:
    count = 3_000  # more than any table has room for at first
    m = market()
    for order_id in range(1, count + 1):
        m.place(limit(order_id, 1, order_id))
    m.load(tape(add(1, 1, -1, 5_000, 1), add(2, 2, -1, 1, 2 * count), add(3, 3, -1, 5_000, 1)))
    assert m.advance(ALL, ALL) != WOKE_END
    told = m.reports()
    assert {report.what for report in told} == {REPORT_FILL}
    assert [report.order_id for report in told] == list(range(count, 0, -1))  # the best price first
    assert (m.advance(ALL, ALL), m.reports()) == (WOKE_END, [])


def test_a_market_order_that_works_on_looks_at_the_level_of_the_row_and_at_no_other() -> None:
    m = market("depth")
    m.place(Request(1, 0, 1, 0, 0, 9 * NANOS, 0, 0, False, 0))
    m.load(tape(depth(1, -1, 101, 1), depth(2, -1, 101, 1)))
    while m.advance(ALL, ALL) != WOKE_END:
        pass
    assert [report.leaves for report in m.reports()] == [8 * NANOS]
    mem = m._arena.mem_view
    far = mem[layout.SYMBOL_START + layout.LEVEL_WORDS + layout.NEXT]
    mem[far + layout.TAKEN] = 0  # as no row leaves a level behind: who walked the book would take this again
    m.load(tape(depth(3, -1, 102, 2), depth(4, -1, 102, 2)))
    while m.advance(ALL, ALL) != WOKE_END:
        pass
    assert [(report.price, report.leaves) for report in m.reports()] == [(102 * NANOS, 6 * NANOS)]


def test_requests_that_wait_longer_than_there_is_room_for_arrive_in_their_order() -> None:
    m = market(entry_ns=(100,))
    for order_id in range(1, 1_001):
        m.place(limit(order_id, 1, 10))
        m.cancel(order_id)
    m.load(tape(add(1, 1, -1, 11, 1), add(500, 2, -1, 11, 1)))
    ids = []
    while m.advance(ALL, ALL) != WOKE_END:
        ids += [report.order_id for report in m.reports()]
    m.finish()
    ids += [report.order_id for report in m.reports()]
    assert ids == list(range(1, 1_001))


def test_orders_that_ended_leave_their_room_to_others() -> None:
    m = market()
    words = []
    for n in range(40):
        first = 100 * n
        m.load(tape(*[add(n, first + k, -1, 100 + k, 1) for k in range(100)]))
        assert m.advance(ALL, ALL) == WOKE_END
        m.load(tape(*[cancel(n, first + k) for k in range(100)]))
        assert m.advance(ALL, ALL) == WOKE_END
        words.append(len(m._arena.mem))
    assert len(set(words)) == 1


def test_a_sweep_over_many_levels_reports_every_fill() -> None:
    levels = 1_000
    rows = np.zeros((levels, 6), np.int64)
    rows[:, 0], rows[:, 1], rows[:, 3], rows[:, 4] = 1, ROW_ADD | 0 << SIDE_SHIFT, NANOS, np.arange(levels)
    rows[:, 2] = (np.arange(levels) * 7_919 % levels + 1) * NANOS  # in no order
    m = market()
    m.place(Request(1, 0, 1, 0, 0, levels * NANOS, 0, 0, False, 0))
    m.load(rows)
    assert m.advance(ALL, ALL) == WOKE_END
    m.place(Request(2, 0, 1, 0, 0, levels * NANOS, 0, 0, False, 0))
    m.load(tape(add(2, levels + 1, 1, 0.5, 1), add(3, levels + 2, 1, 0.5, 1)))
    told = []
    while m.advance(ALL, ALL) != WOKE_END:
        told += m.reports()
    m.finish()
    told += m.reports()
    fills = [report for report in told if report.order_id == 1]
    assert sum(report.size for report in fills) == levels * NANOS
    assert len(fills) == levels


def test_a_budget_is_spent_row_by_row_also_where_the_memory_grows() -> None:
    m = market()
    rows = tape_of(add(k, k, 1, k + 1, 1) for k in range(3_000))
    m.load(rows)
    steps = 0
    while m.advance(ALL, 500) == WOKE_BUDGET:
        steps += 1
        assert m.row == 500 * steps
    assert m.row == 3_000


def test_a_tape_that_is_not_played_to_its_end_is_not_replaced() -> None:
    m = market()
    m.load(tape(add(1, 1, 1, 10, 1)))
    with pytest.raises(ValueError, match="row 0 of 1: expected the tape before to be played to its end"):
        m.load(tape(add(2, 2, 1, 10, 1)))


def test_each_symbol_needs_a_source() -> None:
    with pytest.raises(ValueError, match="1 sources for 2 symbols"):
        KernelMarket(SimulationRules(sources=("orders",)), 2)


def test_no_bar_is_told_before_one_ended() -> None:
    with pytest.raises(ValueError, match="no bar has ended"):
        market("trades").bar()


def test_the_imbalance_share_and_slippage_are_kept_to_the_last_bit() -> None:
    m = market("trades", slip_bps=0.1, imbalance=1e-9)
    m.place(Request(1, 0, 1, 0, 0, NANOS, 0, 0, False, 0))
    m.load(tape(quote(1, 1, 1, 2, 1), trade(2, 123_456.789, 1), trade(3, 1, 1)))
    while m.advance(ALL, ALL) != WOKE_END:
        pass
    (fill,) = m.reports()
    assert fill.price == 123_456_789_000_000 + round(123_456_789_000_000 * 0.1 / 10_000)


def test_the_kernel_is_compiled_once_it_was_loaded_and_loading_it_again_tells_nothing() -> None:
    warm.warm(lambda _: None)
    assert warm.is_compiled()
    told: list[str] = []
    warm.warm(told.append)
    assert told == []


def test_where_nothing_is_compiled_it_is_told_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "0")
    assert not warm.is_compiled()
    told: list[str] = []
    warm.warm(told.append)  # the module is loaded already, so nothing is compiled here
    assert [line.partition(",")[0] for line in told] == ["compiling the market kernel"]
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert warm.is_compiled()


def test_the_entries_are_kept_by_the_text_of_all_that_is_compiled() -> None:
    m = market()
    m.load(tape(add(1, 1, 1, 10, 1)))
    m.advance(ALL, ALL)
    assert sources() in m._arena.head.tolist()


@pytest.mark.slow
def test_a_compiled_kernel_is_loaded_without_what_only_compiling_needs_and_other_functions_compile_after_it() -> None:
    warm.warm(lambda _: None)
    program = """
import sys
from tradetui.engine.market.kernel.entries import look, play_end, play_rows
assert all(len(entry.overloads) == 1 for entry in (look, play_end, play_rows))
print("numba.cpython.unicode" in sys.modules)
import numba
print(numba.njit(lambda word: len(word))("four"))
"""
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_DISABLE_JIT"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "4"]


@pytest.mark.slow
def test_the_scenarios_are_played_alike_without_the_compiler() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "kernel", str(SCENARIOS),
         "--deselect", str(SCENARIOS / "test_programs_agree.py")],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3_000:]

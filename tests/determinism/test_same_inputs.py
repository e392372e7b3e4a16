from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import EVENTFUL, config_of, events_of, result_of, several, shipped, swinging, text

from tradetui import FillEvent, MarketEvent, SignalEvent, Strategy, run_backtest
from tradetui.data.formats import read_bars
from tradetui.engine.build import build_core, decision_delay_ns
from tradetui.engine.market.bars import Bars
from tradetui.engine.market.tape import session_of_bars
from tradetui.engine.strategy_forms import event_driven
from tradetui.engine.tape_loop import TapePlayer

BARS = several(160)
RULES = [
    ("ma_crossover", {"fast": 3, "slow": 8}),
    ("momentum", {"period": 5}),
    ("mean_reversion", {"period": 8, "width": 1.0}),
]
REAL = [
    ("daily/GOOG_2004-2013.csv", {}),
    ("minute/EURUSD_1h_2017-2018.csv.gz", {}),
    ("minute/SPY_1min_extended_2020-01-06_09.csv.gz", {}),
    ("daily/ORCL_1995-2014.csv.gz", {}),
]
PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "ma_crossover": [{}, {"fast": 3, "slow": 9}, {"fast": 20, "slow": 50}, {"fast": 1, "slow": 2}],
    "momentum": [{}, {"period": 2, "entry": 70, "exit": 30}, {"period": 7, "entry": 50, "exit": 50}],
    "mean_reversion": [{}, {"period": 5, "width": 0.8}, {"period": 30, "width": 2.5}],
}


class Ladder(Strategy):
    """Everything at once: brackets, limits, stops, sizes, answers to fills, on every symbol."""

    def __init__(self) -> None:
        self.bars: dict[str, int] = {}

    def on_market_data(self, event: MarketEvent) -> list[SignalEvent]:
        n = self.bars[event.symbol] = self.bars.get(event.symbol, 0) + 1
        close = event.close
        if n % 23 == 0:
            return [SignalEvent(event.symbol, 0, reason="enough")]
        if n % 7 == 0:
            return [SignalEvent(event.symbol, 1, type="limit", limit_price=close * 0.99, stop_loss=close * 0.95)]
        if n % 11 == 0:
            return [SignalEvent(event.symbol, -1, type="stop", stop_price=close * 0.985, time_in_force="gtc")]
        return []

    def on_fill(self, fill: FillEvent) -> list[SignalEvent]:
        return [SignalEvent(fill.symbol, 0)] if fill.role == "open" and fill.order_id % 3 == 0 else []

    def get_take_profit(self) -> float:
        return 0.02


# -- one machine, many ways of working the same rows


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, len(BARS) - 1), max_size=60), st.sampled_from([None, *RULES]))
def test_no_way_of_cutting_the_rows_changes_a_byte(cuts: list[int], rule: Any) -> None:
    def strategy() -> Strategy:
        return Ladder() if rule is None else shipped(rule[0], **rule[1])

    config = config_of(**EVENTFUL)
    assert text(events_of(strategy(), BARS, config, cuts)) == text(events_of(strategy(), BARS, config))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, len(BARS) - 1), max_size=60), st.sampled_from(RULES))
def test_no_way_of_cutting_the_rows_changes_a_byte_in_columns(cuts: list[int], rule: Any) -> None:
    config = config_of(**EVENTFUL)
    whole, pieces = (events_of(shipped(rule[0], **rule[1]), BARS, config, c, vectorised=True) for c in ((), cuts))
    assert text(whole) == text(pieces)
    assert any(isinstance(event, FillEvent) for event in whole)


@pytest.mark.parametrize("chunk_rows", [1, 7, 64, 10_000])
def test_the_journal_hash_does_not_know_the_chunks(chunk_rows: int) -> None:
    config = config_of(**EVENTFUL)
    whole, pieces = result_of(Ladder(), BARS, config), result_of(Ladder(), BARS, config, chunk_rows=chunk_rows)
    assert whole.journal_sha256 == pieces.journal_sha256
    assert whole.trades == pieces.trades
    np.testing.assert_allclose(whole.curve.equity, pieces.curve.equity, rtol=1e-12)
    assert len(whole.trades) > 10


def test_the_same_run_twice_and_another_seed_or_price() -> None:
    config = config_of(**EVENTFUL)
    first = result_of(Ladder(), BARS, config)
    assert result_of(Ladder(), BARS, config).journal_sha256 == first.journal_sha256
    other = config_of(**{**EVENTFUL, "seed": 12})
    assert result_of(Ladder(), BARS, other).fills != first.fills


# -- other processes


@pytest.mark.slow
def test_processes_and_hash_seeds_agree_on_every_hash(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text("[chance]\nfill = 0.7\npartial = 0.4\n")
    command = [sys.executable, "-m", "tradetui", "--headless", "backtest", str(tmp_path / "run.toml"), "--json"]
    command += ["--strategy", "mean_reversion", "--allow-short", "--limit", "max_position=300", "--seed", "3"]
    told = set()
    for seed in ("0", "1", "424242"):
        env = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)
        run = json.loads(done.stdout)
        run["run"].pop("seconds")
        told.add(json.dumps(run))
    assert len(told) == 1
    assert json.loads(told.pop())["metrics"]["trades"] > 0


# -- replay


def replayed(strategy: Strategy, bars: Bars, config: Any, steps: list[int]) -> bytes:
    core = build_core(config, event_driven(strategy), bars.symbols)
    player = TapePlayer(core, session_of_bars(bars))
    events = []
    for step in steps:
        player.play(player.row + step)
        events += core.take()
    player.play(len(player))
    return text(events + core.take())


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 40), max_size=40), st.sampled_from([None, *RULES]))
def test_a_replay_decides_what_the_backtest_decided_however_it_is_stepped(steps: list[int], rule: Any) -> None:
    def strategy() -> Strategy:
        return Ladder() if rule is None else shipped(rule[0], **rule[1])

    config = config_of(**EVENTFUL)
    assert replayed(strategy(), BARS, config, steps) == text(events_of(strategy(), BARS, config))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_pausing_stepping_skipping_and_speeding_change_nothing_that_is_journaled(seed: int) -> None:
    sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))
    from rig import Rig

    from tradetui.engine.session import Control

    chance = random.Random(seed)
    options = {**EVENTFUL, "limits": {"max_position": "25"}}
    straight = Rig(BARS, Ladder(), **options).begin(speed=0.0).finish()
    fiddled = Rig(BARS, Ladder(), **options).begin(speed=1.0, play=chance.random() < 0.5)
    for _ in range(60):
        deed = chance.choice(["play", "pause", "step", "skip", "speed", "none"])
        value = {
            "step": chance.randint(1, 9),
            "skip": chance.random() * 300,
            "speed": chance.choice([0.1, 1, 60, 5_000]),
        }
        fiddled.turn(Control(deed, float(value.get(deed, 0))), after_s=chance.random())
    fiddled.finish()
    assert fiddled.journal.digest() == straight.journal.digest()
    ours, theirs = fiddled.seen.account, straight.seen.account
    assert msgspec.structs.replace(ours, drawdown_max=0.0) == msgspec.structs.replace(theirs, drawdown_max=0.0)
    assert ours.drawdown_max <= theirs.drawdown_max, "who looks more often may see a deeper moment between two bars"
    assert ours.drawdown_max == pytest.approx(theirs.drawdown_max, rel=0.2)


# -- both forms, on real markets


@pytest.mark.parametrize("allow_short", [False, True])
@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize("data", [data for data, _ in REAL])
def test_both_forms_trade_the_same_on_real_markets(shared: Path, data: str, name: str, allow_short: bool) -> None:
    bars = read_bars(shared / "data" / data)
    # Columns take every wish as filled, so nothing may keep an entry from filling: no cap on the volume.
    options = {"allow_short": allow_short, "cash": 10**6, "volume_cap": None}
    for parameters in PARAMETERS[name]:
        for more in ({"quantity": 10}, {}):
            by_bar, in_columns = (
                run_backtest(name, bars, parameters=parameters, form=form, **options, **more)
                for form in ("event", "vectorised")
            )
            assert [traded(f) for f in in_columns.fills] == [traded(f) for f in by_bar.fills]
            assert vars_of(in_columns.counts) == vars_of(by_bar.counts)
            assert in_columns.metrics == by_bar.metrics
            np.testing.assert_array_equal(in_columns.curve.equity, by_bar.curve.equity)


def traded(fill: FillEvent) -> tuple[Any, ...]:
    """A fill without the numbers that count how often the strategy spoke."""
    return (fill.symbol, fill.side, fill.quantity, fill.price, fill.fee, fill.ts_ns, fill.role, fill.order_id)


def vars_of(counts: Any) -> list[int]:
    return [counts.sent, counts.filled, counts.partially_filled, counts.cancelled, counts.rejected]


def test_a_symbol_trades_the_same_alone_and_among_others() -> None:
    config = config_of(quantity="10", allow_short=True, cash="10000000")
    for name, parameters in RULES:
        together = result_of(shipped(name, **parameters), BARS, config)
        for symbol in BARS.symbols:
            alone = result_of(shipped(name, **parameters), BARS.of(symbol), config)
            own = [t for t in together.trades if t.symbol == symbol]
            assert [plain(t) for t in own] == [plain(t) for t in alone.trades]
            assert own


def plain(trade: Any) -> tuple[Any, ...]:
    return (
        trade.side,
        trade.quantity,
        trade.entry_ts_ns,
        trade.entry_price,
        trade.exit_ts_ns,
        trade.exit_price,
        trade.pnl,
    )


def test_sequence_numbers_rise_and_causes_point_back() -> None:
    events = events_of(Ladder(), BARS, config_of(**EVENTFUL))
    assert all(before.seq < after.seq for before, after in pairwise(events))
    assert all(0 <= event.cause < event.seq for event in events)


def test_a_strategy_that_ran_is_not_run_again_with_what_it_remembers() -> None:
    from tradetui.engine.errors import UsageError

    strategy = shipped("momentum")
    run_backtest(strategy, swinging("A", 50))
    with pytest.raises(UsageError, match="has already run"):
        run_backtest(strategy, swinging("A", 50))
    again, fresh = (run_backtest(it, swinging("A", 50)) for it in (type(strategy), shipped("momentum")))
    assert again.journal_sha256 == fresh.journal_sha256


def test_the_delay_of_decisions_is_the_shortest_step() -> None:
    assert decision_delay_ns(several(20)) == 60_000_000_000
    assert decision_delay_ns(swinging("A", 1)) == 0

from __future__ import annotations

import itertools
import json
import math
from collections import defaultdict
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from rig import ROWS, START_NS, Rig, swinging, three_symbols

from tradetui import SignalEvent, Strategy
from tradetui.data.catalog import sample_session
from tradetui.engine.market.tape import DEPTH, MarketSession
from tradetui.engine.model.commands import Kill, Unlock
from tradetui.engine.model.events import FillEvent
from tradetui.engine.model.events import SignalEvent as Signal
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.news import ALERTS_SHOWN, FILLS_SHOWN, LOG_SHOWN, MARKERS_SHOWN, Lines
from tradetui.engine.session import Control
from tradetui.engine.snapshots import CURVE_POINTS_MAX, LOG_EVERY

SECTIONS = ("account", "symbols", "books", "positions", "orders", "fills", "alerts", "log", "markers", "curve")


def test_a_section_gets_a_new_version_exactly_when_its_content_changes() -> None:
    rig = Rig().begin(play=False)
    for _ in range(3 * ROWS):
        rig.turn(Control("step", 1), after_s=0.1)
    rig.turn(Kill(), after_s=1)
    rig.turn(Unlock(reason="seen"), after_s=1)
    assert len(rig.pictures) > 3 * ROWS
    changed: dict[str, int] = defaultdict(int)
    for before, after in zip(rig.pictures, rig.pictures[1:], strict=False):
        for name in SECTIONS:
            same = getattr(before, name) == getattr(after, name)
            assert same == (before.versions.get(name, 0) == after.versions.get(name, 0)), name
            changed[name] += not same
        assert after.version == before.version + 1
    assert all(changed[name] for name in SECTIONS), dict(changed)
    assert changed["orders"] < 3 * ROWS, "orders come and go, but not with every row"


def test_the_books_of_symbols_that_did_not_move_stay_the_same_objects() -> None:
    rig = Rig().begin(play=False)
    rig.turn(Control("step", 90), after_s=1)
    before = rig.seen
    rig.turn(Control("step", 1), after_s=1)
    moved = [name for name in before.books if rig.seen.books[name] is not before.books[name]]
    assert len(moved) == 1
    assert rig.seen.books[moved[0]].version == before.books[moved[0]].version + 1
    shown = {s.symbol: s.ts_ns for s in before.symbols}
    assert [s.symbol for s in rig.seen.symbols if s.ts_ns != shown[s.symbol]] in ([], moved)


def test_equity_is_the_ledgers_in_every_picture() -> None:
    rig = Rig(commission="0.001").begin(play=False)
    for _ in range(200):
        rig.turn(Control("step", 3), after_s=0.1)
        account, portfolio = rig.seen.account, rig.core.portfolio
        exact = portfolio.cash + sum(
            (rig.core.marks()[p.symbol] * p.quantity for p in portfolio.open.values()), Decimal(0)
        )
        assert account.equity == pytest.approx(float(exact), rel=1e-12)
        assert account.equity == pytest.approx(
            account.start_equity + account.realized + account.unrealized - account.fees
        )
        assert account.cash == float(portfolio.cash)
        assert sum(p.unrealized or 0.0 for p in rig.seen.positions) == pytest.approx(account.unrealized)


def test_looking_at_a_session_decides_nothing_in_it() -> None:
    """The drawdown guard's peak is moved by the market alone, however often somebody looks."""
    watched, unwatched = (Rig(limits={"max_drawdown": "0.0002"}).begin(play=False) for _ in range(2))
    for _ in range(3 * ROWS):
        watched.turn(Control("step", 1), after_s=0.1)
    unwatched.turn(Control("step", 3 * ROWS))
    while not unwatched.player.done:
        unwatched.turn()
    assert watched.journal.digest() == unwatched.journal.digest()
    assert watched.core.guard.peak == unwatched.core.guard.peak
    assert watched.seen.state == "halted"


def test_drawdown_is_from_the_peak_and_the_deepest_is_kept() -> None:
    rig = Rig().begin(play=False)
    peak, deepest = rig.core.equity(), 0.0
    for _ in range(300):
        rig.turn(Control("step", 3), after_s=0.1)
        equity = rig.seen.account.equity
        peak = max(peak, equity)
        deepest = min(deepest, equity / peak - 1)
        assert rig.seen.account.drawdown == pytest.approx(equity / peak - 1, abs=1e-12)
        assert rig.seen.account.drawdown_max == pytest.approx(deepest, abs=1e-12)
    assert deepest < 0


class Busy(Strategy):
    """Long and flat by turns, a fill for every bar."""

    def __init__(self) -> None:
        self.wanted: dict[str, int] = {}

    def on_market_data(self, event: Any) -> list[SignalEvent]:
        self.wanted[event.symbol] = wanted = 1 - self.wanted.get(event.symbol, 0)
        return [SignalEvent(event.symbol, wanted, reason="by turns")]


def test_lines_are_put_into_words_when_they_are_shown_and_once() -> None:
    asked: list[int] = []

    def words(number: int, what: str) -> str:
        asked.append(number)
        return f"{number} {what}"

    lines = Lines(3, words)
    for what in "abcde":
        lines.add(what)
    assert lines.shown_before() == ()
    assert lines.shown() == ("3 c", "4 d", "5 e")
    lines.add("f")
    assert lines.shown_before() == ("3 c", "4 d", "5 e")
    assert lines.shown() == ("4 d", "5 e", "6 f")
    assert lines.shown() is lines.shown_before()
    assert asked == [3, 4, 5, 6]
    assert (lines.total, lines.told) == (6, 6)


def test_a_log_that_nobody_can_follow_is_shown_now_and_then_and_whole_at_the_end() -> None:
    rig = Rig(swinging("A", 10_100), Busy()).begin(speed=0.0)
    while not rig.player.done:
        rig.turn(after_s=0.05)
    shown = [picture.log_total for picture in rig.pictures]
    changes = [at for at, (a, b) in enumerate(itertools.pairwise(shown)) if a != b]
    assert {b - a for a, b in itertools.pairwise(changes[:-1])} == {LOG_EVERY}  # the last is the end
    assert rig.seen.log_total == rig.seen.log[-1].number == rig.seen.versions["log"]
    assert rig.seen.log_total > 30_000


def test_ten_thousand_fills_are_counted_while_the_newest_are_kept() -> None:
    rig = Rig(swinging("A", 10_100), Busy()).begin().finish()
    seen = rig.seen
    assert seen.fills_total > 10_000
    assert [len(seen.fills), len(seen.log), len(seen.markers)] == [FILLS_SHOWN, LOG_SHOWN, MARKERS_SHOWN]
    numbers = [line.number for line in seen.fills]
    assert numbers == list(range(seen.fills_total - FILLS_SHOWN + 1, seen.fills_total + 1))
    assert seen.log[-1].number == seen.log_total > 30_000
    assert len(seen.curve.ts_ns) <= CURVE_POINTS_MAX
    assert seen.fills[-1].ts_ns <= seen.clock_ns
    last = [e for e in rig.journal.told if isinstance(e, FillEvent)][-1]
    assert (seen.fills[-1].price, seen.fills[-1].quantity) == (float(last.price), float(last.quantity))


class Growing(Busy):
    """Asks for one unit more each time, so that no two refusals read the same."""

    def on_market_data(self, event: Any) -> list[SignalEvent]:
        self.wanted["units"] = units = self.wanted.get("units", 10) + 1
        return [replace(signal, quantity=units) for signal in super().on_market_data(event)]


def test_many_refusals_become_a_bounded_number_of_alerts() -> None:
    rig = Rig(swinging("A", 1_000), Growing(), limits={"max_order_quantity": 1}).begin().finish()
    assert rig.seen.alerts_total == 500, "every wish to buy; one to be flat while flat asks for nothing"
    assert len(rig.seen.alerts) == ALERTS_SHOWN
    assert rig.seen.alerts[-1].check == "FAT_FINGER"
    assert rig.seen.fills_total == 0


def test_the_same_refusal_again_and_again_is_one_alert_and_stays_in_the_log() -> None:
    rig = Rig(swinging("A", 1_000), Busy(), limits={"max_order_quantity": 1}).begin().finish()
    assert rig.seen.alerts_total == 1
    assert rig.seen.log_total == 1_500


def test_lines_are_one_tuple_until_another_comes() -> None:
    lines = Lines(2)
    assert lines.shown() == ()
    lines.add("a")
    first = lines.shown()
    assert first is lines.shown()
    lines.add("b")
    lines.add("c")
    assert (first, lines.shown(), lines.total) == (("a",), ("b", "c"), 3)


def test_realised_profit_is_shown_with_the_fill_that_made_it() -> None:
    rig = Rig(swinging("A"), Busy(), commission_fixed="1").begin().finish()
    shown = rig.seen.fills
    assert all((line.pnl is None) == (line.role == "open") for line in shown)
    gains = sum(line.pnl for line in shown if line.pnl is not None)
    entries = sum(line.fee for line in shown if line.pnl is None)
    closed = float(rig.core.portfolio.realized) - float(rig.core.portfolio.fees)
    assert gains - entries == pytest.approx(closed)


def test_the_curve_is_the_recorders_thinned_with_both_ends() -> None:
    rig = Rig(swinging("A", 5_000)).begin().finish()
    full, shown = rig.core.curve.curve(), rig.seen.curve
    assert (shown.ts_ns[0], shown.ts_ns[-1]) == (full.ts_ns[0], full.ts_ns[-1])
    assert shown.equity[-1] == full.equity[-1]
    assert list(shown.ts_ns) == sorted(set(shown.ts_ns))
    assert max(shown.drawdown) <= 0


def test_the_curve_follows_a_running_market_only_now_and_then_and_a_standing_one_at_once() -> None:
    rig = Rig(swinging("A", 5_000)).begin(speed=6_000.0)
    points = set()
    for _ in range(40):
        rig.turn(after_s=0.06)
        points.add(rig.seen.curve.ts_ns[-1:])
    assert 4 <= len(points) <= 12
    rig.turn(Control("pause"), after_s=0.06)
    assert rig.seen.curve.ts_ns[-1] == rig.core.curve.curve().ts_ns[-1]


def test_a_stopped_strategy_is_shown_with_its_traceback() -> None:
    class Broken(Strategy):
        def on_market_data(self, event: Any) -> list[SignalEvent]:
            raise ValueError("no idea what to do")

    rig = Rig(swinging("A"), Broken()).begin().finish()
    assert rig.seen.strategy_stopped
    (alert,) = rig.seen.alerts
    assert (alert.severity, alert.check) == ("critical", "STRATEGY")
    assert "no idea what to do" in alert.message
    assert "in on_market_data" in alert.detail


def test_a_picture_is_nothing_but_values() -> None:
    import msgspec

    rig = Rig().begin().finish()
    text = msgspec.json.encode(rig.seen)
    assert msgspec.json.decode(text, type=Snapshot) == rig.seen
    assert all(math.isfinite(value) for value in json.loads(text)["curve"]["equity"])


# -- with depth, on the bundled session


def first_rows(rows: int) -> MarketSession:
    """The bundled session cut to about its first rows, every table to the same moment."""
    from dataclasses import fields, replace

    session = sample_session()
    end = int(session.timeline().at_ns[rows])

    def cut(table: Any, at: Any) -> Any:
        keep = at < end
        columns = {f.name: getattr(table, f.name) for f in fields(table)}
        return replace(table, **{n: c[keep] for n, c in columns.items() if isinstance(c, np.ndarray)})

    return MarketSession(
        cut(session.bars, session.bars.ts_ns + session.bars.interval_ns),
        cut(session.quotes, session.quotes.ts_ns),
        cut(session.trades, session.trades.ts_ns),
        cut(session.depth, session.depth.ts_ns),
    )


@pytest.mark.slow
def test_the_shown_book_is_the_replay_of_its_depth_and_agrees_with_the_quotes() -> None:
    session = first_rows(40_000)
    rig = Rig(session).begin(play=False)
    depth, timeline = session.depth, session.timeline()
    levels: dict[tuple[str, int], dict[int, int]] = defaultdict(dict)
    done = 0
    for stop in range(1_777, len(timeline.row), 1_777):
        rig.turn(Control("step", stop - rig.player.row))
        while rig.player.row < stop:
            rig.turn()
        rig.turn(after_s=1)
        for kind, row in zip(timeline.kind[done:stop].tolist(), timeline.row[done:stop].tolist(), strict=True):
            if kind == DEPTH:
                side = levels[depth.symbols[depth.symbol[row]], int(depth.side[row])]
                side[int(depth.price[row])] = int(depth.size[row])
        done = stop
        for symbol in session.symbols:
            book = rig.seen.books[symbol]
            for side, shown in ((1, book.bids), (-1, book.asks)):
                alive = sorted((p for p, size in levels[symbol, side].items() if size), reverse=side > 0)
                wanted = [(p / NANOS_PER_UNIT, levels[symbol, side][p] / NANOS_PER_UNIT) for p in alive[: len(shown)]]
                assert list(shown) == wanted
                assert len(shown) == min(40, len(alive))
    assert done > 30_000


@pytest.mark.slow
def test_last_price_and_volume_of_a_session_are_those_of_its_trades() -> None:
    session = first_rows(20_000)
    rig = Rig(session).begin().finish()
    for code, view in enumerate(rig.seen.symbols):
        own = session.trades.symbol == code
        assert view.last == session.trades.price[own][-1] / NANOS_PER_UNIT
        assert view.volume == pytest.approx(session.trades.size[own].sum() / NANOS_PER_UNIT)
        assert START_NS < view.ts_ns <= rig.seen.clock_ns
        assert view.bid is not None
        assert view.ask is not None
        assert view.bid < view.ask


def test_signals_are_said_in_the_log_with_their_symbol() -> None:
    rig = Rig(three_symbols(60)).begin().finish()
    signals = [e for e in rig.journal.told if isinstance(e, Signal)]
    lines = [line.message for line in rig.seen.log if line.kind == "signal"]
    assert len(lines) == len(signals)
    assert lines[0].startswith(
        f"wants to be {'long' if signals[0].direction > 0 else 'short'} in {signals[0].symbol}: "
    )

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from live_rig import SECOND, START, D, LiveRig, MemoryVenue, Scripted, buy, flat

from tradetui.data.market_data import market_files, read_market
from tradetui.engine.config import run_config
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.live.build import build_live
from tradetui.engine.live.player import LivePlayer
from tradetui.engine.live.recorder import Recorder, read_recording
from tradetui.engine.live.restoring import restore
from tradetui.engine.live.verifying import replay
from tradetui.engine.model.commands import CancelAll, Kill, Unlock
from tradetui.engine.model.events import (
    BookEvent,
    Event,
    FeedEvent,
    FillEvent,
    MarketData,
    MarketEvent,
    OrderEvent,
    QuoteEvent,
    SessionEvent,
    SignalEvent,
    TradeEvent,
)

PLAN = {
    100.0: buy(quantity=10, stop_loss=90.0, take_profit=120.0),
    101.0: buy("BB", 20, type="limit", limit_price=99.0),
    102.0: flat("BB"),
    103.0: flat("AA"),
    104.0: buy("BB", 5),
}
ODD = 0.1 + 0.2  # has more digits than nanos hold


def fresh() -> LivePlayer:
    config = run_config({"quantity": 10, "allow_short": True}, "test")
    return build_live(config, Scripted(PLAN), ("AA", "BB"), "s1", "practice")


def a_day(rig: LiveRig) -> LiveRig:
    """Entries with legs, refusals, partial and doubled fills, a kill, a stale feed, a lost fill."""
    venue = rig.venue
    rig.begin().quote(100.0, after_s=1)
    first = venue.fill(1, "4", "100.01")
    rig.turn(venue.accepted(1), first, msgspec.structs.replace(first))
    rig.turn(venue.fill(1, "6", "100.02"), after_s=1).quote(101.0, "BB").turn(venue.unresolved(6))
    rig.turn(FeedEvent("AA", "STALE", "nothing heard", rig.now_ns)).quote(104.0, "BB")
    rig.turn(FeedEvent("AA", "FRESH", "", rig.now_ns)).beat(61.0)
    rig.quote(101.5, "BB").quote(101.0, "BB").turn(CancelAll())
    lost = venue.fill(7 if 7 in venue.orders else 6, "2", "99.00")
    rig.turn(venue.state()).turn(lost).turn(venue.state()).quote(103.0, after_s=1)
    rig.turn(TradeEvent("AA", rig.now_ns, ODD, 5.0, 1), BookEvent("AA", rig.now_ns, 1, 99.0, 7.0))
    rig.turn(MarketEvent("AA", START, 100.0, 101.0, 99.0, 100.5, 1e10), Kill(), Unlock("seen"))
    return rig.quote(100.0)


@pytest.fixture
def day(tmp_path: Path) -> tuple[LiveRig, list[Event], list[MarketData]]:
    rig = a_day(LiveRig(PLAN))
    return rig, list(rig.told), written(rig.recorded, tmp_path)


def written(rows: list[MarketData], folder: Path) -> list[MarketData]:
    recorder = Recorder(folder / "s.market", ("AA", "BB"), 60 * SECOND, piece_rows=4)
    for at, row in enumerate(rows):
        recorder.take(row)
        if at % 3 == 2:
            recorder.flush()
    recorder.flush()
    return read_recording(folder / "s.market")


def test_a_recording_gives_back_every_row_exactly(day: tuple[LiveRig, list[Event], list[MarketData]]) -> None:
    rig, _, rows = day
    assert rows == rig.recorded


def test_a_recorded_session_gives_the_same_signals_orders_and_fills_again(
    day: tuple[LiveRig, list[Event], list[MarketData]],
) -> None:
    rig, events, rows = day
    found = replay(fresh, events, rows)
    assert (found.same, found.events, found.missing) == (True, len(events), 0), found.sentence()
    assert found.signals == len(rig.of(SignalEvent)) > 3
    assert found.orders == len(rig.of(OrderEvent)) > 3
    assert found.fills == len(rig.of(FillEvent)) == 3


def test_the_first_difference_is_shown_with_both_sides(day: tuple[LiveRig, list[Event], list[MarketData]]) -> None:
    _, events, rows = day
    at = next(i for i, event in enumerate(events) if isinstance(event, FillEvent))
    changed = [*events]
    changed[at] = msgspec.structs.replace(events[at], price=D("1.00"))
    found = replay(fresh, changed, rows)
    assert (found.same, found.events) == (False, at)
    assert '"price":"1.00"' in found.recorded
    assert '"price":"100.01"' in found.replayed


def test_an_event_that_does_not_come_again_is_a_difference(day: tuple[LiveRig, list[Event], list[MarketData]]) -> None:
    _, events, rows = day
    surplus = msgspec.structs.replace(events[-1], seq=events[-1].seq + 1)
    found = replay(fresh, [*events, surplus], rows)
    assert (found.same, found.replayed) == (False, "nothing")


def test_a_market_row_that_was_changed_is_found(day: tuple[LiveRig, list[Event], list[MarketData]]) -> None:
    _, events, rows = day
    at = next(i for i, row in enumerate(rows) if isinstance(row, QuoteEvent) and row.bid == 100.0)
    rows[at] = msgspec.structs.replace(rows[at], bid=99.0)
    assert not replay(fresh, events, rows).same


def test_rows_that_a_killed_process_did_not_write_are_counted(
    day: tuple[LiveRig, list[Event], list[MarketData]],
) -> None:
    _, events, rows = day
    found = replay(fresh, events, rows[:-3])
    assert found.same
    assert found.missing > 0
    assert "lost" in found.sentence()


def test_a_session_that_died_and_went_on_is_proved_in_both_parts(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    rig = LiveRig(PLAN, MemoryVenue(), FileJournal(path, JournalHeader(mode="practice", config_json="{}")))
    rig.begin().quote(100.0).turn(rig.venue.fill(1, "4", "100.01")).quote(99.0).quote(98.0)
    rig.journal.abandon()
    journal, events = FileJournal.resume(path)
    again = LiveRig(PLAN, rig.venue, journal)
    restore(again.player, events)
    again.core.reach(rig.recorded[-1].seq)
    again.engine.begin(SessionEvent("resumed", "", again.now_ns), again.now_ns)
    again.turn(again.venue.state()).quote(104.0, "BB").turn(again.venue.fill(1, "6", "100.02"))
    found = replay(fresh, rig.told + again.told, written(rig.recorded + again.recorded, tmp_path))
    assert (found.same, found.missing) == (True, 0), found.sentence()
    assert found.events == len(rig.told) + len(again.told)
    journal.abandon()


def test_a_recording_is_data_like_any_other(day: tuple[LiveRig, list[Event], list[MarketData]], tmp_path: Path) -> None:
    rig, _, _ = day
    session, sources = read_market(market_files([tmp_path / "s.market"]))
    assert session.symbols == ("AA", "BB")
    assert len(session.quotes) == sum(isinstance(row, QuoteEvent) for row in rig.recorded)
    assert (len(session.trades), len(session.depth)) == (1, 1)
    assert {source.symbol for source in sources} == {"AA", "BB"}

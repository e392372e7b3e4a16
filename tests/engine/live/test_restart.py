from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from live_rig import D, LiveRig, MemoryVenue, buy, flat

from tradetui.engine.errors import JournalError
from tradetui.engine.gateways.live_words import Instruction, Send
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.verify import verify
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.live.restoring import restore
from tradetui.engine.model.commands import Kill
from tradetui.engine.model.events import Event, FillEvent, OrderEvent, SessionEvent, TradingState

HEADER = JournalHeader(mode="practice", config_json="{}")
PLAN = {
    100.0: buy(quantity=10, stop_loss=90.0, take_profit=120.0),
    101.0: buy("BB", 20, type="limit", limit_price=99.0),
    102.0: flat("BB"),
    103.0: flat("AA"),
    104.0: buy("BB", 5),
}


class Copying(FileJournal):
    """A session file that is copied as a killed process would leave it: after each commit."""

    copies: list[Path]

    def commit(self) -> None:
        super().commit()
        self.copies.append(self.path.with_name(f"copy{len(self.copies)}.db"))
        for suffix in ("", "-wal"):
            if Path(f"{self.path}{suffix}").exists():
                shutil.copy(f"{self.path}{suffix}", f"{self.copies[-1]}{suffix}")


def resumed(path: Path, venue: MemoryVenue) -> LiveRig:
    journal, events = FileJournal.resume(path)
    rig = LiveRig(PLAN, venue, journal)
    restore(rig.player, events)
    rig.engine.begin(SessionEvent("resumed", f"after event {rig.core.seq}", rig.now_ns), rig.now_ns)
    return rig


def story(rig: LiveRig) -> list[Callable[[], object]]:
    """A day in steps: entries with legs, a lost report, partial fills, a late fill after a cancel, a close."""
    venue = rig.venue
    return [
        rig.begin,
        lambda: rig.quote(100.0),
        lambda: rig.turn(venue.accepted(1)),
        lambda: rig.turn(venue.fill(1, "4", "100.01")),
        lambda: rig.turn(venue.fill(1, "6", "100.02")),
        lambda: rig.quote(101.0, "BB"),
        lambda: rig.turn(venue.unresolved(6)),
        lambda: rig.turn(venue.fill(6, "5", "99.00")),
        lambda: rig.quote(102.0, "BB"),
        lambda: rig.turn(venue.fill(6, "3", "99.00"), venue.end(6)),
        lambda: rig.quote(103.0, "AA"),
    ]


def missed(rig: LiveRig) -> None:
    """The venue tells again all that it did for every order that it is asked for, as a look-up does."""
    venue = rig.venue
    for number in dict.fromkeys(rig.looked_up()):
        if number in venue.orders:
            rig.turn(*venue.history(number))
        else:
            rig.turn(venue.never_arrived(number))


@pytest.mark.slow
def test_wherever_the_process_is_killed_no_fill_is_lost_and_no_id_is_used_twice(tmp_path: Path) -> None:
    for killed_after in range(11):
        folder = tmp_path / str(killed_after)
        journal = Copying(folder / "s.db", HEADER)
        journal.copies = []
        rig = LiveRig(PLAN, MemoryVenue(), journal)
        for step in story(rig)[: killed_after + 1]:
            step()
        again = resumed(journal.copies[-1], rig.venue)
        missed(again)
        again.turn(rig.venue.state())
        again.turn(rig.venue.state())
        assert again.agrees(), killed_after
        assert [e.differences for e in again.told if e.__class__.__name__ == "ReconciliationEvent"][-1] == ()
        again.quote(104.0, "BB")
        ids = [send.client_order_id for send in rig.sends()]
        assert len(ids) == len(set(ids))
        again.engine.leave(again.now_ns)
        assert verify(journal.copies[-1]).ok
        journal.abandon()


def test_orders_that_were_written_down_and_never_left_are_looked_for_and_not_sent_again(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "s.db", HEADER)
    rig = LiveRig(PLAN, MemoryVenue(), journal, send=lambda instruction: None)
    rig.begin().quote(100.0)
    journal.abandon()
    again = resumed(tmp_path / "s.db", rig.venue)
    assert again.looked_up() == [1]
    assert again.sends() == []
    assert again.core.orders.is_open(1)
    again.turn(rig.venue.never_arrived(1))
    assert not again.core.orders.is_open(1)
    again.journal.abandon()


def test_the_legs_of_an_entry_that_fills_after_a_restart_are_those_it_was_sent_with(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "s.db", HEADER)
    rig = LiveRig(PLAN, MemoryVenue(), journal).begin().quote(100.0)
    journal.abandon()
    again = resumed(tmp_path / "s.db", rig.venue)
    again.turn(again.venue.state()).quote(99.0).turn(again.venue.fill(1, "10", "100.01"))
    legs = [event for event in again.of(OrderEvent) if event.parent == 1]
    assert [(leg.role, leg.stop_price or leg.limit_price) for leg in legs] == [
        ("stop_loss", D("90.00")),
        ("take_profit", D("120.00")),
    ]
    again.journal.abandon()


def test_a_halt_outlives_the_process(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "s.db", HEADER)
    rig = LiveRig(PLAN, MemoryVenue(), journal).begin().turn(Kill())
    journal.abandon()
    again = resumed(tmp_path / "s.db", rig.venue).turn(rig.venue.state())
    assert again.core.state == TradingState.HALTED
    again.journal.abandon()


def test_a_session_that_was_ended_in_order_does_not_go_on(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "s.db", HEADER)
    LiveRig(PLAN, MemoryVenue(), journal).begin().engine.close(0)
    with pytest.raises(JournalError, match="ended in order"):
        FileJournal.resume(tmp_path / "s.db")


def test_an_order_is_on_disk_before_it_leaves(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    found: list[list[Event]] = []

    def send(instruction: Instruction) -> None:
        with open_journal(path) as reader:
            events = list(reader.events(kinds=["order"]))
        assert isinstance(instruction, Send)
        found.append([event for event in events if event == instruction.order])

    journal = FileJournal(path, HEADER)
    LiveRig(PLAN, MemoryVenue(), journal, send=send).begin().quote(100.0)
    assert [len(events) for events in found] == [1]
    journal.abandon()


def test_market_data_alone_do_not_force_the_journal_to_disk(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "s.db", HEADER)
    rig = LiveRig(PLAN, MemoryVenue(), journal).begin()
    before = journal.events_committed
    for _ in range(50):
        rig.quote(99.0)
    assert (journal.events, journal.events_committed) == (before, before)
    assert rig.of(FillEvent) == []
    journal.abandon()

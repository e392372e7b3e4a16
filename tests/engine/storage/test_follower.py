from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from storage_session import HEADER, Engine, a_day

from storage_servers import eventually
from tradetui.engine.errors import JournalError
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import Event
from tradetui.engine.storage.follower import Follower
from tradetui.engine.storage.sessions import SessionInfo


def everything(follower: Follower, at_once: int = 7) -> list[Event]:
    taken: list[Event] = []
    while events := follower.take(at_once):
        assert len(events) <= at_once
        taken += events
    return taken


def numbers(events: Sequence[Event]) -> list[int]:
    return [event.seq for event in events]


def test_a_reader_that_keeps_up_gets_every_event_from_memory(tmp_path: Path) -> None:
    follower = Follower(tmp_path / "never-written.db")
    day = a_day(4)
    follower.observe(day[:3])
    follower.observe([])
    follower.observe(day[3:])
    assert follower.behind == len(day)
    assert everything(follower) == day
    assert follower.behind == 0


def test_many_small_batches_are_handed_out_together(tmp_path: Path) -> None:
    follower, day = Follower(tmp_path / "never-written.db"), a_day(20)
    for event in day:
        follower.observe([event])
    assert follower.take(90) == day[:90]
    assert follower.take(90) == day[90:]


def test_a_reader_that_stands_still_costs_no_memory_and_gets_the_rest_from_the_journal(
    tmp_path: Path, info: SessionInfo
) -> None:
    engine, follower = Engine(tmp_path / "session.db", info), Follower(tmp_path / "session.db", events_max=20)
    engine.bus.observe(follower.observe)
    engine.run(200)
    assert follower._queue.qsize() == 4  # batches of five: nothing more was kept
    assert follower.from_journal
    assert follower.behind == 1000
    assert numbers(everything(follower)) == numbers(engine.events)
    assert follower.behind == 0
    engine.run(3)
    assert numbers(everything(follower)) == numbers(engine.events[-15:])
    engine.journal.close()


def test_what_the_journal_held_before_is_handed_out_first(tmp_path: Path, info: SessionInfo) -> None:
    engine = Engine(tmp_path / "session.db", info)
    engine.run(3)
    follower = Follower(tmp_path / "session.db")
    engine.bus.observe(follower.observe)
    engine.run(2)
    assert numbers(everything(follower)) == numbers(engine.events)
    engine.journal.close()


def test_beginning_again_hands_out_everything_anew(tmp_path: Path, info: SessionInfo) -> None:
    engine, follower = Engine(tmp_path / "session.db", info), Follower(tmp_path / "session.db")
    engine.bus.observe(follower.observe)
    engine.run(3)
    assert len(follower.take(4)) == 4
    follower.begin_again()
    assert numbers(everything(follower)) == numbers(engine.events)
    engine.run(1)
    assert numbers(everything(follower)) == numbers(engine.events[-5:])
    engine.journal.close()


def test_what_is_told_before_it_is_on_disk_is_waited_for(tmp_path: Path) -> None:
    path, day = tmp_path / "session.db", a_day(10)
    with FileJournal(path, HEADER(), durability="process_death") as journal:
        follower = Follower(path, events_max=5)
        for event in day:
            journal.append([event])
            follower.observe([event])
        journal._write_block(journal._open_store(), day[:20])  # the rest is not durable yet
        assert numbers(everything(follower)) == numbers(day[:20])
        assert follower.behind > 0
        journal._waiting[:] = day[20:]
        journal.commit()
        assert numbers(everything(follower)) == numbers(day[20:])
        assert follower.behind == 0


def test_a_damaged_journal_is_told_and_nothing_is_passed_over(tmp_path: Path, info: SessionInfo) -> None:
    engine, follower = Engine(tmp_path / "session.db", info), Follower(tmp_path / "session.db", events_max=5)
    engine.bus.observe(follower.observe)
    engine.run(4)
    engine.journal.close()
    path = tmp_path / "session.db"
    path.write_bytes(path.read_bytes().replace(b'"order_id":3', b'"order_id":4'))
    with pytest.raises(JournalError, match="checksum"):
        everything(follower)


steps = st.lists(st.tuples(st.sampled_from(["happen", "take"]), st.integers(1, 9)), max_size=60)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps, st.integers(1, 30))
def test_however_both_sides_take_turns_nothing_is_lost_and_nothing_comes_twice(
    turns: list[tuple[str, int]], events_max: int
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "session.db"
        follower, day = Follower(path, events_max), a_day(120)
        told, taken = 0, []
        with FileJournal(path, HEADER(), durability="process_death") as journal:
            for turn, count in turns:
                if turn == "take":
                    taken += follower.take(count)
                else:
                    batch = day[told : told + count]
                    told += count
                    journal.append(batch)
                    journal.commit()
                    follower.observe(batch)
            taken += everything(follower)
            follower.release()
        assert numbers(taken) == numbers(day[:told])
        assert follower.behind == 0


@pytest.mark.slow
def test_two_threads_at_full_speed_lose_nothing(tmp_path: Path, info: SessionInfo) -> None:
    engine, follower = Engine(tmp_path / "session.db", info), Follower(tmp_path / "session.db", events_max=40)
    engine.bus.observe(follower.observe)
    taken: list[Event] = []
    over = threading.Event()

    def read() -> None:
        while not (over.is_set() and not follower.behind):
            taken.extend(follower.take(3))
        follower.release()

    reader = threading.Thread(target=read)
    reader.start()
    engine.run(400)
    over.set()
    eventually(lambda: not reader.is_alive(), "the end of reading")
    assert numbers(taken) == numbers(engine.events)
    engine.journal.close()

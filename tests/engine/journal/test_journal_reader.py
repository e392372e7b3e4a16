"""A session is read while it is written, after its writer was killed, and only if it is one."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tradetui.engine.errors import DataError, JournalError
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.verify import verify
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import Event

TradingDay = Callable[[int], list[Event]]

WRITER = """
import itertools, sys
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import SignalEvent
path, durability, seed = sys.argv[1:]
journal = FileJournal(path, JournalHeader(mode="paper", config_json="{}"), durability=durability)
seq = 0
for step in itertools.count(int(seed)):
    count = step * 7919 % 40 + 1
    journal.append([SignalEvent("GOOG", 1, reason=f"signal {seq + i}", seq=seq + i) for i in range(1, count + 1)])
    journal.commit()
    seq += count
    print(seq, flush=True)
"""


def test_filters_choose_by_number_kind_and_symbol(
    tmp_path: Path, header: JournalHeader, trading_day: TradingDay
) -> None:
    events = trading_day(20)
    journal = FileJournal(tmp_path / "session.db", header, block_events_max=7)
    journal.append(events)
    journal.close()
    with open_journal(tmp_path) as reader:
        assert list(reader.events()) == events
        for from_seq in (0, 2, 36, 37, 38, 39, 101, 10_000):
            assert list(reader.events(from_seq)) == [e for e in events if e.seq >= from_seq]
        fills = [e for e in events[3::4] if e.symbol == "GOOG"]  # type: ignore[union-attr]
        assert list(reader.events(kinds=["fill"], symbols=["GOOG"])) == fills
        assert reader.last_events(3, kinds=["fill"], symbols=["GOOG"]) == fills[-3:]
        assert reader.last_events(1000) == events
        assert reader.header == header


def test_a_reader_sees_what_was_committed_meanwhile_and_only_that(
    tmp_path: Path, header: JournalHeader, trading_day: TradingDay
) -> None:
    events = trading_day(6)
    journal = FileJournal(tmp_path / "session.db", header)
    with open_journal(tmp_path) as reader:
        assert list(reader.events()) == []
        journal.append(events[:8])
        assert list(reader.events()) == []
        journal.commit()
        assert list(reader.events()) == events[:8]
        assert verify(tmp_path).sentence().startswith("not closed")
        journal.append(events[8:])
        journal.close({"fills": 6})  # with a reader looking
        assert list(reader.events()) == events
        assert reader.closing is not None
        assert reader.closing.summary_json == b'{"fills":6}'
    assert verify(tmp_path).closed


def test_reading_leaves_the_folder_as_it_was(tmp_path: Path, header: JournalHeader, trading_day: TradingDay) -> None:
    journal = FileJournal(tmp_path / "session.db", header)
    journal.append(trading_day(2))
    journal.close()
    before = (tmp_path / "session.db").read_bytes()
    verify(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["session.db"]
    assert (tmp_path / "session.db").read_bytes() == before


def test_any_folder_name_will_do(tmp_path: Path, header: JournalHeader, trading_day: TradingDay) -> None:
    folder = tmp_path / "50% off? #1 & käse"
    journal = FileJournal(folder / "session.db", header)
    journal.append(trading_day(1))
    journal.close()
    assert verify(folder).events == 4


CUT_SHORT = "the last write was cut short, or damaged afterwards, and does not count"


@pytest.mark.parametrize("durability", ["power_loss", "process_death"])
@pytest.mark.parametrize("seed", range(4))
def test_every_acknowledged_event_survives_kill_9(tmp_path: Path, durability: str, seed: int) -> None:
    path = tmp_path / "session.db"
    command = [sys.executable, "-c", WRITER, str(path), durability, str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        steps = random.Random(seed).randrange(1, 150)
        acknowledged = [int(writer.stdout.readline()) for _ in range(steps)]
        with open_journal(path) as reader:  # while the other process writes
            assert [event.seq for event in reader.events()][: acknowledged[-1]] == [*range(1, acknowledged[-1] + 1)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
    report = verify(path)
    assert (report.ok, report.closed) == (True, False), f"seed {seed}: {report}"
    assert report.note in ("", CUT_SHORT), f"seed {seed}: {report}"  # the kill may fall into the middle of a write
    with open_journal(path) as reader:
        events = list(reader.events())
    # one commit may have been made and not yet told
    assert acknowledged[-1] <= len(events) == report.events <= acknowledged[-1] + 40
    assert [(event.seq, getattr(event, "reason", "")) for event in events] == [
        (seq, f"signal {seq}") for seq in range(1, len(events) + 1)
    ]


def test_a_killed_session_is_still_readable_when_copied_with_its_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "session.db"), "power_loss", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)][-1]
        os.kill(writer.pid, signal.SIGKILL)
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("session.db", "session.db-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    assert verify(copy).events >= acknowledged


def other_database(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE blocks (number INTEGER)")
    connection.close()


@pytest.mark.parametrize(
    ("make", "seen"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.write_bytes(b"seq,price\n1,2\n"), r"it begins with b'seq,price"),
        (lambda path: path.write_bytes(b"SQLite format 3\x00"), "it is another program's database"),
        (other_database, "it is another program's database"),
    ],
)
def test_what_is_no_session_is_refused_saying_what_it_is(
    tmp_path: Path, make: Callable[[Path], object], seen: str
) -> None:
    make(tmp_path / "session.db")
    for read in (open_journal, verify):
        with pytest.raises(DataError, match=f"session.db: {seen}.*; expected a session file"):
            read(tmp_path)


def test_a_session_of_a_newer_product_is_refused_by_name(tmp_path: Path) -> None:
    header = JournalHeader(mode="backtest", config_json="{}", schema_version=99)
    FileJournal(tmp_path / "session.db", header).close()
    with pytest.raises(JournalError, match=r"schema version 99; expected 1\. Read it with the version"):
        open_journal(tmp_path)

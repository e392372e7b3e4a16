"""Both journals hash alike; the file keeps what it acknowledged, whatever fails."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.errors import JournalError
from tradetui.engine.journal.header import Details, JournalHeader
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.verify import verify
from tradetui.engine.journal.writer import FileJournal, HashJournal
from tradetui.engine.model.events import Event, SignalEvent

TradingDay = Callable[[int], list[Event]]


def read(path: Path) -> list[Event]:
    with open_journal(path) as reader:
        return list(reader.events())


def run_python(script: str, *arguments: str, hash_seed: str = "0") -> str:
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    environment = unmeasured | {"PYTHONHASHSEED": hash_seed}  # coverage would import its own database, and write files
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# the digest


@given(st.lists(st.integers(0, 12), max_size=12), st.integers(1, 9))
def test_the_digest_does_not_depend_on_where_blocks_are_cut(
    header: JournalHeader, trading_day: TradingDay, sizes: list[int], block: int
) -> None:
    events, journal = trading_day(10), HashJournal(header, block_events_max=block)
    start = 0
    for size in sizes:
        journal.append(events[start : start + size])
        start += size
    journal.append(events[start:])
    whole = HashJournal(header)
    whole.append(events)
    assert journal.digest() == whole.digest()
    assert journal.events == len(events)


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_the_file_and_the_hash_alone_give_one_digest(
    tmp_path: Path, header: JournalHeader, trading_day: TradingDay, block: int
) -> None:
    events, alone = trading_day(6), HashJournal(header)
    alone.append(events)
    journal = FileJournal(tmp_path / "session.db", header, block_events_max=block)
    for event in events:
        journal.append([event])
    assert journal.digest() == alone.digest()  # also with events that are not committed yet
    journal.close()
    assert journal.digest() == verify(tmp_path).digest == alone.digest()
    assert journal.events == alone.events == len(events)


def test_run_id_clock_paths_and_version_stay_out_of_the_digest(header: JournalHeader) -> None:
    other = msgspec.structs.replace(header, details=Details(run_id="r-2", version="9", data_paths=("/elsewhere",)))
    assert HashJournal(other).digest() == HashJournal(header).digest()


@pytest.mark.parametrize("change", [{"mode": "replay"}, {"config_json": "{}"}, {"data": ()}])
def test_every_decisive_input_enters_the_digest(header: JournalHeader, change: dict[str, object]) -> None:
    assert HashJournal(msgspec.structs.replace(header, **change)).digest() != HashJournal(header).digest()


def test_other_processes_and_hash_seeds_give_the_same_digest() -> None:
    script = """
from decimal import Decimal
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import HashJournal
from tradetui.engine.model.events import SignalEvent
journal = HashJournal(JournalHeader(mode="backtest", config_json="{}"))
journal.append([SignalEvent("GOOG", 1, quantity=Decimal("1.50"), seq=i) for i in range(100)])
print(journal.digest())
"""
    assert run_python(script, hash_seed="1") == run_python(script, hash_seed="2")


def test_asking_for_the_digest_twice_changes_nothing(header: JournalHeader, trading_day: TradingDay) -> None:
    once, twice = HashJournal(header), HashJournal(header)
    for events in (trading_day(5)[:9], trading_day(5)[9:]):
        once.append(events)
        twice.append(events)
        assert twice.digest() == twice.digest()
    assert once.digest() == twice.digest()


def test_an_event_that_cannot_be_written_does_not_hash_its_neighbours_twice(
    header: JournalHeader, trading_day: TradingDay
) -> None:
    journal = HashJournal(header, block_events_max=4)
    journal.append([*trading_day(1), SignalEvent("GOOG", 1, quantity=object(), seq=99)])  # type: ignore[arg-type]
    for _ in range(2):
        with pytest.raises(JournalError, match="event 99"):
            journal.commit()
    assert journal.events == 5


# its imports


def test_hashing_imports_no_database_and_a_file_imports_no_pandas(tmp_path: Path) -> None:
    script = """
import sys
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import FileJournal, HashJournal
header = JournalHeader(mode="backtest", config_json="{}")
HashJournal(header).close()
assert not {"sqlite3", "sqlite_utils"} & set(sys.modules), "hashing"
FileJournal(sys.argv[1], header).close()
assert not {"pandas", "textual"} & set(sys.modules), "file"
"""
    run_python(script, str(tmp_path / "session.db"))


# the file


def test_a_closed_session_is_one_file_that_only_its_owner_reads(
    tmp_path: Path, header: JournalHeader, trading_day: TradingDay
) -> None:
    path = tmp_path / "runs" / "today" / "session.db"
    journal = FileJournal(path, header)
    journal.append(trading_day(3))
    journal.commit()
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}
    journal.close({"trades": 3})
    assert [file.name for file in path.parent.iterdir()] == ["session.db"]
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)] == [0o700, 0o700]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE blocks SET count = 1",
        "DELETE FROM blocks",
        "UPDATE session SET hashed = x'00'",
        "DELETE FROM closing",
        "REPLACE INTO blocks SELECT * FROM blocks WHERE number = 0",
        "REPLACE INTO closing SELECT * FROM closing",
        "REPLACE INTO session SELECT * FROM session",
        "INSERT INTO blocks SELECT number + 1, 1, 1, 1, 1, 1, payload, digest, crc32 FROM blocks",
    ],
)
def test_the_file_only_grows(tmp_path: Path, header: JournalHeader, trading_day: TradingDay, change: str) -> None:
    with FileJournal(tmp_path / "session.db", header) as journal:
        journal.append(trading_day(1))
        journal.close()
    connection = sqlite3.connect(tmp_path / "session.db")
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|closed|one session|skipped"):
        connection.execute(change)
    connection.close()


def test_leaving_without_close_keeps_everything_and_says_interrupted(
    tmp_path: Path, header: JournalHeader, trading_day: TradingDay
) -> None:
    events = trading_day(5)

    def interrupted_run() -> None:
        with FileJournal(tmp_path / "session.db", header) as journal:
            journal.append(events)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted_run()
    report = verify(tmp_path)
    assert (report.ok, report.closed, report.events) == (True, False, len(events))
    assert "interrupted" in report.sentence()


def test_nothing_can_be_added_after_closing(tmp_path: Path, header: JournalHeader, trading_day: TradingDay) -> None:
    journal = FileJournal(tmp_path / "session.db", header)
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append(trading_day(1))


@pytest.mark.parametrize("seqs", [(2, 1), (1, 1)])
def test_events_out_of_order_are_refused_before_they_are_written(
    tmp_path: Path, header: JournalHeader, seqs: tuple[int, int]
) -> None:
    journal = FileJournal(tmp_path / "session.db", header, block_events_max=1)
    journal.append([SignalEvent("GOOG", 1, seq=seq) for seq in seqs])
    with pytest.raises(JournalError, match=f"event {seqs[1]} came after event {seqs[0]}"):
        journal.commit()
    assert verify(tmp_path).events == 1


# what can go wrong with the file


def test_an_existing_session_is_written_over_only_when_asked(tmp_path: Path, header: JournalHeader) -> None:
    FileJournal(tmp_path / "session.db", header).close()
    with pytest.raises(JournalError, match=r"session.db: the file exists.*Choose another path"):
        FileJournal(tmp_path / "session.db", header)
    FileJournal(tmp_path / "session.db", header, overwrite=True).close()
    assert verify(tmp_path).ok


def test_a_file_of_someone_else_is_never_written_over(tmp_path: Path, header: JournalHeader) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(JournalError, match="no session of ours"):
        FileJournal(tmp_path / "thesis.txt", header, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_folder_that_is_a_file_is_named(tmp_path: Path, header: JournalHeader) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(JournalError, match=r"out/session.db: .*(not a folder|[Nn]ot a directory)"):
        FileJournal(tmp_path / "out" / "session.db", header)


def test_a_folder_that_may_not_be_written_is_named() -> None:
    script = """
import os, tempfile
from tradetui.engine.errors import JournalError
from tradetui.engine.journal import store
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import FileJournal
with tempfile.TemporaryDirectory() as folder:
    os.chmod(folder, 0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)  # root may write anywhere, so be nobody
    try:
        FileJournal(folder + "/session.db", JournalHeader(mode="backtest", config_json="{}"))
    except JournalError as fault:
        print(fault)
    finally:
        if root:
            os.seteuid(0)
        os.chmod(folder, 0o700)
"""
    said = run_python(script)
    assert "session.db: the session file cannot be made: Permission denied" in said
    assert "writable" in said


def test_a_file_held_by_another_program_is_an_error_until_it_is_let_go(
    tmp_path: Path, header: JournalHeader, trading_day: TradingDay
) -> None:
    events = trading_day(4)
    journal = FileJournal(tmp_path / "session.db", header, busy_timeout_ms=0)
    journal.append(events[:8])
    journal.commit()
    other = sqlite3.connect(tmp_path / "session.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    journal.append(events[8:])
    with pytest.raises(JournalError, match=r"session.db: block 1 could not be written: database is locked.*end it"):
        journal.commit()
    assert read(tmp_path) == events[:8]
    other.execute("ROLLBACK")
    other.close()
    journal.close()
    assert read(tmp_path) == events


def test_a_full_disk_keeps_what_was_committed(tmp_path: Path, header: JournalHeader, trading_day: TradingDay) -> None:
    events = trading_day(400)
    journal = FileJournal(tmp_path / "session.db", header, block_events_max=50, size_bytes_max=150_000)
    acknowledged: list[int] = []

    def write_everything() -> None:
        for start in range(0, len(events), 50):
            journal.append(events[start : start + 50])
            journal.commit()
            acknowledged.append(start + 50)

    with pytest.raises(JournalError, match=r"session.db: block \d+ could not be written: .*full.*free some space"):
        write_everything()
    committed = acknowledged[-1]
    assert 0 < committed == journal.events_committed < len(events)
    assert read(tmp_path) == events[:committed]
    with pytest.raises(JournalError, match="full"):
        journal.abandon()
    report = verify(tmp_path)
    assert (report.ok, report.closed, report.events) == (True, False, committed)


def test_a_disk_with_room_again_takes_everything_that_was_held(tmp_path: Path) -> None:
    script = """
import resource, sys
from tradetui.engine.errors import JournalError
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.verify import verify
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import SignalEvent
path = sys.argv[1]
journal = FileJournal(path, JournalHeader(mode="backtest", config_json="{}"))
everything = [SignalEvent("GOOG", 1, reason="x" * 200, seq=i) for i in range(2000)]
_, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
failed = None
for start in range(0, 2000, 100):
    try:
        journal.append(everything[start : start + 100])
        journal.commit()
    except JournalError as fault:
        failed = fault
        held_from = journal.events_committed
        break
assert failed is not None and "could not be written" in str(failed), failed
assert [*open_journal(path).events()] == everything[:held_from], "readable while full"
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
journal.append(everything[journal.events :])
journal.close()
report = verify(path)
assert report.ok and report.closed and report.events == 2000, report
assert [*open_journal(path).events()] == everything
print(failed)
"""
    said = run_python(script, str(tmp_path / "session.db"))
    assert "session.db: block" in said
    assert "disk" in said


@pytest.mark.parametrize("limit", [1_000, 4_096, 9_000, 15_000])
def test_a_disk_too_full_to_begin_says_so_and_leaves_nothing_behind(tmp_path: Path, limit: int) -> None:
    script = """
import resource, sys
from tradetui.engine.errors import JournalError
from tradetui.engine.journal import store
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import FileJournal
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
try:
    FileJournal(sys.argv[1], JournalHeader(mode="backtest", config_json="{}"))
except JournalError as fault:
    print(fault)
"""
    said = run_python(script, str(tmp_path / "session.db"), str(limit))
    assert "session.db: the session file could not be started" in said
    assert list(tmp_path.iterdir()) == []

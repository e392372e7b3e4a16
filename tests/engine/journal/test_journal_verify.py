"""Whoever changes a session, by accident or with skill, is found out; nothing wrong is ever handed out as an event."""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tradetui.engine.errors import DataError, JournalError
from tradetui.engine.journal.blocks import Block, closing_seal
from tradetui.engine.journal.codec import encode_events
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.verify import VerifyReport, verify
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import Event

TradingDay = Callable[[int], list[Event]]

BLOCKS = 8
RECORDS = 3  # the last ones, which are damaged byte by byte
EVERY_NTH_BYTE = 61  # in the quick run; prime, so that over the files it meets every kind of field


@pytest.fixture
def events(trading_day: TradingDay) -> list[Event]:
    return trading_day(BLOCKS)


@pytest.fixture
def closed(tmp_path: Path, header: JournalHeader, events: list[Event]) -> Path:
    """A closed session of eight blocks of four events."""
    journal = FileJournal(tmp_path / "closed" / "session.db", header, block_events_max=4)
    journal.append(events)
    journal.close({"fills": BLOCKS})
    return journal.path


@pytest.fixture
def killed(tmp_path: Path, header: JournalHeader, events: list[Event]) -> Path:
    """The same session as a kill leaves it: file and log, no closing record."""
    journal = FileJournal(tmp_path / "live" / "session.db", header, block_events_max=4)
    journal.append(events)
    journal.commit()
    folder = tmp_path / "killed"
    folder.mkdir()
    for name in ("session.db", "session.db-wal"):
        shutil.copy(journal.path.parent / name, folder / name)
    journal.close()
    return folder / "session.db"


def forge(path: Path, *statements: str) -> None:
    """Change a session as someone would who knows SQLite: triggers first."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def replaced(column: str, old: str, new: str) -> str:
    return f"CAST(replace(CAST({column} AS TEXT), '{old}', '{new}') AS BLOB)"


def mend_checksums(path: Path) -> None:
    """Give every row the checksum that fits its changed content, as a skilled forger would."""
    connection = sqlite3.connect(path)
    columns = "number, first_seq, last_seq, count, first_ts_ns, last_ts_ns, payload, digest, crc32"
    for row in connection.execute(f"SELECT {columns} FROM blocks").fetchall():
        connection.execute("UPDATE blocks SET crc32 = ? WHERE number = ?", (Block(*row).expected_crc32(), row[0]))
    events, blocks, digest, summary = connection.execute(
        "SELECT events, blocks, digest, summary_json FROM closing"
    ).fetchone()
    connection.execute("UPDATE closing SET seal = ?", (closing_seal(events, blocks, digest, summary),))
    connection.commit()
    connection.close()


def handed_out(path: Path) -> list[Event]:
    """What a reader gives before it ends or refuses."""
    given: list[Event] = []
    try:
        with open_journal(path) as reader:
            given.extend(iter_until_refused(reader.events()))
    except (JournalError, DataError):
        pass
    return given


def iter_until_refused(events: Iterator[Event]) -> Iterator[Event]:
    try:
        yield from events
    except JournalError:
        return


def outcome(path: Path) -> VerifyReport | None:
    """The report, or None when the file is refused as no session."""
    try:
        return verify(path)
    except DataError:
        return None


def test_a_whole_session_is_proved(closed: Path, events: list[Event]) -> None:
    report = verify(closed)
    assert report == VerifyReport(
        path=str(closed), ok=True, closed=True, events=len(events), blocks=BLOCKS, digest=report.digest
    )
    assert report.sentence() == "intact and closed: 32 events"


@pytest.mark.parametrize(
    ("statement", "bad_block", "problem"),
    [
        (
            f"UPDATE blocks SET payload = {replaced('payload', '123.42', '123.24')} WHERE number = 2",
            2,
            "block 2 has digest",
        ),
        ("UPDATE blocks SET digest = x'00' WHERE number = 3", 3, "block 3 has digest 00"),
        ("UPDATE blocks SET count = 3 WHERE number = 1", 1, "block 1 holds 4 events where its row says 3"),
        ("UPDATE blocks SET last_seq = 6 WHERE number = 0", 0, r"block 0 says .* and holds"),
        ("UPDATE blocks SET first_ts_ns = 1 WHERE number = 0", 0, r"block 0 says .* and holds"),
        ("UPDATE blocks SET payload = x'7b' WHERE number = 4", 4, "block 4, line 1: "),
        ("UPDATE blocks SET payload = x'', count = 0 WHERE number = 4", 4, "block 4 holds no event"),
        ("DELETE FROM blocks WHERE number = 5", 5, "block 5 is missing; the session was closed with 8"),
        ("DELETE FROM blocks WHERE number = 7", 7, "block 7 is missing; the session was closed with 8"),
        ("DELETE FROM blocks WHERE number = 0", 0, "block 0 is missing"),
        ("UPDATE closing SET events = 31", None, "closed with 8 blocks, 31 events"),
        (f"UPDATE session SET hashed = {replaced('hashed', 'fast', 'slow')}", None, "header does not match its seal"),
        ("DELETE FROM session", None, "no session header"),
    ],
)
def test_a_skilled_change_is_found_and_placed(
    closed: Path, events: list[Event], statement: str, bad_block: int | None, problem: str
) -> None:
    forge(closed, statement)
    mend_checksums(closed)
    report = verify(closed)
    assert not report.ok
    assert report.bad_block == bad_block
    assert_matches(problem, report.problem)
    assert report.sentence().startswith("broken: ")


def assert_matches(pattern: str, text: str) -> None:
    assert re.search(pattern, text, re.DOTALL), f"{text!r} does not say {pattern!r}"


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DROP TABLE blocks", "no such table: blocks"),
        ("DROP TABLE session", "the header cannot be read: no such table: session"),
        ("DROP TABLE closing", "the closing record cannot be read: no such table: closing"),
        ("UPDATE blocks SET payload = 'text' WHERE number = 4", "block 4 is damaged: Expected `bytes`"),
        ("UPDATE blocks SET count = 'many' WHERE number = 4", "block 4 is damaged: Expected `int`"),
        ("UPDATE closing SET summary_json = x'00'", "closing record does not match its seal"),
    ],
)
def test_a_clumsy_change_is_found(closed: Path, statement: str, problem: str) -> None:
    forge(closed, statement)
    report = verify(closed)
    assert not report.ok
    assert_matches(problem, report.problem)


def test_swapped_blocks_are_found(closed: Path) -> None:
    forge(
        closed,
        "UPDATE blocks SET number = 99 WHERE number = 2",
        "UPDATE blocks SET number = 2 WHERE number = 3",
        "UPDATE blocks SET number = 3 WHERE number = 99",
    )
    mend_checksums(closed)
    assert verify(closed).bad_block == 2
    with open_journal(closed) as reader, pytest.raises(JournalError, match="block 3 begins before block 2 ends"):
        list(reader.events())


def test_reading_alone_refuses_a_damaged_a_missing_and_a_cut_off_block(closed: Path, events: list[Event]) -> None:
    forge(closed, "UPDATE blocks SET last_seq = last_seq - 1 WHERE number = 6")
    assert handed_out(closed) == events[:24]
    with open_journal(closed) as reader:
        with pytest.raises(JournalError, match="block 6 does not match its checksum"):
            list(reader.events(from_seq=events[26].seq))
        assert reader.last_events(4) == events[-4:]
        with pytest.raises(JournalError, match="block 6 does not match its checksum"):
            reader.last_events(5)
    forge(closed, "DELETE FROM blocks WHERE number = 6")
    with open_journal(closed) as reader, pytest.raises(JournalError, match="block 6 is missing"):
        list(reader.events())
    forge(closed, "DELETE FROM blocks WHERE number = 7")
    with (
        open_journal(closed) as reader,
        pytest.raises(JournalError, match="block 6 is missing; the session was closed with 8"),
    ):
        reader.last_events(1)


# damage at every byte


def bytes_of_last_records(data: bytes, events: list[Event]) -> list[int]:
    """Where in the file the last block rows lie: their numbers and times, then payload, digest and checksum."""
    spots: list[int] = []
    for block in range(BLOCKS - RECORDS, BLOCKS):
        payload = encode_events(events[4 * block : 4 * block + 4])
        at = data.index(payload)
        spots += range(at - 25, at + len(payload) + 32 + 4)
    return spots


def end_of_commit(log: bytes, number: int) -> int:
    """Where in the write-ahead log the `number`-th commit ends."""
    starts = range(32, len(log), 24 + 4096)
    commits = [at for at in starts if log[at + 4 : at + 8] != bytes(4)]
    assert len(commits) == BLOCKS
    return commits[number - 1] + 24 + 4096


def damaged(data: bytes, spots: Sequence[int], rng: random.Random) -> Iterator[tuple[str, bytes]]:
    for spot in spots:
        yield f"cut at {spot}", data[:spot]
        bit = 1 << rng.randrange(8)
        yield f"bit {bit} of byte {spot}", data[:spot] + bytes([data[spot] ^ bit]) + data[spot + 1 :]


def never_a_wrong_event(original: Path, name: str, spots: Sequence[int], events: list[Event], folder: Path) -> set[str]:
    """Damage a copy at every spot; return which outcomes occurred."""
    folder.mkdir()
    whole = {file.name: file.read_bytes() for file in original.parent.iterdir() if not file.name.endswith("-shm")}
    seen: set[str] = set()
    for what, data in damaged(whole[name], spots, random.Random(1)):
        for file in folder.iterdir():
            file.unlink()
        for each, content in (whole | {name: data}).items():
            (folder / each).write_bytes(content)
        report, given = outcome(folder / "session.db"), handed_out(folder / "session.db")
        assert given == events[: len(given)], f"{what}: a wrong event was handed out"
        if report is None or not report.ok:
            assert report is None or report.problem, what
            seen.add("refused")
        else:
            assert report.events == len(given), what
            seen.add("all" if given == events else "prefix")
    return seen


def quick_or_all(spots: Sequence[int], quick: bool) -> Sequence[int]:
    return spots[::EVERY_NTH_BYTE] if quick else spots


thorough = pytest.mark.parametrize(
    "quick", [True, pytest.param(False, marks=pytest.mark.slow)], ids=["sampled", "every_byte"]
)


@thorough
def test_damage_to_the_last_records_of_a_closed_file_is_refused(
    closed: Path, events: list[Event], tmp_path: Path, quick: bool
) -> None:
    spots = bytes_of_last_records(closed.read_bytes(), events)
    seen = never_a_wrong_event(closed, "session.db", quick_or_all(spots, quick), events, tmp_path / "copy")
    assert seen == {"refused"}


@thorough
def test_damage_anywhere_in_a_closed_file_never_yields_a_wrong_event(
    closed: Path, events: list[Event], tmp_path: Path, quick: bool
) -> None:
    spots = range(closed.stat().st_size)
    seen = never_a_wrong_event(closed, "session.db", quick_or_all(spots, quick), events, tmp_path / "copy")
    assert seen <= {"refused", "all"}  # "all": bytes that no row uses


@thorough
def test_damage_to_the_log_of_a_killed_session_leaves_a_prefix_or_is_refused(
    killed: Path, events: list[Event], tmp_path: Path, quick: bool
) -> None:
    log = killed.with_name("session.db-wal").read_bytes()
    frames = range(end_of_commit(log, BLOCKS - RECORDS), len(log))
    seen = never_a_wrong_event(killed, "session.db-wal", quick_or_all(frames, quick), events, tmp_path / "copy")
    assert seen <= {"refused", "prefix", "all"}
    assert "prefix" in seen


def test_commits_that_stand_behind_damage_in_the_log_are_missed(killed: Path) -> None:
    log = killed.with_name("session.db-wal")
    data = bytearray(log.read_bytes())
    data[200] ^= 1  # the first frame: SQLite would now take the log for empty
    log.write_bytes(data)
    report = verify(killed)
    assert not report.ok
    assert "8 commits stand after the point where the log is damaged" in report.problem
    data[200] ^= 1
    data[17] ^= 1  # the head of the log
    log.write_bytes(data)
    assert "head of the write-ahead log is damaged" in verify(killed).problem


def test_a_last_commit_that_was_torn_is_left_out_with_a_note(killed: Path, events: list[Event]) -> None:
    log = killed.with_name("session.db-wal")
    data = bytearray(log.read_bytes())
    data[-100] ^= 1
    log.write_bytes(data)
    report = verify(killed)
    assert (report.ok, report.events) == (True, len(events) - 4)
    assert "the last write was cut short" in report.sentence()
    assert handed_out(killed) == events[:-4]

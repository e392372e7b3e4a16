"""Run files, halts and private files: what one process leaves for another."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec.structs import replace

from tradetui.engine.operations.halt import Halt, HaltLatch
from tradetui.engine.operations.health import SessionHealth
from tradetui.engine.operations.private import private_folder, write_private
from tradetui.engine.operations.run_files import Registration, RunFile, born, find_runs


def file_of(pid: int, born_: str = "") -> RunFile:
    return RunFile(
        pid=pid,
        born=born_ or born(pid),
        mode="paper",
        environment="paper",
        paper=True,
        account="1234",
        trading_url="https://paper-api.alpaca.markets",
        journal="session.db",
        started_ns=1,
    )


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_session_is_known_while_it_runs_and_forgotten_when_it_ends(tmp_path: Path) -> None:
    health = SessionHealth(ts_ns=5, working=2)
    with Registration(tmp_path, file_of(os.getpid())) as registration:
        registration.beat(health)
        (run,) = find_runs(tmp_path)
        assert (run.life, run.health, run.file.account) == ("running", health, "1234")
        assert mode_of(tmp_path / "runs" / f"{os.getpid()}.json") == 0o600
        assert mode_of(tmp_path / "runs") == 0o700
    assert find_runs(tmp_path) == []


def test_a_stopped_process_is_told_from_a_running_one_and_a_dead_one_is_forgotten(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"])
    try:
        Registration(tmp_path, file_of(child.pid)).__enter__()
        assert [run.life for run in find_runs(tmp_path)] == ["running"]
        os.kill(child.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        assert [run.life for run in find_runs(tmp_path)] == ["stopped"]
    finally:
        child.kill()
        child.wait()
    assert [run.life for run in find_runs(tmp_path)] == ["gone"]
    assert find_runs(tmp_path) == []


def test_another_process_of_the_same_number_is_not_taken_for_the_session(tmp_path: Path) -> None:
    Registration(tmp_path, file_of(os.getpid(), "1")).__enter__()
    assert [run.life for run in find_runs(tmp_path)] == ["gone"]


def test_a_run_file_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    write_private(tmp_path / "runs" / "1.json", b"{")
    with Registration(tmp_path, file_of(os.getpid())):
        assert len(find_runs(tmp_path)) == 1


def test_a_halt_stands_until_it_is_cleared_and_keeps_its_first_reason(tmp_path: Path) -> None:
    latch = HaltLatch(tmp_path, "paper")
    assert not latch.standing()
    latch.set(Halt("quotes look wrong", "a person", 1))
    latch.set(Halt("again", "another", 2))
    assert latch.read() == Halt("quotes look wrong", "a person", 2)
    assert not HaltLatch(tmp_path, "live").standing()
    assert mode_of(latch.path) == 0o600
    assert not latch.clear(Halt("quotes look wrong", "a person", 1))  # another kill came meanwhile
    assert latch.clear()
    assert latch.clear()
    assert latch.read() is None


def test_a_halt_that_cannot_be_read_stands(tmp_path: Path) -> None:
    latch = HaltLatch(tmp_path, "paper")
    write_private(latch.path, b"{")
    found = latch.read()
    assert found is not None
    assert "cannot be read" in found.reason


def test_where_it_cannot_be_seen_whether_a_halt_stands_it_does(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert HaltLatch(tmp_path / "file", "paper").standing()


def test_a_private_file_is_whole_or_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept"
    write_private(path, b"old", durable=True)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"new", durable=True)
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["kept"]


def test_an_open_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    assert mode_of(private_folder(folder)) == 0o700


def test_folders_that_are_made_on_the_way_are_as_private_as_the_last(tmp_path: Path) -> None:
    made = private_folder(tmp_path / "state" / "runs" / "today")
    assert [mode_of(one) for one in (made, made.parent, made.parent.parent)] == [0o700] * 3


def test_a_picture_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    registration = Registration(tmp_path / "file", replace(file_of(1)))
    (tmp_path / "file").write_text("")
    registration.beat(SessionHealth(ts_ns=1))

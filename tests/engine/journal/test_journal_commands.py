"""`tradetui journal` prints what is stored, and its exit code says whether the session can be trusted."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tradetui.engine.errors import DataError, JournalError, UsageError
from tradetui.engine.journal.codec import encode_events
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import Event, StrategyErrorEvent
from tradetui.tui.cli.journal import app

TradingDay = Callable[[int], list[Event]]


@pytest.fixture
def session(tmp_path: Path, header: JournalHeader, trading_day: TradingDay) -> Path:
    journal = FileJournal(tmp_path / "session.db", header)
    journal.append(trading_day(3))
    journal.close()
    return journal.path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_show_prints_one_tab_separated_row_an_event(session: Path) -> None:
    rows = [line.split("\t") for line in run("show", session).stdout.splitlines()]
    assert rows[0] == ["seq", "time", "event", "symbol", "what happened", "cause"]
    assert len(rows) == 1 + 12
    assert rows[4] == [
        "5",
        "2024-03-01T14:30:00Z",
        "fill",
        "GOOG",
        "bought 10 GOOG at 123.40, fee 0.10, taker, order 0 to open",
        "3",
    ]


def test_show_takes_the_folder_of_a_run_and_filters(session: Path) -> None:
    shown = run("show", session.parent, "--kind", "fill", "--kind", "order", "--symbol", "GOOG", "--last", 3)
    assert [row.split("\t")[0] for row in shown.stdout.splitlines()[1:]] == ["5", "13", "15"]
    shown = run("show", session, "--last", 5, "--from-seq", 14)
    assert [row.split("\t")[0] for row in shown.stdout.splitlines()[1:]] == ["14", "15"]


def test_show_json_is_exactly_what_is_stored(session: Path, trading_day: TradingDay) -> None:
    assert run("show", session, "--json").stdout.encode() == encode_events(trading_day(3))


def test_text_from_outside_can_neither_break_a_row_nor_move_the_cursor(tmp_path: Path, header: JournalHeader) -> None:
    journal = FileJournal(tmp_path / "session.db", header)
    journal.append([StrategyErrorEvent("mine", "a\tb\nc\x1b[2Jd", "", 0, seq=1)])
    journal.close()
    assert run("show", tmp_path).stdout.splitlines()[1].split("\t")[4] == (
        r"strategy mine stopped: a\tb\nc\x1b[2Jd; positions untouched"
    )


def test_on_a_terminal_show_draws_a_table(session: Path) -> None:
    script = f"from tradetui.tui.cli.journal import app; app(['show', {str(session)!r}, '--last', '2'])"
    ours, theirs = pty.openpty()
    environment = os.environ | {"COLUMNS": "120", "TERM": "xterm", "NO_COLOR": "1"}
    with subprocess.Popen([sys.executable, "-c", script], stdout=theirs, env=environment) as shown:
        os.close(theirs)
        text = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # what Linux answers once the other side has gone
                break
            if not part:
                break
            text += part
    os.close(ours)
    assert shown.returncode == 0
    lines = text.decode().splitlines()
    assert "what happened" in lines[0]
    assert "bought 10 GOOG at 123.42, fee 0.10" in text.decode()
    assert "\t" not in text.decode()


def test_an_unknown_kind_is_refused_with_the_nearest_one(session: Path) -> None:
    fault = run("show", session, "--kind", "fil").exception
    assert isinstance(fault, UsageError)
    assert "Did you mean fill?" in str(fault)


def test_verify_says_what_it_proved(session: Path) -> None:
    done = run("verify", session)
    assert done.exit_code == 0
    assert done.stdout.startswith("intact and closed: 12 events\n")
    report = json.loads(run("verify", session, "--json").stdout)
    assert report["ok"] is True
    assert report["digest"] in done.stdout


def test_an_interrupted_session_that_is_intact_is_no_failure(tmp_path: Path, header: JournalHeader) -> None:
    FileJournal(tmp_path / "session.db", header).abandon()
    done = run("verify", tmp_path)
    assert done.exit_code == 0
    assert "interrupted" in done.stdout


def test_a_broken_session_exits_1_and_what_is_none_exits_3(session: Path, tmp_path: Path) -> None:
    data = bytearray(session.read_bytes())
    data[data.index(b"123.41")] ^= 1
    session.write_bytes(data)
    fault = run("verify", session).exception
    assert isinstance(fault, JournalError)
    assert fault.exit_code == 1
    assert "broken: " in str(fault)
    done = run("verify", session, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["bad_block"] == 0
    absent = run("verify", tmp_path / "none.db").exception
    assert isinstance(absent, DataError)
    assert absent.exit_code == 3


@pytest.mark.parametrize("command", ["show", "verify"])
def test_help_has_examples(command: str) -> None:
    assert f"tradetui journal {command}" in run(command, "--help").stdout

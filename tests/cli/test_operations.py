"""`tradetui status`, `kill`, `reconcile`, `doctor` and `keys`, as somebody types them in another terminal."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "engine" / "practice"))

from practice_market import OPEN_NS, small_world
from tradetui.engine.journal.header import Details, JournalHeader
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.model.events import Event, FillEvent, OpeningEvent
from tradetui.engine.operations.halt import Halt, HaltLatch
from tradetui.engine.operations.health import SessionHealth
from tradetui.engine.operations.run_files import Registration, RunFile, born
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

KEY, SECRET = "PKCANARYOPS000000001", "canary-ops-4471-secret"
pytestmark = pytest.mark.slow


class Done(NamedTuple):
    """What a command left."""

    returncode: int
    stdout: str
    stderr: str


Run = Callable[..., Done]


@pytest.fixture
def server() -> Iterator[ExchangeThread]:
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000), {KEY: SECRET})
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as running:
        yield running


@pytest.fixture
def surroundings(tmp_path: Path, server: ExchangeThread) -> dict[str, str]:
    """Keys and settings, in variables alone."""
    return {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TRADETUI_STATE_FOLDER": str(tmp_path / "state"),
        "TRADETUI_LOG_FOLDER": str(tmp_path / "log"),
        "TRADETUI_ENVIRONMENT": "dev",
        "TRADETUI_TRADING_URL": server.url,
        "TRADETUI_PRACTICE_KEY": KEY,
        "TRADETUI_PRACTICE_SECRET": SECRET,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }


@pytest.fixture
def run(surroundings: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The program, in this process; what it prints holds neither half of the keys."""
    from tradetui.tui.cli import main

    for name in [name for name in os.environ if name.startswith(("TRADETUI_", "APCA_"))]:
        monkeypatch.delenv(name)

    def do(*arguments: str, typed: str = "", **more: str) -> Done:
        with monkeypatch.context() as patch:
            for name, value in {**surroundings, **more}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["tradetui", *arguments])
            patch.setattr(sys, "stdin", io.StringIO(typed))
            with pytest.raises(SystemExit) as left:
                main()
        said = capsys.readouterr()
        return checked(Done(int(left.value.code or 0), said.out, said.err))

    return do


@pytest.fixture
def process(surroundings: dict[str, str], tmp_path: Path) -> Run:
    """The same in a process of its own."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("TRADETUI_", "APCA_"))}

    def do(*arguments: str, typed: str = "", **more: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "tradetui", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**inherited, **surroundings, **more},
            input=typed,
            cwd=tmp_path,
        )
        return checked(Done(done.returncode, done.stdout, done.stderr))

    return do


def checked(done: Done) -> Done:
    assert SECRET not in done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr
    return done


@pytest.fixture
def session(tmp_path: Path, server: ExchangeThread) -> Iterator[subprocess.Popen[bytes]]:
    """A process that registered as a session, as far as anybody else can see."""
    child = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"])
    registration = Registration(tmp_path / "state", run_file(child.pid, server.url))
    registration.__enter__()
    registration.beat(SessionHealth(ts_ns=time.time_ns(), working=3, positions=1))
    yield child
    child.kill()
    child.wait()


def run_file(pid: int, url: str) -> RunFile:
    return RunFile(
        pid=pid,
        born=born(pid),
        mode="practice",
        environment="dev",
        paper=True,
        account="0001",
        trading_url=url,
        journal="session.db",
    )


def submit(server: ExchangeThread, **more: str) -> None:
    body = {"symbol": "ACME", "side": "buy", "qty": "10", "type": "market", "time_in_force": "day", **more}
    server.call(lambda venue: venue.exchange.submit(body))


def states(server: ExchangeThread) -> list[str]:
    return server.call(lambda venue: [order.status for order in venue.exchange.orders.by_id.values()])


def test_kill_cancels_over_the_broker_while_the_session_is_stopped_and_the_database_is_down(
    process: Run, run: Run, server: ExchangeThread, session: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    submit(server)
    for _ in range(3):
        submit(server, type="limit", limit_price="50")
    os.kill(session.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, session.pid, os.WSTOPPED | os.WNOWAIT)
    down = {
        "TRADETUI_DATABASE_URL": f"postgresql://x:{SECRET}@127.0.0.1:9/x",
        "TRADETUI_REDIS_URL": "redis://127.0.0.1:9",
    }
    done = process("kill", "--reason", "quotes look wrong", **down)
    assert done.returncode == 0, done.stdout + done.stderr
    assert states(server) == ["filled", "canceled", "canceled", "canceled"]
    assert "3 cancelled, none open: confirmed by the broker" in done.stdout
    assert "position kept: 10 ACME" in done.stdout
    assert f"process {session.pid} (practice) is stopped" in done.stdout
    halt = HaltLatch(tmp_path / "state", "dev").read()
    assert halt is not None
    assert halt.reason == "quotes look wrong"
    told = run("status")
    assert "dev is HALTED: quotes look wrong" in told.stdout
    assert "IS STOPPED by a signal" in told.stdout


def test_kill_works_though_the_settings_are_wrong_and_the_disk_takes_no_halt(
    run: Run, server: ExchangeThread, session: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    submit(server, type="limit", limit_price="50")
    (tmp_path / "state" / "halt-dev.json").mkdir()  # nothing can be written there, and what cannot be read stands
    done = run("kill", "--json", TRADETUI_LOG_FILES="many")
    answer = json.loads(done.stdout)
    assert states(server) == ["canceled"]
    assert (answer["schema_version"], answer["accounts"][0]["left"]) == (1, [])
    assert "going on without settings" in done.stderr


def test_kill_says_when_the_broker_does_not_answer_and_halts_all_the_same(run: Run, tmp_path: Path) -> None:
    done = run("kill", "--timeout", "0.5", TRADETUI_TRADING_URL="http://127.0.0.1:9")
    assert done.returncode == 3
    assert "THE BROKER DID NOT CONFIRM" in done.stdout
    assert HaltLatch(tmp_path / "state", "dev").standing()


def test_kill_without_keys_halts_and_says_what_is_missing(run: Run, tmp_path: Path) -> None:
    done = run("kill", TRADETUI_PRACTICE_KEY="", TRADETUI_PRACTICE_SECRET="")
    assert done.returncode == 3
    assert "the broker could not be asked: no keys for dev" in done.stderr
    assert HaltLatch(tmp_path / "state", "dev").standing()


def test_status_shows_who_runs_and_says_so_when_nobody_does(
    run: Run, session: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    done = run("status", "--json")
    (told,) = json.loads(done.stdout)["sessions"]
    assert (told["file"]["pid"], told["life"], told["health"]["working"]) == (session.pid, "running", 3)
    assert "no session is running" in run("status", TRADETUI_STATE_FOLDER=str(tmp_path / "other")).stdout


def test_unlock_ends_a_halt_that_no_session_is_there_to_obey(run: Run, tmp_path: Path) -> None:
    latch = HaltLatch(tmp_path / "state", "dev")
    latch.set(Halt("quotes look wrong", "tradetui kill", 1))
    assert "--reason is empty" in run("unlock", "--reason", " ").stderr
    assert latch.standing()
    assert run("unlock", "--reason", "right again").stdout == "the halt of dev has ended\n"
    assert not latch.standing()
    assert run("unlock", "--reason", "again").stdout == "nothing of dev is halted\n"


def test_unlock_says_so_when_a_session_gives_no_word(
    run: Run, session: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    registration = Registration(tmp_path / "state", run_file(session.pid, ""))
    registration.beat(SessionHealth(ts_ns=time.time_ns(), trading="HALTED"))
    done = run("unlock", "--reason", "right again", "--timeout", "0.5", "--json")
    assert done.returncode == 3
    assert json.loads(done.stdout)["sessions"] == [{"pid": session.pid, "before": "HALTED", "now": None}]


def test_unlock_without_an_environment_is_for_every_session_and_with_one_for_its_own_alone(
    run: Run, session: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    registration = Registration(tmp_path / "state", run_file(session.pid, ""))
    registration.beat(SessionHealth(ts_ns=time.time_ns(), trading="HALTED"))
    HaltLatch(tmp_path / "state", "paper").set(Halt("quotes look wrong", "tradetui kill", 1))
    options = ("unlock", "--reason", "right again", "--timeout", "0.5", "--json")
    both = json.loads(run(*options, TRADETUI_ENVIRONMENT="paper").stdout)
    assert ([one["pid"] for one in both["sessions"]], both["halt_cleared"]) == ([session.pid], True)
    alone = json.loads(run(*options, "--environment", "paper").stdout)
    assert (alone["sessions"], alone["halt_cleared"]) == ([], False)
    assert "no session has that process" in run(*options, "--pid", "1").stderr


def test_unlock_of_real_money_wants_a_person(run: Run) -> None:
    done = run("unlock", "--environment", "live", "--reason", "right again", typed="UNLOCK\n")
    assert "by a person at a terminal" in done.stderr


def journal_of(path: Path, events: list[Event]) -> Path:
    header = JournalHeader(mode="practice", config_json="{}", details=Details(run_id="s1"))
    with FileJournal(path, header) as journal:
        journal.append(events)
    return path


def bought(quantity: str, price: str, fee: str = "0") -> FillEvent:
    return FillEvent(
        execution_id="x1",
        order_id=1,
        symbol="ACME",
        side=1,
        quantity=Decimal(quantity),
        price=Decimal(price),
        fee=Decimal(fee),
        liquidity="taker",
        role="open",
        ambiguous=False,
        decided_price=100.0,
        ts_ns=2,
        seq=2,
    )


def test_reconcile_agrees_where_the_journal_has_every_fill_and_differs_where_it_lacks_one(
    run: Run, server: ExchangeThread, tmp_path: Path
) -> None:
    opening = OpeningEvent(Decimal(100_000), (), 1, seq=1)
    submit(server)
    (price,) = server.call(
        lambda v: [order.filled_value / order.filled_qty for order in v.exchange.orders.by_id.values()]
    )
    whole = journal_of(tmp_path / "whole.db", [opening, bought("10", str(price))])
    done = run("reconcile", str(whole))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "they agree" in done.stdout
    submit(server, type="limit", limit_price="50", qty="3")
    lacking = journal_of(tmp_path / "lacking.db", [opening])
    done = run("reconcile", str(lacking), "--json")
    report = json.loads(done.stdout)["report"]
    assert done.returncode == 1
    assert sorted(found["kind"] for found in report["differences"]) == ["cash", "position"]
    assert report["strangers"] == ["buy 3 ACME limit at 50, 0 filled, new"]


def test_reconcile_refuses_a_journal_without_an_account_and_says_when_nobody_answers(run: Run, tmp_path: Path) -> None:
    done = run("reconcile", str(journal_of(tmp_path / "none.db", [bought("1", "1")])))
    assert done.returncode == 1
    assert "has no account to compare with" in done.stderr
    opened = journal_of(tmp_path / "opened.db", [OpeningEvent(Decimal(1), (), 1, seq=1)])
    assert run("reconcile", str(opened), "--url", "http://127.0.0.1:9").returncode == 3
    assert run("reconcile", str(tmp_path / "missing.db")).returncode == 3


def verdicts(done: Done) -> dict[str, tuple[str, str]]:
    return {check["name"]: (check["verdict"], check["seen"]) for check in json.loads(done.stdout)["checks"]}


def test_doctor_finds_everything_fit_at_the_practice_exchange(run: Run) -> None:
    done = run("doctor", "--json")
    found = verdicts(done)
    assert done.returncode == 0, done.stdout
    assert found["account"][0] == "OK"
    assert "paper account" in found["account"][1]
    assert {found[name][0] for name in ("keys", "clock", "calendar", "feed", "settings")} == {"OK"}


def test_doctor_says_what_is_wrong_with_each_server_and_shows_no_password(run: Run) -> None:
    done = run(
        "doctor",
        "--json",
        TRADETUI_DATABASE_URL=f"postgresql://me:{SECRET}@127.0.0.1:9/x",
        TRADETUI_REDIS_URL=f"redis://:{SECRET}@127.0.0.1:9/0",
        TRADETUI_PRACTICE_SECRET="canary-other-secret",
        TRADETUI_DATA_STREAM_URL="ws://127.0.0.1:9",
    )
    found = verdicts(done)
    assert done.returncode == 3
    assert "canary-other-secret" not in done.stdout
    assert {found[name][0] for name in ("account", "database", "redis", "feed")} == {"FAIL"}
    assert "refuses the keys" in found["account"][1]


def test_doctor_sees_that_keys_are_of_the_other_environment(run: Run) -> None:
    keys = {"TRADETUI_ALPACA_KEY_ID": KEY, "TRADETUI_ALPACA_SECRET_KEY": SECRET}
    found = verdicts(run("doctor", "--json", "--environment", "live", **keys))
    assert found["account"] == ("FAIL", found["account"][1])
    assert "though the environment is live" in found["account"][1]


def test_doctor_waits_no_longer_than_it_was_told(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = verdicts(
            run(
                "doctor", "--json", "--timeout", "1", TRADETUI_TRADING_URL=f"http://127.0.0.1:{silent.getsockname()[1]}"
            )
        )
    assert found["account"] == ("FAIL", "no answer within 1 s")


def test_doctor_offline_asks_nobody(run: Run) -> None:
    done = run("doctor", "--offline", TRADETUI_TRADING_URL="http://127.0.0.1:9")
    assert done.returncode == 0
    assert "account" not in done.stdout


def test_keys_are_taken_from_a_pipe_and_never_shown(run: Run, process: Run) -> None:
    assert "keys from TRADETUI_PRACTICE_KEY" in run("keys", "show", "--environment", "dev").stdout
    assert "no keys" in run("keys", "show").stdout
    assert run("keys", "set", typed=f"{KEY}\n{SECRET}\n").returncode == 0
    half = run("keys", "set", typed=f"{KEY}\n")
    assert (half.returncode, "nothing was kept" in half.stderr) == (2, True)
    assert "there were none" in run("keys", "remove").stdout
    refused = process("keys", "set", typed="a\nb\n", PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring")
    assert "keyring of this machine cannot be used" in refused.stderr

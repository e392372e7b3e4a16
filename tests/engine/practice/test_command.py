"""`tradetui exchange` as a person starts it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

SECRET = "canary-7f3a91"
KEYS = {"TRADETUI_PRACTICE_KEY": "PKCANARY", "TRADETUI_PRACTICE_SECRET": SECRET}
WAIT_S = 30


@contextmanager
def started(tmp_path: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """The exchange in a process of its own, on a free port; what it prints and logs goes to a file."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRADETUI_PRACTICE")}
    with (tmp_path / "stderr").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tradetui", "exchange", "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**inherited, **(env or {})},
            cwd=tmp_path,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=WAIT_S)


def addresses(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def ask(url: str, method: str, path: str, body: object = None, **keys: str) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=WAIT_S)
    headers = {"APCA-API-KEY-ID": keys["key"], "APCA-API-SECRET-KEY": keys["secret"]}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    return response.status, answer


ORDER = {"symbol": "ACME", "qty": "10", "side": "buy", "type": "market", "time_in_force": "day"}


@pytest.mark.slow
def test_it_is_kept_over_a_kill_and_no_key_is_written_anywhere(tmp_path: Path) -> None:
    options = ("--json", "--paused", "--keep", "kept/exchange.db")
    keys = {"key": "PKCANARY", "secret": SECRET}
    with started(tmp_path, *options, env=KEYS) as first:
        told = addresses(first)
        assert "secret" not in told
        assert told["market"] == {"start": "2026-04-01T13:30:00Z", "end": "2026-04-01T20:00:00Z"}
        assert ask(told["trading"], "POST", "/_practice/advance", {"seconds": 60}, **keys)[0] == 200
        assert ask(told["trading"], "POST", "/v2/orders", ORDER, **keys)[1]["status"] == "pending_new"
        assert ask(told["trading"], "GET", "/v2/account", key="PKWRONG", secret=SECRET)[0] == 401
        first.kill()
    with started(tmp_path, *options, env=KEYS) as second:
        told = addresses(second)
        status, position = ask(told["trading"], "GET", "/v2/positions/ACME", **keys)
        assert (status, position["qty"]) == (200, "10")
        second.send_signal(signal.SIGTERM)
        assert second.wait(WAIT_S) == 0
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert SECRET.encode() not in written
    assert b"PKCANARY" not in written


@pytest.mark.slow
def test_keys_that_were_made_are_printed_once_and_work(tmp_path: Path) -> None:
    with started(tmp_path, "--paused", "--set", "start_cash=5000") as process:
        assert process.stdout is not None
        lines = []
        while not lines or not lines[-1].startswith("Ctrl-C"):
            lines.append(process.stdout.readline())
        exported = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines if "export" in line)
        keys = {"key": exported["APCA_API_KEY_ID"], "secret": exported["APCA_API_SECRET_KEY"]}
        assert ask(exported["APCA_API_BASE_URL"], "GET", "/v2/account", **keys)[1]["cash"] == "5000"
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) == 0
        assert keys["secret"] not in process.stdout.read()


@pytest.mark.slow
def test_a_generated_session_is_played_as_it_lies(tmp_path: Path) -> None:
    from tradetui.data.synthetic_market.generate import Wanted, generate

    generate(Wanted("session", 2, 1, 1_000, 7), tmp_path / "market", lambda *_: None)
    with started(tmp_path, "--json", "--paused", "--data", "market", env=KEYS) as process:
        assets = ask(addresses(process)["trading"], "GET", "/v2/assets", key="PKCANARY", secret=SECRET)[1]
        assert {asset["symbol"] for asset in assets} >= {"ACME", "BOREAL"}


def test_a_folder_of_several_sessions_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tradetui.tui.cli import main

    for day in ("2026-03-02", "2026-03-03"):
        (tmp_path / f"{day}_bars.parquet").touch()
    monkeypatch.setattr(sys, "argv", ["tradetui", "exchange", "--data", str(tmp_path)])
    with pytest.raises(SystemExit):
        main()
    assert "2 sessions, 2026-03-02 to 2026-03-03; keep one there" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--host", "0.0.0.0"), "--open-to-network"),
        (("--set", "startcash=5"), "did you mean start_cash"),
        (("--set", "start_cash=much"), "cannot be so"),
        (("--rename", "ACME"), "expected NAME=VALUE"),
        (("--rename", "NOPE=X"), "there is no NOPE"),
        (("--data", "nowhere"), "nowhere"),
        (("--data", "a", "--synthetic", "1"), "give one"),
        (("--config", "no.toml"), "no.toml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_meant_is_said_in_one_line(
    options: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tradetui.tui.cli import main

    monkeypatch.setattr(sys, "argv", ["tradetui", "exchange", *options])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code in (2, 3)
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_half_of_a_pair_of_keys_is_refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from tradetui.tui.cli import main

    monkeypatch.setenv("TRADETUI_PRACTICE_KEY", "PKHALF")
    monkeypatch.delenv("TRADETUI_PRACTICE_SECRET", raising=False)
    monkeypatch.setattr(sys, "argv", ["tradetui", "exchange"])
    with pytest.raises(SystemExit):
        main()
    told = capsys.readouterr().err
    assert "TRADETUI_PRACTICE_SECRET is not set" in told
    assert "PKHALF" not in told

"""Lines of the log: JSON, rotated, private, and without secrets."""

from __future__ import annotations

import json
import logging
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradetui.engine.operations.logs import Logs, logger
from tradetui.engine.operations.redaction import HIDDEN, Redactor

SECRET = "canary-2f9c-secret"
LOOKS_LIKE_ONE = "abcdEFGH1234abcdEFGH1234abcdEFGH1234abcd"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_tells_when_what_and_where_and_the_fields_that_were_passed(tmp_path: Path) -> None:
    with Logs(tmp_path / "logs", Redactor()) as logs:
        logger("feed").warning("connection lost after %d s", 3, extra={"symbol": "ACME", "tries": 2, "up": None})
    (line,) = lines(logs.path)
    assert (line["level"], line["part"], line["message"]) == ("warning", "feed", "connection lost after 3 s")
    assert (line["symbol"], line["tries"], line["up"]) == ("ACME", 2, None)
    assert line["ts"].endswith("Z")


def test_no_secret_is_written_however_it_comes(tmp_path: Path) -> None:
    class Holder:
        def __repr__(self) -> str:
            return f"Holder({SECRET})"

    with Logs(tmp_path / "logs", Redactor([SECRET])) as logs:
        log = logger("test")
        log.info("it is %s", SECRET)
        log.info("%r", Holder(), extra={"held": Holder(), "api_key": "short"})
        log.info("frame", extra={"frame": {"key": "K", "secret": "tiny", "nested": [SECRET]}})
        log.info("seen %s", LOOKS_LIKE_ONE)
        try:
            raise ValueError(f"refused {SECRET} at postgresql://me:hunter22@db/x")
        except ValueError:
            log.exception("it raised")
    text = logs.path.read_text()
    for word in (SECRET, "short", "tiny", LOOKS_LIKE_ONE, "hunter22"):
        assert word not in text, word
    assert "ValueError" in text


def test_files_are_private_and_rotated_by_size(tmp_path: Path) -> None:
    with Logs(tmp_path / "logs", Redactor(), bytes_max=2_000, files=3) as logs:
        for number in range(60):
            logger("test").info("line %d %s", number, "x" * 100)
    found = sorted(logs.path.parent.iterdir())
    assert [path.name for path in found] == ["tradetui.log", "tradetui.log.1", "tradetui.log.2"]
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in found)
    assert all(path.stat().st_size <= 2_000 for path in found)
    assert lines(logs.path)[-1]["message"].startswith("line 59 ")


def test_below_its_level_nothing_is_written_and_after_its_end_nothing_at_all(tmp_path: Path) -> None:
    with Logs(tmp_path / "logs", Redactor(), level="warning") as logs:
        logger("test").info("not this")
    logger("test").info("nor this")
    assert logs.path.read_text() == ""
    assert logging.getLogger("tradetui").handlers == []


@pytest.mark.parametrize("unit", ["z", "secret", "://a:", "a=", "Bearer ", "PK0", "key_id: '"])
def test_a_megabyte_is_cut_and_hides_no_secret_at_the_cut(unit: str, tmp_path: Path) -> None:
    garbage = unit * (19_990 // len(unit))
    with Logs(tmp_path / "logs", Redactor([SECRET])) as logs:
        logger("feed").error("%s", garbage + SECRET + unit * (1_000_000 // len(unit)))
    assert logs.path.stat().st_size < 30_000
    assert SECRET[:6] not in logs.path.read_text()


def test_a_disk_that_is_full_costs_lines_and_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Logs(tmp_path / "logs", Redactor()) as logs:
        stream = logs._writer.stream

        def full(_: str) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(logs._writer, "stream", type("Full", (), {"write": full, "flush": None, "tell": None})())
        logger("test").info("lost")
        logs._listener.stop()
        monkeypatch.setattr(logs._writer, "stream", stream)
        logs._listener.start()
        logger("test").info("kept")
    assert logs.lost == 1
    assert [line["message"] for line in lines(logs.path)] == ["kept"]


def test_who_logs_never_waits_for_the_disk(tmp_path: Path) -> None:
    held = threading.Event()
    with Logs(tmp_path / "logs", Redactor()) as logs:
        logs._writer.acquire()  # as a disk that does not answer
        try:
            logger("test").info("first")
            held.set()  # reached, because the line waits elsewhere
        finally:
            logs._writer.release()
    assert held.is_set()
    assert len(lines(logs.path)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "sha256 " + "0123456789abcdef" * 4,
        "AAPL 229.41, order s1-12 at 2026-11-20T15:04:05.123456Z",
        "5f0c7b52-8a3e-4b8d-9d0e-0123456789ab",
        "https://paper-api.alpaca.markets/v2/orders",
        "PACKAGE and AKIN are words",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor([SECRET]).clean(text) == text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("PK0123456789ABCDEFGH", "PK0123"),
        ("Authorization: Bearer abcdefgh12345678", "abcdefgh"),
        ('{"secret_key": "x1"}', "x1"),
        ("APCA-API-SECRET-KEY: x1y2", "x1y2"),
        ("{'secret': 'two words'}", "two words"),
        ("redis://:pa55@host:1/0", "pa55"),
        ("token=abc;", "abc"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, word: str) -> None:
    cleaned = Redactor().clean(text)
    assert word not in cleaned
    assert HIDDEN in cleaned


@given(before=st.text(), after=st.text(), secret=st.text(min_size=6).filter(lambda text: "*" not in text))
def test_a_known_secret_never_survives(before: str, after: str, secret: str) -> None:
    assert secret not in Redactor([secret]).clean(f"{before}{secret}{after}")

"""No thread of a session dies without a word: the session ends, says which one failed, and its journal is whole."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from live_stage import Stage

from tradetui.engine.gateways.live_words import Failed
from tradetui.engine.journal.verify import verify

pytestmark = pytest.mark.slow


def running(stage: Stage) -> Stage:
    stage.session.start()
    stage.until(lambda shown: shown.account.cash and not shown.holds)
    return stage


def test_a_gateways_thread_that_fails_ends_the_session_with_what_to_do(tmp_path: Path) -> None:
    stage = running(Stage(tmp_path / "s.db"))
    stage.quote(100.0)
    stage.until(lambda shown: shown.orders)
    assert stage.feed.put is not None
    stage.feed.put(Failed("alpaca-data", "ValueError"))
    shown = stage.until(lambda shown: shown.phase == "failed")
    assert "alpaca-data failed (ValueError, see the log)" in shown.error
    assert "tradetui kill" in shown.error
    stage.session.stop()
    assert stage.session.ended
    assert stage.order[-3:] == ["feed down", "execution down", "exchange down"]
    assert (verify(stage.path).ok, verify(stage.path).closed) == (True, False)


def test_what_came_with_the_news_of_a_failure_is_in_the_journal(tmp_path: Path) -> None:
    stage = running(Stage(tmp_path / "s.db"))
    stage.quote(100.0)
    stage.until(lambda shown: shown.orders)
    assert stage.feed.put is not None
    fill = stage.venue.fill(1, "10", "100.01")
    stage.feed.put(Failed("alpaca-orders", "ValueError"))
    stage.feed.put(fill)
    stage.until(lambda shown: shown.phase == "failed")
    stage.session.stop()
    assert b"x1" in stage.path.read_bytes() + b"".join(p.read_bytes() for p in tmp_path.glob("s.db-wal"))


def test_a_monitor_that_fails_ends_the_session(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    stage = Stage(tmp_path / "s.db")
    stage.feed.health = lambda: None  # type: ignore[assignment,method-assign,return-value]
    stage.session.start()
    shown = stage.until(lambda shown: shown.phase == "failed")
    assert "monitor failed (AttributeError" in shown.error
    assert "the monitor failed" in caplog.text
    stage.session.stop()
    assert stage.session.ended
    assert verify(stage.path).ok


def test_a_gateway_that_cannot_be_ended_keeps_nothing_else_from_its_end(tmp_path: Path) -> None:
    stage = running(Stage(tmp_path / "s.db"))

    def stop(timeout_s: float) -> None:
        raise RuntimeError

    stage.feed.stop = stop  # type: ignore[method-assign]
    stage.session.stop()
    assert stage.order[-2:] == ["execution down", "exchange down"]
    assert verify(stage.path).closed

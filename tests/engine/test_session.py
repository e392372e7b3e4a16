from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rig import Recorded, Rig, swinging

from tradetui.engine.config import RunConfig, run_config
from tradetui.engine.errors import DataError, JournalError
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.verify import verify
from tradetui.engine.model.commands import Kill
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.replay import load_replay
from tradetui.engine.session import Loaded, ReplaySession, said

SMALL = run_config({"quantity": 10, "parameters": {"fast": 3, "slow": 7}}, "test")
WAIT_S = 20.0


def loaded(journal: Any = None) -> Loaded:
    rig = Rig(swinging("A", 2_000), journal=journal)
    return Loaded(rig.player, rig.journal, "session.db", {"A": 0.01})


class Watched(ReplaySession):
    """A session whose pictures can be waited for, without sleeping."""

    def __init__(self, load: Callable[[], Loaded], **options: Any) -> None:
        self.news = threading.Condition()
        super().__init__(load, **options)

    def _publish(self, snapshot: Snapshot) -> None:
        with self.news:
            super()._publish(snapshot)
            self.news.notify_all()

    def until(self, wanted: Callable[[Snapshot], bool]) -> Snapshot:
        with self.news:
            assert self.news.wait_for(lambda: wanted(self.snapshot()), WAIT_S), self.snapshot()
            return self.snapshot()


@pytest.fixture
def watch() -> Iterator[Callable[..., Watched]]:
    """Makes sessions, and stops them after the test."""
    made: list[Watched] = []

    def make(load: Callable[[], Loaded], **options: Any) -> Watched:
        made.append(Watched(load, **options))
        made[-1].start()
        return made[-1]

    yield make
    for session in made:
        session.stop()
    assert not [thread.name for thread in threading.enumerate() if thread.name == "engine"]


def test_a_session_plays_to_its_end_stops_and_leaves_no_thread(watch: Callable[..., Watched]) -> None:
    journal = Recorded()
    session = watch(lambda: loaded(journal), speed=0.0)
    done = session.until(lambda s: s.phase == "finished")
    assert done.events == 2_000
    assert done.fills_total > 10
    session.stop()
    assert journal.ended == "closed"
    session.stop()  # once more is no harm


def test_before_it_is_loaded_a_session_shows_that_it_is_loading() -> None:
    session = ReplaySession(loaded, speed=5.0, play=False, mode="BACKTEST")
    assert (session.snapshot().phase, session.snapshot().mode, session.snapshot().speed) == ("loading", "BACKTEST", 5.0)
    session.stop()  # never started


def test_a_load_that_fails_is_shown_with_its_reason(watch: Callable[..., Watched]) -> None:
    def fail() -> Loaded:
        raise DataError("GOOG.csv", 7, "high 10.1 is below low 10.4", "a high at or above the low")

    shown = watch(fail).until(lambda s: s.phase == "failed")
    assert shown.error == "GOOG.csv:7: high 10.1 is below low 10.4; expected a high at or above the low"
    assert shown.feed == "DOWN"


def test_a_session_that_cannot_even_be_built_is_shown_as_failed(watch: Callable[..., Watched]) -> None:
    def empty() -> Loaded:
        rig = Rig(swinging("A"))
        rig.player.at_ns = rig.player.at_ns[:0]
        return Loaded(rig.player, rig.journal, "", {"A": 0.01})

    assert "IndexError" in watch(empty).until(lambda s: s.phase == "failed").error


def test_a_journal_that_fails_stops_the_session_loudly_and_leaves_the_last_picture(
    watch: Callable[..., Watched],
) -> None:
    class Full(Recorded):
        def commit(self) -> None:
            if len(self.commits) == 5:
                raise JournalError("session.db: block 5 could not be written: disk full")
            super().commit()

    journal = Full()
    session = watch(lambda: loaded(journal), speed=600.0, play=False)
    session.until(lambda s: s.phase == "running")
    for _ in range(6):
        session.send(Kill())
    shown = session.until(lambda s: s.phase == "failed")
    assert shown.error == "session.db: block 5 could not be written: disk full"
    assert shown.state == "halted", "what was shown before stays"
    assert journal.ended == "abandoned"


def test_everything_the_screen_may_ask_reaches_the_engine(watch: Callable[..., Watched]) -> None:
    session = watch(loaded, play=False)
    session.step(5)
    session.until(lambda s: s.events == 5)
    session.skip(60.0 * 10)
    session.until(lambda s: s.events == 15)
    session.set_speed(0.0)
    session.play()
    session.until(lambda s: not s.paused or s.phase == "finished")
    session.pause()
    session.until(lambda s: s.paused)
    session.send(Kill())
    assert session.until(lambda s: s.state == "halted").state_reason == "kill"


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), 1e9])
def test_what_no_clock_can_do_is_refused_where_it_is_asked_not_in_the_engine(bad: float) -> None:
    session = ReplaySession(loaded)
    with pytest.raises(ValueError, match="speed"):
        session.set_speed(bad)
    with pytest.raises(ValueError, match="speed"):
        ReplaySession(loaded, speed=bad)
    for seconds in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="skip"):
            session.skip(seconds)
    with pytest.raises(ValueError, match="step"):
        session.step(0)


def test_faults_are_said_in_their_own_words_with_their_notes() -> None:
    assert said(JournalError("disk full")) == "disk full"
    fault = KeyError("x")
    fault.add_note("besides, disk full")
    assert said(fault) == "KeyError: 'x'; besides, disk full"


@pytest.mark.slow
def test_the_bundled_session_is_journaled_and_proves_itself(watch: Callable[..., Watched], tmp_path: Path) -> None:
    session = watch(lambda: load_replay(SMALL, tmp_path / "sessions"), speed=0.0, ahead_s=1800.0)
    done = session.until(lambda s: s.phase in ("finished", "failed"))
    assert done.error == ""
    session.stop()
    assert verify(Path(done.journal)).ok
    with open_journal(Path(done.journal)) as journal:
        assert len(list(journal.events(kinds=["fill"]))) == done.fills_total > 0


def test_a_user_strategy_from_columns_alone_is_replayed_on_a_trailing_window(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import polars as pl\nfrom tradetui import Strategy\n\n\nclass Mine(Strategy):\n    window = 20\n\n"
        "    def generate_signals(self, data):\n"
        "        assert len(data) <= 20\n"
        "        return (data['close'] > data['close'].mean()).cast(pl.Int8)\n"
    )
    config = RunConfig(strategy=str(tmp_path / "mine.py"))
    player, journal, path, _, _ = load_replay(config, tmp_path / "s")
    while not player.core.portfolio.open and player.row < 20_000:
        player.play(player.row + 500)
    journal.abandon()
    assert not player.core.stopped
    assert player.core.portfolio.open
    assert verify(Path(path)).ok


@pytest.mark.parametrize("config", [{"strategy": "momentun"}, {"data": ("nofile.csv",)}])
def test_a_replay_that_cannot_start_leaves_no_session_file(config: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"momentun|nofile"):
        load_replay(RunConfig(**config), tmp_path / "s")
    assert not (tmp_path / "s").exists()

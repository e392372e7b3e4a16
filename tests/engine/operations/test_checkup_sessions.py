"""What doctor and status say of the sessions that run: each thing that is not well, by name."""

from __future__ import annotations

from msgspec.structs import replace

from tradetui.engine.model.snapshot import ExecutionView, FeedView, Snapshot, StorageView
from tradetui.engine.operations.checkup import sessions
from tradetui.engine.operations.companion import health_of
from tradetui.engine.operations.run_files import Life, Run, RunFile
from tradetui.tui.cli.operations_words import run_line

WELL = Snapshot(
    feeds=(FeedView("iex", "OK"),),
    execution=ExecutionView("alpaca", "OK"),
    storage=(StorageView("PostgreSQL", "OK"), StorageView("Redis", "OK")),
)
ILL = replace(
    WELL,
    feeds=(FeedView("iex", "STALE"),),
    storage=(StorageView("PostgreSQL", "DOWN", "refused", waiting=1_200), StorageView("Redis", "OK")),
)


def running(shown: Snapshot, life: Life = "running") -> Run:
    file = RunFile(
        pid=77, born="1", mode="paper", environment="paper", paper=True, account="1234", trading_url="", journal="s.db"
    )
    return Run(file, life, health_of(shown, 5))


def test_a_session_of_which_nothing_is_ill_is_counted() -> None:
    assert sessions([running(WELL), running(WELL, "gone")]).seen == "1 running"
    assert sessions([]).seen == "none is running"


def test_what_is_ill_is_named_with_its_process() -> None:
    found = sessions([running(ILL)])
    assert (found.verdict, found.seen) == ("WARN", "77 iex STALE, PostgreSQL DOWN")
    assert sessions([running(WELL, "stopped")]).seen == "77 is stopped by a signal"


def test_status_tells_of_storage_only_where_it_is_not_well() -> None:
    assert run_line(running(ILL)).splitlines()[0].endswith("iex STALE, PostgreSQL DOWN (1,200 events wait)")
    assert "Redis" not in run_line(running(WELL))

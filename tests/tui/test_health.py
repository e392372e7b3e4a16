from __future__ import annotations

import msgspec
import pytest

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import (
    ExecutionView,
    FeedView,
    LatenciesView,
    LatencyView,
    ReconciliationView,
    Snapshot,
    StorageView,
)
from tradetui.tui import terminal

NS, MS = 1_000_000_000, 1_000_000
SMALL, WIDE = (80, 24), (160, 45)


@pytest.fixture
def paper(picture) -> Snapshot:
    """A paper session that is well but for its servers."""
    return msgspec.structs.replace(
        picture,
        mode="PAPER",
        account_label="Alpaca ****1234",
        feeds=(FeedView("alpaca iex", "OK", 12_345, 3, 1, 0, 12_400_000, 200_000_000, 4),),
        execution=ExecutionView("alpaca paper", "OK", 41, 0, 180, 200, 0, 85_000_000),
        storage=(
            StorageView("SQLite", "OK"),
            StorageView("PostgreSQL", "BEHIND", "120 rows wait; it answers slowly"),
            StorageView("Redis", "DOWN", "connection refused at 127.0.0.1:6379; tried again every 2 s"),
        ),
        reconciliation=ReconciliationView(picture.clock_ns - 12 * NS, 3, 2, (), 12 * NS),
        latencies=LatenciesView(
            LatencyView(9_000, 240_000, 1_800_000, 9_600_000, 0),
            LatencyView(40, 700_000, 2_100_000, 2_100_000, 0),
            LatencyView(40, 1_100_000, 4_200_000, 12_000_000, 0),
            queued_max=43,
        ),
    )


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "160x45"])
async def test_the_health_of_a_paper_session_looks_as_agreed(size, running, fake_desk, paper, golden):
    async with running(fake_desk(paper), size) as screen:
        await screen.press("9")
        golden(f"health-paper-{size[0]}x{size[1]}", screen.pane_text("health"))


async def test_what_is_ill_keeps_its_words_where_there_is_no_room_for_all(running, fake_desk, paper):
    difference = "AAPL: 200 units here and 150 at the venue"
    ill = msgspec.structs.replace(
        paper,
        feeds=(msgspec.structs.replace(paper.feeds[0], state="DOWN", message="no route to host"),),
        execution=msgspec.structs.replace(paper.execution, state="REFUSED", unresolved=2, rate_left=3),
        reconciliation=msgspec.structs.replace(paper.reconciliation, differences=(difference,)),
    )
    async with running(fake_desk(ill), SMALL) as screen:
        await screen.press("9")
        text = screen.pane_text("health")
        for words in ("DOWN", "no route to host", "REFUSED", "2 unresolved", "3 of 200", "LOW", "1 DIFFERENCE"):
            assert words in text
        assert "AAPL: 200 units here" in text
        assert "12.3k events" not in text


@pytest.mark.parametrize("no_color", [True, False], ids=["NO_COLOR", "mono"])
async def test_health_is_told_without_colour(no_color, running, fake_desk, paper, monkeypatch):
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    async with running(fake_desk(paper), WIDE, theme="mono") as screen:
        text = screen.pane_text("health")
        assert "● PRICES alpaca iex OK" in text
        assert "▲ STORE  PostgreSQL BEHIND" in text
        assert "■ STORE  Redis DOWN" in text


async def test_ages_go_on_while_no_new_picture_comes(running, fake_desk, paper):
    async with running(fake_desk(paper), WIDE) as screen:
        before = screen.pane_text("health")
        assert "00:12 ago" in before or "00:13 ago" in before
        screen.seconds += 30
        await screen.settle()
        assert "00:44 ago" in screen.pane_text("health")


@pytest.mark.parametrize(
    ("mode", "label", "shown"),
    [
        ("PAPER", "Alpaca ****1234", "◇ PAPER · Alpaca ****1234 "),
        ("PRACTICE", "practice ****0001", "◌ PRACTICE · practice ****0001 "),
        ("LIVE", "Alpaca ****77", "◆ LIVE · Alpaca ****77 "),
        ("REPLAY", "", "↻ REPLAY "),
    ],
)
async def test_the_mode_names_the_account_as_the_broker_said_it(mode, label, shown, running, fake_desk, picture):
    snapshot = msgspec.structs.replace(picture, mode=mode, account_label=label)
    async with running(fake_desk(snapshot), SMALL) as screen:
        assert shown in screen.text().splitlines()[0]
        assert ("╔" in screen.text()) == (mode == "LIVE")
    assert (f"{mode} · {label}" if label else mode) in terminal.title(snapshot)


async def test_stale_prices_of_one_symbol_are_dim_with_their_age_and_those_of_others_are_not(running, fake_desk, paper):
    lines = [msgspec.structs.replace(line) for line in paper.symbols]
    lines[1] = msgspec.structs.replace(lines[1], feed="STALE", age_ns=4 * NS)
    stale = msgspec.structs.replace(paper, feed="STALE", symbols=tuple(lines))
    async with running(fake_desk(stale), WIDE) as screen:
        view = screen.app.view
        assert (view.stale("AAPL"), view.stale("MSFT")) == (False, True)
        assert "old " in screen.pane_text("watch")
        assert "STALE" not in screen.pane_text("book")
        await screen.press("8", "j")
        assert "STALE " in screen.pane_text("book")


async def test_why_no_risk_may_be_taken_is_said_and_space_does_nothing_to_a_halt(running, fake_desk, paper):
    held = msgspec.structs.replace(paper, state=TradingState.REDUCING, holds=("the account has not been compared yet",))
    desk = fake_desk(held)
    async with running(desk, SMALL) as screen:
        assert "the account has not been compared yet" in screen.text().splitlines()[1]
        desk.show(state=TradingState.HALTED, orders_cancelled=2, orders_unconfirmed=1)
        await screen.press("space")
        assert "2 cancelled, 1 unconfirmed" in screen.text()
        assert desk.sent == []


async def test_a_slow_way_from_tick_to_order_is_doubtful(running, fake_desk, paper):
    slow = msgspec.structs.replace(paper.latencies, tick_to_order=LatencyView(9, 30 * MS, 80 * MS, 90 * MS, 0))
    async with running(fake_desk(msgspec.structs.replace(paper, latencies=slow)), WIDE) as screen:
        assert "▲ DELAY  from a tick LATE    p99 80ms" in screen.pane_text("health")


async def test_each_delay_has_its_figures_where_there_is_room(running, fake_desk, paper):
    only = msgspec.structs.replace(paper, storage=())
    async with running(fake_desk(only), WIDE) as screen:
        text = screen.pane_text("health")
        assert "signal p50 0.2 p99 1.8 max 9.6 ms" in text
        assert "order  p50 1.1 p99 4.2 max 12 ms" in text


async def test_nothing_is_said_of_delays_that_nobody_measured(running, fake_desk, paper):
    for latencies in (None, LatenciesView()):
        async with running(fake_desk(msgspec.structs.replace(paper, latencies=latencies)), WIDE) as screen:
            assert "DELAY" not in screen.pane_text("health")

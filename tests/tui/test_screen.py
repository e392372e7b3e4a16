from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest
from textual import events

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import (
    BookView,
    CurveView,
    FeedView,
    FillView,
    Marker,
    PositionView,
    Snapshot,
    SymbolView,
)
from tradetui.tui import terminal
from tradetui.tui.app import Workstation
from tradetui.tui.panes.banner import Banner
from tradetui.tui.panes.table import WHEEL_ROWS
from tradetui.tui.themes import ThemeError

SMALL, WIDE, NARROW = (80, 24), (160, 45), (60, 18)
DAY = 86_400 * 1_000_000_000
DRAWDOWN = "DRAWDOWN: equity 94,900.00 is 5.10% below its peak 100,000.00, limit 5.00%"
PANES = ("book", "fills", "positions", "equity", "risk", "orders", "log", "watch", "health")


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "160x45"])
async def test_the_whole_screen_looks_as_agreed(size, running, fake_desk, picture, golden):
    async with running(fake_desk(picture), size) as screen:
        golden(f"screen-{size[0]}x{size[1]}", screen.text())


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "160x45"])
@pytest.mark.parametrize("pane", PANES)
async def test_each_pane_looks_as_agreed(pane, size, running, fake_desk, picture, golden):
    async with running(fake_desk(picture), size) as screen:
        await screen.press(str(PANES.index(pane) + 1 if pane != "book" else 1))
        number = screen.app.workspace.stage.panes[pane].number
        await screen.press(str(number))
        golden(f"{pane}-{size[0]}x{size[1]}", screen.pane_text(pane))


STATES = {
    "killed": {
        "state": TradingState.HALTED,
        "state_since_ns": 1_772_460_205 * 1_000_000_000,
        "orders_cancelled": 2,
        "orders": (),
    },
    "reducing": {"state": TradingState.REDUCING, "state_since_ns": 1_772_459_959 * 1_000_000_000},
    "paused": {"paused": True},
    "loading": {"phase": "loading", "paused": True},
    "failed": {"phase": "failed", "error": "journal.db: disk full at event 1,204"},
    "finished": {"phase": "finished"},
    "stale": {"feed": "STALE", "mode": "PAPER · Alpaca ****1234"},
    "live": {"mode": "LIVE ··77"},
}


@pytest.mark.parametrize("state", sorted(STATES))
async def test_each_state_looks_as_agreed(state, running, fake_desk, picture, golden):
    async with running(fake_desk(msgspec.structs.replace(picture, **STATES[state])), SMALL) as screen:
        golden(f"state-{state}-80x24", screen.text())


async def test_a_killed_session_says_what_is_still_open_and_how_to_unlock(running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, **STATES["killed"]))
    async with running(desk, WIDE) as screen:
        banner = "■ KILLED 14:03:25 · 2 cancelled, 0 unconfirmed · 2 POSITIONS STILL OPEN · U unlock"
        assert banner in screen.text()
        assert "┏" in screen.text()


@pytest.mark.parametrize("size", [NARROW, SMALL, WIDE], ids=str)
async def test_trading_stopped_by_a_limit_is_halted_for_a_reason_and_not_killed(size, running, fake_desk, picture):
    halted = msgspec.structs.replace(picture, **STATES["killed"], state_reason=DRAWDOWN)
    async with running(fake_desk(halted), size) as screen:
        assert "■ HALTED 14:03:25 · DRAWDOWN: equity 94,900.00" in screen.text()
        assert "HALTED" in screen.text().splitlines()[0]
        assert ("2 POSITIONS STILL OPEN" if size == WIDE else "2 OPEN") in screen.text()
        assert "KILLED" not in screen.text()
        assert "┏" in screen.text()


async def test_where_it_is_wide_the_banner_gives_the_whole_reason_of_a_halt(running, fake_desk, picture):
    halted = msgspec.structs.replace(picture, **STATES["killed"], state_reason=DRAWDOWN)
    async with running(fake_desk(halted), (200, 45)) as screen:
        banner = screen.text().splitlines()[1]
        assert DRAWDOWN in banner
        assert banner.endswith("2 cancelled, 0 unconfirmed · 2 POSITIONS STILL OPEN · U unlock")


@pytest.mark.parametrize(("state", "word"), [("killed", "KILLED"), ("reducing", "REDUCING")])
async def test_the_header_says_what_may_be_traded_and_whether_the_clock_runs(state, word, running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, **STATES[state]))
    for size, run, held in ((SMALL, "RUN", "PAUSED"), (WIDE, "▶ RUN x10", "❚❚ PAUSED 00:0")):
        async with running(desk, size) as screen:
            desk.show(paused=False)
            await screen.settle()
            header = screen.text().splitlines()[0]
            assert word in header
            assert run in header
            desk.show(paused=True)
            await screen.settle()
            header = screen.text().splitlines()[0]
            assert word in header
            assert held in header
            desk.show(phase="finished")
            await screen.settle()
            assert ("END" if size == SMALL else "FINISHED") in screen.text().splitlines()[0]
            desk.show(phase="running")


async def test_that_a_practice_market_is_over_is_said_and_is_no_alarm(running, fake_desk, picture):
    words = "the practice market is over at 20:00"
    over = {"feed": "END", "mode": "PRACTICE", "state": TradingState.REDUCING, "holds": (words,)}
    feeds = (FeedView("alpaca", "END", message=words),)
    async with running(fake_desk(msgspec.structs.replace(picture, **over, feeds=feeds)), SMALL) as screen:
        assert "■ THE PRACTICE MARKET IS OVER AT 20:00 · " in screen.text().splitlines()[1]
        assert "STALE" not in screen.text()


async def test_a_banner_that_comes_back_never_shows_what_it_said_before(running, fake_desk, picture, monkeypatch):
    before = {"state": TradingState.REDUCING, "holds": ("the account has not been compared yet",), "mode": "PRACTICE"}
    desk = fake_desk(msgspec.structs.replace(picture, **before))
    async with running(desk, SMALL) as screen:
        assert "compared yet" in screen.text().splitlines()[1]
        desk.show(state=TradingState.ACTIVE, holds=())
        await screen.settle()
        painted: list[str] = []
        banner = screen.app.query_one("#banner", Banner)
        paint = banner.render_lines

        def noted(crop):
            strips = paint(crop)
            painted.extend(strip.text for strip in strips)
            return strips

        monkeypatch.setattr(banner, "render_lines", noted)
        desk.show(**STATES["killed"])
        await screen.settle()
    assert painted
    assert all("KILLED" in text for text in painted), painted


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "160x45"])
async def test_reducing_has_one_name_on_the_screen(size, running, fake_desk, picture):
    async with running(fake_desk(msgspec.structs.replace(picture, **STATES["reducing"])), size) as screen:
        assert "❚❚ REDUCING 00:41 · only orders that reduce a position" in screen.text()
        assert screen.text().count("REDUCING") == (2 if size == SMALL else 3)  # header, banner and account
        assert "ORDERS PAUSED" not in screen.text()
        assert "REDUCE " not in screen.text()


def _daily(picture: Snapshot, shift_ns: int = 0) -> Snapshot:
    """The session stretched over years, one bar a day: every time is a midnight moved by `shift_ns`."""
    first = picture.start_ns // DAY * DAY - 3000 * DAY + shift_ns
    change = msgspec.structs.replace
    at = {
        name: tuple(change(row, ts_ns=first + (100 + n) * DAY) for n, row in enumerate(getattr(picture, name)))
        for name in ("fills", "orders", "alerts", "log", "symbols")
    }
    curve = change(picture.curve, ts_ns=tuple(first + n * 10 * DAY for n in range(len(picture.curve.ts_ns))))
    clock = first + 2999 * DAY
    return change(picture, **at, curve=curve, start_ns=first, end_ns=first + 3000 * DAY, clock_ns=clock)


@pytest.mark.parametrize("size", [NARROW, SMALL, WIDE], ids=str)
async def test_in_a_session_of_daily_bars_every_time_is_a_date(size, running, fake_desk, picture):
    desk = fake_desk(_daily(picture))
    async with running(desk, size) as screen:
        assert "2026-03-01" in screen.text().splitlines()[0]
        assert "2018-04-16 " in screen.pane_text("fills")
        if size != NARROW:
            assert "229.24" in screen.pane_text("fills")
            assert "+30.00" in screen.pane_text("fills")
        if size != WIDE:
            assert size == NARROW or "2018-03-26 ma_crossover" in screen.pane_text("strip")
            await screen.press("7")
        assert "2018-04-22 " in screen.pane_text("log")
        await screen.press("4")
        assert "2017-12-14" in screen.pane_text("equity")
        assert "2024-06-30" in screen.pane_text("equity")
        assert "00:00" not in screen.text()


async def test_in_a_session_of_days_with_times_both_are_shown(running, fake_desk, picture):
    desk = fake_desk(_daily(picture, shift_ns=DAY // 2))
    async with running(desk, SMALL) as screen:
        assert screen.text().splitlines()[0].endswith("03-01 12:00")
        assert "04-16 12:00 MSFT" in screen.pane_text("fills")
        assert "+30.00" in screen.pane_text("fills")
        assert "03-26 12:00 ma_crossover" in screen.pane_text("strip")
        await screen.press("4")
        assert "2017-12-14" in screen.pane_text("equity")


async def test_a_session_of_three_days_shows_times_of_day_and_a_longer_one_does_not(running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, end_ns=picture.start_ns + 3 * DAY))
    async with running(desk, SMALL) as screen:
        assert "13:59:00" in screen.pane_text("fills")
        desk.show(end_ns=picture.start_ns + 3 * DAY + 1)
        await screen.settle()
        assert "03-02 13:59" in screen.pane_text("fills")
        desk.show(end_ns=0)  # a market that goes on has no end: how long it lasted counts
        await screen.settle()
        assert "13:59:00" in screen.pane_text("fills")


@pytest.mark.parametrize("size", [NARROW, SMALL], ids=str)
async def test_fills_of_several_symbols_name_theirs_and_those_of_one_do_not(size, running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk, size) as screen:
        assert "13:59:00 MSFT" in screen.pane_text("fills")
        assert "13:58:00 AAPL" in screen.pane_text("fills")
        assert "S▼  100" in screen.pane_text("fills")
        assert "229.24" in screen.pane_text("fills")
        desk.show(symbols=picture.symbols[:1])
        await screen.settle()
        assert "MSFT" not in screen.pane_text("fills")
        assert "S ▼" in screen.pane_text("fills")


async def test_a_long_symbol_is_cut_and_keeps_its_column(running, fake_desk, picture):
    fills = tuple(msgspec.structs.replace(fill, symbol="CORVUSHOLDINGS") for fill in picture.fills)
    async with running(fake_desk(msgspec.structs.replace(picture, fills=fills)), SMALL) as screen:
        assert "13:59:00 CORVU… S▼  100  229.24    +30.00" in screen.pane_text("fills")


async def test_a_kill_that_the_core_has_not_confirmed_says_so_until_it_does(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        await screen.press("f9")
        await screen.settle()
        assert "■ KILL SENT 00:02 AGO · NOT CONFIRMED YET" in screen.text()
        desk.show(**STATES["killed"])
        await screen.settle()
        assert "NOT CONFIRMED" not in screen.text()
        assert "■ KILLED 14:03:25" in screen.text()


async def test_a_failed_session_shows_its_whole_error_once(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        desk.show(phase="failed", error="first line\nlast line")
        await screen.settle()
        assert "first line" in screen.text()
        await screen.press("escape")
        assert "SESSION FAILED · last line" in screen.text()
        assert "first line" not in screen.text()


@pytest.mark.parametrize("feed", ["STALE", "DOWN"])
async def test_a_feed_that_is_not_ok_is_never_left_out(feed, running, fake_desk, picture):
    broken = msgspec.structs.replace(picture, feed=feed, mode="PAPER · Alpaca ****1234")
    async with running(fake_desk(broken), (60, 18)) as screen:
        assert f"feed {feed}" in screen.text().splitlines()[0]


async def test_ascii_mode_draws_nothing_but_ascii(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk, WIDE, ascii=True) as screen:
        texts = [screen.text()]
        for key in ("4", "z", "escape", "question_mark", "escape", "U", "escape", "X", "escape", "f9"):
            desk.show(state=TradingState.HALTED if key in ("U", "f9") else TradingState.ACTIVE)
            await screen.press(key)
            texts.append(screen.text())
        assert sorted({char for text in texts for char in text if not char.isascii()}) == []


async def test_without_colour_no_colour_is_sent_and_every_state_has_its_word(running, fake_desk, picture, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(fake_desk(msgspec.structs.replace(picture, **STATES["killed"])), WIDE) as screen:
        assert "KILLED" in screen.text()
        for strip in screen.strips():
            filtered = strip.apply_filter(screen.app._filters[-1], screen.app.screen.background_colors[1])
            for segment in filtered:
                style = segment.style
                assert style is None or style.color is None or style.color.is_default
                assert style is None or style.bgcolor is None or style.bgcolor.is_default


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (60, 18), (79, 23), (109, 31), (150, 38), (250, 70)], ids=str)
async def test_no_size_breaks_the_screen(size, running, fake_desk, picture):
    async with running(fake_desk(picture), size) as screen:
        for key in ("3", "4", "z", "5", "escape", "f9"):
            await screen.press(key)
        assert len(screen.text().splitlines()) == size[1]
        assert "KILL" in screen.text().splitlines()[-1]


async def test_resizing_lays_out_anew_and_loses_nothing(running, fake_desk, picture):
    async with running(fake_desk(picture), SMALL) as screen:
        before = screen.text()
        await screen.pilot.resize_terminal(160, 45)
        await screen.settle()
        assert "Account" in screen.text()
        await screen.pilot.resize_terminal(80, 24)
        await screen.settle()
        assert screen.text() == before


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "160x45"])
async def test_an_empty_snapshot_is_a_screen_that_says_loading(size, running, fake_desk):
    desk = fake_desk(Snapshot())
    async with running(desk, size) as screen:
        assert "LOADING" in screen.text()
        for key in (*"12345678", "j", "k", "g", "G", "F", "d", "plus", "equals_sign", "a", "x", "X", "w", "y", "z"):
            await screen.press(key)
        assert desk.sent == []


async def test_ten_thousand_fills_are_listed_and_scrolled(running, fake_desk, picture):
    fills = tuple(FillView(at, at, "AAPL", 1, 1.0, 2.0, 0.0, "maker", "open", None) for at in range(10_000))
    async with running(fake_desk(msgspec.structs.replace(picture, fills=fills, fills_total=10_000))) as screen:
        assert "10,000 fills" in screen.text()
        await screen.press("G")
        assert screen.app.workspace.stage.panes["fills"].selected().number == 0


async def test_huge_numbers_are_shortened_and_never_cut(running, fake_desk, picture):
    position = PositionView("AAPL", 123_456_789_012.0, 98_765_432.1, 98_765_433.2, -9.87654321e14, 1e17, 0, 12.5)
    account = msgspec.structs.replace(picture.account, equity=9.876e17, realized=-1e22, drawdown_limit=1e-9)
    huge = msgspec.structs.replace(picture, positions=(position,), account=account)
    async with running(fake_desk(huge), SMALL) as screen:
        await screen.press("3")
        row = screen.pane_text("positions").splitlines()[2]
        assert "123.5B" in row or "123.46B" in row
        assert "-987.65T" in row or "-987.7T" in row
        assert "…" not in row


async def test_numbers_that_are_none_nan_or_infinite_do_not_break_a_pane(running, fake_desk, picture):
    nan, inf = float("nan"), float("inf")
    curve = CurveView((1, 2, 3), (nan, inf, 100.0), (nan, -inf, 0.0), 9)
    strange = msgspec.structs.replace(
        picture,
        symbols=(SymbolView("AAPL", nan, inf, -inf, nan, nan, 0), SymbolView("NONE")),
        books={"AAPL": BookView("AAPL", last=None), "NONE": BookView("NONE", last=nan)},
        positions=(PositionView("AAPL", nan, nan, None, None, nan, 0, nan),),
        account=msgspec.structs.replace(picture.account, equity=nan, drawdown=nan, start_equity=0.0),
        curve=curve,
        markers=(Marker(2, "buy"), Marker(2, "unheard of")),
    )
    for size in (SMALL, WIDE):
        async with running(fake_desk(strange), size) as screen:
            for number in range(1, 9):
                await screen.press(str(number))
            await screen.press("8", "j")
            assert "nan" in screen.text()


async def test_negative_equity_is_shown_as_such(running, fake_desk, picture):
    account = msgspec.structs.replace(picture.account, equity=-1234.5, start_equity=-10.0, drawdown=-1.2)
    curve = CurveView((1, 2, 3), (100.0, 0.0, -1234.5), (0.0, -1.0, -1.2), 2)
    async with running(fake_desk(msgspec.structs.replace(picture, account=account, curve=curve)), WIDE) as screen:
        assert "-1,234.50" in screen.pane_text("equity")


async def test_wide_and_hostile_text_keeps_its_cells(running, fake_desk, picture):
    names = ("日本電信電話", "A\x1b[31mB\nC\t", "[bold]x[/]", "é́́ñ", "👩‍👩‍👧")
    fills = tuple(msgspec.structs.replace(picture.fills[0], number=at, symbol=name) for at, name in enumerate(names))
    symbols = tuple(SymbolView(name, 1.0, 1.0, 1.0, 0.0, 1.0, 1) for name in names)
    alerts = tuple(msgspec.structs.replace(picture.alerts[0], number=at, message=name) for at, name in enumerate(names))
    odd = msgspec.structs.replace(picture, fills=fills, symbols=symbols, alerts=alerts, books={})
    for size in (SMALL, WIDE):
        async with running(fake_desk(odd), size) as screen:
            await screen.press("8", "j", "j")
            assert {strip.cell_length for strip in screen.strips()} == {size[0]}
            assert "\x1b" not in screen.text()
            assert "[bold]x[/]" in screen.text()


async def test_only_what_changed_is_drawn_again(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk, WIDE) as screen:
        panes = screen.app.workspace.stage.panes
        before = {name: pane.redraws for name, pane in panes.items()}
        await screen.settle()
        assert {name: pane.redraws for name, pane in panes.items()} == before
        versions = {**picture.versions, "log": 2}
        line = msgspec.structs.replace(picture.log[-1], number=31, message="something new")
        desk.script[0] = msgspec.structs.replace(picture, version=2, versions=versions, log=(*picture.log, line))
        await screen.settle()
        drawn = {name for name, pane in panes.items() if pane.redraws != before[name]}
        assert drawn == {"log"}


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "160x45"])
async def test_headings_with_tabs_are_written_once(size, running, fake_desk, picture):
    async with running(fake_desk(picture), size) as screen:
        stage = screen.app.workspace.stage
        titles = {name: pane._border_title for name, pane in stage.panes.items()}  # a new one for every writing
        stage.write_headings()
        assert {name for name, pane in stage.panes.items() if pane._border_title is not titles[name]} == set()
        assert stage.plan.tabs


async def test_a_change_without_a_new_version_is_not_looked_at(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk, WIDE) as screen:
        fills = screen.app.workspace.stage.panes["fills"]
        before = fills.redraws
        desk.script[0] = msgspec.structs.replace(picture, version=2, fills=())
        await screen.settle()
        assert fills.redraws == before


async def test_panes_go_on_under_a_dialogue(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk, WIDE) as screen:
        await screen.press("question_mark")
        status = screen.app.workspace.stage.panes["status"]
        desk.show(account=msgspec.structs.replace(picture.account, equity=123_456.0))
        await screen.settle()
        assert "123,456" in status.text()
        assert "123,456" in screen.text().splitlines()[0]


async def test_the_desk_starts_after_the_first_frame_and_stops_at_the_end(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        assert desk.asked == [("start", 0)]
        assert "[2Fil]" in screen.text()
    assert desk.asked == [("start", 0), ("stop", 0)]


async def test_the_desk_is_stopped_when_the_screen_breaks(running, fake_desk, picture):
    desk = fake_desk(picture)

    async def break_it() -> None:
        async with running(desk) as screen:
            screen.app.call_later(lambda: 1 // 0)
            await screen.pilot.pause()

    with pytest.raises(ZeroDivisionError):
        await break_it()
    assert desk.asked[-1] == ("stop", 0)


async def test_a_click_on_a_tab_opens_it_and_the_wheel_scrolls(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        region = screen.app.workspace.stage.plan.regions["fills"]
        title = screen.text().splitlines()[region.y]
        await screen.pilot.click(offset=(title.index("3Pos") + 1, region.y))
        await screen.settle()
        assert "positions" in screen.app.workspace.stage.plan.regions
        await screen.press("2")
        fills = screen.app.workspace.stage.panes["fills"]
        await screen.pilot.click(offset=(region.x + 5, region.y + 4))
        assert fills.cursor == 2
        for event in (events.MouseScrollDown, events.MouseScrollDown, events.MouseScrollUp):
            fills.post_message(event(fills, 5, 5, 0, 0, 0, False, False, False))
        await screen.settle()
        assert fills.cursor == 2 + WHEEL_ROWS


async def test_a_click_on_the_key_bar_does_what_the_key_does(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        await screen.pilot.click(offset=(76, 23))
        await screen.settle()
        assert [type(command).__name__ for command in desk.sent] == ["Kill"]


async def test_the_watchlist_cursor_chooses_the_symbol(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        await screen.press("8", "j")
        assert "MSFT 412.07" in screen.text().splitlines()[0]
        assert "Book · REPLAY · MSFT" in screen.text()


async def test_a_book_without_depth_is_a_ladder_around_the_last_price(running, fake_desk, picture):
    book = BookView("AAPL", last=229.41, ts_ns=1, mine=((1, 229.25, 100.0),), version=5)
    async with running(fake_desk(msgspec.structs.replace(picture, books={"AAPL": book}))) as screen:
        text = screen.pane_text("book")
        assert "last 229.41" in text
        assert "B100" in text
        assert "quotes only" in text
        assert "+222.0" in text  # what 200 shares bought at 228.59 would have earned at 229.70


@pytest.mark.parametrize("size", [(60, 24), (80, 24), (160, 45)])
async def test_the_last_line_of_a_book_always_tells_its_depth_and_grouping(size, running, fake_desk, picture):
    async with running(fake_desk(picture), size) as screen:
        for depth in ("d20", "d all", "d5", "d10"):
            assert f"{depth} grp .01" in screen.pane_text("book")
            assert "%S " in screen.pane_text("book") or "%B " in screen.pane_text("book")
            await screen.press("d")


async def test_best_prices_without_sizes_are_not_taken_for_depth(running, fake_desk, picture):
    book = BookView("AAPL", ((229.4, 0.0),), ((229.42, 0.0),), last=229.41, ts_ns=1, version=5)
    async with running(fake_desk(msgspec.structs.replace(picture, books={"AAPL": book}))) as screen:
        assert "last 229.41" in screen.pane_text("book")
        assert "imb" not in screen.pane_text("book")


@pytest.mark.parametrize(
    ("size", "told"), [((160, 45), "229.41 x 229.42 · last 229.41"), ((80, 24), "─ last 229.41 ─")]
)
async def test_where_quotes_are_all_there_is_the_best_prices_stand_in_the_middle(
    size, told, running, fake_desk, picture
):
    bare = msgspec.structs.replace(picture, books={})
    async with running(fake_desk(bare), size) as screen:
        assert told in screen.pane_text("book")


async def test_a_symbol_of_which_only_trades_are_told_has_no_depth(running, fake_desk, picture):
    traded = tuple(msgspec.structs.replace(line, bid=None, ask=None) for line in picture.symbols)
    bare = msgspec.structs.replace(picture, books={}, symbols=traded)
    async with running(fake_desk(bare)) as screen:
        assert "no depth" in screen.pane_text("book")


async def test_what_moves_without_a_new_account_is_shown_beside_it(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk, (160, 45)) as screen:
        assert "1.24k ev/s" in screen.pane_text("account")
        assert "1.24k/s" in screen.pane_text("scrubber")
        before = desk.snapshot()
        desk.script[0] = msgspec.structs.replace(before, version=before.version + 1, events=62_400, events_per_s=0.0)
        await screen.settle()
        assert "62,400 of 90,000" in screen.pane_text("account")
        assert " 0 ev/s" in screen.pane_text("account")
        assert "1.24k/s" not in screen.pane_text("scrubber")


@pytest.mark.parametrize(
    ("share", "told"), [(-0.0004, "DD-0.04%"), (-0.0041, "DD-0.4%"), (-0.000001, "DD 0.0%"), (0.0, "DD 0.0%")]
)
async def test_a_small_drawdown_is_not_rounded_away(share, told, running, fake_desk, picture):
    account = msgspec.structs.replace(picture.account, drawdown=share)
    async with running(fake_desk(msgspec.structs.replace(picture, account=account))) as screen:
        assert told in screen.text().splitlines()[0]


async def test_a_session_whose_last_row_is_just_before_the_hour_lasts_until_then(running, fake_desk, picture):
    early = msgspec.structs.replace(picture, end_ns=picture.end_ns - 250_000_000)
    async with running(fake_desk(early)) as screen:
        assert "09:30 - 16:00 UTC" in screen.pane_text("scrubber")


def test_the_terminal_title_starts_with_what_matters_most(picture):
    assert terminal.title(picture) == "RUN · REPLAY · tradetui"
    assert terminal.title(msgspec.structs.replace(picture, paused=True)) == "PAUSED · REPLAY · tradetui"
    halted = msgspec.structs.replace(picture, **STATES["killed"])
    assert terminal.title(halted) == "KILLED · REPLAY · tradetui"
    assert terminal.title(Snapshot()) == "LOADING · REPLAY · tradetui"
    reducing = msgspec.structs.replace(picture, **STATES["reducing"])
    assert terminal.title(reducing) == "REDUCING · REPLAY · tradetui"
    lost = msgspec.structs.replace(halted, state_reason=DRAWDOWN)
    assert terminal.title(lost) == "HALTED · REPLAY · tradetui"


def test_a_terminal_is_gone_when_nobody_holds_its_other_end():
    window, own = os.openpty()
    assert not terminal.gone(own)
    os.write(window, b"q")
    assert not terminal.gone(own), "a key waits there"
    os.close(window)
    assert terminal.gone(own)
    os.close(own)


async def test_a_screen_whose_terminal_is_gone_ends_its_session(running, fake_desk, picture, monkeypatch):
    async with running(fake_desk(picture)) as screen:
        screen.app._tell_state()
        assert not screen.app._exit
        monkeypatch.setattr(terminal, "left", lambda app: True)
        screen.app._tell_state()
        assert screen.app._exit


def test_an_unknown_theme_is_refused_by_naming_those_there_are(fake_desk):
    with pytest.raises(ThemeError, match="no theme 'pink'; there are midnight, asia"):
        Workstation(fake_desk(), theme="pink")


def test_importing_the_app_imports_no_engine_but_its_model_and_nothing_heavy():
    code = "import sys, tradetui.tui.app; print('\\n'.join(sys.modules))"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    heavy = {"polars", "numpy", "numba", "plotext", "pandas", "plotly", "alpaca"}  # not sqlite3: coverage brings it
    assert not heavy & {name.split(".")[0] for name in modules}
    engine = {name for name in modules if name.startswith("tradetui.engine.")}
    assert all(name.startswith("tradetui.engine.model") for name in engine)

from __future__ import annotations

import msgspec
import pytest
from textual.widgets import Input

from tradetui.engine.model.commands import CancelAll, ClosePosition, Kill, PauseTrading, ResumeTrading, Unlock
from tradetui.engine.model.events import TradingState
from tradetui.tui.actions import HANDLERS
from tradetui.tui.app import Workstation
from tradetui.tui.keys import BY_ID, GROUPS, REGISTRY, keys_shown, markdown, shown
from tradetui.tui.screens.desk import DeskScreen
from tradetui.tui.screens.dialogue import AskReason, Confirm, Detail


def test_every_action_has_a_handler_and_every_handler_an_action():
    assert set(HANDLERS) == set(BY_ID)


def test_no_key_means_two_things_and_every_action_is_in_a_known_group():
    keys = [key for action in REGISTRY for key in action.keys]
    assert len(keys) == len(set(keys))
    assert {action.group for action in REGISTRY} == set(GROUPS)
    assert all(action.label and action.tooltip for action in REGISTRY)


def test_keys_that_terminals_and_multiplexers_take_are_not_used():
    taken = {"ctrl+a", "ctrl+b", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+j", "ctrl+z", "f1", "f10", "f11"}
    assert not taken & {key for action in REGISTRY for key in action.keys}


def test_bindings_are_exactly_the_registry():
    bound = {binding.action for binding in (*Workstation.BINDINGS, *DeskScreen.BINDINGS)}
    assert bound == {f"app.do('{action.id}')" for action in REGISTRY}


def test_kill_cannot_be_given_another_key():
    (kill,) = Workstation.BINDINGS
    assert (kill.key, kill.id, kill.priority) == ("f9,ctrl+k", None, True)


CLOCK = [
    ("full_stop", [("step", 1)]),
    ("right_square_bracket", [("skip", 10.0)]),
    ("right_curly_bracket", [("skip", 60.0)]),
    ("greater_than_sign", [("speed", 25.0)]),
    ("less_than_sign", [("speed", 5.0)]),
    ("backspace", [("speed", 1.0)]),
    ("space", [("play", 0)]),
]


@pytest.mark.parametrize(("key", "wanted"), CLOCK)
async def test_the_keys_of_the_clock_move_the_clock(key, wanted, running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, paused=True))
    async with running(desk) as screen:
        desk.asked.clear()
        await screen.press(key)
        assert desk.asked == wanted


async def test_space_holds_a_running_replay_and_a_step_holds_it_first(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        desk.asked.clear()
        await screen.press("space", "full_stop")
        assert desk.asked == [("pause", 0), ("pause", 0), ("step", 1)]


async def test_in_paper_mode_space_pauses_orders_and_the_clock_keys_do_nothing(running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, mode="PAPER · Alpaca ****1234"))
    async with running(desk) as screen:
        desk.asked.clear()
        await screen.press("space", *(key for key, _ in CLOCK if key != "space"))
        assert (desk.sent, desk.asked) == ([PauseTrading()], [])
        desk.show(state=TradingState.REDUCING)
        await screen.press("space")
        assert desk.sent[1:] == [ResumeTrading()]


@pytest.mark.parametrize("key", ["f9", "ctrl+k"])
async def test_kill_asks_nothing_and_may_be_pressed_twice(key, running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        await screen.press(key, key)
        assert desk.sent == [Kill(), Kill()]


@pytest.mark.parametrize("key", ["f9", "ctrl+k"])
async def test_kill_works_while_a_reason_is_typed(key, running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, state=TradingState.REDUCING))
    async with running(desk) as screen:
        await screen.press("U", "t", "y", "p", "o")
        assert isinstance(screen.app.focused, Input)
        await screen.press(key)
        assert desk.sent == [Kill()]


@pytest.mark.parametrize("opened_by", ["question_mark", "colon", "X", "q", "enter"])
async def test_kill_works_in_every_dialogue(opened_by, running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        await screen.press(opened_by)
        assert screen.app.screen is not screen.app.workspace
        await screen.press("f9")
        assert desk.sent == [Kill()]


async def test_unlocking_needs_a_reason(running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, state=TradingState.HALTED))
    async with running(desk) as screen:
        await screen.press("U", "enter")
        assert isinstance(screen.app.screen, AskReason)
        assert desk.sent == []
        assert "A reason is needed" in screen.text()
        await screen.press("o", "k", "a", "y", "enter")
        assert desk.sent == [Unlock(reason="okay")]
        assert screen.app.screen is screen.app.workspace


@pytest.mark.parametrize("typed", ["y", "Y", "ye", "yes", "YES", "ok"])
async def test_a_bare_yes_is_no_reason(typed, running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, state=TradingState.HALTED))
    async with running(desk) as screen:
        await screen.press("U", *typed, "enter")
        assert isinstance(screen.app.screen, AskReason)
        assert "A reason is needed: 3 characters or more." in screen.text()
        assert desk.sent == []


async def test_unlocking_what_is_not_locked_asks_nothing(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        await screen.press("U")
        assert screen.app.screen is screen.app.workspace


async def test_cancel_all_and_close_ask_first(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        await screen.press("X")
        assert isinstance(screen.app.screen, Confirm)
        assert "3 working orders" in screen.text()
        await screen.press("n")
        assert desk.sent == []
        await screen.press("X", "y")
        assert desk.sent == [CancelAll()]
        await screen.press("x")
        assert "Sell 200 AAPL at the market?" in screen.text()
        await screen.press("enter")
        assert desk.sent[1:] == [ClosePosition("AAPL")]


async def test_close_takes_the_position_under_the_cursor(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        await screen.press("3", "j", "x", "y")
        assert desk.sent == [ClosePosition("MSFT")]


async def test_closing_while_the_clock_is_held_says_when_it_fills(running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, paused=True))
    async with running(desk) as screen:
        await screen.press("x", "y")
        assert "close AAPL sent; it fills when the clock runs" in screen.text()
        assert desk.sent == [ClosePosition("AAPL")]
    async with running(fake_desk(picture)) as screen:
        await screen.press("x", "y")
        assert "it fills when" not in screen.text()


async def test_notes_are_two_at_most_and_the_same_one_takes_its_own_place(running, fake_desk, picture):
    async with running(fake_desk(msgspec.structs.replace(picture, positions=(), orders=()))) as screen:
        before = screen.pane_text("fills"), screen.pane_text("strip")
        await screen.press("U", "U", "x", "U", "U")
        assert screen.text().count("Trading is not locked") == 1
        assert "No position to close" in screen.text()
        await screen.press("X")
        assert "No position to close" not in screen.text()
        assert screen.text().count("Trading is not locked") == 1
        assert "No working orders" in screen.text()
        assert (screen.pane_text("fills"), screen.pane_text("strip")) == before
        assert len(screen.app.screen.query("Toast")) == 2
        assert len(screen.app.screen.query("ToastHolder")) <= 3


async def test_closing_is_shut_while_trading_is_killed(running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, state=TradingState.HALTED))
    async with running(desk) as screen:
        await screen.press("x")
        assert screen.app.screen is screen.app.workspace
        assert "Trading is killed" in screen.text()


async def test_number_keys_bring_every_pane_to_the_front(running, fake_desk, picture):
    names = ["book", "fills", "positions", "equity", "risk", "orders", "log", "watch", "health"]
    async with running(fake_desk(picture)) as screen:
        for number, name in enumerate(names, start=1):
            await screen.press(str(number))
            assert screen.app.focused.id == name
            assert name in screen.app.workspace.stage.plan.regions


async def test_tab_goes_round_all_panes_and_back(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        seen = [screen.app.focused.number]
        for _ in range(9):
            await screen.press("tab")
            seen.append(screen.app.focused.number)
        assert seen == [2, 3, 4, 5, 6, 7, 8, 9, 1, 2]
        await screen.press("shift+tab")
        assert screen.app.focused.number == 1


async def test_zoom_shows_one_pane_alone_and_escape_brings_the_rest_back(running, fake_desk, picture):
    async with running(fake_desk(picture), (160, 45)) as screen:
        everything = set(screen.app.workspace.stage.plan.regions)
        await screen.press("4", "z")
        assert set(screen.app.workspace.stage.plan.regions) == {"status", "keys", "scrubber", "equity"}
        await screen.press("1")
        assert "book" in screen.app.workspace.stage.plan.regions
        await screen.press("escape")
        assert set(screen.app.workspace.stage.plan.regions) == everything


async def test_moving_ends_following_and_new_fills_do_not_move_what_is_read(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        fills = screen.app.workspace.stage.panes["fills"]
        await screen.press("j", "j", "k")
        assert (fills.cursor, fills.following, fills.selected().number) == (1, False, 23)
        newest = msgspec.structs.replace(picture.fills[-1], number=25)
        desk.show(fills=(*picture.fills, newest), fills_total=25)
        await screen.settle()
        assert fills.selected().number == 23
        assert "FOLLOW off" in fills.text()
        await screen.press("G")
        assert fills.selected().number == 1
        await screen.press("g")
        assert fills.selected().number == 25
        await screen.press("F")
        assert fills.following


async def test_arrow_and_page_keys_move_too(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        fills = screen.app.workspace.stage.panes["fills"]
        await screen.press("down", "pagedown", "up")
        assert fills.cursor == 10
        await screen.press("end", "pageup")
        assert fills.cursor == 13
        await screen.press("home", "escape")
        assert (fills.cursor, fills.following) == (0, True)


async def test_book_keys_change_depth_grouping_and_centre(running, fake_desk, picture):
    async with running(fake_desk(picture), (160, 45)) as screen:
        book = screen.app.workspace.book
        await screen.press("d")
        assert book.depth == 0
        await screen.press("d")
        assert book.depth == 5
        assert "d5 grp .01" in book.text()
        await screen.press("plus", "plus")
        assert (book.group, "grp .05" in book.text()) == (5, True)
        await screen.press("minus")
        assert book.group == 2
        await screen.press("1", "j", "j")
        assert book.shift == 2
        await screen.press("equals_sign")
        assert book.shift == 0


async def test_acknowledging_takes_the_newest_alert_first(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        assert "3 new" in screen.text()
        await screen.press("a")
        assert screen.app.view.acknowledged == {3}
        await screen.press("a", "a")
        assert "new" not in screen.pane_text("strip")
        await screen.press("a")
        assert screen.app.view.acknowledged == {1, 2, 3}


async def test_acknowledging_in_the_risk_pane_takes_the_selected_alert(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        await screen.press("5", "j", "a")
        assert screen.app.view.acknowledged == {2}


async def test_enter_shows_the_traceback_of_a_strategy_as_it_was_written(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        await screen.press("5", "enter")
        assert isinstance(screen.app.screen, Detail)
        assert "    ratio = fast / slow" in screen.text()
        assert "ZeroDivisionError: float division by zero" in screen.text()
        await screen.press("escape")
        assert screen.app.screen is screen.app.workspace


@pytest.mark.parametrize(
    ("pane", "words"),
    [("2", "Fill 24"), ("3", "Position AAPL"), ("6", "Order 43"), ("7", "Log 30"), ("8", "Symbol AAPL")],
)
async def test_every_row_can_say_why(pane, words, running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        await screen.press(pane, "w")
        assert words in screen.text()


async def test_copy_puts_the_rows_on_the_clipboard_as_csv(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        await screen.press("3", "y")
        lines = screen.app.clipboard.splitlines()
        assert lines[0].startswith("symbol,quantity,average_price")
        assert [line.split(",")[0] for line in lines[1:]] == ["AAPL", "MSFT"]
        await screen.press("1", "y")
        assert "bid,229.41,300.0" in screen.app.clipboard
        await screen.press("4", "y")
        assert len(screen.app.clipboard.splitlines()) == 241


async def test_help_names_every_key(running, fake_desk, picture):
    async with running(fake_desk(picture), (160, 60)) as screen:
        await screen.press("question_mark")
        text = screen.app.screen._text.plain
        for action in REGISTRY:
            assert f"  {keys_shown(action)} " in text
            assert action.label in text


async def test_the_palette_finds_actions_and_themes(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        await screen.press("colon")
        await screen.pilot.press(*"daylight")
        await screen.app.workers.wait_for_complete()
        await screen.pilot.pause()
        await screen.press("enter")
        await screen.pilot.pause()
        assert screen.app.theme == "daylight"


async def test_screenshot_lands_in_the_current_folder(running, fake_desk, picture, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with running(fake_desk(picture)) as screen:
        await screen.press("f8")
        text = screen.text()
    (saved,) = tmp_path.iterdir()
    assert saved.name in text
    assert "REPLAY" in saved.read_text(encoding="utf-8")


async def test_a_screenshot_that_cannot_be_written_says_so(running, fake_desk, picture, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Workstation, "save_screenshot", _disk_full)
    async with running(fake_desk(picture)) as screen:
        await screen.press("f8")
        assert "No space left" in screen.text()


def _disk_full(*_: object) -> str:
    raise OSError(28, "No space left on device")


async def test_quitting_asks_while_something_is_working_or_open(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        await screen.press("q")
        assert "3 orders working, 2 positions open." in screen.text()
        await screen.press("escape")
        assert screen.app.is_running
        await screen.press("q", "y")
        assert not screen.app.is_running


async def test_at_the_end_of_the_data_there_is_nothing_to_play(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        assert "space Pause" in screen.text().splitlines()[-1]
        desk.show(phase="finished", paused=True)
        await screen.settle()
        assert "space END" in screen.text().splitlines()[-1]


@pytest.mark.parametrize("phase", ["running", "finished"])
async def test_quitting_a_flat_desk_asks_nothing(phase, running, fake_desk, picture):
    async with running(fake_desk(msgspec.structs.replace(picture, phase=phase, orders=(), positions=()))) as screen:
        await screen.press("q")
        assert not screen.app.is_running


async def test_ctrl_z_is_not_bound(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        assert "ctrl+z" not in screen.app.screen.active_bindings


async def test_keys_can_be_moved_by_a_keymap_but_kill_stays(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        screen.app.set_keymap({"help": "f2", "kill": "f12"})
        await screen.press("f12")
        assert desk.sent == []
        await screen.press("f2")
        assert isinstance(screen.app.screen, Detail)
        await screen.press("f9")
        assert desk.sent == [Kill()]


def test_keys_are_written_as_people_write_them():
    assert [shown(key) for key in ("full_stop", "ctrl+k", "f9", "space")] == [".", "^k", "F9", "space"]


def test_the_documentation_lists_every_action_once():
    rows = [line for line in markdown().splitlines() if line.startswith("| `")]
    assert sorted(row.split(" | ")[1] for row in rows) == sorted(action.label for action in REGISTRY)


async def test_a_backtest_has_a_clock_that_can_be_moved(running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, mode="BACKTEST", paused=True))
    async with running(desk) as screen:
        assert "BACKTEST" in screen.text().splitlines()[0]
        desk.asked.clear()
        await screen.press("space", "right_square_bracket")
        assert (desk.asked, desk.sent) == ([("play", 0), ("skip", 10.0)], [])

from __future__ import annotations

import msgspec
import pytest

from tradetui.tui.app import Workstation
from tradetui.tui.bridge import FeedChoice, FeedRefused
from tradetui.tui.cli.feeds import Absent, FeedSwitch, Recorded
from tradetui.tui.screens.feeds import FeedDialogue

CHOICES = (
    FeedChoice("replay", "a recorded market"),
    FeedChoice("practice", "the practice exchange"),
    FeedChoice("paper", "the broker's paper account", "no keys for paper: set TRADETUI_ALPACA_KEY_ID"),
)


class ScriptedFeeds:
    """Feeds that are switched at once, and say what they were asked."""

    def __init__(self, desk: object, refuses: str = "") -> None:
        self.current, self.desk, self.refuses = "replay", desk, refuses
        self.asked: list[str] = []

    def available_feeds(self) -> tuple[FeedChoice, ...]:
        return CHOICES

    def switch_to(self, name: str) -> object:
        self.asked.append(name)
        if self.refuses:
            raise FeedRefused(self.refuses)
        self.current = name
        return self.desk


class Session:
    """A session that notes when it was made and ended, and may refuse to end."""

    def __init__(self, notes: list[str], name: str, ends: bool = True) -> None:
        self.notes, self.name, self.ends, self.ended = notes, name, ends, False
        notes.append(f"made {name}")

    def stop(self) -> None:
        self.notes.append(f"stop {self.name}")
        self.ended = self.ends


async def _settled(screen) -> None:
    await screen.app.workers.wait_for_complete()
    await screen.settle()


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
async def test_the_feed_dialogue_looks_as_agreed(size, running, fake_desk, picture, golden):
    async with running(fake_desk(picture), size) as screen:
        screen.app.feeds = ScriptedFeeds(fake_desk(picture))
        await screen.press("f5")
        await _settled(screen)
        golden(f"feeds-{size[0]}x{size[1]}", screen.text())


async def test_a_feed_is_switched_after_a_yes_and_the_screen_forgets_the_old_session(running, fake_desk, picture):
    other = fake_desk(msgspec.structs.replace(picture, mode="PRACTICE", account_label="practice ****0001", version=1))
    async with running(fake_desk(picture)) as screen:
        feeds = screen.app.feeds = ScriptedFeeds(other)
        screen.app.view.acknowledged.add(3)
        await screen.press("f5")
        await _settled(screen)
        assert isinstance(screen.app.screen, FeedDialogue)
        await screen.press("enter")
        assert "End replay and start practice?" in screen.text()
        assert feeds.asked == []
        await screen.press("y")
        await _settled(screen)
        assert feeds.asked == ["practice"]
        assert screen.app.desk is screen.app.workspace.desk is other
        assert other.asked == [("start", 0)]
        assert "PRACTICE · practice ****0001" in screen.text().splitlines()[0]
        assert not screen.app.view.acknowledged
        await screen.press("f9")
        assert len(other.sent) == 1


async def test_escape_goes_back_a_step_and_then_out_and_nothing_is_switched(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        feeds = screen.app.feeds = ScriptedFeeds(fake_desk(picture))
        await screen.press("f5")
        await _settled(screen)
        await screen.press("enter", "escape")
        assert isinstance(screen.app.screen, FeedDialogue)
        await screen.press("y", "escape")
        assert screen.app.screen is screen.app.workspace
        assert feeds.asked == []


async def test_what_is_missing_is_said_and_cannot_be_chosen(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        screen.app.feeds = ScriptedFeeds(fake_desk(picture))
        await screen.press("f5")
        await _settled(screen)
        await screen.press("j", "enter", "y")
        assert "no keys for paper: set TRADETUI_ALPACA_KEY_ID" in screen.text()
        assert isinstance(screen.app.screen, FeedDialogue)


async def test_orders_that_come_while_it_is_asked_are_listed_and_kill_works(running, fake_desk, picture):
    desk = fake_desk(msgspec.structs.replace(picture, orders=(), positions=()))
    async with running(desk) as screen:
        screen.app.feeds = ScriptedFeeds(desk)
        await screen.press("f5")
        await _settled(screen)
        assert "0 orders working, 0 positions open" in screen.text()
        desk.show(orders=picture.orders)
        await screen.settle()
        screen.app.screen._refresh()
        await screen.settle()
        assert "buy 100 AAPL limit at 229.39" in screen.text()
        await screen.press("f9")
        assert len(desk.sent) == 1


async def test_a_switch_that_is_refused_is_told_and_the_old_session_stays(running, fake_desk, picture):
    desk = fake_desk(picture)
    async with running(desk) as screen:
        screen.app.feeds = ScriptedFeeds(desk, refuses="replay did not go down in time")
        await screen.press("f5")
        await _settled(screen)
        await screen.press("enter", "y")
        await _settled(screen)
        assert "did not go down in time" in screen.text()
        assert screen.app.desk is desk


async def test_without_other_feeds_there_is_nothing_to_switch(running, fake_desk, picture):
    async with running(fake_desk(picture)) as screen:
        await screen.press("f5")
        assert screen.app.screen is screen.app.workspace
        assert "cannot change its feed" in screen.text()


def test_the_old_session_is_down_before_the_next_is_made():
    notes: list[str] = []
    feed = Recorded(lambda: Session(notes, "new"), "a recording")
    switch = FeedSwitch({"replay": feed}, "replay", Session(notes, "old"))
    switch.switch_to("replay")
    assert notes == ["made old", "stop old", "made new"]


def test_a_session_that_does_not_end_keeps_the_next_from_being_made():
    notes: list[str] = []
    feed = Recorded(lambda: Session(notes, "new"), "a recording")
    switch = FeedSwitch({"replay": feed}, "replay", Session(notes, "old", ends=False))
    with pytest.raises(FeedRefused, match="did not go down in time"):
        switch.switch_to("replay")
    assert notes == ["made old", "stop old"]


def test_a_feed_that_is_absent_leaves_the_session_running():
    notes: list[str] = []
    switch = FeedSwitch({"paper": Absent("an account", "no keys")}, "replay", Session(notes, "old"))
    assert switch.available_feeds() == (FeedChoice("paper", "an account", "no keys"),)
    with pytest.raises(FeedRefused, match="no keys; replay goes on"):
        switch.switch_to("paper")
    assert notes == ["made old"]


def test_a_workstation_may_be_given_feeds(fake_desk):
    feeds = ScriptedFeeds(fake_desk())
    assert Workstation(fake_desk(), feeds=feeds).feeds is feeds

"""The main screen: builds the panes, pulls the newest snapshot at frame rate, and knows which pane is being used."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tradetui.engine.model.events import TradingState
from tradetui.tui.bridge import Desk
from tradetui.tui.keys import BY_ID, REGISTRY, shown
from tradetui.tui.layout import CORNER, TABS
from tradetui.tui.panes.account import AccountPane
from tradetui.tui.panes.banner import Banner
from tradetui.tui.panes.base import Pane
from tradetui.tui.panes.book import BookPane
from tradetui.tui.panes.equity import EquityPane
from tradetui.tui.panes.fills import FillsPane
from tradetui.tui.panes.health import HealthPane
from tradetui.tui.panes.keybar import KeyBar
from tradetui.tui.panes.log import LogPane
from tradetui.tui.panes.orders import OrdersPane
from tradetui.tui.panes.positions import PositionsPane
from tradetui.tui.panes.risk import AlertStrip, RiskPane
from tradetui.tui.panes.scrubber import Scrubber
from tradetui.tui.panes.status import StatusBar
from tradetui.tui.panes.table import TablePane
from tradetui.tui.panes.watch import WatchPane
from tradetui.tui.screens.dialogue import Detail
from tradetui.tui.stage import Stage
from tradetui.tui.view import View, mode_word, replayed

FRAMES_PER_S = 15
NO_REASON = "It gave no reason."
BARE = ("status", "banner", "keys")  # panes without a frame
HINTS = (
    (("step",), "step"),
    (("skip_10s",), "10 s"),
    (("skip_1m",), "1 min"),
    (("slower", "faster"), "speed"),
    (("speed_1",), "1x"),
)


class DeskScreen(Screen[None]):
    """The engine never waits for it: it looks, 15 times a second, and draws what changed."""

    AUTO_FOCUS = "#fills"
    ESCAPE_TO_MINIMIZE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            ",".join(action.keys),
            f"app.do('{action.id}')",
            action.label,
            id=action.id,
            tooltip=action.tooltip,
            show=False,
        )
        for action in REGISTRY
        if not action.fixed
    ]

    def __init__(self, desk: Desk, view: View) -> None:
        super().__init__(id="desk")
        self.desk = desk
        self.view = view
        self._told_failure = False
        self.book = BookPane(view, id="book")
        hints = tuple((" ".join(shown(BY_ID[name].keys[0]) for name in names), words) for names, words in HINTS)
        self.stage = Stage(
            view,
            [
                StatusBar(view, id="status"),
                Banner(view, id="banner"),
                WatchPane(view, id="watch"),
                AccountPane(view, id="account"),
                self.book,
                EquityPane(view, id="equity"),
                PositionsPane(view, id="positions"),
                OrdersPane(view, id="orders"),
                FillsPane(view, id="fills"),
                RiskPane(view, id="risk"),
                LogPane(view, id="log"),
                HealthPane(view, id="health"),
                AlertStrip(view, id="strip"),
                Scrubber(view, id="scrubber", hints=hints),
                KeyBar(view, id="keys"),
            ],
        )
        for name, pane in self.stage.panes.items():
            pane.set_class(name not in BARE, "framed")

    def compose(self) -> ComposeResult:
        yield self.stage

    def on_mount(self) -> None:
        self.set_class(self.view.glyphs.border == "ascii", "-ascii")
        self.pull()
        self.set_interval(1 / FRAMES_PER_S, self.pull)
        self.call_after_refresh(self.desk.start)  # the first frame is on the screen before the engine takes a core

    def pull(self) -> None:
        """Take the newest snapshot and let the panes draw what changed in it."""
        snapshot = self.desk.snapshot()
        self.view.take(snapshot)
        if snapshot.state is TradingState.HALTED:
            self.view.kill_sent = None
        self.set_class(snapshot.state is TradingState.HALTED, "-killed")
        self.set_class(mode_word(snapshot) == "LIVE", "-live")
        banner = self.stage.panes["banner"]
        speaks = isinstance(banner, Banner) and banner.message() is not None
        live = not replayed(snapshot)
        self.stage.ask(replace(self.stage.wish, banner=speaks, symbols=len(snapshot.symbols), live=live))
        self.stage.show(snapshot)
        if isinstance(self.focused, Pane) and not self.focused.shown:
            self.set_focus(None)
        if snapshot.phase == "failed" and not self._told_failure:
            self._told_failure = True
            self.app.push_screen(
                Detail(self.view.look, "The session failed", Text(snapshot.error.strip() or NO_REASON))
            )

    def show_desk(self, desk: Desk) -> None:
        """From now on this session; nothing of the one before stays on the screen."""
        self.desk = desk
        self._told_failure = False
        self.view.forget()
        for pane in self.stage.panes.values():
            pane.invalidate()
        self.pull()
        self.call_after_refresh(desk.start)

    def active(self) -> Pane:
        """The pane that keys act on: the focused one, else the zoomed one, else the open tab."""
        if isinstance(self.focused, Pane) and self.focused.shown:
            return self.focused
        wish = self.stage.wish
        return self.stage.panes[wish.zoomed or wish.tab]

    def go(self, number: int) -> None:
        """Bring the pane behind a number key to the front and focus it."""
        pane = self.stage.by_number(number)
        wish = self.stage.wish
        if wish.zoomed:
            wish = replace(wish, zoomed=str(pane.id))
        if pane.id in (*TABS, "book"):
            wish = replace(wish, tab=str(pane.id))
        if pane.id in CORNER:
            wish = replace(wish, corner=str(pane.id))
        self.stage.ask(wish)
        self.set_focus(pane, scroll_visible=False)
        self.pull()

    def cycle(self, direction: int) -> None:
        """To the next or previous pane by number; on small screens this also leafs through the tabs."""
        wish = self.stage.wish
        numbers = (
            range(1, 10) if self.stage.plan.tabs or wish.zoomed else [pane.number for pane in self.stage.numbered()]
        )
        order = list(numbers)
        at = order.index(self.active().number) if self.active().number in order else 0
        self.go(order[(at + direction) % len(order)])

    def zoom(self) -> None:
        """The active pane alone, or everything again."""
        wish = self.stage.wish
        pane = self.active()
        self.stage.ask(replace(wish, zoomed="" if wish.zoomed else str(pane.id)))
        self.set_focus(pane, scroll_visible=False)
        self.pull()

    def back(self) -> None:
        """Out of the zoom, then back to following, then out of the pane."""
        pane = self.active()
        if self.stage.wish.zoomed:
            self.zoom()
        elif isinstance(pane, TablePane) and pane.follows and not pane.following:
            pane.follow()
        else:
            self.set_focus(None)

    def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        self.app.call_later(self.app.run_action, f"do('{event.action}')")

    def on_table_pane_chosen(self, event: TablePane.Chosen) -> None:
        self.app.call_later(self.app.run_action, "do('why')")

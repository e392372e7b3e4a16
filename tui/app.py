"""The workstation: a Textual application around a desk. Keys are in `keys.py`, what they do in `actions.py`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.notifications import Notify
from textual.screen import Screen

from tradetui.tui import actions, terminal
from tradetui.tui.bridge import Desk, FeedChoice, FeedRefused, Feeds
from tradetui.tui.keys import BY_ID, REGISTRY
from tradetui.tui.look import Look
from tradetui.tui.screens.desk import DeskScreen
from tradetui.tui.themes import DEFAULT, ThemeError, load_all
from tradetui.tui.view import View

SWITCH_S = 0.0005  # between threads: a frame gives its turn away some ten times, and Python's 5 ms each would be 50
NOTES_MAX = 2  # they lie over the panes: more would hide what they are about


class Workstation(App[None], inherit_bindings=False):
    """Shows a desk and passes on what the operator does; starts it after the first frame, stops it at the end."""

    CSS_PATH = "workstation.tcss"
    ENABLE_COMMAND_PALETTE = False  # the palette is an action of the registry like any other
    ESCAPE_TO_MINIMIZE = False
    NOTIFICATION_TIMEOUT = 3.0
    # no id: a keymap cannot move these; priority: they work while text is typed and in a dialogue
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            ",".join(action.keys),
            f"app.do('{action.id}')",
            action.label,
            priority=True,
            show=False,
            tooltip=action.tooltip,
        )
        for action in REGISTRY
        if action.fixed
    ]

    def __init__(self, desk: Desk, *, feeds: Feeds | None = None, theme: str = DEFAULT, ascii: bool = False) -> None:
        colour = "NO_COLOR" not in os.environ
        self.themes = load_all()
        self.view = View(Look(ascii_only=ascii, colour=colour))
        self.desk = desk
        self.feeds = feeds
        self._switching = False
        self._switch_s = SWITCH_S
        super().__init__(
            ansi_color=None if colour else True
        )  # native colours are what Textual's NO_COLOR can remove wholly
        if theme not in self.themes:
            raise ThemeError(f"there is no theme {theme!r}; there are {', '.join(self.themes)}")
        for item in self.themes.values():
            self.register_theme(item.theme)
        self.theme = theme
        self.workspace = DeskScreen(desk, self.view)
        self._title = terminal.TitleWriter(self)

    def get_default_screen(self) -> Screen[None]:
        return self.workspace

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(self.themes[DEFAULT].theme.variables)

    def get_css_variables(self) -> dict[str, str]:
        variables = super().get_css_variables()
        self.view.look.use(variables)
        return variables

    def on_mount(self) -> None:
        self._switch_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        self.set_interval(0.25, self._tell_state)

    def on_unmount(self) -> None:
        sys.setswitchinterval(self._switch_s)
        self._title.restore()
        self.desk.stop()

    def on_notify(self, event: Notify) -> None:
        """Make room for a note before Textual adds it: the same one goes, and the oldest of many."""
        notes = list(self._notifications)  # Textual has no public way to take one note away
        others = [note for note in notes if note.message != event.notification.message]
        for note in notes:
            if note not in others[1 - NOTES_MAX :]:
                self._unnotify(note, refresh=False)
        for holder in self.screen.query("ToastHolder"):
            if not holder.children:
                holder.remove()

    def _tell_state(self) -> None:
        if terminal.left(self):
            self.exit()  # nobody sees what this session does: it ends in order
            return
        self._title.write(terminal.title(self.view.snapshot))

    # -- the feed

    def choose_feed(self) -> None:
        """Ask which feed to show; what is available is found out beside the screen's own thread."""
        feeds = self.feeds
        if feeds is None:
            self.notify("This session cannot change its feed", severity="warning")
        elif self._switching:
            self.notify("The feed is being switched")
        else:
            self._switching = True
            self.run_worker(lambda: self._look(feeds), thread=True, exit_on_error=False)

    def _look(self, feeds: Feeds) -> None:
        try:
            choices = feeds.available_feeds()
        except Exception as error:  # noqa: BLE001  # shown; a screen does not end because a keyring is broken
            self._later(self._stay, f"the feeds could not be listed: {error}")
        else:
            self._later(self._ask_feed, feeds, choices)

    def _ask_feed(self, feeds: Feeds, choices: tuple[FeedChoice, ...]) -> None:
        from tradetui.tui.screens.feeds import FeedDialogue

        self._switching = False
        if not isinstance(self.screen, FeedDialogue):
            self.push_screen(FeedDialogue(self.view, choices, feeds.current), partial(self._switch, feeds))

    def _switch(self, feeds: Feeds, name: str | None) -> None:
        if name is None or self._switching:
            return
        self._switching = True
        self.notify(f"{feeds.current} is going down; then {name} starts")
        self.run_worker(lambda: self._exchange(feeds, name), thread=True, exit_on_error=False)

    def _exchange(self, feeds: Feeds, name: str) -> None:
        try:
            desk = feeds.switch_to(name)
        except FeedRefused as error:
            self._later(self._stay, str(error))
        except Exception as error:  # noqa: BLE001  # whatever it was, the operator is told and may choose again
            self._later(self._stay, f"{name} did not start: {error}")
        else:
            self._later(self._show_desk, desk)

    def _stay(self, why: str) -> None:
        self._switching = False
        self.notify(why, severity="error", timeout=10, markup=False)

    def _show_desk(self, desk: Desk) -> None:
        self._switching = False
        self.desk = desk
        self.workspace.show_desk(desk)

    def _later(self, what: Callable[..., None], *given: object) -> None:
        """Do it in the screen's own thread; it is not waited for, so that ending cannot be held up."""
        self.call_later(what, *given)

    def action_do(self, action_id: str) -> None:
        """Every key, click and palette entry arrives here."""
        if action_id in BY_ID:
            actions.run(self, action_id)

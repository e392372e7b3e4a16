"""The workstation: a Textual application around a desk. Keys are in `keys.py`, what they do in `actions.py`."""

from __future__ import annotations

import os
from typing import ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.notifications import Notify
from textual.screen import Screen

from tradetui.tui import actions, terminal
from tradetui.tui.bridge import Desk
from tradetui.tui.keys import BY_ID, REGISTRY
from tradetui.tui.look import Look
from tradetui.tui.screens.desk import DeskScreen
from tradetui.tui.themes import DEFAULT, ThemeError, load_all
from tradetui.tui.view import View

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

    def __init__(self, desk: Desk, *, theme: str = DEFAULT, ascii: bool = False) -> None:
        colour = "NO_COLOR" not in os.environ
        self.themes = load_all()
        self.view = View(Look(ascii_only=ascii, colour=colour))
        self.desk = desk
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
        self.set_interval(0.25, self._tell_state)

    def on_unmount(self) -> None:
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
        self._title.write(terminal.title(self.view.snapshot))

    def action_do(self, action_id: str) -> None:
        """Every key, click and palette entry arrives here."""
        if action_id in BY_ID:
            actions.run(self, action_id)

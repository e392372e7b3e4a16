"""The command palette: every action of the registry and every theme, found by typing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from tradetui.tui.keys import REGISTRY, keys_shown

if TYPE_CHECKING:
    from tradetui.tui.app import Workstation

LIST_ORDER = ("Desk", "Clock", "Panes", "Book", "Trading", "Safety")  # what enter hits first must be harmless


class RegistryCommands(Provider):
    """Actions first, themes after them."""

    def _commands(self) -> list[tuple[str, str, Callable[[], None]]]:
        app = cast("Workstation", self.app)
        found: list[tuple[str, str, Callable[[], None]]] = [
            (f"{action.label} ({keys_shown(action)})", action.tooltip, partial(app.action_do, action.id))
            for action in sorted(REGISTRY, key=lambda action: LIST_ORDER.index(action.group))
            if action.id != "palette"
        ]
        found += [
            (f"Theme: {name}", theme.description, partial(setattr, app, "theme", name))
            for name, theme in app.themes.items()
        ]
        return found

    async def discover(self) -> Hits:
        for name, text, command in self._commands():
            yield DiscoveryHit(name, command, help=text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for name, text, command in self._commands():
            score = max(matcher.match(name), matcher.match(text) * 0.6)
            if score > 0:
                yield Hit(score, matcher.highlight(name), command, text=name, help=text)


def open_palette(app: Workstation) -> None:
    """Open it, unless it is open."""
    if not isinstance(app.screen, CommandPalette):
        app.push_screen(CommandPalette(providers=[RegistryCommands], placeholder="Find a command or theme"))

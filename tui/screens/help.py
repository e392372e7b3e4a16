"""The help: every key of the registry, by group."""

from __future__ import annotations

from rich.text import Text

from tradetui.tui.keys import GROUPS, REGISTRY, keys_shown
from tradetui.tui.look import Look
from tradetui.tui.screens.dialogue import Detail


def help_screen(look: Look, themes: list[str]) -> Detail:
    """Every action with its keys and what it does."""
    styles = look.styles
    text = Text()
    width = max(len(keys_shown(action)) for action in REGISTRY)
    for group in GROUPS:
        text.append(f"{group}\n", styles.title)
        for action in (one for one in REGISTRY if one.group == group):
            text.append(f"  {keys_shown(action):<{width}}  ", styles.key)
            text.append(f"{action.label:<13}", styles.text)
            text.append(f" {action.tooltip}\n", styles.muted)
        text.append("\n")
    text.append("Themes ", styles.title)
    text.append(f"{', '.join(themes)}: in the palette, under :", styles.muted)
    return Detail(look, "Keys", text)

"""The help: every key of the registry, by group."""

from __future__ import annotations

from textwrap import wrap

from rich.text import Text

from tradetui.tui.keys import GROUPS, REGISTRY, keys_shown
from tradetui.tui.look import Look
from tradetui.tui.screens.dialogue import Detail

LABEL_CELLS = 14
SHARE = 0.92  # of the screen's width, the most a dialogue takes
FRAME_CELLS = 8  # the dialogue's border, padding and scroll bar


def help_screen(look: Look, themes: list[str], screen_width: int) -> Detail:
    """Every action with its keys and what it does, wrapped under its own column."""
    styles = look.styles
    text = Text()
    width = max(len(keys_shown(action)) for action in REGISTRY)
    for group in GROUPS:
        text.append(f"{group}\n", styles.title)
        for action in (one for one in REGISTRY if one.group == group):
            text.append(f"  {keys_shown(action):<{width}}  ", styles.key)
            text.append(f"{action.label:<{LABEL_CELLS}}", styles.text)
            room = max(16, int(screen_width * SHARE) - FRAME_CELLS - width - 4 - LABEL_CELLS)
            indent = "\n" + " " * (width + 4 + LABEL_CELLS)
            text.append(indent.join(wrap(action.tooltip, room)) + "\n", styles.muted)
        text.append("\n")
    text.append("Themes ", styles.title)
    text.append(f"{', '.join(themes)}: in the palette, under :", styles.muted)
    return Detail(look, "Keys", text)

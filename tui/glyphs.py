"""The characters the screen draws with: one set for terminals with Unicode, one of plain ASCII."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Glyphs:
    """One cell each, unless the name says otherwise."""

    up: str = "▲"
    down: str = "▼"
    flat: str = "·"
    play_wide: str = "▶"
    pause_wide: str = "❚❚"
    stop: str = "■"
    last_left: str = "▸"
    last_right: str = "◂"
    rule: str = "─"
    separator: str = "│"
    full: str = "▓"
    empty: str = "░"
    solid: str = "█"
    track_done: str = "━"
    track_left: str = "─"
    head: str = "┃"
    dot: str = "●"
    ring: str = "○"
    doubt: str = "▲"
    thumb: str = "┃"
    ellipsis: str = "…"
    between: str = "·"
    replay: str = "↻"
    paper: str = "◇"
    practice: str = "◌"
    live: str = "◆"
    bars: tuple[str, ...] = (" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█")
    plot: str = "braille"
    border: Literal["round", "ascii"] = "round"
    border_live: Literal["double", "ascii"] = "double"
    border_killed: Literal["heavy", "ascii"] = "heavy"


UNICODE = Glyphs()
ASCII = Glyphs(
    up="^",
    down="v",
    flat=".",
    play_wide=">",
    pause_wide="||",
    stop="#",
    last_left=">",
    last_right="<",
    rule="-",
    separator="|",
    full="#",
    empty=".",
    solid="#",
    track_done="=",
    track_left="-",
    head="|",
    dot="*",
    ring="o",
    doubt="?",
    thumb="|",
    ellipsis="~",
    between="-",
    replay="@",
    paper="%",
    practice="&",
    live="!",
    bars=(" ", ".", ".", ":", ":", "|", "|", "#", "#"),
    plot="*",
    border="ascii",
    border_live="ascii",
    border_killed="ascii",
)

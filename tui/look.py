"""How the line-drawn panes look: the theme's colours as ready-made styles, and the glyphs. No widgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.style import Style
from textual.color import Color

from tradetui.tui.glyphs import ASCII, UNICODE, Glyphs

_PLAIN = Style()


@dataclass(frozen=True)
class Styles:
    """Foregrounds leave the background to the widget; `*_bar`, `cursor*` and the labels set it."""

    text: Style = _PLAIN
    strong: Style = _PLAIN
    muted: Style = _PLAIN
    faint: Style = _PLAIN
    title: Style = _PLAIN
    up: Style = _PLAIN
    down: Style = _PLAIN
    flat: Style = _PLAIN
    accent: Style = _PLAIN
    good: Style = _PLAIN
    warning: Style = _PLAIN
    error: Style = _PLAIN
    key: Style = _PLAIN
    curve: Style = _PLAIN
    drawdown: Style = _PLAIN
    head: Style = _PLAIN
    bid_bar: Style = _PLAIN
    ask_bar: Style = _PLAIN
    curve_fill: Style = _PLAIN
    drawdown_fill: Style = _PLAIN
    cursor: Style = _PLAIN
    cursor_blurred: Style = _PLAIN
    replay: Style = _PLAIN
    practice: Style = _PLAIN
    paper: Style = _PLAIN
    live: Style = _PLAIN
    paused: Style = _PLAIN
    killed: Style = _PLAIN

    def signed(self, value: float | None) -> Style:
        """The up, down or flat style of a number."""
        if not value or value != value:
            return self.flat
        return self.up if value > 0 else self.down

    def severity(self, name: str) -> Style:
        """The style of an alert's severity."""
        return {"critical": self.error, "warning": self.warning}.get(name, self.accent)


class Look:
    """Glyphs and the current theme's styles, shared by every pane; `generation` rises when the theme changes."""

    def __init__(self, *, ascii_only: bool = False, colour: bool = True) -> None:
        self.glyphs: Glyphs = ASCII if ascii_only else UNICODE
        self.colour = colour
        self.styles = Styles()
        self.generation = 0

    def use(self, variables: Mapping[str, str]) -> None:
        """Take the colours of a theme: Textual's names and ours, as CSS colours."""
        self.styles = _styles(variables) if self.colour else _colourless()
        self.generation += 1


def _styles(variables: Mapping[str, str]) -> Styles:
    def fore(name: str, *, bold: bool = False) -> Style:
        return Style(color=Color.parse(variables[name]).rich_color, bold=bold or None)

    def back(name: str) -> Style:
        return Style(bgcolor=Color.parse(variables[name]).rich_color)

    def label(background: str) -> Style:
        colour = Color.parse(variables[background])
        candidates = (Color.parse(variables["mode-text"]), Color.parse(variables["on-bright"]))
        best = max(candidates, key=lambda text: _contrast(text, colour))
        return Style(color=best.rich_color, bgcolor=colour.rich_color, bold=True)

    return Styles(
        text=fore("foreground"),
        strong=fore("title", bold=True),
        muted=fore("muted"),
        faint=fore("faint"),
        title=fore("title", bold=True),
        up=fore("up"),
        down=fore("down"),
        flat=fore("flat"),
        accent=fore("accent"),
        good=fore("success"),
        warning=fore("warning", bold=True),
        error=fore("error", bold=True),
        key=fore("accent", bold=True),
        curve=fore("curve"),
        drawdown=fore("drawdown"),
        head=fore("muted"),
        bid_bar=back("bid-bar"),
        ask_bar=back("ask-bar"),
        curve_fill=back("curve-fill"),
        drawdown_fill=back("drawdown-fill"),
        cursor=back("cursor-row"),
        cursor_blurred=back("cursor-row-blurred"),
        replay=label("mode-replay"),
        practice=label("mode-practice"),
        paper=label("mode-paper"),
        live=label("mode-live"),
        paused=label("paused"),
        killed=label("killed"),
    )


def _colourless() -> Styles:
    """Bold, dim, underline and reverse alone, for NO_COLOR."""
    bold, dim, reverse = Style(bold=True), Style(dim=True), Style(reverse=True)
    loud = Style(bold=True, reverse=True)
    return Styles(
        strong=bold,
        muted=dim,
        faint=dim,
        title=bold,
        warning=bold,
        error=bold,
        key=bold,
        head=Style(underline=True),
        cursor=reverse,
        cursor_blurred=Style(underline=True),
        replay=loud,
        practice=loud,
        paper=loud,
        live=loud,
        paused=loud,
        killed=loud,
    )


def _contrast(one: Color, other: Color) -> float:
    """Contrast ratio after WCAG 2.1: 1 (none) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
        for part in (color.r / 255, color.g / 255, color.b / 255)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

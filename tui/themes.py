"""Themes from the files in `themes/`: read, checked and made into Textual themes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from textual.color import Color, ColorParseError
from textual.theme import Theme

BASE = ("primary", "secondary", "accent", "warning", "error", "success", "foreground", "background", "surface", "panel")
VARIABLES = (
    "up",
    "down",
    "flat",
    "muted",
    "faint",
    "frame",
    "frame-focus",
    "title",
    "bid-bar",
    "ask-bar",
    "cursor-row",
    "cursor-row-blurred",
    "mode-replay",
    "mode-practice",
    "mode-paper",
    "mode-live",
    "mode-text",
    "paused",
    "killed",
    "on-bright",
    "curve",
    "curve-fill",
    "drawdown",
    "drawdown-fill",
)
DEFAULT = "midnight"


class ThemeError(ValueError):
    """A theme file is incomplete or names a colour that does not exist: says which file and which name."""


@dataclass(frozen=True)
class ThemeFile:
    """One theme as read: the Textual theme and what it is for, in a few words."""

    theme: Theme
    description: str


def load_all() -> dict[str, ThemeFile]:
    """Every theme shipped in `themes/`, by name, the default first; the files are read once."""
    return {item.theme.name: item for item in _shipped()}


@cache
def _shipped() -> tuple[ThemeFile, ...]:
    """Files of the package itself, which do not change while it runs: both a command's check and its screen ask."""
    folder = files("tradetui.themes")
    found = [load(entry) for entry in folder.iterdir() if entry.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda item: (item.theme.name != DEFAULT, item.theme.name)))


def load(entry: Traversable) -> ThemeFile:
    """One theme file; raises ThemeError naming the file and every name that is missing, unknown or no colour."""
    try:
        data = tomllib.loads(entry.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ThemeError(f"{entry.name}: {error}") from None
    base, variables = data.get("base", {}), data.get("variables", {})
    problems = [
        *_compare(entry.name, "base", base, BASE),
        *_compare(entry.name, "variables", variables, VARIABLES),
    ]
    for name, value in (*base.items(), *variables.items()):
        try:
            Color.parse(str(value))
        except ColorParseError:
            problems.append(f"{entry.name}: {name} = {value!r} is no colour")
    if problems:
        raise ThemeError("; ".join(problems))
    theme = Theme(
        name=entry.name.removesuffix(".toml"),
        primary=base["primary"],
        secondary=base["secondary"],
        accent=base["accent"],
        warning=base["warning"],
        error=base["error"],
        success=base["success"],
        foreground=base["foreground"],
        background=base["background"],
        surface=base["surface"],
        panel=base["panel"],
        dark=bool(data.get("dark", True)),
        variables={**_derived(variables), **variables},
    )
    return ThemeFile(theme, str(data.get("description", "")))


def _compare(file: str, table: str, seen: dict[str, str], wanted: tuple[str, ...]) -> list[str]:
    problems = [f"{file}: [{table}] lacks {name}" for name in wanted if name not in seen]
    return problems + [f"{file}: [{table}] has an unknown name {name}" for name in seen if name not in wanted]


def _derived(variables: dict[str, str]) -> dict[str, str]:
    """Textual's own variables that should follow ours, so that its palette and inputs look like the rest."""
    if "cursor-row" not in variables or "frame" not in variables:
        return {}
    return {
        "block-cursor-background": variables["cursor-row"],
        "block-cursor-foreground": variables["title"],
        "block-cursor-text-style": "bold",
        "border": variables["frame-focus"],
        "border-blurred": variables["frame"],
        "scrollbar": variables["frame"],
        "scrollbar-hover": variables["frame-focus"],
        "scrollbar-active": variables["frame-focus"],
        "input-selection-background": variables["cursor-row"],
    }

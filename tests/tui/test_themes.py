from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from textual.color import Color

import tradetui.tui
from tradetui.tui.look import Look, _contrast
from tradetui.tui.themes import BASE, VARIABLES, ThemeError, load, load_all

THEMES = load_all()
TCSS = Path(tradetui.tui.__file__).parent / "workstation.tcss"


def test_the_five_themes_are_there_and_the_default_comes_first():
    assert list(THEMES) == ["midnight", "asia", "colorblind", "daylight", "mono"]


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_defines_every_variable_and_says_what_it_is_for(name):
    item = THEMES[name]
    assert item.description
    assert set(VARIABLES) <= set(item.theme.variables)
    assert all(getattr(item.theme, base) for base in BASE)


@pytest.mark.parametrize("name", THEMES)
def test_what_is_read_stands_out_from_its_background(name):
    variables = THEMES[name].theme.variables
    ground = Color.parse(THEMES[name].theme.background)
    for text in ("up", "down", "flat", "muted", "title"):
        assert _contrast(Color.parse(variables[text]), ground) >= 4.5, text
    assert _contrast(Color.parse(variables["faint"]), ground) >= 3
    for row in ("cursor-row", "bid-bar"):
        assert _contrast(Color.parse(variables["up"]), Color.parse(variables[row])) >= 3, row
    for row in ("cursor-row", "ask-bar"):
        assert _contrast(Color.parse(variables["down"]), Color.parse(variables[row])) >= 3, row


@pytest.mark.parametrize("name", THEMES)
def test_labels_choose_the_text_that_can_be_read_on_them(name):
    item = THEMES[name]
    look = Look()
    look.use({**item.theme.to_color_system().generate(), **item.theme.variables})
    for label in ("replay", "practice", "paper", "live", "paused", "killed"):
        style = getattr(look.styles, label)
        text, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
        assert _contrast(text, ground) >= 4.5, label


def test_every_variable_the_stylesheet_uses_is_one_of_ours_or_textuals():
    used = set(re.findall(r"\$([\w-]+)", TCSS.read_text(encoding="utf-8")))
    known = set(VARIABLES) | set(THEMES["midnight"].theme.to_color_system().generate())
    assert used <= known


@pytest.mark.parametrize("theme", THEMES)
async def test_every_theme_runs_and_can_be_changed_to(theme, running, fake_desk, picture):
    async with running(fake_desk(picture), theme=theme) as screen:
        plain = screen.text()
        screen.app.theme = next(other for other in THEMES if other != theme)
        await screen.settle()
        assert screen.text() == plain


BAD = {
    "lacks.toml": ('[base]\nprimary = "#fff"', r"lacks.toml: \[base\] lacks secondary"),
    "broken.toml": ("[base", "broken.toml"),
    "colour.toml": ('[variables]\nup = "greenish"', "up = 'greenish' is no colour"),
    "unknown.toml": ('[variables]\nupp = "#fff"', r"\[variables\] has an unknown name upp"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_theme_file_with_a_mistake_is_refused_by_file_and_name(name, tmp_path):
    text, message = BAD[name]
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ThemeError, match=message):
        load(path)


def test_the_files_are_read_once_however_often_themes_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tomllib, "loads", None)
    assert load_all() == THEMES
    load_all().clear()  # whoever asks gets a table of his own
    assert load_all() == THEMES

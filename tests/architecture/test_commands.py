from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest


def commands() -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    """Each command's words, () for the program itself, and the commands on the way to it, itself last."""
    from typer.main import get_command

    from tradetui.tui.cli import app

    def walk(words: tuple[str, ...], way: list[Any]) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
        yield words, way
        for name, command in getattr(way[-1], "commands", {}).items():
            yield from walk((*words, name), [*way, command])

    return walk((), [get_command(app)])


def examples(command: Any) -> list[str]:
    """What a person is told to type: lines of the help that begin with the program, and what follows `Examples:`."""
    lines = [line.strip() for line in (command.help or "").splitlines() if re.match(r"\s+tradetui\b", line)]
    _, said, after = (command.epilog or "").partition("Examples:")
    return lines + [part.strip() for part in re.split(r"   \||\. ", after) if said and "tradetui" in part]


@pytest.fixture(scope="module")
def every_command() -> dict[tuple[str, ...], list[Any]]:
    return dict(commands())


def test_every_command_says_what_it_does_and_shows_how(every_command: dict[tuple[str, ...], list[Any]]) -> None:
    leaves = {words: way[-1] for words, way in every_command.items() if not getattr(way[-1], "commands", None)}
    assert leaves, "no commands found"
    assert [words for words, command in leaves.items() if not examples(command)] == []


def test_every_option_says_what_it_does(every_command: dict[tuple[str, ...], list[Any]]) -> None:
    silent = [
        (*words, parameter.opts[0])
        for words, way in every_command.items()
        for parameter in way[-1].params
        if parameter.param_type_name == "option" and not parameter.help
    ]
    assert silent == []


def test_an_example_uses_only_options_that_its_command_has(every_command: dict[tuple[str, ...], list[Any]]) -> None:
    wrong = []
    for way in every_command.values():
        for example in examples(way[-1]):
            said = shlex.split(example)[1:]
            known = options_on_the_way(said, every_command)
            wrong += [
                f"{example}: {word}" for word in said if word.startswith("--") and word.split("=")[0] not in known
            ]
    assert wrong == []


def options_on_the_way(said: list[str], every_command: dict[tuple[str, ...], list[Any]]) -> set[str]:
    """Options of the command that `said` names and of the groups above it."""
    words: tuple[str, ...] = ()
    for word in said:
        if (*words, word) in every_command:
            words = (*words, word)
    return {"--help"} | {
        name
        for command in every_command[words]
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }

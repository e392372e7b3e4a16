"""Faults a person can act on. Each says what was seen, what was expected and where; each has an exit code."""

from __future__ import annotations


class TradetuiError(Exception):
    """Base of every fault that is shown without a traceback. `exit_code` is what a script sees."""

    exit_code = 1


class UsageError(TradetuiError):
    """Options or a run file that contradict each other or name something unknown."""

    exit_code = 2


class DataError(TradetuiError):
    """A file that cannot be read as what it should be."""

    exit_code = 3

    def __init__(self, path: object, line: int | None, seen: str, expected: str, hint: str = "") -> None:
        where = f"{path}" if line is None else f"{path}:{line}"
        text = f"{where}: {seen}; expected {expected}"
        super().__init__(f"{text}. {hint}" if hint else text)


class JournalError(TradetuiError):
    """A session file that cannot be written, read or trusted."""


class RunFailed(TradetuiError):
    """A run that could not go on."""

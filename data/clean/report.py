"""What cleaning found and did, rule by rule, as values: for a person, for JSON, for a test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

EXAMPLES_MAX = 3


class Example(msgspec.Struct, frozen=True):
    """One row before and after; None after where it was removed."""

    row: int  # in the input, from 0
    before: dict[str, Any]
    after: dict[str, Any] | None


class RuleResult(msgspec.Struct, frozen=True):
    """What one rule found, and what became of it."""

    rule: str
    finds: str
    found: int
    removed: int = 0
    changed: int = 0
    added: int = 0
    examples: tuple[Example, ...] = ()
    notes: tuple[str, ...] = ()
    sorted: bool = False  # the rows were put into the order of their times


class CleaningReport(msgspec.Struct, frozen=True):
    """One file's rules in the order they ran. After a check `rows_after` is `rows_before`: nothing was changed."""

    path: str
    kind: str
    symbols: tuple[str, ...]
    rows_before: int
    rows_after: int
    first: str
    last: str
    results: tuple[RuleResult, ...]

    def found(self, rule: str) -> int:
        """How often a rule found something; KeyError for one that did not run."""
        for result in self.results:
            if result.rule == rule:
                return result.found
        raise KeyError(rule)

    def lines(self, *, every: bool = False) -> Iterator[str]:
        """The report as a person reads it; `every` shows the rules that found nothing too."""
        yield f"{self.path}: {self.rows_before:,} {self.kind} of {', '.join(self.symbols)}, {self.first} to {self.last}"
        shown = [result for result in self.results if every or result.found]
        for result in shown:
            counts = ((result.removed, "removed"), (result.changed, "changed"), (result.added, "added"))
            done = [f"{count:,} {word}" for count, word in counts if count]
            what = ", ".join(done) or ("sorted" if result.sorted else "counted")
            yield f"  {result.rule:<17} {result.found:>9,}  {what}: {result.finds}"
            for example in result.examples:
                yield f"{'':30} row {example.row}: {_words(example)}"
            for note in result.notes[:EXAMPLES_MAX]:
                yield f"{'':30} {note}"
            if len(result.notes) > EXAMPLES_MAX:
                yield f"{'':30} and more: --json lists them"
        if not shown:
            yield "  nothing found"
        if self.rows_after != self.rows_before:
            yield f"  {self.rows_after:,} rows are left"


def _words(example: Example) -> str:
    if example.after is None:
        return "  ".join(f"{name} {value}" for name, value in example.before.items())
    changed = [
        f"{name} {value} -> {example.after[name]}" for name, value in example.before.items()
        if example.after.get(name) != value
    ]  # fmt: skip
    return "  ".join([str(example.before.get("time", "")), *changed])

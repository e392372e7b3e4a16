"""`--fail-if` gates: a metric, a comparison and a number, judged after a run."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from tradetui.engine.errors import TradetuiError, UsageError

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM = re.compile(r"\s*([a-z_.]+)\s*(<=|>=|==|!=|<|>)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(%?)\s*")


class GateFailed(TradetuiError):
    """A run that missed what was demanded of it."""

    exit_code = 5


class Gate(NamedTuple):
    """`name` compared with `limit`; `text` is how it was written."""

    text: str
    name: str
    sign: str
    limit: float

    def trips(self, values: dict[str, Any]) -> str | None:
        """Why the run fails this gate, or None. A figure that is not defined fails: it cannot be shown to be good."""
        seen = values[self.name]
        if seen is None:
            return f"--fail-if '{self.text}': {self.name} is undefined in this run"
        if _OPERATORS[self.sign](seen, self.limit):
            return f"--fail-if '{self.text}': {self.name} is {seen:.6g}"
        return None


def parse_gate(text: str) -> Gate:
    """A gate from its text, such as 'max_drawdown < -0.2' or 'orders.rejected > 0'; raises UsageError."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(f"--fail-if {text!r}: expected METRIC COMPARISON NUMBER, such as 'max_drawdown < -0.2'")
    name, sign, number, percent = match.groups()
    known = gate_names()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        raise UsageError(f"--fail-if {text!r}: unknown metric {name!r}; {hint}")
    try:
        limit = float(number)
    except ValueError:
        raise UsageError(f"--fail-if {text!r}: {number!r} is no number") from None
    return Gate(text, name, sign, limit / 100 if percent else limit)


def gate_names() -> list[str]:
    """Every figure that a gate can look at."""
    from tradetui.engine.analytics.metrics import Metrics

    orders = ("sent", "filled", "partially_filled", "cancelled", "rejected", "refused")
    return [*Metrics.__struct_fields__, *(f"orders.{name}" for name in orders)]


def gate_values(result: dict[str, Any]) -> dict[str, Any]:
    """The figures of a finished run by the names of `gate_names`; refusals of every check are added up."""
    orders = {f"orders.{name}": value for name, value in result["orders"].items()}
    orders["orders.refused"] = sum(result["orders"]["refused"].values())
    return {**result["metrics"], **orders}

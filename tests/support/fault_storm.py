"""Which fault comes when, from a seed: every kind that the practice exchange can make, some of them rarely. No I/O.

What ends a stream of prices holds new risk back for a minute (docs/live.md), so that a session under nothing else would
never trade: those come a few times in half an hour, the others every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

POST, DELETE, GET = ("POST", "/v2/orders"), ("DELETE", "/v2/orders"), ("GET", "/v2/")
RESTRICTED_S = 2.0
UNITS_MAX = 5  # of an order by hand


class Fault(NamedTuple):
    """One request to the exchange's control: `path` below `/_practice/`, and what undoes it after so many seconds."""

    kind: str
    path: str
    body: dict[str, Any]
    undone_after_s: float = 0.0
    undone_by: dict[str, Any] | None = None


class Storm:
    """An endless row of faults a few seconds apart; the same seed gives the same row."""

    def __init__(self, seed: int, symbols: Sequence[str], apart_s: tuple[float, float] = (1.5, 4.5)) -> None:
        self._chance, self._symbols, self._apart_s = Random(seed), tuple(symbols), apart_s

    def faults(self) -> Iterator[tuple[float, Fault]]:
        """Seconds to wait, then what to do. Each kind comes once before any comes again, in another order each time."""
        while True:
            kinds = [*_ROUND, *self._chance.sample(_RARE, 1)]
            self._chance.shuffle(kinds)
            for kind in kinds:
                yield self._chance.uniform(*self._apart_s), self._make(kind)

    def _make(self, kind: str) -> Fault:
        chance = self._chance
        if kind == "manual_order":
            body: dict[str, Any] = {
                "symbol": chance.choice(self._symbols),
                "qty": str(chance.randint(1, UNITS_MAX)),
                "side": chance.choice(("buy", "buy", "sell")),  # a sale of what is not held is refused
                "type": "market",
                "time_in_force": "day",
            }
            return Fault(kind, "manual_order", body)
        if kind == "account_restricted":
            return Fault(kind, "account", {"restricted": True}, RESTRICTED_S, {"restricted": False})
        target, _, what = kind.partition(" ")
        if target == "rest":
            method, path = _PLACES[what](chance)
            return Fault(kind, "faults", {"kind": what, "target": target, "method": method, "path": path})
        return Fault(kind, "faults", {"kind": what, "target": target, "delay_s": round(chance.uniform(0.05, 1.0), 2)})


def _anywhere(chance: Random) -> tuple[str, str]:
    return chance.choice((POST, POST, DELETE, GET))


def _change(chance: Random) -> tuple[str, str]:
    return chance.choice((POST, POST, DELETE))


def _order(_: Random) -> tuple[str, str]:
    return POST


_PLACES = {
    "429": _anywhere,
    "500_before": _anywhere,
    "500_after": _change,
    "timeout_after": _change,
    "drop": _anywhere,
    "delay": _anywhere,
    "fill_before_ack": _order,
}
_ROUND = (
    *(f"rest {kind}" for kind in _PLACES if kind != "timeout_after"),
    *(f"trade_updates {kind}" for kind in ("drop", "duplicate", "reorder", "delay", "lost_fill", "lost_fill")),
    *("trade_updates disconnect_mid_frame",),
    *(f"data {kind}" for kind in ("drop", "duplicate", "reorder", "delay")),
    "manual_order",
)
_RARE = (
    "rest timeout_after",
    "trade_updates half_open",
    "data disconnect_mid_frame",
    "data half_open",
    "account_restricted",
)
KINDS = frozenset((*_ROUND, *_RARE))

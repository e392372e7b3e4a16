"""Bars of the bid and bars of the ask of one instrument, compared at the times that both have."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import polars as pl

from tradetui.data.clean.rules import Table
from tradetui.data.times import time_text
from tradetui.engine.errors import UsageError

FIELDS = ("open", "high", "low", "close")
TIMES_SHOWN = 3


class Sides(msgspec.Struct, frozen=True):
    """At how many of the shared times the ask is below the bid, or equal to it, by price."""

    shared: int
    only_bid: int
    only_ask: int
    crossed: dict[str, int]
    locked: dict[str, int]
    crossed_closes: tuple[str, ...]  # the first times

    def lines(self) -> Iterator[str]:
        """The comparison as a person reads it."""
        yield f"{self.shared:,} times in both, {self.only_bid:,} only in the bid, {self.only_ask:,} only in the ask"
        for name in FIELDS:
            yield f"  {name:<6} ask below bid {self.crossed[name]:>7,}   equal {self.locked[name]:>7,}"
        for text in self.crossed_closes:
            yield f"  ask close below bid close at {text}"


def compare_sides(bid: Table, ask: Table) -> Sides:
    """Counts where the two sides cross; raises UsageError unless both are tables of bars."""
    if bid.kind != "bars" or ask.kind != "bars":
        raise UsageError(f"--ask compares bars with bars, and these are {bid.kind} and {ask.kind}")
    both = bid.frame.select("ts_ns", *FIELDS).join(ask.frame.select("ts_ns", *FIELDS), on="ts_ns", suffix="_ask")
    below = {name: int((both[f"{name}_ask"] < both[name]).sum()) for name in FIELDS}
    equal = {name: int((both[f"{name}_ask"] == both[name]).sum()) for name in FIELDS}
    first = both.filter(pl.col("close_ask") < pl.col("close"))["ts_ns"].sort().head(TIMES_SHOWN)
    return Sides(
        len(both), len(bid.frame) - len(both), len(ask.frame) - len(both), below, equal,
        tuple(time_text(int(ts)) for ts in first),
    )  # fmt: skip

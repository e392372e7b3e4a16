"""What a strategy may ask to be woken by, beside the kinds of market data. Words only."""

from __future__ import annotations

import msgspec


class Timer(msgspec.Struct, frozen=True):
    """A TimerEvent every `every_ms` of market time, on the multiples of that length since 1970."""

    every_ms: int

    def __post_init__(self) -> None:
        if self.every_ms < 1:
            raise ValueError(f"a timer every {self.every_ms} ms: expected 1 or more")


class BestMoved(msgspec.Struct, frozen=True):
    """A QuoteEvent whenever the best bid's or the best ask's price is another than before."""


class ImbalanceBeyond(msgspec.Struct, frozen=True):
    """A QuoteEvent whenever |bid size - ask size| / (bid size + ask size) at the best rises above `share`."""

    share: float

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError(f"an imbalance beyond {self.share}: expected a share above 0 and below 1")


Wake = Timer | BestMoved | ImbalanceBeyond

"""What paces and shows a session asks of whatever plays it: rows by number and by time, and what a screen shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tradetui.engine.market.bars import Int64
from tradetui.engine.step import Core


class Ladder(Protocol):
    """Levels of one symbol as the book pane shows them; `version` rises when they may have changed, 0 for none."""

    @property
    def version(self) -> int:
        """Another number when the levels may be others."""
        ...

    def bids(self) -> tuple[tuple[float, float], ...]:
        """Price and size, highest price first."""
        ...

    def asks(self) -> tuple[tuple[float, float], ...]:
        """Price and size, lowest price first."""
        ...


class Shown(Protocol):
    """A market as a screen shows it, recorded or live."""

    symbols: tuple[str, ...]
    last: dict[str, tuple[float, float]]  # price and size of the last trade
    first: dict[str, float]  # the session's first price
    volume: dict[str, float]
    seen_ns: dict[str, int]  # when a price of the symbol came last

    @property
    def row(self) -> int:
        """How many rows there were so far."""
        ...

    @property
    def clock_ns(self) -> int:
        """Market time."""
        ...

    @property
    def core(self) -> Core[Any]:
        """What the market moves."""
        ...

    @property
    def ladders(self) -> Mapping[str, Ladder]:
        """The levels of each symbol."""
        ...

    def __len__(self) -> int: ...

    def refresh(self) -> None:
        """Bring what a screen shows up to date."""
        ...


class Player(Shown, Protocol):
    """A position in a recorded market. Rows are played in order; a turn is as much as is done in some milliseconds."""

    rows_per_turn: int
    at_ns: Int64  # when each row became known

    @property
    def done(self) -> bool:
        """Whether every row has been played."""
        ...

    def due(self, market_ns: int) -> int:
        """The row that is the first not to have happened by `market_ns`."""
        ...

    def play(self, stop: int) -> None:
        """Play rows up to `stop`, not included; fewer where more than a turn's work was in them."""
        ...

"""What a strategy may look at: positions, cash, open orders, history. Read-only; knows no future."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tradetui.engine.market.book_reading import BookReading
    from tradetui.engine.model.orders import Order


class NoBook(LookupError):
    """A strategy asked for the book of a symbol whose data have none: says what does."""


class History(msgspec.Struct, frozen=True):
    """The last bars of one symbol, oldest first, as float arrays of one length; the newest is the bar just closed."""

    ts_ns: npt.NDArray[np.int64]
    open: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    close: npt.NDArray[np.float64]
    volume: npt.NDArray[np.float64]


class Desk(Protocol):
    """The strategy's view of its account and its market, as of the event being handled."""

    def position(self, symbol: str) -> float:
        """Signed units held."""
        ...

    @property
    def cash(self) -> float:
        """Cash, proceeds of shorts included."""
        ...

    @property
    def equity(self) -> float:
        """Cash and everything held at the last prices."""
        ...

    @property
    def free(self) -> float:
        """Cash that may back a new position without borrowing."""
        ...

    def price(self, symbol: str) -> float | None:
        """The last price seen, None before the first."""
        ...

    def open_orders(self, symbol: str) -> list[Order]:
        """Orders that are held, queued or working, oldest first. Look, do not change."""
        ...

    def history(self, symbol: str, n: int) -> History:
        """The last `n` closed bars, fewer at the start of a run."""
        ...

    @property
    def books(self) -> tuple[str, ...]:
        """The symbols whose book these data show."""
        ...

    def book(self, symbol: str) -> BookReading:
        """The order book as it stands: best prices, levels, own queue positions. Cheap: nothing is read unasked.

        Raises NoBook where these data have no book of `symbol`, such as a run over bars.
        """
        ...

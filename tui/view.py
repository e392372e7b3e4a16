"""What the operator looks at: the chosen symbol, the alerts seen, the screen's own clock. Nothing of the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from tradetui.engine.model.snapshot import AlertView, BookView, PositionView, Snapshot, SymbolView
from tradetui.tui import format as fmt
from tradetui.tui.glyphs import Glyphs
from tradetui.tui.look import Look, Styles

REPLAYED = ("REPLAY", "BACKTEST")  # modes whose clock the operator moves; in all others the market does


def mode_word(snapshot: Snapshot) -> str:
    """REPLAY, BACKTEST, PAPER or LIVE, without the account behind it."""
    return snapshot.mode.split(" ", 1)[0].upper()


def replayed(snapshot: Snapshot) -> bool:
    """Whether the clock of this session can be held and moved."""
    return mode_word(snapshot) in REPLAYED


@dataclass
class View:
    """Shared by the panes of one screen; changed by the operator's actions alone."""

    look: Look
    now: Callable[[], float] = monotonic
    snapshot: Snapshot = field(default_factory=Snapshot)
    chosen: str = ""
    acknowledged: set[int] = field(default_factory=set)
    kill_sent: float | None = None  # when, on the screen's clock, until the core confirms it

    @property
    def styles(self) -> Styles:
        return self.look.styles

    @property
    def glyphs(self) -> Glyphs:
        return self.look.glyphs

    @property
    def symbol(self) -> str:
        """The symbol on display: the chosen one while it exists, else the first there is."""
        snapshot = self.snapshot
        if self.chosen in snapshot.books or any(line.symbol == self.chosen for line in snapshot.symbols):
            return self.chosen
        if snapshot.symbols:
            return snapshot.symbols[0].symbol
        return next(iter(snapshot.books), "")

    def line(self, symbol: str = "") -> SymbolView | None:
        """The watchlist line of a symbol, by default of the one on display."""
        symbol = symbol or self.symbol
        return next((line for line in self.snapshot.symbols if line.symbol == symbol), None)

    def book(self) -> BookView | None:
        """The book of the symbol on display."""
        return self.snapshot.books.get(self.symbol)

    def position(self, symbol: str) -> PositionView | None:
        """The open position in a symbol."""
        return next((held for held in self.snapshot.positions if held.symbol == symbol), None)

    def decimals(self, symbol: str, price: float | None = None) -> int:
        """How many decimals this symbol's prices are shown with: those of its tick, else by the size of the price."""
        book = self.snapshot.books.get(symbol)
        if book is not None and book.tick >= 1e-6:
            return max(2, fmt.tick_decimals(book.tick))
        return 2 if price is None or abs(price) >= 1 else 5

    def unseen(self) -> list[AlertView]:
        """Alerts nobody acknowledged yet, newest first."""
        return [alert for alert in reversed(self.snapshot.alerts) if alert.number not in self.acknowledged]

    def acknowledge(self, numbers: list[int]) -> None:
        """Remember these alerts as seen, and forget those the snapshot no longer holds."""
        held = {alert.number for alert in self.snapshot.alerts}
        self.acknowledged = (self.acknowledged & held) | set(numbers)

"""What the operator looks at: the chosen symbol, the alerts seen, the screen's own clock. Nothing of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import AlertView, BookView, PositionView, Snapshot, SymbolView
from tradetui.tui import format as fmt
from tradetui.tui.glyphs import Glyphs
from tradetui.tui.look import Look, Styles

REPLAYED = ("REPLAY", "BACKTEST")  # modes whose clock the operator moves; in all others the market does
DATED_FROM_NS = 3 * fmt.SECONDS_PER_DAY * fmt.NS_PER_SECOND  # sessions longer than this name the day of every time


def mode_word(snapshot: Snapshot) -> str:
    """REPLAY, BACKTEST, PAPER or LIVE, without the account behind it."""
    return snapshot.mode.split(" ", 1)[0].upper()


def halted_by_risk(snapshot: Snapshot) -> bool:
    """Whether a limit stopped trading, not the operator."""
    return snapshot.state is TradingState.HALTED and snapshot.state_reason.startswith("DRAWDOWN")


def state_word(snapshot: Snapshot) -> str:
    """ACTIVE, REDUCING, KILLED (by the operator) or HALTED (by a limit): each state's one name on the screen."""
    if snapshot.state is TradingState.HALTED:
        return "HALTED" if halted_by_risk(snapshot) else "KILLED"
    return snapshot.state.value.upper()


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

    @property
    def dated(self) -> bool:
        """Whether this session is so long that a time without its day says nothing."""
        snapshot = self.snapshot
        return bool(snapshot.start_ns) and max(snapshot.end_ns, snapshot.clock_ns) - snapshot.start_ns > DATED_FROM_NS

    def stamp(self, times: Iterable[int]) -> Callable[[int], str]:
        """How to write times that stand together: as 14:03:22, in long sessions as a day or as 03-02 14:03."""
        if not self.dated:
            return fmt.clock
        return fmt.day if all(fmt.is_midnight(ts_ns) for ts_ns in times) else fmt.day_minute

    def unseen(self) -> list[AlertView]:
        """Alerts nobody acknowledged yet, newest first."""
        return [alert for alert in reversed(self.snapshot.alerts) if alert.number not in self.acknowledged]

    def acknowledge(self, numbers: list[int]) -> None:
        """Remember these alerts as seen, and forget those the snapshot no longer holds."""
        held = {alert.number for alert in self.snapshot.alerts}
        self.acknowledged = (self.acknowledged & held) | set(numbers)

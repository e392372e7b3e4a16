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
UNTRUSTED = ("STALE", "DOWN")  # states of a feed whose prices are shown dim, with their age
DATED_FROM_NS = 3 * fmt.SECONDS_PER_DAY * fmt.NS_PER_SECOND  # sessions longer than this name the day of every time


def mode_word(snapshot: Snapshot) -> str:
    """REPLAY, BACKTEST, PAPER or LIVE, without the account behind it."""
    return snapshot.mode.split(" ", 1)[0].upper()


def mode_words(snapshot: Snapshot) -> str:
    """The mode with the account as the broker said it: `PAPER · Alpaca ****1234`."""
    label = snapshot.account_label
    return fmt.clean(snapshot.mode if not label or label in snapshot.mode else f"{snapshot.mode} · {label}")


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
    _taken: tuple[int, float] = (-1, 0.0)  # the version on display and when it came, on the screen's clock

    def take(self, snapshot: Snapshot) -> None:
        """Show this picture from now on."""
        self.snapshot = snapshot
        if snapshot.version != self._taken[0]:
            self._taken = (snapshot.version, self.now())

    def forget(self) -> None:
        """Another session is shown from now on."""
        self.chosen, self.kill_sent, self._taken = "", None, (-1, self.now())
        self.acknowledged.clear()

    @property
    def waited_s(self) -> float:
        """For how long no new picture came: ages in the one on display are older by that."""
        return max(0.0, self.now() - self._taken[1])

    def stale(self, symbol: str) -> bool:
        """Whether the prices of a symbol cannot be trusted."""
        snapshot, line = self.snapshot, self.line(symbol)
        if snapshot.feed == "STALE" and any(one.feed != "OK" for one in snapshot.symbols):
            return line is not None and line.feed in UNTRUSTED  # it is known whose prices are meant
        return snapshot.feed in UNTRUSTED or (line is not None and line.feed in UNTRUSTED)

    def price_age(self, symbol: str) -> str:
        """How old the newest price of a symbol is, in words; empty where that is not known."""
        line = self.line(symbol)
        if line is None or (line.age_ns is None and not line.ts_ns):
            return ""
        if line.age_ns is None:
            return fmt.brief_age((self.snapshot.clock_ns - line.ts_ns) / fmt.NS_PER_SECOND)
        return fmt.brief_age(line.age_ns / fmt.NS_PER_SECOND + self.waited_s)

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

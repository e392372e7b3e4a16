"""The words of a simulated market: its tape, its rules, what is asked of it and what it answers. Nothing that runs.

`docs/book-simulation.md` says what they mean. The compiled kernel and the plain-Python reference of the tests both
implement MarketSimulation, and must agree to the last number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

Tape = npt.NDArray[np.int64]  # (rows, 6), C order: one row of the market a line

# Columns of a tape. Prices and sizes are nanos. A quote uses all of them: bid, bid size, ask (in ID), ask size (EXTRA).
TS, WORD, PRICE, SIZE, ID, EXTRA = range(6)
TAPE_COLUMNS = 6

# Half of what an int64 holds, so that any two may be added: what is beyond is left out and counted, or refused.
PRICE_MAX = SIZE_MAX = 2**62 - 1  # nanos, 4.6e9 units; SIZE_MAX is also the most that one level may hold
TS_MAX = 2**62 - 1  # in the year 2116

# Kinds of rows, the low four bits of WORD; then two bits of side + 1; then the symbol's number.
ROW_ADD, ROW_CANCEL, ROW_MODIFY, ROW_EXECUTE, ROW_CLEAR, ROW_DEPTH, ROW_DEPTH_CLEAR, ROW_TRADE, ROW_QUOTE = range(1, 10)
SIDE_SHIFT, SYMBOL_SHIFT = 4, 6

# Why a simulation returned; bits, several may be set.
WOKE_BAR = 1  # a bar ended: `bar()` tells it
WOKE_TIMER = 2
WOKE_REPORT = 4  # something happened to own orders: `reports()` tells it
WOKE_BEST = 8  # the price of the best bid or ask moved in `symbol`
WOKE_TOUCH = 16  # price or size of the best bid or ask changed in `symbol`
WOKE_IMBALANCE = 32
WOKE_TRADE = 64  # the row before `row` is a trade that was asked for
WOKE_ROW = 128  # the row before `row` changed the book, which was asked for
WOKE_END = 256  # the rows that were given are used up
WOKE_BUDGET = 512  # the budget is spent, nothing else happened

SELF_TRADE = ("cancel_newest", "cancel_oldest", "cancel_both", "decrement")
SelfTrade = Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement"]
CancelAhead = Literal["back", "proportional", "front"]
Source = Literal["orders", "depth", "quotes", "trades"]


class SimulationRules(msgspec.Struct, frozen=True, kw_only=True):
    """How the simulated venue treats own orders. Times in ns, prices in nanos, chances from 0 to 1."""

    sources: tuple[Source, ...]  # of each symbol: the finest that its data have
    bar_ns: tuple[int, ...] = ()  # of each symbol: length of the bars built from its trades, 0 for none
    entry_ns: tuple[int, ...] = (0,)  # one: every request takes that long; several: one is drawn for each
    report_ns: tuple[int, ...] = (0,)  # the way back
    cancel_ahead: CancelAhead = "back"  # where a level shrinks without a trade: behind us, before us, or in proportion
    touch: bool = False  # without a book (trades alone): a trade at the limit fills, not only one through it
    fill_chance: float = 1.0  # that an opportunity of a resting order is taken
    slip_nanos: int = 0  # added against us to each fill of a market order
    slip_bps: float = 0.0  # likewise, of the price
    self_trade: SelfTrade = "cancel_newest"
    seed: int = 0
    timer_ns: int = 0
    wake: int = WOKE_BAR | WOKE_TIMER | WOKE_REPORT  # which of the WOKE bits make it return; END and BUDGET always do
    imbalance: float = 1.0  # what WOKE_IMBALANCE looks for
    answers_wake: bool = True  # whether ends that we asked for are a REPORT; if not, they wait until somebody asks
    trade_symbols: tuple[bool, ...] = ()  # which symbols have trade rows; empty: those whose source is not "orders"


class Request(NamedTuple):
    """An order for the venue. `kind` 0 market, 1 limit, 2 stop, 3 stop-limit; `force` 0 gtc, 1 ioc, 2 fok, 3 gtx."""

    order_id: int
    symbol: int
    side: int
    kind: int
    force: int
    quantity: int
    limit: int
    stop: int
    reduce_only: bool
    expires_ns: int  # when it ends unfilled; 0 for never


RequestWords = Request | tuple[int, int, int, int, int, int, int, int, bool, int]


class Report(NamedTuple):
    """What happened to an own order: `what` is one of the REPORT codes; `price` and `size` are those of a fill."""

    what: int
    order_id: int
    symbol: int
    side: int
    price: int
    size: int
    leaves: int
    maker: bool
    at_ns: int  # when it happened at the venue
    known_ns: int  # when we are told


REPORT_FILL, REPORT_CANCELLED, REPORT_EXPIRED, REPORT_REJECTED = 1, 2, 3, 4
REPORT_IOC, REPORT_FOK, REPORT_GTX, REPORT_SELF_TRADE, REPORT_NOTHING_TO_REDUCE = 5, 6, 7, 8, 9  # ended, and why


class ClosedBar(NamedTuple):
    """A bar built from trades; prices and volume in nanos."""

    symbol: int
    ts_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    trades: int


class Best(NamedTuple):
    """The best of both sides, nanos; 0 where a side is empty."""

    bid: int
    bid_size: int
    ask: int
    ask_size: int


class Faults(NamedTuple):
    """Rows that could not mean what they say, counted; each was left out, but time running backwards."""

    duplicate_id: int
    unknown_id: int
    bad_size: int
    bad_price: int
    time_backwards: int
    bad_row: int
    crossed: int  # instants after which the best bid was at or above the best ask: only counted


class MarketSimulation(Protocol):
    """A market that plays a tape, and own orders in it."""

    row: int  # rows played of the tape that is loaded
    now_ns: int  # market time: of the last row, or of the last thing due

    def load(self, tape: Tape) -> None:
        """Take the next piece of the tape; the one before must be played to its end."""
        ...

    def advance(self, stop: int, budget: int) -> int:
        """Play rows up to `stop` (not included) until something asked for happens; the WOKE bits say what."""
        ...

    def finish(self) -> int:
        """The market is over: what is still due of bars happens; WOKE bits, END when nothing is left."""
        ...

    def place(self, request: Request) -> None:
        """Send an order now; it arrives after the entry latency, never before an earlier request."""
        ...

    def cancel(self, order_id: int) -> None:
        """Ask for an order's end now, with the same latency; an order that is done already is no fault."""
        ...

    def requote(self, cancels: Sequence[int], requests: Sequence[RequestWords]) -> None:
        """Cancels, then orders, as one by one; an order may be given as a plain tuple."""
        ...

    def reports(self) -> list[Report]:
        """What happened to own orders and is known now, oldest first; each is given once."""
        ...

    def answers(self) -> list[int]:
        """The same where no wake has told of a REPORT since: the orders that ended because we asked for it."""
        ...

    def bar(self) -> ClosedBar:
        """The bar that WOKE_BAR told of."""
        ...

    def woken_symbol(self) -> int:
        """The number of the symbol that BEST, TOUCH, IMBALANCE, TRADE or ROW is about."""
        ...

    def best(self, symbol: int) -> Best:
        """Best bid and ask now."""
        ...

    def last_trade(self, symbol: int) -> tuple[int, int, int]:
        """Price, size and side of the last trade; zeros before the first."""
        ...

    def depth(self, symbol: int, side: int, levels: int) -> list[tuple[int, int, int]]:
        """Price, size and number of orders of the best `levels` of a side, best first; 0 orders where not known."""
        ...

    def ahead(self, order_id: int) -> int | None:
        """Size before an own resting order at its price; None where it does not rest, or where that is not known."""
        ...

    def state_hash(self, symbol: int) -> int:
        """The book's `book_hash`: sides, levels, queues."""
        ...

    def faults(self) -> Faults:
        """What was left out so far."""
        ...

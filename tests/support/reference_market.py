"""The simulated market of docs/book-simulation.md in plain Python, slow and obvious, to compare with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from reference_book import ReferenceBook
from reference_orders import LIMIT, OwnOrder, ReferenceOrders, splitmix64
from reference_rows import Played, Print, ReferenceRows, Row, row_of
from tradetui.engine.market.simulation import (
    REPORT_CANCELLED,
    SIZE_MAX,
    TAPE_COLUMNS,
    WOKE_BAR,
    WOKE_BEST,
    WOKE_BUDGET,
    WOKE_END,
    WOKE_IMBALANCE,
    WOKE_REPORT,
    WOKE_ROW,
    WOKE_TIMER,
    WOKE_TOUCH,
    WOKE_TRADE,
    Best,
    ClosedBar,
    Faults,
    Report,
    Request,
    RequestWords,
    SimulationRules,
    Tape,
)

REQUEST, END, REPORT, BAR, TIMER = range(5)  # things due at one time, in this order
EMPTY = np.empty((0, TAPE_COLUMNS), np.int64)


class Due(NamedTuple):
    """Something that happens at a time; `which` orders what is alike."""

    at_ns: int
    kind: int
    which: int


class Sent(NamedTuple):
    """A request on its way to the venue: an order, or the id of one to cancel."""

    arrives_ns: int
    order: Request | int


class ReferenceMarket:
    """A MarketSimulation; see there."""

    def __init__(self, rules: SimulationRules, symbols: int) -> None:
        if len(rules.sources) != symbols:
            raise ValueError(f"{len(rules.sources)} sources for {symbols} symbols: expected one for each")
        self.rules = rules
        self.books = [ReferenceBook() for _ in range(symbols)]
        self.orders = ReferenceOrders(rules, self.books, self._tell)
        self.rows = ReferenceRows(rules, self.books, self.orders)
        self.row, self.now_ns = 0, 0
        self._tape: Tape = EMPTY
        self._instant: tuple[int, int] | None = None  # symbol and time of the rows that may go on
        self._last = Played(False, None)  # what became of the row before `row`
        self._sent: list[Sent] = []
        self._pending: list[Report] = []
        self._known: list[Report] = []
        self._last_arrival, self._last_known, self._draws = 0, 0, 0
        self._open_bars: dict[int, ClosedBar] = {}
        self._closed_bar: ClosedBar | None = None
        self._next_timer: int | None = None
        self._trades = [(0, 0, 0)] * symbols
        self._seen_best = [Best(0, 0, 0, 0)] * symbols
        self._seen_imbalance = [False] * symbols
        self._woken_symbol = 0
        self._crossed = 0

    # Playing

    def load(self, tape: Tape) -> None:
        if self.row < len(self._tape):
            raise ValueError(f"row {self.row} of {len(self._tape)}: expected the tape before to be played to its end")
        self._tape, self.row = tape, 0

    def advance(self, stop: int, budget: int) -> int:
        while self.row < min(stop, len(self._tape)):
            row = row_of(self._tape[self.row].tolist())
            at_ns = max(row.ts, self.now_ns)
            if self._instant not in (None, (row.symbol, at_ns)):
                woke = self._end_instant()
                if woke:
                    return woke
            if self._instant is None:
                woke = self._do_due_before(at_ns)
                if woke:
                    return woke
            if budget <= 0:
                return WOKE_BUDGET
            budget -= 1
            self._play(row, at_ns)
            if self._is_own_instant():
                woke = self._end_instant()
                if woke:
                    return woke
        return WOKE_END

    def finish(self) -> int:
        woke = self._end_instant() if self._instant else 0
        self.orders.arrive_triggered()
        while not woke:
            due = min(self._due_reports() + self._due_bars(), default=None)
            if due is None:
                return WOKE_END
            woke = self._happen(due)
        return woke

    def _play(self, row: Row, at_ns: int) -> None:
        if row.ts < self.now_ns:
            self.rows.faults["time_backwards"] += 1
        self.now_ns, self._instant = at_ns, (row.symbol, at_ns)
        if self._next_timer is None and self.rules.timer_ns:
            self._next_timer = (at_ns // self.rules.timer_ns + 1) * self.rules.timer_ns
        self.row += 1
        self._last = self.rows.play(row)
        if self._last.trade:
            self._trades[row.symbol] = self._last.trade
            self._add_to_bar(row.symbol, self._last.trade)

    def _add_to_bar(self, symbol: int, trade: Print) -> None:
        length = self.rules.bar_ns[symbol] if self.rules.bar_ns else 0
        if not length:
            return
        price, size, _ = trade
        start = self.now_ns // length * length
        bar = self._open_bars.get(symbol) or ClosedBar(symbol, start, price, price, price, price, 0, 0)
        self._open_bars[symbol] = bar._replace(
            high=max(bar.high, price),
            low=min(bar.low, price),
            close=price,
            volume=min(bar.volume + size, SIZE_MAX),
            trades=bar.trades + 1,
        )

    # Instants

    def _is_own_instant(self) -> bool:
        asked = self.rules.wake
        return bool(asked & WOKE_ROW or (asked & WOKE_TRADE and self._last.trade))

    def _end_instant(self) -> int:
        """What is asked for of an instant that is over; 0 for nothing."""
        assert self._instant is not None
        symbol, at_ns = self._instant
        self._instant = None
        woke = self._tell_reports(at_ns)
        if 0 <= symbol < len(self.books):
            about = self._changes_of(symbol) & self.rules.wake
            if about:
                self._woken_symbol = symbol
            woke |= about
        return woke

    def _changes_of(self, symbol: int) -> int:
        """The bits of what is different from the symbol's instant before."""
        before, best = self._seen_best[symbol], self.books[symbol].best()
        self._seen_best[symbol] = best
        self._crossed += bool(best.bid and best.ask and best.bid >= best.ask)
        sizes = best.bid_size + best.ask_size
        beyond = bool(sizes) and float(abs(best.bid_size - best.ask_size)) / float(sizes) > self.rules.imbalance
        bits = WOKE_BEST if (best.bid, best.ask) != (before.bid, before.ask) else 0
        bits |= WOKE_TOUCH if best != before else 0
        bits |= WOKE_IMBALANCE if beyond and not self._seen_imbalance[symbol] else 0
        bits |= WOKE_TRADE if self._last.trade else 0
        bits |= WOKE_ROW if self._last.book else 0
        self._seen_imbalance[symbol] = beyond
        return bits

    # Things due

    def _do_due_before(self, at_ns: int) -> int:
        """What comes before the rows of a time; requests that arrive at that very time come after them."""
        while True:
            if self.now_ns < at_ns:
                self.orders.arrive_triggered()
            requests = [due for due in self._due_requests() if due.at_ns < at_ns]
            others = self._due_ends() + self._due_reports() + self._due_bars() + self._due_timer()
            due = min(requests + others, default=None)
            if due is None or due.at_ns > at_ns:
                return 0
            woke = self._happen(due)
            if woke:
                return woke

    def _due_requests(self) -> list[Due]:
        return [Due(sent.arrives_ns, REQUEST, 0) for sent in self._sent[:1]]

    def _due_ends(self) -> list[Due]:
        ends_ns = self.orders.next_end_ns()
        return [] if ends_ns is None else [Due(ends_ns, END, 0)]

    def _due_reports(self) -> list[Due]:
        return [Due(report.known_ns, REPORT, 0) for report in self._pending[:1]]

    def _due_bars(self) -> list[Due]:
        return [Due(bar.ts_ns + self.rules.bar_ns[symbol], BAR, symbol) for symbol, bar in self._open_bars.items()]

    def _due_timer(self) -> list[Due]:
        asked = self.rules.wake & WOKE_TIMER and self._next_timer is not None
        return [Due(self._next_timer or 0, TIMER, 0)] if asked else []

    def _happen(self, due: Due) -> int:
        """Do what is due; the bits that were asked for."""
        self.now_ns = max(self.now_ns, due.at_ns)
        woke = 0
        if due.kind == REQUEST:
            order = self._sent.pop(0).order
            if isinstance(order, Request):
                self.orders.arrive(order, self.now_ns)
            else:
                self.orders.cancel(order)
        elif due.kind == END:
            self.orders.expire(due.at_ns)
        elif due.kind == REPORT:
            woke = self._tell_reports(due.at_ns)
        elif due.kind == BAR:
            self._closed_bar = self._open_bars.pop(due.which)
            woke = WOKE_BAR & self.rules.wake
        else:
            self._next_timer = due.at_ns + self.rules.timer_ns
            woke = WOKE_TIMER
        return woke

    # Requests and reports

    def place(self, request: Request) -> None:
        self._send(Request._make(max(-(2**63), min(number, 2**63 - 1)) for number in request))

    def cancel(self, order_id: int) -> None:
        self._send(order_id)

    def requote(self, cancels: Sequence[int], requests: Sequence[RequestWords]) -> None:
        for order_id in cancels:
            self.cancel(order_id)
        for request in requests:
            self.place(Request(*request))

    def _send(self, order: Request | int) -> None:
        self._last_arrival = max(self._last_arrival, self.now_ns + self._latency(self.rules.entry_ns))
        self._sent.append(Sent(self._last_arrival, order))

    def _latency(self, recorded_ns: tuple[int, ...]) -> int:
        if len(recorded_ns) == 1:
            return recorded_ns[0]
        self._draws += 1
        return recorded_ns[splitmix64(self.rules.seed + self._draws) % len(recorded_ns)]

    def _tell(self, own: OwnOrder, what: int, price: int, size: int, maker: bool) -> None:
        order = own.request
        self._last_known = max(self._last_known, self.now_ns + self._latency(self.rules.report_ns))
        self._pending.append(
            Report(what, order.order_id, order.symbol, order.side, price, size, own.leaves, maker, self.now_ns,
                   self._last_known)
        )  # fmt: skip

    def _tell_reports(self, by_ns: int) -> int:
        """Reports that have come by a time."""
        told = [report for report in self._pending if report.known_ns <= by_ns]
        self._pending = self._pending[len(told) :]
        self._known += told
        news = [report for report in told if report.what != REPORT_CANCELLED or self.rules.answers_wake]
        return WOKE_REPORT & self.rules.wake if news else 0

    def reports(self) -> list[Report]:
        told, self._known = self._known, []
        return told

    def answers(self) -> list[int]:
        return [report.order_id for report in self.reports()]

    # Questions

    def bar(self) -> ClosedBar:
        if self._closed_bar is None:
            raise ValueError("no bar has ended: expected to be asked after WOKE_BAR")
        return self._closed_bar

    def woken_symbol(self) -> int:
        return self._woken_symbol

    def best(self, symbol: int) -> Best:
        return self.books[symbol].best()

    def last_trade(self, symbol: int) -> tuple[int, int, int]:
        return self._trades[symbol]

    def depth(self, symbol: int, side: int, levels: int) -> list[tuple[int, int, int]]:
        return self.books[symbol].depth(side, levels)

    def ahead(self, order_id: int) -> int | None:
        own = self.orders.living.get(order_id)
        if own is None or own.state != LIMIT:
            return None
        return self.orders.ahead(own)

    def state_hash(self, symbol: int) -> int:
        return self.books[symbol].hash()

    def faults(self) -> Faults:
        return Faults(**{name: self.rows.faults[name] for name in Faults._fields} | {"crossed": self._crossed})

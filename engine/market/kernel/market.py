"""The simulated market, compiled: `MarketSimulation` of docs/book-simulation.md at millions of rows a second."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct, error

import numpy as np

from tradetui.engine.market.kernel import layout as at
from tradetui.engine.market.kernel.arena import Arena
from tradetui.engine.market.kernel.entries import look, play_end, play_rows
from tradetui.engine.market.kernel.jit import direct
from tradetui.engine.market.kernel.looks import LOOK_AHEAD, LOOK_DEPTH, LOOK_HASH, Told
from tradetui.engine.market.kernel.rules import entry_latency, write_rules
from tradetui.engine.market.simulation import (
    TAPE_COLUMNS,
    Best,
    ClosedBar,
    Faults,
    Report,
    Request,
    RequestWords,
    SimulationRules,
    Tape,
)

EMPTY = np.empty((0, TAPE_COLUMNS), np.int64)
REQUEST = Struct(f"{at.REQUEST_WORDS}q")
REPORT = Struct(f"{at.REPORT_WORDS}q")
WORD_BYTES = 8
BIDS, SYMBOL_WORDS, LEVEL_WORDS, NEXT = at.SYMBOL_START, at.SYMBOL_WORDS, at.LEVEL_WORDS, at.NEXT
assert (at.KEY, at.TOTAL) == (0, 1)  # which `best` leaves out
NOTHING_TOLD: Told = (0, 0, 0, -1, 0, 0, 0, 0)
CANCEL_REST = (0,) * 9  # what a cancel leaves open of a request
REPORT_WORDS = at.REPORT_WORDS
REQUEST_FIRST, REQUEST_END, REQUEST_DUE, REQUEST_BYTES = at.REQUEST_FIRST, at.REQUEST_END, at.REQUEST_DUE, REQUEST.size

_play = direct(play_rows)
_pack = REQUEST.pack_into
_pack_cancel = Struct("3q").pack_into  # nothing else is read of it


class KernelMarket:
    """A MarketSimulation; see there."""

    __slots__ = (
        "_arena", "_bytes", "_entry", "_head", "_latency", "_latest", "_mask", "_mem", "_ring", "_seed", "_sent",
        "_tape", "_told", "now_ns", "row",
    )  # fmt: skip

    def __init__(self, rules: SimulationRules, symbols: int) -> None:
        if len(rules.sources) != symbols:
            raise ValueError(f"{len(rules.sources)} sources for {symbols} symbols: expected one for each")
        self._arena = Arena(symbols)
        self._entry, self._seed = rules.entry_ns, rules.seed
        self._latency = rules.entry_ns[0] if len(rules.entry_ns) == 1 else None  # of every request, if it is one
        self._tape: Tape = EMPTY
        self.row, self.now_ns = 0, 0
        self._sent, self._latest = 0, 0
        self._told: Told = NOTHING_TOLD
        write_rules(self._arena, rules)
        self._hold()

    def load(self, tape: Tape) -> None:
        """Take the next piece of the tape; the one before must be played to its end."""
        if self.row < len(self._tape):
            raise ValueError(f"row {self.row} of {len(self._tape)}: expected the tape before to be played to its end")
        self._tape = np.ascontiguousarray(tape, np.int64)
        self.row = self._head[at.ROW] = 0

    def advance(self, stop: int, budget: int) -> int:
        """Play rows up to `stop` (not included) until something asked for happens; the WOKE bits say what."""
        arena, tape = self._arena, self._tape
        if stop > len(tape):
            stop = len(tape)
        told: Told = _play(arena.head, arena.mem, tape, stop, budget)
        while told[0] == at.GROW:
            budget -= told[1] - self.row
            self.row = told[1]
            self._grow()
            told = _play(arena.head, arena.mem, tape, stop, budget)
        self._told = told
        self.row = told[1]
        self.now_ns = told[2]
        return told[0]

    def finish(self) -> int:
        """The market is over: reports on their way and open bars are told; WOKE bits, END when nothing is left."""
        bits: int = play_end(self._arena.head, self._arena.mem)
        if self._head[at.STOPS_DUE] != at.NEVER:
            while _play(self._arena.head, self._arena.mem, EMPTY, -1, 0)[0] == at.GROW:
                self._grow()
            bits = bits or play_end(self._arena.head, self._arena.mem)
        self.now_ns = self._head[at.NOW]
        return bits

    def place(self, request: Request) -> None:
        """Send an order now; it arrives after the entry latency, never before an earlier request."""
        self._send(0, request)

    def cancel(self, order_id: int) -> None:
        """Ask for an order's end now, with the same latency; an order that is done already is no fault."""
        self._send(1, (order_id, *CANCEL_REST))

    def requote(self, cancels: Sequence[int], requests: Sequence[RequestWords]) -> None:
        """Cancels, then orders, as one by one; an order may be given as a plain tuple."""
        head, end, mask, latency = self._head, self._sent, self._mask, self._latency
        first = head[REQUEST_FIRST]
        if latency is None or end - first + len(cancels) + len(requests) > mask:
            for order_id in cancels:
                self.cancel(order_id)
            for request in requests:
                self._send(0, request)
            return
        due, ring, memory = max(self.now_ns + latency, self._latest), self._ring, self._bytes
        if first == end and (cancels or requests):
            head[REQUEST_DUE] = due
        for order_id in cancels:
            _pack_cancel(memory, ring + (end & mask) * REQUEST_BYTES, due, 1, order_id)
            end += 1
        for request in requests:
            _put(memory, ring + (end & mask) * REQUEST_BYTES, due, 0, request)
            end += 1
        self._latest = due
        self._sent = head[REQUEST_END] = end

    def reports(self) -> list[Report]:
        """What happened to own orders and is known now, oldest first; each is given once."""
        head = self._head
        read, known = head[at.REPORT_READ], head[at.REPORT_KNOWN]
        if read == known:
            return []
        told = []
        ring, mask, unpack, new = head[at.REPORTS], head[at.REPORTS_MASK], REPORT.unpack_from, tuple.__new__
        for entry in range(read, known):
            words = unpack(self._bytes, (ring + (entry & mask) * at.REPORT_WORDS) * WORD_BYTES)
            told.append(new(Report, (*words[:7], words[7] != 0, words[8], words[9])))  # half the time of Report(...)
        head[at.REPORT_READ] = known
        return told

    def answers(self) -> list[int]:
        """The same where no wake has told of a REPORT since: the orders that ended because we asked for it."""
        head, mem = self._head, self._mem
        read, known = head[at.REPORT_READ], head[at.REPORT_KNOWN]
        if read == known:
            return []
        ring, mask = head[at.REPORTS] + 1, head[at.REPORTS_MASK]
        head[at.REPORT_READ] = known
        return [mem[ring + (entry & mask) * REPORT_WORDS] for entry in range(read, known)]

    def bar(self) -> ClosedBar:
        """The bar that WOKE_BAR told of."""
        bar = ClosedBar(*self._head[at.TOLD_BAR : at.TOLD_BAR + 8])
        if not bar.trades:
            raise ValueError("no bar has ended: expected to be asked after WOKE_BAR")
        return bar

    def woken_symbol(self) -> int:
        """The number of the symbol that BEST, TOUCH, IMBALANCE, TRADE or ROW is about."""
        return self._head[at.WOKEN_SYMBOL]

    def best(self, symbol: int) -> Best:
        """Best bid and ask now."""
        told = self._told
        if told[3] == symbol:
            return tuple.__new__(Best, told[4:])  # half the time of Best(...), and asked at every wake
        mem, bids = self._mem, BIDS + SYMBOL_WORDS * symbol
        asks = bids + LEVEL_WORDS
        bid, ask = mem[bids + NEXT], mem[asks + NEXT]  # a sentinel that is its own neighbour is an empty side, size 0
        return Best(0 if bid == bids else -mem[bid], mem[bid + 1], 0 if ask == asks else mem[ask], mem[ask + 1])

    def last_trade(self, symbol: int) -> tuple[int, int, int]:
        """Price, size and side of the last trade; zeros before the first."""
        mem, first = self._mem, at.SYMBOL_START + at.SYMBOL_WORDS * symbol + at.LAST_PRICE
        return mem[first], mem[first + 1], mem[first + 2]

    def depth(self, symbol: int, side: int, levels: int) -> list[tuple[int, int, int]]:
        """Price, size and number of orders of the best `levels` of a side, best first; 0 orders where not known."""
        arena = self._arena
        out = np.empty(3 * max(0, min(levels, self._head[at.LEVELS_LIVE] + 1)), np.int64)
        found = look(arena.head, arena.mem, out, LOOK_DEPTH, _book(symbol, side), len(out) // 3)
        words = out[: 3 * found].tolist()
        return [(abs(words[k]), words[k + 1], words[k + 2]) for k in range(0, len(words), 3)]

    def ahead(self, order_id: int) -> int | None:
        """Size before an own resting order at its price; None where it does not rest, or where that is not known."""
        arena = self._arena
        ahead = look(arena.head, arena.mem, EMPTY[:, 0].copy(), LOOK_AHEAD, order_id, 0)
        return None if ahead < 0 else ahead

    def state_hash(self, symbol: int) -> int:
        """The book's `book_hash`: sides, levels, queues."""
        out = np.empty(2, np.int64)
        look(self._arena.head, self._arena.mem, out, LOOK_HASH, _book(symbol, 1), _book(symbol, -1))
        low, high = out.tolist()
        return int(high << 32 | low)

    def faults(self) -> Faults:
        """What was left out so far."""
        return Faults(*self._head[at.DUPLICATE_ID : at.CROSSED + 1])

    def _send(self, cancels: int, request: tuple[int, ...]) -> None:
        head, end = self._head, self._sent
        first = head[REQUEST_FIRST]
        if end - first > self._mask:
            self._grow_requests()
            head = self._head
        latency = self._latency
        due = self.now_ns + (entry_latency(head, self._entry, self._seed) if latency is None else latency)
        if due < self._latest:
            due = self._latest  # never overtaking an earlier one
        _put(self._bytes, self._ring + (end & self._mask) * REQUEST_BYTES, due, cancels, request)
        self._latest = due
        self._sent = head[REQUEST_END] = end + 1
        if first == end:
            head[REQUEST_DUE] = due

    def _grow_requests(self) -> None:
        self._arena.take_ring(at.REQUESTS, at.REQUEST_FIRST, at.REQUEST_END, at.REQUEST_WORDS)
        self._hold()

    def _grow(self) -> None:
        """Whatever is short becomes larger."""
        head = self._head
        while (
            head[at.REPORT_END] - head[at.REPORT_READ] + head[at.LEVELS_LIVE] + 4 * head[at.OWN_LIVE] + 8
            > head[at.REPORTS_MASK]
        ):
            self._arena.take_ring(at.REPORTS, at.REPORT_READ, at.REPORT_END, at.REPORT_WORDS)
        self._arena.grow()
        self._hold()

    def _hold(self) -> None:
        self._head, self._mem = self._arena.head_view, self._arena.mem_view
        self._bytes = self._mem.cast("B")
        self._ring, self._mask = self._head[at.REQUESTS] * WORD_BYTES, self._head[at.REQUESTS_MASK]


def _put(memory: memoryview, place: int, due: int, cancels: int, request: tuple[int, ...]) -> None:
    try:
        _pack(memory, place, due, cancels, *request)
    except error:  # numbers that are too large are still too large where they end
        _pack(memory, place, due, cancels, *(max(-(2**63), min(word, 2**63 - 1)) for word in request))


def _book(symbol: int, side: int) -> int:
    book = at.SYMBOL_START + at.SYMBOL_WORDS * symbol
    return book if side > 0 else book + at.LEVEL_WORDS

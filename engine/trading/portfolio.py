"""Positions, cash and profit after each fill, exact to the last digit. No I/O, no clock.

At every moment, with no tolerance:  cash + sum(position * mark) == start + realised + unrealised - fees.
Average cost is the truth; a partial close takes its share of the cost, rounded to 1e-18, and what the rounding leaves
stays with the open part, so that nothing is ever lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal

from tradetui.engine.model.events import FillEvent, OpeningEvent
from tradetui.engine.model.instrument import EXACT

ZERO = Decimal(0)
TWO = Decimal(2)
COST_UNIT = Decimal("1e-18")  # where a share of the cost of a partial close is rounded
_ROUNDING = Context(prec=80, rounding=ROUND_HALF_EVEN)  # for the one division there is, followed by COST_UNIT

_FOR_THE_EYE = Context(prec=28, rounding=ROUND_HALF_EVEN)

# Operators and unary minus round to the thread's context (28 digits); these do not, and trap what would be inexact.
_add, _multiply, _subtract = EXACT.add, EXACT.multiply, EXACT.subtract


class Position:
    """One symbol's holding: signed quantity, signed cost of what is open, realised profit gross of fees."""

    __slots__ = ("cost", "fees", "opened_ns", "quantity", "realized", "symbol")

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.quantity = ZERO
        self.cost = ZERO
        self.realized = ZERO
        self.fees = ZERO
        self.opened_ns = 0

    def apply(self, side: int, quantity: Decimal, value: Decimal, price: Decimal, ts_ns: int) -> Decimal:
        """Book one execution worth `value` and return the profit it realised, gross of fees."""
        held = self.quantity
        signed = quantity if side > 0 else quantity.copy_negate()
        if not held:
            self.opened_ns = ts_ns
        if not held or (held > 0) == (side > 0):
            self.quantity = _add(held, signed)
            self.cost = _add(self.cost, value if side > 0 else value.copy_negate())
            return ZERO
        return self._close(side, signed, quantity, value, price, ts_ns)

    def _close(
        self, side: int, signed: Decimal, quantity: Decimal, value: Decimal, price: Decimal, ts_ns: int
    ) -> Decimal:
        size = self.quantity.copy_abs()
        left = _add(self.quantity, signed)
        if quantity >= size:  # closed, or turned round: the rest opens at the fill price
            released, closed_value = self.cost, _multiply(size, price)
            self.cost = _multiply(left, price)
            if left:
                self.opened_ns = ts_ns
        else:
            share = _ROUNDING.divide(_ROUNDING.multiply(self.cost, quantity), size)
            released, closed_value = share.quantize(COST_UNIT, context=_ROUNDING), value
            self.cost = _subtract(self.cost, released)
        self.quantity = left
        profit = _subtract(closed_value.copy_negate() if side > 0 else closed_value, released)
        self.realized = _add(self.realized, profit)
        return profit

    def unrealized(self, mark: Decimal) -> Decimal:
        """Profit of the open part at `mark`."""
        return _subtract(_multiply(self.quantity, mark), self.cost)

    @property
    def average_price(self) -> Decimal:
        """Average price of the open part, for the eye: rounded to 28 digits."""
        return _FOR_THE_EYE.divide(self.cost, self.quantity).copy_abs() if self.quantity else ZERO


class Portfolio:
    """Every position and the cash behind them. Fills come in by `apply`; a live account begins by `adopt`."""

    def __init__(self, cash: Decimal) -> None:
        self.start = cash
        self.cash = cash
        self.fees = ZERO
        self.positions: dict[str, Position] = {}
        self.open: dict[str, Position] = {}  # those that are not flat, in the order they were opened
        self.short: set[str] = set()  # symbols held short: only they tie up more than their cost
        # Every execution of the session: a venue may repeat one however late, and counting it twice would invent money.
        self._executions: set[str] = set()

    def apply(self, fill: FillEvent) -> Decimal | None:
        """Book a fill and return the realised profit, gross of fees; None when this execution was booked before."""
        if fill.execution_id in self._executions:
            return None
        self._executions.add(fill.execution_id)
        symbol, side, fee = fill.symbol, fill.side, fill.fee
        value = _multiply(fill.quantity, fill.price)
        position = self.positions.get(symbol)
        if position is None:
            position = self.positions[symbol] = Position(symbol)
        profit = position.apply(side, fill.quantity, value, fill.price, fill.ts_ns)
        cash = _subtract(self.cash, value) if side > 0 else _add(self.cash, value)
        if fee:
            cash = _subtract(cash, fee)
            self.fees = _add(self.fees, fee)
            position.fees = _add(position.fees, fee)
        self.cash = cash
        if position.quantity:
            self.open[symbol] = position
        else:
            self.open.pop(symbol, None)
        if position.quantity < 0:
            self.short.add(symbol)
        else:
            self.short.discard(symbol)
        return profit

    def adopt(self, opening: OpeningEvent) -> None:
        """Begin with what an account holds; what it holds is worth its cost, and all of it together is the start."""
        assert not self.positions, "books that were opened before"
        self.start = self.cash = opening.cash
        for held in opening.positions:
            if not held.quantity:
                continue
            position = self.positions[held.symbol] = self.open[held.symbol] = Position(held.symbol)
            position.quantity, position.opened_ns = held.quantity, opening.ts_ns
            position.cost = _multiply(held.quantity, held.average_price)
            self.start = _add(self.start, position.cost)
            if held.quantity < 0:
                self.short.add(held.symbol)

    def booked(self, execution_id: str) -> bool:
        """Whether an execution of this id has been booked."""
        return execution_id in self._executions

    def quantity(self, symbol: str) -> Decimal:
        """Signed units held of `symbol`."""
        position = self.open.get(symbol)
        return ZERO if position is None else position.quantity

    @property
    def realized(self) -> Decimal:
        """Realised profit of all positions, gross of fees."""
        total = ZERO
        for position in self.positions.values():
            total = _add(total, position.realized)
        return total

    def unrealized(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Profit of everything open at `marks`; raises KeyError for an open symbol without a mark."""
        total = ZERO
        for position in self.open.values():
            total = _add(total, position.unrealized(marks[position.symbol]))
        return total

    def equity(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Cash and everything held at `marks`; raises KeyError for an open symbol without a mark."""
        total = self.cash
        for position in self.open.values():
            total = _add(total, _multiply(position.quantity, marks[position.symbol]))
        return total

    def free(self, marks: Mapping[str, Decimal]) -> Decimal:
        """Cash that may back a new position without borrowing: equity less the value of all holdings, either side."""
        total = self.cash
        for position in self.open.values():
            if position.quantity < 0:  # the proceeds of a short are not ours, and as much again backs it
                total = _add(total, _multiply(_multiply(TWO, position.quantity), marks[position.symbol]))
        return total

    def imbalance(self, marks: Mapping[str, Decimal]) -> Decimal:
        """What the identity of this module is off by: zero, or a bug."""
        left = self.equity(marks)
        right = _subtract(_add(_add(self.start, self.realized), self.unrealized(marks)), self.fees)
        return _subtract(left, right)

"""Order events of one symbol into rows; ids unknown or used twice, worthless values and crossed books are counted."""

from __future__ import annotations

from tradetui.data.feeds.levels import Levels
from tradetui.data.feeds.report import Report, What
from tradetui.data.feeds.tables import Tables
from tradetui.engine.market.tape import ADD, CANCEL, CLEAR, EXECUTE, MODIFY

LEFT_OUT_MAX = 100_000  # ids that are remembered because their order was worthless


class OrderRows:
    """The order rows of one symbol, with the orders that rest: memory is bounded by them, not by the feed."""

    def __init__(self, tables: Tables, report: Report, symbol: str) -> None:
        self.symbol = symbol
        self.resting: dict[int, tuple[int, int, int]] = {}  # side, price, size by id
        self._left_out: set[int] = set()
        self._levels = Levels()
        self._tables, self._report, self._code = tables, report, tables.symbol(symbol)

    def add(
        self, line: int, ts: int, own_ts: int, order_id: int, side: int, price: int | None, size: int | None
    ) -> None:
        """A new order, at the end of its queue."""
        report = self._report
        if price is None or price < 0:
            self._leave_out("bad_price", line, order_id)
        elif size is None or size <= 0:
            self._leave_out("bad_size", line, order_id)
        elif order_id in self.resting:
            report.count("duplicate_id", line, f"order {order_id}")
        else:
            if not price:
                report.count("no_price", line, f"order {order_id}")
            self.resting[order_id] = (side, price, size)
            self._levels.add(side, price, size)
            self._tables.order(ts, self._code, own_ts, line, ADD, order_id, side, price, size)
            self._applied(line)

    def cancel(self, line: int, ts: int, own_ts: int, order_id: int) -> None:
        """The whole order leaves."""
        known = self.resting.pop(order_id, None)
        if known is None:
            self._unknown(line, order_id, "cancel")
            self._left_out.discard(order_id)
            return
        side, price, size = known
        self._levels.add(side, price, -size)
        self._tables.order(ts, self._code, own_ts, line, CANCEL, order_id, side, price, size)
        self._applied(line)

    def modify(self, line: int, ts: int, own_ts: int, order_id: int, price: int | None, left: int | None) -> None:
        """The order has this price and size now: less at the same price keeps its place, anything else loses it."""
        known = self.resting.get(order_id)
        if known is None:
            self._unknown(line, order_id, "change")
        elif price is None or price < 0:
            self._report.count("bad_price", line, f"of order {order_id}")
        elif left is None or left <= 0:
            self._report.count("bad_size", line, f"of order {order_id}")
        else:
            side, before, size = known
            self._levels.add(side, before, -size)
            self._levels.add(side, price, left)
            self.resting[order_id] = (side, price, left)
            self._tables.order(ts, self._code, own_ts, line, MODIFY, order_id, side, price, left)
            self._applied(line)

    def resize(self, line: int, ts: int, own_ts: int, order_id: int, left: int | None) -> None:
        """The order's size is now `left`, its place kept; one that grows loses it, which our rows cannot avoid."""
        known = self.resting.get(order_id)
        if known is not None and left is not None and left > known[2]:
            self._report.count("grown", line, f"order {order_id} from {known[2]} to {left} nanos")
        self.modify(line, ts, own_ts, order_id, known[1] if known else 1, left)

    def reduce(self, line: int, ts: int, own_ts: int, order_id: int, gone: int | None) -> None:
        """So much of the order left unexecuted; all of it where it had no more."""
        known = self.resting.get(order_id)
        if known is not None and gone is not None and gone >= known[2]:
            if gone > known[2]:
                self._report.count("bad_size", line, f"{gone} nanos cancelled of {known[2]} of order {order_id}")
            self.cancel(line, ts, own_ts, order_id)
        else:
            wrong = known is None or gone is None or gone <= 0
            left = None if wrong or known is None or gone is None else known[2] - gone
            self.modify(line, ts, own_ts, order_id, known[1] if known else 1, left)

    def execute(self, line: int, ts: int, own_ts: int, order_id: int, size: int | None) -> None:
        """So much of the order traded; of more than it has, what it has."""
        known = self.resting.get(order_id)
        if known is None:
            self._unknown(line, order_id, "execution")
        elif size is None or size <= 0:
            self._report.count("bad_size", line, f"execution of order {order_id}")
        else:
            side, price, before = known
            if size > before:
                self._report.count("bad_size", line, f"{size} nanos executed of {before} of order {order_id}")
                size = before
            self._levels.add(side, price, -size)
            if size == before:
                del self.resting[order_id]
            else:
                self.resting[order_id] = (side, price, before - size)
            self._tables.order(ts, self._code, own_ts, line, EXECUTE, order_id, side, price, size)
            self._applied(line)

    def clear(self, line: int, ts: int, own_ts: int) -> None:
        """Every order leaves: the feed starts again."""
        self.resting.clear()
        self._levels.clear()
        self._tables.order(ts, self._code, own_ts, line, CLEAR, 0, 0, 0, 0)

    def _leave_out(self, why: What, line: int, order_id: int) -> None:
        self._report.count(why, line, f"of order {order_id}")
        if len(self._left_out) < LEFT_OUT_MAX:
            self._left_out.add(order_id)

    def _unknown(self, line: int, order_id: int, what: str) -> None:
        """Counts what is said of an order that does not rest, but for one whose fault was counted when it came."""
        if order_id not in self._left_out:
            self._report.count("unknown_id", line, f"{what} of order {order_id}")

    def _applied(self, line: int) -> None:
        self._report.applied += 1
        if self._levels.crossed():
            self._report.count("crossed", line)

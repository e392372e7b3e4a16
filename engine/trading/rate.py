"""The message rate limit: orders beyond it wait, in order, until the market's time allows them."""

from __future__ import annotations

from collections import deque

from tradetui.engine.model.orders import Order, OrderStatus

SECOND_NS = 1_000_000_000


class RateLimit:
    """At most `per_second` orders in any second of market time; None never binds."""

    def __init__(self, per_second: int | None) -> None:
        self._most = per_second
        self._sent: deque[int] = deque(maxlen=per_second or 1)
        self.queue: deque[Order] = deque()  # orders that wait, oldest first; look, do not change

    def wait_ns(self, now_ns: int, order: Order) -> int:
        """How long `order` must wait, 0 when it may go now; a waiting order is kept in the queue.

        A new order waits behind those that already do, even where it could go at once: none is overtaken.
        """
        if self._most is None:
            return 0
        new = order.status != OrderStatus.QUEUED
        if not self._full(now_ns) and not (new and self.queue):
            self._sent.append(now_ns)
            return 0
        self.queue.append(order)
        rounds, place = divmod(len(self.queue) - 1, self._most)
        frees_ns = self._sent[place] if place < len(self._sent) else now_ns
        return max(1, frees_ns + SECOND_NS * (1 + rounds) - now_ns)

    def take(self, now_ns: int) -> bool:
        """Whether an order that cannot wait may go now; it is counted if it may, and overtakes none that waits."""
        if self._most is None:
            return True
        if self.queue or self._full(now_ns):
            return False
        self._sent.append(now_ns)
        return True

    def next(self, now_ns: int) -> Order | None:
        """The oldest waiting order that may go at `now_ns`; it must be offered to `wait_ns` again."""
        if not self.queue or self._full(now_ns):
            return None
        return self.queue.popleft()

    def forget(self, order: Order) -> None:
        """An order that waited was cancelled: those behind it move up."""
        self.queue.remove(order)

    def _full(self, now_ns: int) -> bool:
        return len(self._sent) == self._most and now_ns - self._sent[0] < SECOND_NS

"""The message rate limit: orders beyond it wait, in order, until the market's time allows them."""

from __future__ import annotations

from collections import deque

from tradetui.engine.model.orders import Order

SECOND_NS = 1_000_000_000


class RateLimit:
    """At most `per_second` orders in any second of market time; None never binds."""

    def __init__(self, per_second: int | None) -> None:
        self._most = per_second
        self._sent: deque[int] = deque(maxlen=per_second or 1)
        self._queue: deque[Order] = deque()

    @property
    def waiting(self) -> bool:
        """Whether any order waits."""
        return bool(self._queue)

    def wait_ns(self, now_ns: int, order: Order) -> int:
        """How long `order` must wait, 0 when it may go now; a waiting order is kept in the queue."""
        if self._most is None:
            return 0
        full = len(self._sent) == self._most and now_ns - self._sent[0] < SECOND_NS
        if full:
            self._queue.append(order)
            ahead = (len(self._queue) - 1) // self._most
            return self._sent[0] + SECOND_NS * (1 + ahead) - now_ns
        self._sent.append(now_ns)
        return 0

    def next(self, now_ns: int) -> Order | None:
        """The oldest waiting order that may go at `now_ns`; it must be offered to `wait_ns` again."""
        if not self._queue or (len(self._sent) == self._most and now_ns - self._sent[0] < SECOND_NS):
            return None
        return self._queue.popleft()

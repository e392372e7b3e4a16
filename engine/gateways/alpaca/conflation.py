"""Keeps a slow engine from drowning: while it lags, only the newest quote and book level waits. Pure but for `put`.

Trades, bars and feed events are never held: what was held of a symbol goes before them, so its events keep their order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tradetui.engine.gateways.live_words import Arrived
from tradetui.engine.model.events import BookEvent, FeedEvent, MarketEvent, QuoteEvent, TradeEvent

Key = tuple[int, float]  # side and price of a level; (0, 0.0) is the quote
QUOTE: Key = (0, 0.0)


class Conflator:
    """`waiting` says how many inputs the engine has not taken; above `waiting_max` it lags."""

    def __init__(
        self,
        put: Callable[[Arrived | MarketEvent | QuoteEvent | TradeEvent | BookEvent | FeedEvent], None],
        waiting: Callable[[], int],
        waiting_max: int,
    ) -> None:
        self._put, self._waiting, self._waiting_max = put, waiting, waiting_max
        self._held: dict[str, dict[Key, Arrived | QuoteEvent | BookEvent]] = {}
        self.conflated = 0
        self.received_ns = 0  # when what is offered and put now was read off the socket; 0: it was not

    @property
    def holds(self) -> bool:
        """Whether something waits for the engine."""
        return bool(self._held)

    def offer(self, event: QuoteEvent | BookEvent) -> None:
        """A quote or a level: put at once where the engine keeps up."""
        held = self._held.get(event.symbol)
        if held is None and self._waiting() <= self._waiting_max:
            self._put(self._stamped(event))
            return
        if held is None:
            held = self._held[event.symbol] = {}
        key = QUOTE if isinstance(event, QuoteEvent) else (event.side, event.price)
        if held.pop(key, None) is not None:  # the newest goes to the end, where it belongs in time
            self.conflated += 1
        held[key] = self._stamped(event)

    def put(self, event: MarketEvent | TradeEvent | FeedEvent) -> None:
        """What is never held, after what was held of its symbol."""
        self._release(event.symbol)
        self._put(event if type(event) is FeedEvent else self._stamped(event))

    def flush(self) -> None:
        """Put what is held, if the engine has caught up."""
        if self._held and self._waiting() <= self._waiting_max:
            for symbol in list(self._held):
                self._release(symbol)

    def _stamped(self, event: Any) -> Any:
        return Arrived(event, self.received_ns) if self.received_ns else event

    def _release(self, symbol: str) -> None:
        for event in self._held.pop(symbol, {}).values():
            self._put(event)

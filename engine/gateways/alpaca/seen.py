"""What has been given to the engine, so that nothing is given twice: prints by their id, bars by their start. Pure."""

from __future__ import annotations

from collections import deque

from tradetui.engine.gateways.alpaca.feed_rows import TradeKey

PRINTS_MAX = 20_000  # of a symbol, that are remembered
OVERTAKEN_NS = 5 * 10**9  # a print may be told so long after a newer one


class Seen:
    """Of every symbol; remembered over reconnects."""

    def __init__(self) -> None:
        self._prints: dict[str, tuple[set[TradeKey], deque[TradeKey]]] = {}
        self._bars: dict[str, int] = {}
        self._first_trade_ns: dict[str, int] = {}
        self._last_trade_ns: dict[str, int] = {}
        self.last_ns: dict[str, int] = {}

    def trade(self, symbol: str, key: TradeKey, oldest_ns: int = 0) -> bool:
        """Whether this print is new; one from before `oldest_ns` is not."""
        known, order = self._prints.setdefault(symbol, (set(), deque()))
        if key in known or key[0] < oldest_ns:
            return False
        known.add(key)
        order.append(key)
        if len(order) > PRINTS_MAX:
            known.discard(order.popleft())
        self._first_trade_ns.setdefault(symbol, key[0])
        self._last_trade_ns[symbol] = max(self._last_trade_ns.get(symbol, 0), key[0])
        return True

    def trades_from_ns(self, symbol: str) -> int:
        """From when on prints may be missing: a little before the last, but not before the first that was heard."""
        if symbol not in self._last_trade_ns:
            return self.last_ns.get(symbol, 0)
        return max(self._first_trade_ns[symbol], self._last_trade_ns[symbol] - OVERTAKEN_NS)

    def bar(self, symbol: str, ts_ns: int) -> bool:
        """Whether this bar is new."""
        if ts_ns <= self._bars.get(symbol, -1):
            return False
        self._bars[symbol] = ts_ns
        return True

    def heard(self, symbol: str, ts_ns: int) -> None:
        """Something of that time came."""
        self.last_ns[symbol] = max(self.last_ns.get(symbol, 0), ts_ns)

    def last_bar_ns(self, symbol: str) -> int | None:
        """The start of the last bar."""
        return self._bars.get(symbol)

"""The engine's own watch over each symbol: what it has heard nothing of for too long, whatever the feed says of itself.

Pure: it is told the time. A feed whose thread hangs tells of no silence; the engine's beats go on.
"""

from __future__ import annotations

from collections.abc import Sequence

from tradetui.engine.model.events import FeedEvent

GRACE_S = 0.5  # a feed that watches itself tells first, and more


class Silence:
    """Times by a steady clock in ns. `stale_s` None watches nothing."""

    def __init__(self, symbols: Sequence[str], stale_s: float | None, now_ns: int) -> None:
        self.heard_ns = dict.fromkeys(symbols, now_ns)  # written by whoever takes inputs, for every one of them
        self._limit_ns = None if stale_s is None else round((stale_s + GRACE_S) * 1e9)
        self._silent: set[str] = set()

    def look(self, now_ns: int, wall_ns: int) -> list[FeedEvent]:
        """What has become silent, and what is heard again, by name; `wall_ns` dates the news."""
        limit_ns = self._limit_ns
        if limit_ns is None:
            return []
        news = []
        for symbol, heard_ns in self.heard_ns.items():
            silent = now_ns - heard_ns >= limit_ns
            if silent == (symbol in self._silent):
                continue
            if silent:
                self._silent.add(symbol)
                words = f"the engine has heard nothing for {(now_ns - heard_ns) / 1e9:.1f} s"
                news.append(FeedEvent(symbol, "STALE", words, wall_ns, "engine"))
            else:
                self._silent.discard(symbol)
                news.append(FeedEvent(symbol, "FRESH", "heard again", wall_ns, "engine"))
        return news

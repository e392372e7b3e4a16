"""Prints and bars of a time that was missed, page by page over REST. For one thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from tradetui.engine.gateways.alpaca.rest import Answer, Rest
from tradetui.engine.gateways.alpaca.wire import timestamp

LIMIT = 10_000  # rows of a page, the most that is served
PAGES_MAX = 100
Rows = dict[str, list[dict[str, Any]]]


class Missed(NamedTuple):
    """What was missed, by symbol, as the venue has it; or why that is not known."""

    trades: Rows
    bars: Rows
    fault: str = ""


class Backfill:
    """Asks for all symbols of a stream at once."""

    def __init__(self, rest: Rest, stock_feed: str) -> None:
        self._rest, self._stock_feed = rest, stock_feed

    def fetch(self, symbols: Sequence[str], trades_from_ns: int, bars_from_ns: int) -> Missed:
        """Everything since then. Raises Stopped."""
        coins = "/" in symbols[0]
        base = "/v1beta3/crypto/us" if coins else "/v2/stocks"
        common: dict[str, str] = {"symbols": ",".join(symbols), "limit": str(LIMIT), "sort": "asc"}
        if not coins:
            common["feed"] = self._stock_feed
        trades = self._pages(f"{base}/trades", "trades", {**common, "start": timestamp(trades_from_ns)})
        if isinstance(trades, str):
            return Missed({}, {}, trades)
        bars = self._pages(f"{base}/bars", "bars", {**common, "timeframe": "1Min", "start": timestamp(bars_from_ns)})
        return Missed({}, {}, bars) if isinstance(bars, str) else Missed(trades, bars)

    def _pages(self, path: str, name: str, query: dict[str, str]) -> Rows | str:
        found: Rows = {}
        for _ in range(PAGES_MAX):
            answer = self._rest.ask("GET", path, query)
            page = _page(answer, name)
            if isinstance(page, str):
                return page
            for symbol, rows in page.items():
                found.setdefault(symbol, []).extend(rows)
            token = answer.body.get("next_page_token")
            if not isinstance(token, str) or not token:
                return found
            query["page_token"] = token
        return f"more than {PAGES_MAX} pages of {name}"


def _page(answer: Answer, name: str) -> Rows | str:
    if not answer.fine:
        return answer.said or f"HTTP {answer.status}"
    rows = answer.body.get(name) if isinstance(answer.body, dict) else None
    if rows is None and isinstance(answer.body, dict):
        return {}
    if not isinstance(rows, dict) or not all(isinstance(part, list) for part in rows.values()):
        return f"an answer without {name}"
    return {symbol: [row for row in part if isinstance(row, dict)] for symbol, part in rows.items()}

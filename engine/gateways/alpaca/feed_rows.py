"""Rows of the data streams and of their history as events; what cannot be read is None. No I/O."""

from __future__ import annotations

from typing import Any

from tradetui.engine.gateways.alpaca.wire import instant, real
from tradetui.engine.model.events import MarketEvent, QuoteEvent, TradeEvent
from tradetui.engine.model.instrument import PRICE_MAX

SIZE_MAX = 1e18  # of units: what is beyond is no market's, nor is a price beyond PRICE_MAX
SIDES = {"B": 1, "S": -1}
Row = dict[str, Any]
TradeKey = tuple[int, object, object]


def quote_of(row: Row, symbol: str) -> QuoteEvent | None:
    """The best of both sides; a side that is absent is empty."""
    ts_ns = instant(row.get("t"))
    values = [real(row.get(name, 0)) for name in ("bp", "bs", "ap", "as")]
    if ts_ns is None or None in values or any(value is not None and value < 0 for value in values):
        return None
    bid, bid_size, ask, ask_size = (value or 0.0 for value in values)
    if max(bid, ask) > PRICE_MAX or max(bid_size, ask_size) > SIZE_MAX:
        return None
    return QuoteEvent(symbol, ts_ns, bid, bid_size, ask, ask_size)


def is_market(price: float, size: float) -> bool:
    """Whether any market could have them."""
    return 0 < price <= PRICE_MAX and 0 <= size <= SIZE_MAX


def trade_of(row: Row, symbol: str) -> TradeEvent | None:
    """One print; who was the taker is told of coins only."""
    ts_ns, price, size = instant(row.get("t")), real(row.get("p")), real(row.get("s"))
    if ts_ns is None or price is None or size is None or not is_market(price, size):
        return None
    taker = row.get("tks")
    return TradeEvent(symbol, ts_ns, price, size, SIDES.get(taker, 0) if isinstance(taker, str) else 0)


def trade_key(row: Row, ts_ns: int) -> TradeKey:
    """What makes a print the same print: ids are given by each exchange for itself."""
    number, exchange = row.get("i"), row.get("x")
    return (
        ts_ns,
        number if isinstance(number, int | str) else None,
        exchange if isinstance(exchange, str) else None,
    )


def bar_of(row: Row, symbol: str) -> MarketEvent | None:
    """One bar, by its start."""
    ts_ns = instant(row.get("t"))
    o, h, l, c, v = (real(row.get(name)) for name in "ohlcv")  # noqa: E741  # the vendor's own names
    if ts_ns is None or o is None or h is None or l is None or c is None or v is None:
        return None
    if not 0 < l <= min(o, c) or h < max(o, c) or not is_market(h, v):
        return None
    return MarketEvent(symbol, ts_ns, o, h, l, c, v)

"""Single rows of market data as the protocol's JSON: trades, quotes, levels of a book."""

from __future__ import annotations

from typing import Any

from tradetui.engine.market.tape import Quotes, Trades
from tradetui.engine.model.instrument import NANOS_PER_UNIT
from tradetui.engine.practice.wire import timestamp

Row = dict[str, Any]


def trade_of(trades: Trades, symbol: str, row: int, place: int) -> Row:
    """A row of the table of trades as JSON; `place` counts the symbol's own."""
    return trade_row(
        symbol,
        int(trades.price[row]),
        int(trades.size[row]),
        int(trades.side[row]),
        place + 1,
        timestamp(int(trades.ts_ns[row])),
    )


def trade_row(symbol: str, price: int, size: int, side: int, number: int, at: str) -> Row:
    """A trade as JSON."""
    if "/" in symbol:
        return {"t": at, "p": price / NANOS_PER_UNIT, "s": units(size), "tks": "B" if side > 0 else "S", "i": number}
    return {"t": at, "x": "V", "p": price / NANOS_PER_UNIT, "s": units(size), "c": ["@"], "i": number, "z": "C"}


def quote_of(quotes: Quotes, symbol: str, row: int) -> Row:
    """A row of the table of quotes as JSON."""
    bid, ask = (int(quotes.bid[row]), int(quotes.bid_size[row])), (int(quotes.ask[row]), int(quotes.ask_size[row]))
    return quote_row(symbol, bid, ask, timestamp(int(quotes.ts_ns[row])))


def quote_row(symbol: str, bid: tuple[int, int], ask: tuple[int, int], at: str) -> Row:
    """A quote as JSON; price and size of both sides are nanos."""
    prices = {
        "ap": ask[0] / NANOS_PER_UNIT,
        "as": units(ask[1]),
        "bp": bid[0] / NANOS_PER_UNIT,
        "bs": units(bid[1]),
    }
    if "/" in symbol:
        return {"t": at, **prices}
    return {"t": at, "ax": "V", "bx": "V", **prices, "c": ["R"], "z": "C"}


def level_row(price: int, size: int) -> Row:
    """A level of an order book as JSON."""
    return {"p": price / NANOS_PER_UNIT, "s": units(size)}


def units(nanos: int) -> float | int:
    """A size: an integer where it is one."""
    whole, rest = divmod(nanos, NANOS_PER_UNIT)
    return nanos / NANOS_PER_UNIT if rest else whole

"""What a client of a data stream wants to hear: channels and symbols, as the feeds allow them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

STOCK_CHANNELS = (
    "trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "corrections", "cancelErrors",
)  # fmt: skip
STOCK_EXTRA = ("imbalances",)  # a channel that the answer to a subscription leaves out while nobody wants it
COIN_CHANNELS = ("trades", "quotes", "orderbooks", "bars", "updatedBars", "dailyBars")
TEST_CHANNELS = ("trades", "quotes", "bars")
CHANNELS = {"stocks": STOCK_CHANNELS, "crypto": COIN_CHANNELS, "test": TEST_CHANNELS}
IMPLIED = ("corrections", "cancelErrors")  # come with trades of stocks
SYMBOL_LENGTH_MAX = 32

Feed = Literal["stocks", "crypto", "test"]
Symbols = dict[str, None]  # in the order in which they were asked for


class StreamError(msgspec.Struct, frozen=True):
    """An error of a data stream."""

    code: int
    msg: str

    def body(self) -> list[dict[str, Any]]:
        """As it is sent."""
        return [{"T": "error", "code": self.code, "msg": self.msg}]


INVALID_SYNTAX = StreamError(400, "invalid syntax")
NOT_AUTHENTICATED = StreamError(401, "not authenticated")
AUTH_FAILED = StreamError(402, "auth failed")
ALREADY_AUTHENTICATED = StreamError(403, "already authenticated")
AUTH_TIMEOUT = StreamError(404, "auth timeout")
SYMBOL_LIMIT = StreamError(405, "symbol limit exceeded")
CONNECTION_LIMIT = StreamError(406, "connection limit exceeded")
SLOW_CLIENT = StreamError(407, "slow client")
NO_SUBSCRIPTION = StreamError(409, "insufficient subscription")
INVALID_ACTION = StreamError(410, "invalid subscribe action for this feed")
INTERNAL = StreamError(500, "internal error")


class Subscriptions:
    """Of one client."""

    def __init__(self, feed: Feed, symbols_max: int = 0, books_max: int = 0) -> None:
        self.feed, self._symbols_max, self._books_max = feed, symbols_max, books_max
        self.channels: dict[str, Symbols] = {name: {} for name in CHANNELS[feed]}

    def wants(self, channel: str, symbol: str) -> bool:
        """Whether a message is for this client."""
        symbols = self.channels.get(channel)
        return symbols is not None and (symbol in symbols or "*" in symbols)

    def change(self, message: Mapping[str, Any], add: bool) -> StreamError | None:
        """Subscribe or unsubscribe; what is wrong with the message, in which case nothing changes."""
        wanted = {name: value for name, value in message.items() if name != "action"}
        known = (*CHANNELS[self.feed], *(STOCK_EXTRA if self.feed == "stocks" else ()))
        for name, symbols in wanted.items():
            if name not in known:
                return INVALID_ACTION
            if not isinstance(symbols, list) or not all(_is_symbol(symbol) for symbol in symbols):
                return INVALID_SYNTAX
        after = {name: dict(symbols) for name, symbols in self.channels.items()}
        for name, symbols in wanted.items():
            for channel in (name, *(IMPLIED if name == "trades" and self.feed == "stocks" else ())):
                _apply(after.setdefault(channel, {}), symbols, add)
        if add and self._beyond(after):
            return SYMBOL_LIMIT
        self.channels = after
        return None

    def body(self) -> list[dict[str, Any]]:
        """The full set, as it is told after each change."""
        return [{"T": "subscription", **{name: list(symbols) for name, symbols in self.channels.items()}}]

    def _beyond(self, channels: Mapping[str, Symbols]) -> bool:
        count = len(channels["trades"]) + len(channels["quotes"])
        if self._symbols_max and count > self._symbols_max:
            return True
        return bool(self._books_max) and len(channels.get("orderbooks", {})) > self._books_max


def _is_symbol(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= SYMBOL_LENGTH_MAX and value.isprintable()


def _apply(have: Symbols, symbols: list[str], add: bool) -> None:
    for symbol in symbols:
        if add:
            have[symbol] = None
        else:
            have.pop(symbol, None)

"""Where Alpaca is and how patient we are with it. Typed, frozen; no keys in here."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from tradetui.engine.backoff import Waits

PAPER_URL = "https://paper-api.alpaca.markets"
DATA_URL = "https://data.alpaca.markets"
DATA_STREAM_URL = "wss://stream.data.alpaca.markets"


class SocketConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A websocket: how soon a dead one is noticed, and how it comes back."""

    open_s: float = 5.0
    answer_s: float = 10.0  # for each step of the handshake
    ping_every_s: float = 5.0
    ping_patience_s: float = 10.0
    close_s: float = 1.0
    frame_max: int = 1 << 24  # bytes; the venue's own limit is far below
    queue_max: int = 4096  # frames that wait in the library before it stops reading
    waits: Waits = Waits()


class RestConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests: timeouts, and how many a minute."""

    connect_s: float = 3.0
    read_s: float = 10.0
    per_minute: int = 200
    cancel_share: float = 0.2  # of them only cancels may use
    waits: Waits = Waits()


class FreshnessConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a symbol of which nothing is heard is late, and when it is stale."""

    late_s: float = 5.0
    stale_s: float = 30.0
    look_every_s: float = 0.25


class FeedConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Market data: addresses as the vendor has them, of whole endpoints; REST without a path."""

    rest_url: str = DATA_URL
    stock_stream_url: str = f"{DATA_STREAM_URL}/v2/iex"
    crypto_stream_url: str = f"{DATA_STREAM_URL}/v1beta3/crypto/us"
    stock_feed: Literal["iex", "sip"] = "iex"
    books: bool = True  # order books of coins
    socket: SocketConfig = SocketConfig()
    rest: RestConfig = RestConfig()
    freshness: FreshnessConfig = FreshnessConfig()
    backfill_max_s: float = 3_600.0  # of a longer gap only the end is fetched
    hold_max: int = 100_000  # live rows that wait for a backfill; with more it is given up
    waiting_max: int = 256  # inputs that the engine has not taken: beyond, quotes and books are conflated
    flush_every_s: float = 0.005


class ExecutionConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Orders: addresses, and how long an order of unknown fate is looked for."""

    rest_url: str = PAPER_URL
    stream_url: str = "wss://paper-api.alpaca.markets/stream"
    socket: SocketConfig = SocketConfig()
    rest: RestConfig = RestConfig()
    lookup_window_s: float = 30.0  # the venue must have said "unknown" after this long before it is believed
    poll_s: float = 15.0  # between looks at working orders: a lost frame is found so
    leaving_s: float = 5.0  # for which an order waits for others that are being cancelled and stand in its way
    tries_max: int = 5  # of a request that the venue is too busy for
    crypto_fee_rate: Decimal = Decimal("0.0025")  # of what a sale of coins brings

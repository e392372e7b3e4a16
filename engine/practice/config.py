"""Everything about the venue that is a choice: what the protocol leaves open, limits, and how fills are made."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

FAKE_SYMBOL = "FAKEPACA"  # what the stream v2/test shows, round the clock


class PracticeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A venue. Fields marked [U] stand for behaviour of the real one that nobody has verified."""

    # the account
    start_cash: Decimal = Decimal(100_000)
    multiplier: int = 4
    shorting: bool = True
    equity_min_margin: Decimal = Decimal(2_000)  # below it one times buying power and no shorts
    seed: int = 0  # of ids and of partial fills

    # fills
    display_limits: bool = True  # False: as the real paper engine, which does not look at displayed sizes
    partial_fill_chance: float = 0.0  # the real paper engine: 0.1; with it a fill is cut to a random part
    ack_delay_ns: int = 0  # an order stays pending_new, a cancel pending_cancel, for this long in market time
    crypto_fee_rate: Decimal = Decimal("0.0025")  # taken in the asset that is received
    crypto_fee_rows: bool = False  # [U] CFEE activities
    cat_fee_per_share: Decimal = Decimal("0.000003")  # [U] part of the cost basis that buying power is asked for
    non_marginable_buffer: Decimal = Decimal(0)  # [U] by how much non_marginable_buying_power stays below cash

    # orders
    equity_value_min: Decimal = Decimal(1)
    crypto_value_min: Decimal = Decimal(10)
    gtc_days: int = 90
    ioc_end: Literal["canceled", "expired"] = "canceled"  # [U]
    fok_end: Literal["canceled", "expired"] = "canceled"  # [U]
    day_end: Literal["canceled", "expired"] = "expired"
    opg_end: Literal["canceled", "expired"] = "expired"
    leg_activation_event: bool = True  # [U] a held leg that starts to work is told as `new`
    replace_answer: Literal["new", "pending_new", "accepted"] = "new"  # status of the order that a PATCH answers with
    execution_id_on_all: bool = True  # [U] on canceled, expired, replaced too
    event_ids: bool = False  # `at` and `event_id`, which only the newest documentation shows
    wash_reason_limit: str = "opposite side limit order exists"  # [U]
    oto_exempt_from_wash: bool = True  # [U]
    fractional_extended: bool = False  # [U]
    market_collar: Decimal | None = None  # [U] a market buy that opens is asked for this share above the ask, as 0.04
    limit_distance_max: Decimal | None = None  # [U] refuse limits farther than this share from the market
    closing_only_exposure: Decimal | None = Decimal(6)  # times equity: above it a symbol may only be closed

    # answers
    unauthorized_message: str = "unauthorized."
    forbidden_message: str = "forbidden."
    other_environment_prefixes: tuple[str, ...] = ("AK",)  # keys of a live account begin so
    rate_per_minute: int = 200
    data_rate_per_minute: int = 10_000
    rate_message: str = "rate limit exceeded"
    data_rate_message: str = "too many requests."  # [U]
    sip: bool = True  # False: the plan has iex only
    real_time_data: bool = True  # False: historical data end 15 minutes ago

    # streams
    connections_per_stream: int = 1
    trading_connections: int = 0  # [U] 0: any number of trade_updates connections
    auth_timeout_s: float = 10.0
    symbols_max: int = 0  # trades and quotes together, 0 for any; the free plan has 30
    books_max: int = 0  # order books, likewise; the free plan has 10
    message_max: int = 1 << 20  # bytes of one message of a client
    queue_max: int = 50_000  # messages that wait for a client: beyond, it is too slow
    body_max: int = 1 << 20

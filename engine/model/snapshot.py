"""What the screen sees: one immutable picture of a session, made by the engine thread, read by anybody.

Each section has a `version` that rises when its content changed, so that a view redraws only what moved.
"""

from __future__ import annotations

import msgspec

from tradetui.engine.model.events import TradingState


class BookView(msgspec.Struct, frozen=True):
    """Depth of one symbol, best first: tuples of (price, size). Empty where the data has no depth."""

    symbol: str
    bids: tuple[tuple[float, float], ...] = ()
    asks: tuple[tuple[float, float], ...] = ()
    last: float | None = None
    last_size: float | None = None
    tick: float = 0.01
    ts_ns: int = 0
    mine: tuple[tuple[int, float, float], ...] = ()  # own working orders: (side, price, quantity left)
    version: int = 0


class SymbolView(msgspec.Struct, frozen=True):
    """One line of the watchlist. Prices are None until seen; `change` is a fraction since the session's first price."""

    symbol: str
    last: float | None = None
    bid: float | None = None
    ask: float | None = None
    change: float | None = None
    volume: float = 0.0
    ts_ns: int = 0
    feed: str = "OK"  # OK, LATE, STALE, DOWN: whether these prices can be trusted
    age_ns: int | None = None  # of the newest price when the picture was made; None: `clock_ns` less `ts_ns`


class FillView(msgspec.Struct, frozen=True):
    """One line of the fills pane. `pnl` is the realised profit of a closing fill, None for an opening one."""

    number: int
    ts_ns: int
    symbol: str
    side: int
    quantity: float
    price: float
    fee: float
    liquidity: str
    role: str
    pnl: float | None
    reason: str = ""


class PositionView(msgspec.Struct, frozen=True):
    """One open position. `limit_use` is the share of the position limit in use, None without a limit."""

    symbol: str
    quantity: float
    average_price: float
    mark: float | None
    unrealized: float | None
    realized: float
    opened_ns: int
    limit_use: float | None = None


class OrderView(msgspec.Struct, frozen=True):
    """One order that is held, queued or working."""

    order_id: int
    ts_ns: int
    symbol: str
    side: int
    quantity: float
    filled: float
    type: str
    price: float | None
    role: str
    status: str
    reason: str = ""


class AlertView(msgspec.Struct, frozen=True):
    """One line of the alerts pane: a refusal, a risk event or a strategy error. `detail` may hold a traceback."""

    number: int
    ts_ns: int
    severity: str  # info, warning, critical
    check: str
    symbol: str
    message: str
    detail: str = ""


class LogView(msgspec.Struct, frozen=True):
    """One line of the log: what happened, in words."""

    number: int
    ts_ns: int
    kind: str
    message: str


class CurveView(msgspec.Struct, frozen=True):
    """The equity curve thinned to what a screen can show (at most 1,000 points), oldest first."""

    ts_ns: tuple[int, ...] = ()
    equity: tuple[float, ...] = ()
    drawdown: tuple[float, ...] = ()  # fractions, 0 or negative
    version: int = 0


class AccountView(msgspec.Struct, frozen=True):
    """Money, as floats for the eye; the ledger keeps the exact amounts."""

    equity: float = 0.0
    cash: float = 0.0
    realized: float = 0.0
    unrealized: float = 0.0
    fees: float = 0.0
    start_equity: float = 0.0
    drawdown: float = 0.0
    drawdown_max: float = 0.0
    drawdown_limit: float | None = None


class FeedView(msgspec.Struct, frozen=True):
    """One source of market data of a live session. Ages and lags in ns, None until known."""

    name: str
    state: str  # CONNECTING, OK, LATE, STALE, DOWN, END
    events: int = 0
    conflated: int = 0  # quotes and books replaced by newer ones before the engine took them
    reconnects: int = 0
    gaps: int = 0
    lag_ns: int | None = None  # receive time less the venue's own stamp
    age_ns: int | None = None  # since the last event, when the picture was made
    queued: int = 0  # inputs that waited for the engine
    message: str = ""


class ExecutionView(msgspec.Struct, frozen=True):
    """The way to the venue of a live session."""

    name: str
    state: str  # CONNECTING, OK, DOWN, REFUSED
    sent: int = 0
    unresolved: int = 0  # orders whose fate is being looked up
    rate_left: int | None = None  # requests left in this minute, without the reserve for cancels
    rate_limit: int | None = None  # of a minute
    reconnects: int = 0
    round_trip_ns: int | None = None
    message: str = ""


class StorageView(msgspec.Struct, frozen=True):
    """A server or file that the session is written to."""

    name: str  # SQLite, PostgreSQL, Redis, Parquet
    state: str  # CONNECTING, OK, BEHIND, DOWN
    text: str = ""  # where, what waits, what to do; never a secret
    waiting: int = 0  # events that are in the journal and not there yet


class LatencyView(msgspec.Struct, frozen=True):
    """How long something took, over a whole session: times in ns, 0 where nothing was counted."""

    count: int = 0
    p50_ns: int = 0
    p99_ns: int = 0
    max_ns: int = 0
    sum_ns: int = 0
    within: tuple[int, ...] = ()  # how many took at most each of engine.latency.BOUNDS_NS; empty for none


class LatenciesView(msgspec.Struct, frozen=True):
    """From when bytes were read off the feed's socket until something came of them, of a live session."""

    tick_to_signal: LatencyView = LatencyView()  # the strategy was asked and has decided, whatever it decided
    tick_to_handover: LatencyView = LatencyView()  # its order is on disk and in the execution thread's queue
    tick_to_order: LatencyView = LatencyView()  # its request to the venue begins
    queued_max: int = 0  # inputs that the engine found waiting at once


class ReconciliationView(msgspec.Struct, frozen=True):
    """The newest comparison of our books with the venue's account."""

    ts_ns: int
    orders: int = 0  # how many were compared
    positions: int = 0
    differences: tuple[str, ...] = ()  # one sentence each
    age_ns: int | None = None  # when the picture was made
    due: str = ""  # why it is asked again now; empty where it waits for its turn


class Marker(msgspec.Struct, frozen=True):
    """A place on the scrubber: a fill, an alert or a mark."""

    ts_ns: int
    kind: str  # buy, sell, alert, halt


class Snapshot(msgspec.Struct, frozen=True):
    """The whole screen. `version` rises with every publication; `phase` is loading, running, finished or failed."""

    version: int = 0
    mode: str = "REPLAY"  # REPLAY, BACKTEST, PRACTICE, PAPER, LIVE: of a live session, what the broker answered
    phase: str = "loading"
    error: str = ""
    state: TradingState = TradingState.ACTIVE
    state_reason: str = ""
    state_since_ns: int = 0
    paused: bool = True  # the replay clock
    speed: float = 1.0  # 0 means as fast as it goes
    clock_ns: int = 0
    start_ns: int = 0
    end_ns: int = 0
    events: int = 0
    events_total: int = 0
    events_per_s: float = 0.0
    strategy: str = ""
    strategy_stopped: bool = False
    feed: str = "OK"  # OK, STALE, DOWN, END
    journal: str = ""
    orders_cancelled: int = 0  # by the last kill or cancel-all
    orders_unconfirmed: int = 0
    account: AccountView = AccountView()
    account_label: str = ""  # of a live session, as the broker said: `Alpaca ****1234`
    feeds: tuple[FeedView, ...] = ()  # these six are a live session's alone
    execution: ExecutionView | None = None
    storage: tuple[StorageView, ...] = ()
    reconciliation: ReconciliationView | None = None
    holds: tuple[str, ...] = ()  # why no new risk may be taken
    latencies: LatenciesView | None = None
    symbols: tuple[SymbolView, ...] = ()
    books: dict[str, BookView] = {}
    fills: tuple[FillView, ...] = ()  # the newest 500, oldest first
    fills_total: int = 0
    positions: tuple[PositionView, ...] = ()
    orders: tuple[OrderView, ...] = ()
    alerts: tuple[AlertView, ...] = ()  # the newest 200
    alerts_total: int = 0
    log: tuple[LogView, ...] = ()  # the newest 500
    log_total: int = 0
    curve: CurveView = CurveView()
    markers: tuple[Marker, ...] = ()
    versions: dict[
        str, int
    ] = {}  # section name -> version: account, symbols, books, fills, positions, orders, alerts, log, curve

"""Builds the picture that a screen shows: a replica of the session fed by its events, cut into immutable sections.

A section is made anew only when something in it changed; whoever looks compares version numbers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from tradetui.engine.journal.words import sentence
from tradetui.engine.model.events import (
    ControlEvent,
    Event,
    FillEvent,
    OrderStatusEvent,
    RefusalEvent,
    RiskEvent,
    SignalEvent,
    StrategyErrorEvent,
    TradingState,
)
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.model.snapshot import (
    AccountView,
    AlertView,
    BookView,
    CurveView,
    FillView,
    LogView,
    Marker,
    OrderView,
    PositionView,
    Snapshot,
    SymbolView,
)
from tradetui.engine.tape_loop import TapePlayer
from tradetui.engine.trading.portfolio import Portfolio

FILLS_SHOWN, ALERTS_SHOWN, LOG_SHOWN, MARKERS_SHOWN = 500, 200, 500, 400
CURVE_POINTS_MAX = 1_000  # more than two for each column of the widest screen
CURVE_EVERY = 5  # pictures between two curves: a chart needs no frame rate


class SnapshotBuilder:
    """Observes events and makes snapshots of a TapePlayer's session."""

    def __init__(self, player: TapePlayer, ticks: dict[str, float]) -> None:
        self._player = player
        self._core = player.core
        self._ticks = ticks
        self._replica = Portfolio(self._core.portfolio.start)
        self._fills: deque[FillView] = deque(maxlen=FILLS_SHOWN)
        self._alerts: deque[AlertView] = deque(maxlen=ALERTS_SHOWN)
        self._log: deque[LogView] = deque(maxlen=LOG_SHOWN)
        self._markers: deque[Marker] = deque(maxlen=MARKERS_SHOWN)
        self._counts = dict.fromkeys(("fills", "alerts", "log"), 0)
        self._versions = dict.fromkeys(_SECTIONS, 0)
        self._made: dict[str, Any] = {}
        self._first: dict[str, float] = {}
        self._reason, self._since_ns, self._cancelled = "", 0, 0
        self._drawdown_max = 0.0
        self._pictures = 0
        self._book_marks: dict[str, tuple[object, ...]] = {}

    # -- events in

    def observe(self, events: Sequence[Event]) -> None:
        """Take news from the bus."""
        for event in events:
            kind = type(event)
            if kind is SignalEvent:
                self._line("signal", event)
                continue
            self._line(str(type(event).__struct_config__.tag), event)
            if isinstance(event, FillEvent):
                self._fill(event)
            elif isinstance(event, RefusalEvent):
                self._alert(event.ts_ns, "warning", event.check, event.symbol, event.message)
            elif isinstance(event, RiskEvent):
                self._alert(event.ts_ns, event.severity, event.check, event.symbol, event.message)
            elif isinstance(event, StrategyErrorEvent):
                text = f"{event.strategy} stopped: {event.error}"
                self._alert(event.ts_ns, "critical", "STRATEGY", "", text, event.traceback)
            elif isinstance(event, ControlEvent):
                self._control(event)
            elif isinstance(event, OrderStatusEvent):
                if event.status == OrderStatus.CANCELLED:
                    self._cancelled += 1
                elif event.status == OrderStatus.REJECTED:
                    self._alert(event.ts_ns, "warning", "REJECTED", event.symbol, f"order {event.order_id}: {event.reason}")
            self._versions["orders"] += 1

    def cancelled_from(self) -> None:
        """Count the cancels from here on: a kill or a cancel-all begins."""
        self._cancelled = 0

    # -- pictures out

    def build(self, **facts: Any) -> Snapshot:
        """The session as it stands; `facts` are the fields that only the session's own thread knows."""
        player, core = self._player, self._core
        self._pictures += 1
        account = self._account()
        symbols = tuple(self._symbol(symbol) for symbol in player.session.symbols)
        self._put("account", account)
        self._put("symbols", symbols)
        self._put("books", {symbol: self._book(symbol) for symbol in player.session.symbols})
        self._put("positions", self._positions())
        if self._made.get("orders_of") != self._versions["orders"]:
            self._made["orders"] = self._orders()
            self._made["orders_of"] = self._versions["orders"]
        if self._pictures % CURVE_EVERY == 1 or facts.get("phase") != "running":
            curve = self._curve()
            before = self._made.get("curve")
            if before is None or before.ts_ns[-1:] != curve.ts_ns[-1:] or before.equity[-1:] != curve.equity[-1:]:
                self._versions["curve"] += 1
                self._made["curve"] = msgspec.structs.replace(curve, version=self._versions["curve"])
        return Snapshot(
            state=core.state,
            state_reason=self._reason,
            state_since_ns=self._since_ns,
            strategy=core.strategy.name or type(core.strategy).__name__,
            strategy_stopped=core.stopped,
            clock_ns=player.clock_ns,
            events=player.row,
            events_total=len(player),
            orders_cancelled=self._cancelled,
            account=account,
            symbols=symbols,
            books=self._made["books"],
            fills=self._tuple("fills", self._fills),
            fills_total=self._counts["fills"],
            positions=self._made["positions"],
            orders=self._made["orders"],
            alerts=self._tuple("alerts", self._alerts),
            alerts_total=self._counts["alerts"],
            log=self._tuple("log", self._log),
            log_total=self._counts["log"],
            curve=self._made["curve"],
            markers=self._tuple("markers", self._markers),
            versions=dict(self._versions),
            **facts,
        )

    # -- lines

    def _line(self, kind: str, event: Any) -> None:
        self._counts["log"] += 1
        self._versions["log"] += 1
        self._log.append(LogView(self._counts["log"], event.ts_ns, kind, sentence(event)))

    def _fill(self, fill: FillEvent) -> None:
        profit = self._replica.apply(fill)
        self._counts["fills"] += 1
        self._versions["fills"] += 1
        net = None if fill.role == "open" or profit is None else float(profit - fill.fee)
        self._fills.append(
            FillView(
                self._counts["fills"],
                fill.ts_ns,
                fill.symbol,
                fill.side,
                float(fill.quantity),
                float(fill.price),
                float(fill.fee),
                fill.liquidity,
                fill.role,
                net,
            )
        )
        self._mark(fill.ts_ns, "buy" if fill.side > 0 else "sell")

    def _alert(self, ts_ns: int, severity: str, check: str, symbol: str, message: str, detail: str = "") -> None:
        self._counts["alerts"] += 1
        self._versions["alerts"] += 1
        self._alerts.append(AlertView(self._counts["alerts"], ts_ns, severity, check, symbol, message, detail))
        if severity != "info":
            self._mark(ts_ns, "alert")

    def _control(self, event: ControlEvent) -> None:
        self._reason, self._since_ns = event.reason, event.ts_ns
        if event.state == TradingState.HALTED:
            self._mark(event.ts_ns, "halt")
        severity = "critical" if event.state == TradingState.HALTED else "info"
        self._alert(event.ts_ns, severity, "STATE", "", f"trading is {event.state.value}: {event.reason} ({event.actor})")

    def _mark(self, ts_ns: int, kind: str) -> None:
        self._versions["markers"] += 1
        self._markers.append(Marker(ts_ns, kind))

    # -- sections

    def _put(self, name: str, value: Any) -> None:
        if self._made.get(name) != value:
            self._made[name] = value
            self._versions[name] += 1

    def _tuple(self, name: str, lines: deque[Any]) -> tuple[Any, ...]:
        made = self._made.get(name)
        if made is None or made[0] != self._versions[name]:
            made = self._made[name] = (self._versions[name], tuple(lines))
        return made[1]  # type: ignore[no-any-return]

    def _account(self) -> AccountView:
        core = self._core
        equity = core.equity()
        guard = core.guard
        guard.peak = max(guard.peak, equity)
        drawdown = min(0.0, equity / guard.peak - 1) if guard.peak else 0.0
        self._drawdown_max = min(self._drawdown_max, drawdown)
        return AccountView(
            equity,
            float(core.portfolio.cash),
            float(core.portfolio.realized),
            float(core.portfolio.unrealized(core.marks())),
            float(core.portfolio.fees),
            float(core.portfolio.start),
            drawdown,
            self._drawdown_max,
            guard.limit,
        )

    def _symbol(self, symbol: str) -> SymbolView:
        player = self._player
        last = player.last.get(symbol, (None, None))[0]
        bid, ask = self._core.view.quotes.get(symbol, (0.0, 0.0))
        if last is not None:
            self._first.setdefault(symbol, last)
        first = self._first.get(symbol)
        change = None if last is None or not first else last / first - 1
        return SymbolView(symbol, last, bid or None, ask or None, change, player.volume[symbol], player.clock_ns)

    def _book(self, symbol: str) -> BookView:
        ladder, last = self._player.ladders[symbol], self._player.last.get(symbol, (None, None))
        quote = self._core.view.quotes.get(symbol, (0.0, 0.0))
        mine = tuple(
            (o.side, float(o.limit_price or o.stop_price or 0), float(o.quantity - o.filled))
            for o in self._core.orders.open_orders(symbol)
            if o.limit_price or o.stop_price
        )
        facts: tuple[object, ...] = (ladder.version, last, mine, quote)
        before = self._made.get("books", {}).get(symbol)
        if before is not None and self._book_marks.get(symbol) == facts:
            return before  # type: ignore[no-any-return]
        self._book_marks[symbol] = facts
        bids, asks = ladder.bids(), ladder.asks()
        if not ladder.version:  # no depth in this data: the best prices alone, sizes unknown
            bids = ((quote[0], 0.0),) if quote[0] else ()
            asks = ((quote[1], 0.0),) if quote[1] else ()
        version = 1 if before is None else before.version + 1
        return BookView(symbol, bids, asks, last[0], last[1], self._ticks[symbol], self._player.clock_ns, mine, version)

    def _positions(self) -> tuple[PositionView, ...]:
        core, limit = self._core, self._core.limits.max_position
        rows = []
        for position in core.portfolio.open.values():
            mark = core.view.mark(position.symbol, position.quantity > 0)
            quantity, average = float(position.quantity), float(position.average_price)
            rows.append(
                PositionView(
                    position.symbol,
                    quantity,
                    average,
                    mark,
                    None if mark is None else (mark - average) * quantity,
                    float(position.realized),
                    position.opened_ns,
                    None if limit is None else abs(quantity) / float(limit),
                )
            )
        return tuple(rows)

    def _orders(self) -> tuple[OrderView, ...]:
        return tuple(
            OrderView(
                o.order_id,
                o.ts_ns,
                o.symbol,
                o.side,
                float(o.quantity),
                float(o.filled),
                o.type,
                None if not (o.limit_price or o.stop_price) else float(o.limit_price or o.stop_price or 0),
                o.role,
                o.status.value,
                o.reason,
            )
            for o in self._core.orders.open_orders()
        )

    def _curve(self) -> CurveView:
        """The curve thinned to what a screen can show; its first and last points stay."""
        curve = self._core.curve.curve()
        n = len(curve.ts_ns)
        if n == 0:
            return CurveView()
        peak = np.maximum.accumulate(np.maximum(curve.equity, curve.start_equity))
        rows = np.unique(np.linspace(0, n - 1, min(n, CURVE_POINTS_MAX)).astype(np.int64))
        drawdown = curve.equity / peak - 1
        return CurveView(
            tuple(curve.ts_ns[rows].tolist()), tuple(curve.equity[rows].tolist()), tuple(drawdown[rows].tolist())
        )


_SECTIONS = ("account", "symbols", "books", "fills", "positions", "orders", "alerts", "log", "curve", "markers")

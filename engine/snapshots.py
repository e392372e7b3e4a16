"""Builds the picture that a screen shows: the session's state and news, cut into immutable sections.

A section is made anew only when something in it changed; whoever looks compares version numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from tradetui.engine.build import strategy_name
from tradetui.engine.model.events import Event
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.model.snapshot import (
    AccountView,
    BookView,
    CurveView,
    OrderView,
    PositionView,
    Snapshot,
    SymbolView,
)
from tradetui.engine.news import News
from tradetui.engine.player import Shown

CURVE_POINTS_MAX = 1_000  # more than two for each column of the widest screen
CURVE_EVERY = 5  # pictures between two curves of a running market: a chart needs no frame rate
LOG_EVERY = 4  # and between two logs, where so many lines wait that nobody could read them
LOG_UNREAD = 50


class SnapshotBuilder:
    """Observes events and makes snapshots of a player's session. Looks at the core, never moves it."""

    def __init__(self, player: Shown, ticks: dict[str, float]) -> None:
        self._player = player
        self._core = player.core
        self._ticks = ticks
        self._news = News(self._core.portfolio.start)
        self._made: dict[str, Any] = {}
        self._versions: dict[str, int] = {}
        self._peak, self._drawdown_max = float(self._core.portfolio.start), 0.0
        self._pictures = 0
        self._curve_of = (-1, -1)  # the rows and events that the curve was made of
        self._curve_picture = 0
        self._log_picture = 0
        self._book_facts: dict[str, tuple[object, ...]] = {}

    def observe(self, events: Sequence[Event]) -> None:
        """Take news from the bus."""
        self._news.observe(events, self._player.clock_ns)

    def remember(self, events: Sequence[Event]) -> None:
        """Take news of before there was a bus."""
        self._news.observe(events)

    def cancelled_from(self) -> None:
        """Count the cancels from here on: a kill or a cancel-all begins."""
        self._news.count_cancels_anew()

    def build(self, **facts: Any) -> Snapshot:
        """The session as it stands; `facts` are the fields that only the session's own thread knows."""
        player, core, news, made = self._player, self._core, self._news, self._made
        self._pictures += 1
        player.refresh()
        self._put("symbols", tuple(self._symbol(symbol) for symbol in player.symbols))
        self._put("books", {symbol: self._book(symbol) for symbol in player.symbols})
        self._put("positions", self._positions())
        if news.orders_moved:
            self._put("orders", self._orders())
            news.orders_moved = False
        at_once = facts["paused"] or facts["phase"] != "running"
        self._draw_curve(at_once)
        self._put("account", self._account())
        if at_once or news.log.waiting < LOG_UNREAD or self._pictures - self._log_picture >= LOG_EVERY:
            news.log.shown()
            self._log_picture = self._pictures
        lines = {name: getattr(news, name) for name in ("fills", "alerts", "markers")}
        shown = {name: kept.shown() for name, kept in lines.items()}
        return Snapshot(
            state=core.state,
            state_reason=news.state_reason,
            state_since_ns=news.state_since_ns,
            strategy=strategy_name(core.strategy),
            strategy_stopped=core.stopped,
            clock_ns=player.clock_ns,
            events=player.row,
            events_total=len(player),
            orders_cancelled=news.cancelled,
            account=made["account"],
            symbols=made["symbols"],
            books=made["books"],
            positions=made["positions"],
            orders=made["orders"],
            curve=made["curve"],
            fills_total=news.fills.total,
            alerts_total=news.alerts.total,
            log=news.log.shown_before(),
            log_total=news.log.told,
            versions=self._versions | {"log": news.log.told} | {name: kept.told for name, kept in lines.items()},
            **shown,
            **facts,
        )

    def _put(self, name: str, value: Any) -> None:
        if name not in self._made or self._made[name] != value:
            self._made[name] = value
            self._versions[name] = self._versions.get(name, 0) + 1

    # -- sections

    def _account(self) -> AccountView:
        core = self._core
        equity, guard = core.equity(), core.guard
        self._peak = max(self._peak, equity)
        drawdown = min(0.0, equity / self._peak - 1) if self._peak else 0.0
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
        bid, ask = self._core.view.quote(symbol)
        first = player.first.get(symbol)
        change = None if last is None or not first else last / first - 1
        return SymbolView(symbol, last, bid or None, ask or None, change, player.volume[symbol], player.seen_ns[symbol])

    def _book(self, symbol: str) -> BookView:
        ladder, last = self._player.ladders[symbol], self._player.last.get(symbol, (None, None))
        quote = self._core.view.quote(symbol)
        mine = tuple(
            (o.side, float(o.limit_price or o.stop_price or 0), float(o.left))
            for o in self._core.orders.open_orders(symbol)
            if o.limit_price or o.stop_price
        )
        facts: tuple[object, ...] = (ladder.version, last, mine, quote)
        before: BookView | None = self._made.get("books", {}).get(symbol)
        if before is not None and self._book_facts.get(symbol) == facts:
            return before
        self._book_facts[symbol] = facts
        bids, asks = ladder.bids(), ladder.asks()
        if not ladder.version:  # no depth in this data: the best prices alone, sizes unknown
            bids = ((quote[0], 0.0),) if quote[0] else ()
            asks = ((quote[1], 0.0),) if quote[1] else ()
        version = 1 if before is None else before.version + 1
        return BookView(symbol, bids, asks, last[0], last[1], self._ticks[symbol], self._player.clock_ns, mine, version)

    def _positions(self) -> tuple[PositionView, ...]:
        core = self._core
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
                    _limit_use(core.limits, abs(quantity), mark or average),
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

    def _draw_curve(self, at_once: bool) -> None:
        """Make the curve anew when something happened since, though not for every picture of a running market."""
        made, now = self._made.get("curve"), (self._player.row, self._core.seq)
        if made is not None:
            early = not at_once and self._pictures - self._curve_picture < CURVE_EVERY
            if early or self._curve_of == now:
                return
        self._curve_of, self._curve_picture = now, self._pictures
        curve = self._curve()
        if made is None or msgspec.structs.replace(made, version=0) != curve:
            self._versions["curve"] = self._versions.get("curve", 0) + 1
            self._made["curve"] = msgspec.structs.replace(curve, version=self._versions["curve"])

    def _curve(self) -> CurveView:
        """The curve thinned to what a screen can show; its first and last points stay."""
        curve = self._core.curve.curve()
        n = len(curve.ts_ns)
        if n == 0:
            return CurveView()
        peak = np.maximum.accumulate(np.maximum(curve.equity, curve.start_equity))
        drawdown = curve.equity / peak - 1
        self._peak = max(self._peak, float(peak[-1]))  # pictures alone would miss what happened between them
        self._drawdown_max = min(self._drawdown_max, float(drawdown.min()))
        rows = np.unique(np.linspace(0, n - 1, min(n, CURVE_POINTS_MAX)).astype(np.int64))
        return CurveView(
            tuple(curve.ts_ns[rows].tolist()), tuple(curve.equity[rows].tolist()), tuple(drawdown[rows].tolist())
        )


def _limit_use(limits: RiskLimits, units: float, price: float) -> float | None:
    """The share of the tighter position limit that is in use, None without a limit."""
    shares = []
    if limits.max_position:
        shares.append(units / float(limits.max_position))
    if limits.max_position_value:
        shares.append(units * price / float(limits.max_position_value))
    return max(shares, default=None)

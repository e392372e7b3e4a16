"""What every journal test starts from: a header, and events that look like a trading day."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tradetui.engine.journal.header import DataSource, Details, JournalHeader
from tradetui.engine.model.events import Event, FillEvent, OrderEvent, OrderStatusEvent, SignalEvent
from tradetui.engine.model.orders import OrderStatus

START_NS = 1_709_303_400_000_000_000  # 2024-03-01 14:30 UTC
MINUTE_NS = 60_000_000_000


@pytest.fixture(scope="session")
def header() -> JournalHeader:
    return JournalHeader(
        mode="backtest",
        config_json='{"strategy":"ma_crossover","fast":10}',
        data=(DataSource(symbol="GOOG", rows=2148, sha256="ab" * 32),),
        details=Details(run_id="r-1", created_at="2026-01-02T03:04:05Z", version="0.1.0", data_paths=("goog.csv",)),
    )


@pytest.fixture(scope="session")
def trading_day() -> Callable[[int], list[Event]]:
    """`trading_day(rounds)` gives four events a round: signal, order, status, fill."""

    def make(rounds: int) -> list[Event]:
        events: list[Event] = []
        for i in range(rounds):
            ts, seq, symbol = START_NS + i * MINUTE_NS, 5 * i + 2, ("GOOG", "AAPL")[i % 2]
            ten, price = Decimal(10), Decimal("123.40") + i * Decimal("0.01")
            events += [
                SignalEvent(symbol, 1, reason="fast crossed above slow", ts_ns=ts, seq=seq, cause=seq - 1),
                OrderEvent(
                    order_id=i,
                    symbol=symbol,
                    side=1,
                    quantity=ten,
                    type="market",
                    limit_price=None,
                    stop_price=None,
                    time_in_force="day",
                    role="open",
                    parent=0,
                    fraction=None,
                    reason="fast crossed above slow",
                    ts_ns=ts,
                    seq=seq + 1,
                    cause=seq,
                ),
                OrderStatusEvent(i, symbol, OrderStatus.SENT, "", ts, seq=seq + 2, cause=seq + 1),
                FillEvent(
                    execution_id=f"x{i}",
                    order_id=i,
                    symbol=symbol,
                    side=1,
                    quantity=ten,
                    price=price,
                    fee=Decimal("0.10"),
                    liquidity="taker",
                    role="open",
                    ambiguous=False,
                    decided_price=123.4,
                    ts_ns=ts,
                    seq=seq + 3,
                    cause=seq + 1,
                ),
            ]
        return events

    return make

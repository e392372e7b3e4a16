"""Cash, positions and the rows of the account's history. Exact: every cent that moves is the product of a fill."""

from __future__ import annotations

import hashlib
from decimal import ROUND_DOWN, Decimal
from typing import Any
from uuid import UUID

from tradetui.engine.model.instrument import EXACT
from tradetui.engine.practice.assets import Asset
from tradetui.engine.practice.wire import eastern_moment, number, timestamp
from tradetui.engine.practice.words import BUY, ZERO, Activity, Order, Position

COIN_STEP = Decimal("0.000000001")


def make_id(seed: int, kind: str, count: int) -> str:
    """A UUID that follows from what it is for."""
    return str(UUID(bytes=hashlib.sha256(f"{seed}:{kind}:{count}".encode()).digest()[:16], version=4))


class Ledger:
    """What the account owns."""

    def __init__(self, cash: Decimal, seed: int) -> None:
        self.cash = cash
        self.positions: dict[str, Position] = {}
        self.activities: list[Activity] = []
        self._seed = seed

    def quantity(self, symbol: str) -> Decimal:
        """Signed quantity held."""
        position = self.positions.get(symbol)
        return ZERO if position is None else position.qty

    def fill(self, order: Order, asset: Asset, qty: Decimal, price: Decimal, fee_rate: Decimal) -> Decimal:
        """Move money and holdings by one execution; the fee that was taken, in coin for a purchase, else in money."""
        value = EXACT.multiply(qty, price)
        if not asset.crypto or not fee_rate:
            self.cash = EXACT.subtract(self.cash, value * order.side)
            self._hold(order.symbol, qty * order.side, price)
            return ZERO
        if order.side == BUY:
            net = EXACT.multiply(qty, 1 - fee_rate).quantize(COIN_STEP, ROUND_DOWN)
            self.cash = EXACT.subtract(self.cash, value)
            self._hold(order.symbol, net, price)
            return EXACT.subtract(qty, net)
        fee = EXACT.multiply(value, fee_rate)
        self.cash = EXACT.add(self.cash, EXACT.subtract(value, fee))
        self._hold(order.symbol, -qty, price)
        return fee

    def move_cash(self, amount: Decimal, kind: str, description: str, ts_ns: int) -> Activity:
        """Money that comes or goes by itself: a deposit, a fee."""
        self.cash = EXACT.add(self.cash, amount)
        moment = eastern_moment(ts_ns)
        body = {
            "date": f"{moment:%Y-%m-%d}",
            "net_amount": number(amount),
            "description": description,
            "status": "executed",
            "created_at": timestamp(ts_ns),
            "currency": "USD",
        }
        return self._row(kind, ts_ns, None, body)

    def fill_row(self, order: Order, qty: Decimal, price: Decimal, execution_id: str, ts_ns: int) -> Activity:
        """The row of an execution; `order` is as it is after it."""
        body = {
            "type": "fill" if order.status == "filled" else "partial_fill",
            "symbol": order.symbol,
            "side": "buy" if order.side == BUY else "sell",
            "qty": number(qty),
            "price": number(price),
            "cum_qty": number(order.filled_qty),
            "leaves_qty": number(order.left),
            "order_id": order.id,
            "order_status": order.status,
            "transaction_time": timestamp(ts_ns // 1_000 * 1_000),
        }
        return self._row("FILL", ts_ns, order.symbol, body, execution_id)

    def close_day(self, prices: dict[str, Decimal]) -> None:
        """The session ended: today's prices become the last day's."""
        for position in self.positions.values():
            position.day_qty = position.qty
            position.lastday_price = prices.get(position.symbol, position.lastday_price)

    def _hold(self, symbol: str, change: Decimal, price: Decimal) -> None:
        position = self.positions.setdefault(symbol, Position(symbol=symbol))
        before, after = position.qty, EXACT.add(position.qty, change)
        if before * change >= 0:
            position.cost = EXACT.add(position.cost, EXACT.multiply(change, price))
        elif before * after <= 0:  # closed, or turned over: what is left was opened at this price
            position.cost = EXACT.multiply(after, price)
        else:
            position.cost = position.average * after
        position.qty = after
        if not after:
            del self.positions[symbol]

    def _row(
        self, kind: str, ts_ns: int, symbol: str | None, body: dict[str, Any], suffix: str | None = None
    ) -> Activity:
        count = len(self.activities)
        moment = eastern_moment(ts_ns)
        milliseconds = ts_ns // 1_000_000 % 1_000
        name = f"{moment:%Y%m%d%H%M%S}{milliseconds:03d}::{suffix or make_id(self._seed, 'activity', count)}"
        row = Activity(
            id=name,
            number=count,
            activity_type=kind,
            ts_ns=ts_ns,
            symbol=symbol,
            body={"id": name, "activity_type": kind, **body},
        )
        self.activities.append(row)
        return row

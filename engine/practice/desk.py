"""The orders' life: each step of an order, what it tells the stream, and what it does to the rest of its group.

Decides nothing about when: `exchange` says that an order works, ends, or was met.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradetui.engine.model.instrument import EXACT
from tradetui.engine.practice.account import Account
from tradetui.engine.practice.ledger import make_id
from tradetui.engine.practice.matcher import Matcher
from tradetui.engine.practice.rendering import order_body
from tradetui.engine.practice.requests import NewOrder
from tradetui.engine.practice.wire import maybe_timestamp, number, timestamp
from tradetui.engine.practice.words import (
    FOLLOWS,
    WORKING,
    ZERO,
    Execution,
    IllegalStep,
    Order,
    Status,
    TradeUpdate,
)

STAMP_STEP_NS = 1_000  # two things never happen at one stamp: clients page by stamps, and read them in microseconds
FILL_EVENTS = ("fill", "partial_fill")


class Desk:
    """Moves orders from state to state and keeps what there is to tell."""

    def __init__(self, account: Account, matcher: Matcher, now_ns: int) -> None:
        self.account, self.matcher, self.now_ns = account, matcher, now_ns
        self.orders = account.orders
        self.updates: list[TradeUpdate] = []
        self.touched: dict[str, Order] = {}  # since they were last written down
        self.count = 0  # of ids
        self.stamped_ns = 0

    def restore(self, now_ns: int, stamped_ns: int, count: int) -> None:
        """Go on from where another run ended."""
        self.now_ns, self.stamped_ns, self.count = now_ns, stamped_ns, count

    def stamp(self) -> int:
        """The time, later than any given before."""
        self.stamped_ns = max(self.now_ns, self.stamped_ns + STAMP_STEP_NS)
        return self.stamped_ns

    def new_id(self) -> str:
        """An id that was never given before."""
        self.count += 1
        return make_id(self.account.config.seed, "id", self.count)

    def render(self, order: Order, nested: bool = True) -> dict[str, Any]:
        """The order as JSON, as it is now."""
        return order_body(order, self.account.asset(order.symbol), self.orders, nested)

    def create(self, new: NewOrder, status: Status, expires_ns: int | None, **fields: Any) -> Order:
        """An order of a request, without its legs; nothing is told yet."""
        at = self.stamp()
        order = Order(
            id=self.new_id(),
            number=self.count,
            client_order_id=new.client_order_id or self.new_id(),
            symbol=new.asset.symbol,
            side=new.side,
            type=new.type,
            time_in_force=new.time_in_force,
            order_class=new.order_class,
            qty=new.qty,
            notional=new.notional,
            limit_price=new.limit_price,
            stop_price=new.stop_price,
            trail_price=new.trail_price,
            trail_percent=new.trail_percent,
            extended_hours=new.extended_hours,
            status=status,
            created_ns=at,
            updated_ns=at,
            submitted_ns=at,
            expires_ns=expires_ns,
            **fields,
        )
        self.keep(order)
        return order

    def add_leg(self, root: Order, **fields: Any) -> Order:
        """A held exit of a group."""
        side = root.side if root.order_class == "oco" else -root.side
        self.count += 1
        order = Order(
            id=make_id(self.account.config.seed, "id", self.count),
            number=self.count,
            client_order_id=self.new_id(),
            symbol=root.symbol,
            side=side,
            time_in_force=root.time_in_force,
            order_class=root.order_class,
            qty=root.qty,
            position_intent="sell_to_close" if side < 0 else "buy_to_close",
            status="held",
            created_ns=root.created_ns,
            updated_ns=root.created_ns,
            submitted_ns=root.created_ns,
            expires_ns=root.expires_ns,
            parent=root.id,
            opens=False,
            **fields,
        )
        root.legs.append(order.id)
        self.keep(order)
        return order

    def keep(self, order: Order) -> None:
        """Take an order into the books and mark it as to be written down."""
        self.orders.add(order)
        self.touched[order.id] = order

    def step(self, order: Order, status: Status) -> int:
        """Move an order to a state and stamp it; raises IllegalStep where the table has no way."""
        if status not in FOLLOWS.get(order.status, ()):
            raise IllegalStep(f"order {order.id} is {order.status} and cannot become {status}")
        order.status = status
        at = self.stamp()
        order.updated_ns = at
        self.touched[order.id] = order
        return at

    def tell(self, event: str, order: Order, at_ns: int, **more: Any) -> None:
        """Put an event into the stream with the order as it is now."""
        config = self.account.config
        body = self.render(order, nested=bool(order.legs))
        body["cancel_requested_at"] = maybe_timestamp(order.cancel_requested_ns)
        data: dict[str, Any] = {"event": event, "timestamp": timestamp(at_ns), "order": body}
        if event == "new" or (config.execution_id_on_all and event not in ("pending_new", "accepted")):
            data["execution_id"] = self.new_id()
        if config.event_ids:
            data |= {"at": timestamp(at_ns), "event_id": f"01{self.count:024d}"}
        self.updates.append(TradeUpdate(event, order.id, {**data, **more}))

    def start(self, order: Order) -> None:
        """The order works now."""
        at = self.step(order, "new")
        self.tell("new", order, at)

    def accept_only(self, order: Order) -> None:
        """The order waits for its session."""
        self.tell("accepted", order, order.updated_ns)

    def end(self, order: Order, status: Status, cascade: bool = True) -> None:
        """The order ends without filling further; with it, unless told otherwise, the rest of its group."""
        if not order.open:
            return
        self.matcher.remove(order.id)
        at = self.step(order, status)
        order.route_ns, order.reserved = None, ZERO
        if status == "canceled":
            order.canceled_ns = at
        elif status == "expired":
            order.expired_ns = at
        elif status == "rejected":
            order.failed_ns = at
        self.tell(status, order, at)
        if cascade:
            for other in self.orders.group(order):
                self.end(other, "canceled", cascade=False)

    def request_cancel(self, order: Order, route_ns: int) -> None:
        """A cancel is on its way."""
        if order.status != "held":
            at = self.step(order, "pending_cancel")
            order.cancel_requested_ns, order.route_ns = at, route_ns
            self.tell("pending_cancel", order, at)

    def replaced(self, old: Order, new: Order) -> None:
        """The old order ends as replaced; the new one takes its place in the group."""
        self.matcher.remove(old.id)
        at = self.step(old, "replaced")
        old.replaced_ns, old.replaced_by, old.reserved, old.route_ns = at, new.id, ZERO, None
        new.legs, old.legs = old.legs, []
        for leg in self.orders.legs(new):
            leg.parent = new.id
            self.touched[leg.id] = leg
        if new.parent is not None:
            root = self.orders.by_id[new.parent]
            root.legs = [new.id if leg == old.id else leg for leg in root.legs]
            self.touched[root.id] = root
        self.tell("replaced", old, at)

    def fill(self, execution: Execution) -> list[Order]:
        """An order was met; gives the legs of a group that its fill lets work."""
        order = self.orders.by_id[execution.order_id]
        asset = self.account.asset(order.symbol)
        qty = min(execution.qty, order.left)
        if qty <= 0:
            return []
        rate = self.account.config.crypto_fee_rate if asset.crypto else ZERO
        fee = self.account.ledger.fill(order, asset, qty, execution.price, rate)
        before = order.left
        order.filled_qty = EXACT.add(order.filled_qty, qty)
        order.filled_value = EXACT.add(order.filled_value, EXACT.multiply(qty, execution.price))
        order.reserved = order.reserved * order.left / before
        done = order.left <= 0
        changing = order.status in ("pending_cancel", "pending_replace") and not done
        at = self.step(order, "filled" if done else order.status if changing else "partially_filled")
        if done:
            order.filled_ns, order.route_ns, order.reserved = at, None, ZERO
            self.matcher.remove(order.id)
        execution_id = self.new_id()
        self.account.ledger.fill_row(order, qty, execution.price, execution_id, at)
        if fee and self.account.config.crypto_fee_rows:
            self.account.ledger.move_cash(ZERO, "CFEE", f"{number(fee)} of {order.symbol}", at)
        self.tell(
            "fill" if done else "partial_fill",
            order,
            at,
            execution_id=execution_id,
            price=number(execution.price),
            qty=number(qty),
            position_qty=number(self.account.ledger.quantity(order.symbol)),
        )
        return self._group_filled(order, done)

    def _group_filled(self, order: Order, done: bool) -> list[Order]:
        group = self.orders.group(order)
        if len(group) == 1:
            return []
        if order.parent is None and order.order_class in ("bracket", "oto"):
            if not done:
                return []
            for leg in group[1:]:
                leg.qty = order.filled_qty
                self.touched[leg.id] = leg
            return group[1:]
        for other in group:
            if other is order or not other.open:
                continue
            if done:
                self.end(other, "canceled", cascade=False)
            else:
                self._shrink(other, order.left)
        return []

    def _shrink(self, order: Order, left: Decimal) -> None:
        order.qty = EXACT.add(order.filled_qty, left)
        order.updated_ns = self.stamp()
        self.touched[order.id] = order
        if order.status in WORKING:
            self.matcher.resize(order.id, left)

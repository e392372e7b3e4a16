"""The practice exchange: takes requests and what the market did, and says what happened. No I/O; time is passed in.

Requests answer with the JSON of the protocol or a Refusal; what the stream has to tell waits in `updates()`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from tradetui.engine.practice import refusals
from tradetui.engine.practice.account import Account
from tradetui.engine.practice.admission import account_flags, admit
from tradetui.engine.practice.assets import Asset, Assets
from tradetui.engine.practice.closing import closing_body, closing_quantity
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.desk import Desk
from tradetui.engine.practice.floor import Floor
from tradetui.engine.practice.hours import Hours
from tradetui.engine.practice.matcher import Matcher, QuoteMatcher
from tradetui.engine.practice.prices import Prices
from tradetui.engine.practice.refusals import Refusal
from tradetui.engine.practice.replacing import read_replacement
from tradetui.engine.practice.requests import NewOrder, read_order
from tradetui.engine.practice.words import ZERO, Order, TradeUpdate

Body = dict[str, Any]


class Exchange:
    """One venue with one account."""

    def __init__(
        self,
        config: PracticeConfig,
        assets: Assets,
        hours: Hours,
        matcher: Matcher | None = None,
        now_ns: int = 0,
    ) -> None:
        self.config, self.assets, self.hours = config, assets, hours
        self.prices = Prices()
        self.account = Account(config, assets, hours, self.prices, now_ns)
        self.orders = self.account.orders
        matcher = matcher or QuoteMatcher(self.prices.best, config.partial_fill_chance, config.seed)
        self.desk = Desk(self.account, matcher, now_ns)
        self.floor = Floor(self.desk)
        self.account_changed = True  # flags and configuration, since they were last written down

    @property
    def now_ns(self) -> int:
        """Market time."""
        return self.desk.now_ns

    def updates(self) -> list[TradeUpdate]:
        """What happened since the last call, oldest first."""
        told, self.desk.updates = self.desk.updates, []
        return told

    def advance(self, now_ns: int) -> None:
        """Time passes; what was due happens."""
        self.floor.advance(now_ns)

    def quote(self, symbol: str, bid: int, bid_size: int, ask: int, ask_size: int) -> None:
        """The market shows this as the best of both sides; nanos, 0 where there is none."""
        self.floor.book_moved(symbol, self.prices.quote(symbol, bid, bid_size, ask, ask_size, self.now_ns))

    def level(self, symbol: str, side: int, price: int, size: int) -> None:
        """A level of the market's book is of this size now; nanos, 0 for gone."""
        self.prices.level(symbol, side, price, size, self.now_ns)
        self.floor.book_moved(symbol, ((side, price, size),))

    def trade(self, symbol: str, price: int, size: int, side: int) -> None:
        """The market traded; nanos, and the side of the taker, 0 where that is not known."""
        self.prices.trade(symbol, price, size, side, self.now_ns)
        self.floor.traded(symbol)

    def submit(self, body: Mapping[str, Any], foreign: bool = False) -> Body | Refusal:
        """POST /orders. The answer shows the order as it was taken; what it met at once follows in the stream."""
        refusal = account_flags(self.account)  # before anything about the order itself
        if refusal is not None:
            return refusal
        asset = self._asset(body.get("symbol"))
        if isinstance(asset, Refusal):
            return asset
        new = read_order(body, asset, self.config)
        return new if isinstance(new, Refusal) else self._take(new, foreign)

    def _take(self, new: NewOrder, foreign: bool) -> Body | Refusal:
        admitted = admit(new, self.account, self.now_ns)
        if isinstance(admitted, Refusal):
            return admitted
        tradable = self.floor.tradable(new)
        intent = f"{'buy' if new.side > 0 else 'sell'}_to_{'open' if admitted.opens else 'close'}"
        order = self.desk.create(
            new,
            "pending_new" if tradable else "accepted",
            self.floor.expiry(new),
            position_intent=new.position_intent or intent,
            opens=admitted.opens,
            reserved=admitted.reserved,
            route_ns=self.floor.route_at(new, tradable),
            foreign=foreign,
        )
        if new.order_class in ("bracket", "oto") and new.take_profit is not None:
            self.desk.add_leg(order, type="limit", limit_price=new.take_profit)
        if new.order_class and new.stop_loss is not None:
            self.desk.add_leg(
                order,
                type="stop" if new.stop_loss_limit is None else "stop_limit",
                stop_price=new.stop_loss,
                limit_price=new.stop_loss_limit,
            )
        if order.type == "trailing_stop":
            self.floor.trail(order)
        answer = self.desk.render(order)
        if tradable and order.type == "trailing_stop":
            answer["status"] = "new"
        self.desk.tell(order.status, order, order.updated_ns)
        self.floor.settle()
        return answer

    def replace(self, order_id: str, body: Mapping[str, Any]) -> Body | Refusal:
        """PATCH /orders/{id}: the new order, which stands for the old one from now on."""
        old = self.find(order_id)
        if isinstance(old, Refusal):
            return old
        change = read_replacement(old, body, self.account)
        if isinstance(change, Refusal):
            return change
        reserved = self._reserve_for(old, change)
        if isinstance(reserved, Refusal):
            return reserved
        new = self.desk.create(
            change,
            "held" if old.status == "held" else "pending_new",
            self.floor.expiry(change) if change.time_in_force != old.time_in_force else old.expires_ns,
            position_intent=old.position_intent,
            opens=old.opens,
            reserved=reserved,
            replaces=old.id,
            parent=old.parent,
            hwm=old.hwm,
            elected=old.elected,
            foreign=old.foreign,
        )
        new.created_ns = old.created_ns
        if new.type == "trailing_stop":
            self.floor.trail(new)
        answer = self.desk.render(new)
        answer["legs"] = self.desk.render(old)["legs"]
        if new.status != "held":
            answer["status"] = self.config.replace_answer
        self.floor.swap(old, new)
        return answer

    def _reserve_for(self, old: Order, change: NewOrder) -> Decimal | Refusal:
        if not old.opens:
            return self._shares_for(old, change)
        limit = change.limit_price if change.limit_price is not None else change.stop_price
        price = self.account.reference(change.asset, change.side, limit, self.now_ns)
        if price is None or change.qty is None:
            return old.reserved
        fee = ZERO if change.asset.crypto else self.config.cat_fee_per_share
        wanted = change.qty * (price + fee)
        power = self.account.power_for(change.asset)
        if wanted - old.reserved > power:
            return refusals.too_poor(power, wanted)
        return max(wanted, old.reserved) if self.config.ack_delay_ns else wanted

    def _shares_for(self, old: Order, change: NewOrder) -> Decimal | Refusal:
        held, holders = self.account.held(old.symbol)
        existing = abs(self.account.ledger.quantity(old.symbol))
        wanted = change.qty or ZERO
        if self.orders.waits(old) or wanted <= existing - held + old.left:
            return ZERO
        return refusals.too_few(old.symbol, wanted, max(existing - held, ZERO), existing, held, holders)

    def cancel(self, order_id: str) -> Refusal | None:
        """DELETE /orders/{id}."""
        order = self.find(order_id)
        if isinstance(order, Refusal):
            return order
        if order.status in ("canceled", "pending_cancel"):
            return None
        if not order.open:
            return refusals.already(order.status)
        self.floor.cancel(order)
        return None

    def cancel_all(self) -> list[Body]:
        """DELETE /orders: an item for each order that was open."""
        items = []
        for order in self.orders.open():
            if order.open:
                self.floor.cancel(order)
            items.append({"id": order.id, "status": 200, "body": self.desk.render(order)})
        return items

    def find(self, order_id: str) -> Order | Refusal:
        """An order by its id, which must look like one."""
        if not _is_uuid(order_id):
            return refusals.order_id_missing()
        order = self.orders.by_id.get(order_id.lower())
        return refusals.order_not_found(order_id) if order is None else order

    def close_position(
        self, name: str, qty: Decimal | None = None, percentage: Decimal | None = None
    ) -> Body | Refusal:
        """DELETE /positions/{symbol}: sends the closing order."""
        asset = self.assets.find(name)
        position = None if asset is None else self.account.ledger.positions.get(asset.symbol)
        if asset is None or position is None:
            return refusals.no_position()
        wanted = closing_quantity(position, qty, percentage)
        if isinstance(wanted, Refusal):
            return wanted
        return self.submit(closing_body(position, asset, wanted))

    def close_all(self, cancel_orders: bool) -> list[Body]:
        """DELETE /positions: an item for each position, and for each order that was cancelled first."""
        items: list[Body] = []
        if cancel_orders:
            items += [{"symbol": item["id"], "status": 200, "body": item["body"]} for item in self.cancel_all()]
        for symbol in list(self.account.ledger.positions):
            answer = self.close_position(symbol)
            plain = self.account.asset(symbol).plain
            if isinstance(answer, Refusal):
                items.append({"symbol": plain, "status": answer.status, "body": answer.body()})
            else:
                items.append({"symbol": plain, "status": 200, "body": answer})
        return items

    def position(self, name: str) -> Body | Refusal:
        """GET /positions/{symbol}."""
        asset = self.assets.find(name)
        position = None if asset is None else self.account.ledger.positions.get(asset.symbol)
        return refusals.no_position() if position is None else self.account.position_body(position)

    def positions(self) -> list[Body]:
        """GET /positions."""
        return [self.account.position_body(p) for _, p in sorted(self.account.ledger.positions.items())]

    def halt(self, symbol: str, halted: bool) -> None:
        """Stop or resume trading in a symbol: no new orders, and nothing is matched meanwhile."""
        (self.prices.halted.add if halted else self.prices.halted.discard)(symbol)
        if not halted:
            self.floor.show_all(symbol)

    def _asset(self, name: object) -> Asset | Refusal:
        if not isinstance(name, str) or not name:
            return refusals.shape("symbol is required")
        return self.assets.find(name) or refusals.unknown_asset(name)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True

"""All orders: found by id and client id, listed as the protocol asks, in their groups. Changes nothing in an order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

import msgspec

from tradetui.engine.practice.words import TERMINAL, UNROUTED, ZERO, Order

LIMIT_DEFAULT, LIMIT_MAX = 50, 500


class OrderFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of orders asks for; times in ns, exclusive."""

    status: str = "open"
    limit: int = LIMIT_DEFAULT
    after_ns: int | None = None
    until_ns: int | None = None
    ascending: bool = False
    nested: bool = False
    symbols: tuple[str, ...] = ()
    side: int = 0
    asset_class: str = ""
    before_id: str | None = None
    after_id: str | None = None


class Orders:
    """Orders in order of creation."""

    def __init__(self) -> None:
        self.by_id: dict[str, Order] = {}
        self._by_client_id: dict[str, str] = {}
        self._open: dict[str, Order] = {}

    def add(self, order: Order) -> None:
        """Take a new order, or one that was kept from before."""
        self.by_id[order.id] = order
        self._by_client_id[order.client_order_id] = order.id
        if order.open:
            self._open[order.id] = order

    def of_client(self, client_order_id: str) -> Order | None:
        """The order of a client's own id."""
        order_id = self._by_client_id.get(client_order_id)
        return None if order_id is None else self.by_id[order_id]

    def open(self, symbol: str | None = None) -> list[Order]:
        """Orders that can still change, oldest first."""
        done = [o.id for o in self._open.values() if o.status in TERMINAL] if self._open else []
        for order_id in done:
            del self._open[order_id]
        return [o for o in self._open.values() if symbol is None or o.symbol == symbol]

    def group(self, order: Order) -> list[Order]:
        """An order with its parent and legs, parent first."""
        root = self.by_id[order.parent] if order.parent else order
        return [root, *(self.by_id[leg] for leg in root.legs)]

    def legs(self, order: Order) -> list[Order]:
        """The legs of a group's first order."""
        return [self.by_id[leg] for leg in order.legs]

    def holding(self, symbol: str, side: int) -> tuple[Decimal, list[str]]:
        """Quantity of a position that open closing orders of that side hold, and their ids; a group counts once."""
        groups: dict[str, tuple[Decimal, str]] = {}
        for order in self.open(symbol):
            if order.opens or order.side != side or self.waits(order):
                continue
            stands_for = order.replaces if order.status in UNROUTED else None  # while the old one is still there
            root = order.parent or stands_for or order.id
            left = order.left
            if root not in groups or left > groups[root][0]:
                groups[root] = (left, order.id)
        return sum((held for held, _ in groups.values()), ZERO), [order_id for _, order_id in groups.values()]

    def waits(self, order: Order) -> bool:
        """Whether it is a leg whose entry has not filled."""
        if order.status != "held" or order.parent is None:
            return False
        parent = self.by_id[order.parent]
        return parent.order_class != "oco" and parent.status != "filled"

    def select(self, wanted: OrderFilter, crypto_symbols: Iterable[str]) -> list[Order]:
        """A list as the protocol gives it."""
        coins = set(crypto_symbols)
        rows = sorted(
            (o for o in self._candidates(wanted) if _matches(o, wanted, coins)),
            key=lambda o: (o.submitted_ns, o.number),
            reverse=not wanted.ascending,
        )
        if wanted.nested:
            rows = [o for o in rows if o.parent is None]
        rows = list(_beyond(rows, wanted))
        return rows[: wanted.limit]

    def _candidates(self, wanted: OrderFilter) -> Iterable[Order]:
        if wanted.status != "open":
            return self.by_id.values()
        return [root for root in self.by_id.values() if root.open or (wanted.nested and self._group_open(root))]

    def _group_open(self, order: Order) -> bool:
        return any(leg.open for leg in self.legs(order))


def _matches(order: Order, wanted: OrderFilter, coins: set[str]) -> bool:
    plain = order.symbol.replace("/", "")
    return (
        (wanted.status != "closed" or not order.open)
        and (wanted.after_ns is None or order.submitted_ns > wanted.after_ns)
        and (wanted.until_ns is None or order.submitted_ns < wanted.until_ns)
        and (not wanted.symbols or order.symbol in wanted.symbols or plain in wanted.symbols)
        and wanted.side in (0, order.side)
        and (not wanted.asset_class or wanted.asset_class == ("crypto" if order.symbol in coins else "us_equity"))
    )


def _beyond(rows: list[Order], wanted: OrderFilter) -> Iterator[Order]:
    """Rows on the asked side of a cursor, which is an id."""
    cursor = wanted.before_id or wanted.after_id
    if cursor is None:
        yield from rows
        return
    numbers = {o.id: (o.submitted_ns, o.number) for o in rows}
    place = numbers.get(cursor)
    for order in rows:
        key = (order.submitted_ns, order.number)
        if place is not None and (key < place if wanted.before_id else key > place):
            yield order

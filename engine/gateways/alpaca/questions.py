"""What is asked of the venue: an order by its id, what is open, what was filled since, the account. For one thread."""

from __future__ import annotations

from typing import Any

from tradetui.engine.gateways.alpaca.account_state import state_of
from tradetui.engine.gateways.alpaca.models import RawFill, RawOrder, fill_of, order_of, orders_of
from tradetui.engine.gateways.alpaca.rest import Answer, Clocks, Rest
from tradetui.engine.gateways.alpaca.wire import NS_PER_S, timestamp
from tradetui.engine.gateways.live_words import VenueState

ORDERS_PAGE = 500
FILLS_PAGE = 100
PAGES_MAX = 100
MARGIN_NS = NS_PER_S  # `after` is strict, and two rows may share a time


class NoAnswer(Exception):
    """A question was not answered; the venue's words, and whether it refuses our keys."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.said or f"HTTP {answer.status}")
        self.answer = answer


class Questions:
    """Each raises NoAnswer where the venue gave none, and Stopped."""

    def __init__(self, rest: Rest, clocks: Clocks) -> None:
        self._rest, self._clocks = rest, clocks
        self._names: dict[str, str] = {}  # coins: BTCUSD is BTC/USD

    def by_client_id(self, client_order_id: str) -> RawOrder | None:
        """The order of that id; None where the venue says that it has none."""
        return self._order("/v2/orders:by_client_order_id", {"client_order_id": client_order_id})

    def by_venue_id(self, venue_id: str) -> RawOrder | None:
        """As `by_client_id`, by the venue's own id."""
        return self._order(f"/v2/orders/{venue_id}", None)

    def open_orders(self) -> list[RawOrder]:
        """Everything that works, legs included, orders of others included."""
        return self._orders({"status": "open"})

    def orders_since(self, ts_ns: int) -> list[RawOrder]:
        """Everything that was submitted since about then; since 0, everything."""
        after = {"after": timestamp(ts_ns - MARGIN_NS)} if ts_ns else {}
        return self._orders({"status": "all", **after})

    def newest_ns(self) -> int:
        """When the account's newest order was submitted; 0 for an account without any."""
        rows = self._list("/v2/orders", {"status": "all", "limit": "1", "direction": "desc", "nested": "true"})
        return max((order.submitted_ns for order in orders_of(rows)), default=0)

    def fills_since(self, ts_ns: int) -> list[RawFill]:
        """The account's executions since about then, oldest first."""
        query = {"after": timestamp(ts_ns - MARGIN_NS), "direction": "asc", "page_size": str(FILLS_PAGE)}
        found: list[RawFill] = []
        for _ in range(PAGES_MAX):
            rows = self._list("/v2/account/activities/FILL", query)
            found += [fill for fill in map(fill_of, rows) if fill is not None]
            if len(rows) < FILLS_PAGE:
                return found
            query["page_token"] = str(rows[-1].get("id"))
        return found

    def state(self) -> VenueState:
        """The whole account."""
        asked_ns = self._clocks.wall_ns()
        account = self._get("/v2/account", None)
        positions = self._get("/v2/positions", None)
        orders = self.open_orders()
        state = state_of(account, positions, orders, self._name, asked_ns, self._clocks.wall_ns())
        if isinstance(state, str):
            raise NoAnswer(Answer(0, said=state))
        return state

    def _name(self, symbol: str, asset_class: str) -> str:
        if asset_class != "crypto" or "/" in symbol:
            return symbol
        if symbol not in self._names:
            asset = self._get(f"/v2/assets/{symbol}", None)
            name = asset.get("symbol") if isinstance(asset, dict) else None
            self._names[symbol] = name if isinstance(name, str) else symbol
        return self._names[symbol]

    def _order(self, path: str, query: dict[str, str] | None) -> RawOrder | None:
        answer = self._rest.ask("GET", path, query)
        if answer.status == 404:
            return None
        order = order_of(answer.body) if answer.fine else None
        if order is None:
            raise NoAnswer(answer)
        return order

    def _orders(self, query: dict[str, str]) -> list[RawOrder]:
        wanted = {**query, "limit": str(ORDERS_PAGE), "direction": "asc", "nested": "true"}
        found: list[RawOrder] = []
        for _ in range(PAGES_MAX):
            rows = self._list("/v2/orders", wanted)
            found += orders_of(rows)
            if len(rows) < ORDERS_PAGE:
                return found
            wanted.pop("after", None)  # the venue takes a time or an order to go on after, not both
            wanted["after_order_id"] = str(rows[-1].get("id"))
        return found

    def _list(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        body = self._get(path, query)
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise NoAnswer(Answer(0, said=f"the venue's answer to {path} is no list"))
        return body

    def _get(self, path: str, query: dict[str, str] | None) -> Any:
        answer = self._rest.ask("GET", path, query)
        if not answer.fine:
            raise NoAnswer(answer)
        return answer.body

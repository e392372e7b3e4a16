"""The broker's REST interface for somebody in a hurry: the standard library alone, nothing to wait for, nothing shared.

Sessions trade through engine.gateways.alpaca, whose client takes two seconds to import: docs/decisions/0021.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

import msgspec

from tradetui.engine.gateways.alpaca.account_state import state_of
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.models import RawOrder, orders_of
from tradetui.engine.gateways.alpaca.rest import Answer, checked_url, is_local, said
from tradetui.engine.model.events import VenueState

PAGE = 500
PAGES_MAX = 20  # of open orders: the broker allows far fewer
BODY_BYTES_MAX = 16 << 20


class Unanswered(Exception):
    """The broker did not do what it was asked; its words, and its HTTP status or 0."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.said or f"HTTP {answer.status}")
        self.answer = answer


class Desk:
    """Asks one account, each request on a connection of its own. Redirects are not followed: they take keys along."""

    def __init__(self, url: str, credentials: Credentials, timeout_s: float = 5.0) -> None:
        self.url = checked_url(url)
        self._credentials, self._timeout_s = credentials, timeout_s
        handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
        if is_local(self.url):
            handlers.append(urllib.request.ProxyHandler({}))
        self._opener = urllib.request.build_opener(*handlers)

    def __repr__(self) -> str:
        return f"Desk({self.url})"

    def ask(self, method: str, path: str, query: dict[str, str] | None = None) -> Answer:
        """One request; whatever goes wrong is an answer of status 0."""
        address = f"{self.url}{path}" + (f"?{urlencode(query)}" if query else "")
        request = urllib.request.Request(address, method=method)  # noqa: S310  # checked_url looked at the scheme
        request.add_unredirected_header("APCA-API-KEY-ID", self._credentials.key_id)
        request.add_unredirected_header("APCA-API-SECRET-KEY", self._credentials.secret)
        try:
            with self._opener.open(request, timeout=self._timeout_s) as response:
                return self._read(response.status, response.read(BODY_BYTES_MAX))
        except urllib.error.HTTPError as error:
            with error:
                text = error.read(BODY_BYTES_MAX).decode("utf-8", "replace")
            return Answer(int(error.code), None, self._credentials.redact(said(text)))
        except (OSError, HTTPException, ValueError) as error:
            cause = getattr(error, "reason", error)
            return Answer(0, None, f"no answer from {self.url} ({self._credentials.redact(str(cause))[:200]})")

    def get(self, path: str, query: dict[str, str] | None = None) -> Any:
        """The body of an answer; raises Unanswered."""
        answer = self.ask("GET", path, query)
        if not answer.fine:
            raise Unanswered(answer)
        return answer.body

    def cancel_all(self) -> Answer:
        """Every order of the account, those of others included."""
        return self.ask("DELETE", "/v2/orders")

    def open_orders(self) -> list[RawOrder]:
        """Every order that works."""
        query = {"status": "open", "limit": str(PAGE), "direction": "asc", "nested": "true"}
        found: list[RawOrder] = []
        for _ in range(PAGES_MAX):
            rows = self._list("/v2/orders", query)
            found += orders_of(rows)
            if len(rows) < PAGE:
                break
            query["after_order_id"] = str(rows[-1].get("id"))
        return found

    def state(self) -> VenueState:
        """The whole account."""
        asked_ns = time.time_ns()
        account, positions, orders = self.get("/v2/account"), self.get("/v2/positions"), self.open_orders()
        state = state_of(account, positions, orders, self._coin, asked_ns, time.time_ns())
        if isinstance(state, str):
            raise Unanswered(Answer(0, None, state))
        return state

    def _coin(self, symbol: str, asset_class: str) -> str:
        if asset_class != "crypto" or "/" in symbol:
            return symbol
        asset = self.get(f"/v2/assets/{symbol}")
        name = asset.get("symbol") if isinstance(asset, dict) else None
        return name if isinstance(name, str) else symbol

    def _list(self, path: str, query: dict[str, str]) -> list[dict[str, Any]]:
        body = self.get(path, query)
        if not isinstance(body, list) or not all(isinstance(item, dict) for item in body):
            raise Unanswered(Answer(0, None, f"the broker's answer to {path} is no list"))
        return body

    def _read(self, status: int, raw: bytes) -> Answer:
        if not raw:
            return Answer(status)
        try:
            return Answer(status, msgspec.json.decode(raw))
        except msgspec.DecodeError:
            return Answer(0, None, f"an answer that is not JSON: is {self.url} the broker's address?")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """None: an error with the broker's status."""

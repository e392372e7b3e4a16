"""Requests through the vendor's own client, one at a time: with timeouts, without its blind retries, answers as values.

For one thread. The client is imported when it is first needed: that takes a second and brings pandas with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import parsedate_to_datetime
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from tradetui.engine.gateways.alpaca.budget import Budget
from tradetui.engine.gateways.alpaca.config import RestConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.wire import words

if TYPE_CHECKING:
    from alpaca.common.rest import RESTClient

BUSY_S = 1.0  # after a 429 that no minute explains; and what a cancel waits for, which is worth a vain try
RESET_MAX_S = 60.0  # the venue's minute: a reset farther away is not believed
LOCAL = ("127.0.0.1", "localhost", "::1")


class Answer(msgspec.Struct, frozen=True):
    """The venue answered; `status` is its HTTP status. 0: it did not answer, or nothing that can be read."""

    status: int
    body: Any = None
    said: str = ""  # its own words where it refused, or what went wrong on the way

    @property
    def fine(self) -> bool:
        """It did what was asked."""
        return 200 <= self.status < 300

    @property
    def unclear(self) -> bool:
        """Whether it did is not known."""
        return not self.fine and (not 400 <= self.status < 500 or self.status == 408)

    @property
    def keys_refused(self) -> bool:
        """Nothing will be answered with these keys."""
        return self.status == 401 or (self.status == 403 and self.said.startswith("forbidden"))


class Stopped(Exception):
    """The gateway is being stopped while a request waited for its turn."""


class Clocks(msgspec.Struct, frozen=True):
    """The only clocks of a gateway: wall time in ns for stamps, and steady seconds for waits."""

    wall_ns: Callable[[], int] = time.time_ns
    steady_s: Callable[[], float] = time.monotonic


class Rest:
    """A connection to the REST interface. `round_trip_ns` is how long the last answer took."""

    def __init__(
        self, url: str, credentials: Credentials, config: RestConfig, budget: Budget, clocks: Clocks, stop: Event
    ) -> None:
        self._url = checked_url(url)
        self._credentials, self._config = credentials, config
        self._budget, self._clocks, self._stop = budget, clocks, stop
        self._client: RESTClient | None = None
        self._headers: Mapping[str, str] = {}
        self._status = 0
        self.round_trip_ns: int | None = None
        self.clock_off_s: float | None = None  # our clock less the venue's, to about a second; None before it told

    def __repr__(self) -> str:
        return f"Rest({self._url})"

    def ask(self, method: str, path: str, data: Mapping[str, Any] | None = None, *, cancel: bool = False) -> Answer:
        """One request; waits for its turn, where cancels have a reserve. Raises Stopped."""
        self.take_turn(cancel)
        return self.ask_now(method, path, data)

    def ask_now(self, method: str, path: str, data: Mapping[str, Any] | None = None) -> Answer:
        """One request by somebody who has taken a turn."""
        started = self._clocks.steady_s()
        answer = self._one(method, path, dict(data) if data is not None else None)
        self.round_trip_ns = int((self._clocks.steady_s() - started) * 1e9)
        if answer.status == 429:
            now_s = self._clocks.steady_s()
            self._budget.quiet(now_s + self._rest_s(), now_s + BUSY_S)
        return answer

    def close(self) -> None:
        """Let connections go."""
        if self._client is not None:
            self._client._session.close()

    def open(self) -> None:
        """Make the client now, which a request would otherwise wait for."""
        self._client = self._client or self._connect()

    def take_turn(self, cancel: bool = False) -> None:
        """Wait until a request may go. Raises Stopped."""
        while True:
            wait = self._budget.spend(self._clocks.steady_s(), cancel)
            if self._stop.is_set():
                raise Stopped
            if wait <= 0:
                return
            self._stop.wait(wait)

    def _one(self, method: str, path: str, data: dict[str, Any] | None) -> Answer:
        self.open()
        client = self._client
        assert client is not None, "open makes it"
        from alpaca.common.exceptions import APIError

        version, _, rest = path.removeprefix("/").partition("/")
        self._headers, self._status = {}, 0
        try:
            body = client._request(method, f"/{rest}", data, api_version=version)
        except APIError as error:
            return self._refusal(error)
        except (ValueError, RecursionError) as error:  # before OSError: a body that is not JSON is both
            return Answer(0, said=f"an answer that is not JSON ({type(error).__name__})")
        except OSError as error:  # every fault of the connection is one, timeouts too; its text may hold the address
            return Answer(0, said=f"no answer ({type(error).__name__})")
        if self._status in range(300, 400):
            return Answer(0, said=f"HTTP {self._status}, a redirection: is {self._url} the venue's address?")
        return Answer(self._status or 200, body)

    def _refusal(self, error: Any) -> Answer:
        response = error.response
        if response is None:
            return Answer(0, said="an error without an answer")
        return Answer(int(response.status_code), _json(response.text), self._credentials.redact(said(response.text)))

    def _rest_s(self) -> float:
        reset, left = (self._headers.get(f"X-RateLimit-{name}", "") for name in ("Reset", "Remaining"))
        if not reset.isdecimal() or (left.isdecimal() and int(left)):  # requests are left: it is only busy
            return BUSY_S
        return min(RESET_MAX_S, max(0.05, int(reset) - self._clocks.wall_ns() / 1e9))

    def _connect(self) -> RESTClient:
        from alpaca.trading.client import TradingClient

        key, secret = self._credentials.key_id, self._credentials.secret
        client: RESTClient = TradingClient(key, secret, raw_data=True, url_override=self._url)
        # alpaca-py has no timeout at all and repeats POSTs by itself: both are ours to decide.
        client._retry = 0
        timeout = (self._config.connect_s, self._config.read_s)
        client._session.request = partial(client._session.request, timeout=timeout)  # type: ignore[method-assign]
        client._session.hooks["response"].append(self._heard)
        client._session.trust_env = not is_local(self._url)
        return client

    def _heard(self, response: Any, *_: object, **__: object) -> None:
        self._headers, self._status = response.headers, int(response.status_code)
        with suppress(TypeError, ValueError):
            told = parsedate_to_datetime(str(response.headers.get("Date", "")))
            self.clock_off_s = self._clocks.wall_ns() / 1e9 - told.timestamp()


def said(text: str) -> str:
    """The venue's own words in an error: its message, and what it adds."""
    body = _json(text)
    if not isinstance(body, dict) or "message" not in body:
        return words(text)
    extra = {k: v for k, v in body.items() if k not in ("message", "code") and isinstance(v, str | int | float)}
    detail = ", ".join(f"{name} {value}" for name, value in extra.items())
    return words(f"{body['message']} ({detail})" if detail else body["message"])


def checked_url(url: str) -> str:
    """Without a slash at its end; ValueError where keys would travel readable to all."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "wss") and not is_local(url):
        raise ValueError(f"{url}: keys would travel readable to all; expected https:// or wss://, or this machine")
    return url.rstrip("/")


def is_local(url: str) -> bool:
    """Whether it is on this machine."""
    return urlsplit(url).hostname in LOCAL


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None

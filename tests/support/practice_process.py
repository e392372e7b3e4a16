"""A real `tradetui exchange` in a process of its own, and the control of it that no trading client has."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from tradetui.engine.gateways.alpaca.config import ExecutionConfig, FeedConfig, RestConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.live.opening import Broker

ANSWER_S = 30.0
RATE_PER_MINUTE = 10_000  # as `tradetui practice` asks of an exchange of its own


class Exchange:
    """Between `with` and its end. Asked from one thread at a time; every question is answered or raises."""

    def __init__(self, folder: Path, *options: str, name: str = "exchange") -> None:
        self.kept_in = folder / f"{name}.db"
        self.credentials = Credentials(f"PK{secrets.token_hex(9).upper()}", secrets.token_urlsafe(30))
        self._log = folder / f"{name}.log"
        self._options = options
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None

    def __enter__(self) -> Exchange:
        environment = {
            **os.environ,
            "TRADETUI_PRACTICE_KEY": self.credentials.key_id,
            "TRADETUI_PRACTICE_SECRET": self.credentials.secret,
        }
        command = [sys.executable, "-m", "tradetui", "exchange", "--port", "0", "--json"]
        command += ["--keep", str(self.kept_in), "--set", f"rate_per_minute={RATE_PER_MINUTE}", *self._options]
        with self._log.open("a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the exchange did not start: {self._log.read_text().strip()[-2000:]}")
        self.places: dict[str, Any] = json.loads(line)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """In order, so that all of it is in its file; once."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(ANSWER_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def broker(self) -> Broker:
        """As `tradetui practice` makes one."""
        return broker_at(self.places, self.credentials)

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and body. The control paths are never hit by a fault."""
        headers = {"APCA-API-KEY-ID": self.credentials.key_id, "APCA-API-SECRET-KEY": self.credentials.secret}
        data = None if body is None else json.dumps(body)
        with self._lock:
            for last in (False, True):
                connection = self._connection or http.client.HTTPConnection(
                    self.places["trading"].removeprefix("http://"), timeout=ANSWER_S
                )
                self._connection = connection
                try:
                    connection.request(method, path, data, headers)
                    response = connection.getresponse()
                    raw = response.read()
                    return response.status, json.loads(raw) if raw else None
                except (ConnectionError, http.client.HTTPException):  # the server let go of an idle connection
                    connection.close()
                    self._connection = None
                    if last:
                        raise
        raise AssertionError("either answered or raised")

    def control(self, method: str, path: str, body: object = None) -> Any:
        """The same under `/_practice/`, which must do what it is asked."""
        status, answer = self.ask(method, f"/_practice/{path}", body)
        if status != 200:
            raise RuntimeError(f"the exchange refuses {method} {path} {body}: {status} {answer}")
        return answer


def broker_at(places: dict[str, Any], credentials: Credentials) -> Broker:
    """An exchange, wherever it runs."""
    rest = RestConfig(per_minute=RATE_PER_MINUTE)
    return Broker(
        FeedConfig(
            rest_url=places["data"],
            stock_stream_url=places["stock_stream"],
            crypto_stream_url=places["crypto_stream"],
            rest=rest,
        ),
        ExecutionConfig(rest_url=places["trading"], stream_url=places["trade_updates"], rest=rest),
        credentials,
    )

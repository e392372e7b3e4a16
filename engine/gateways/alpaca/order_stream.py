"""The stream of what happens to orders: proves who we are, listens, and hands on what can be read."""

from __future__ import annotations

import logging
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from tradetui.engine.gateways.alpaca.config import SocketConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.models import RawUpdate, update_of
from tradetui.engine.gateways.alpaca.socket import NotAdmitted, Socket
from tradetui.engine.gateways.alpaca.wire import unread, words

log = logging.getLogger(__name__)
STREAM = "trade_updates"
FRAMES_BEFORE_MAX = 100  # of other streams, before the venue confirms that we listen
KEYS_ADVICE = "check that the keys are right, not revoked, and of this environment (paper keys for paper)"
_decode = msgspec.json.Decoder().decode


class OrderStream:
    """Trade updates as they come. `up` is called when the venue has confirmed that it will tell."""

    def __init__(
        self,
        url: str,
        config: SocketConfig,
        credentials: Credentials,
        chance: Random,
        *,
        up: Callable[[], None],
        hear: Callable[[RawUpdate], None],
        down: Callable[[str, bool], None],
    ) -> None:
        self._credentials = credentials
        self._up, self._update = up, hear
        self.garbage = 0  # frames that could not be read
        self._told = 1
        self.socket = Socket(url, config, chance, greet=self._greet, hear=self._hear, down=down)

    async def _greet(self, socket: Socket) -> None:
        keys = {"key_id": self._credentials.key_id, "secret_key": self._credentials.secret}
        await socket.say({"action": "authenticate", "data": keys})
        answer = self._read(await socket.answer())
        data = answer.get("data")
        data = data if isinstance(data, dict) else {}
        if data.get("status") != "authorized":
            told = self._credentials.redact(words(data.get("message") or data.get("status") or "nothing readable"))
            raise NotAdmitted(f"the order stream refuses the keys ({told}): {KEYS_ADVICE}")
        await socket.say({"action": "listen", "data": {"streams": [STREAM]}})
        for _ in range(FRAMES_BEFORE_MAX):
            answer = self._read(await socket.answer())
            if answer.get("stream") == "listening":
                data = answer.get("data")
                if isinstance(data, dict) and STREAM in (data.get("streams") or ()):
                    self._up()
                    return
                raise NotAdmitted("the venue does not tell what happens to orders: trade_updates was left out", False)
            self._take(answer)
        raise NotAdmitted("the venue did not confirm that it tells what happens to orders", False)

    def _hear(self, frame: str | bytes) -> None:
        self._take(self._read(frame))

    def _take(self, message: dict[str, Any]) -> None:
        if message.get("stream") != STREAM:
            return
        update = update_of(message.get("data"))
        if update is None:
            self._unreadable()
        else:
            self._update(update)

    def _read(self, frame: str | bytes) -> dict[str, Any]:
        try:
            message = _decode(frame)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            message = None
        if isinstance(message, dict):
            return message
        self._unreadable()
        return {}

    def _unreadable(self) -> None:
        self.garbage += 1
        if self.garbage >= self._told:
            self._told = 10 * self.garbage  # the log has each tenfold
            log.warning("order stream: %s", unread(self.garbage))

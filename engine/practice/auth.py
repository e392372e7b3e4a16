"""Who may come in: keys in headers, as bearer, as basic credentials, or in a stream's first message."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.refusals import Refusal

KEY_HEADER, SECRET_HEADER = "APCA-API-KEY-ID", "APCA-API-SECRET-KEY"
TOKEN_KEYS = ("oauth", "access_token")


class Keys:
    """Pairs of key and secret that are let in. Never shown."""

    def __init__(self, pairs: Mapping[str, str], config: PracticeConfig) -> None:
        self._pairs = dict(pairs)
        self._config = config

    def __repr__(self) -> str:
        return f"Keys({len(self._pairs)} hidden)"

    def knows(self, key: object, secret: object) -> bool:
        """Whether the pair is one of ours; a token goes as the secret of the key `oauth`."""
        if not isinstance(key, str) or not isinstance(secret, str):
            return False
        if key in TOKEN_KEYS:
            return any(hmac.compare_digest(known.encode(), secret.encode()) for known in self._pairs.values())
        return hmac.compare_digest(self._pairs.get(key, "").encode(), secret.encode()) and key in self._pairs

    def revoke(self, key: str) -> None:
        """The pair is not let in any more."""
        self._pairs.pop(key, None)

    def admits(self, headers: Mapping[str, str]) -> str | None:
        """The key that the headers of a request prove; None without a valid one."""
        key, secret = credentials(headers)
        return key if self.knows(key, secret) else None

    def refusal(self, headers: Mapping[str, str]) -> Refusal:
        """How a request without valid keys is answered."""
        key, _ = credentials(headers)
        if key.startswith(self._config.other_environment_prefixes) and key:
            return Refusal(403, None, self._config.forbidden_message)
        return Refusal(401, None, self._config.unauthorized_message)


def credentials(headers: Mapping[str, str]) -> tuple[str, str]:
    """Key and secret as the headers give them; empty where they do not."""
    if KEY_HEADER in headers:
        return headers[KEY_HEADER], headers.get(SECRET_HEADER, "")
    kind, _, value = headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return "oauth", value.strip()
    if kind.lower() == "basic":
        try:
            key, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return key, secret
    return "", ""

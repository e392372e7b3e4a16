"""The pair that opens an account. Cannot be printed, logged, compared in a message or pickled by accident."""

from __future__ import annotations

from typing import NoReturn

HIDDEN = "***"


class Credentials:
    """Key id and secret. What has them must ask for them by name; everything else sees stars."""

    __slots__ = ("_key_id", "_secret")

    def __init__(self, key_id: str, secret: str) -> None:
        if not key_id or not secret:
            missing = " and ".join(name for name, value in (("key id", key_id), ("secret", secret)) if not value)
            raise ValueError(f"credentials without a {missing}")
        self._key_id, self._secret = key_id, secret

    @property
    def key_id(self) -> str:
        """The public half, which is still nobody's business."""
        return self._key_id

    @property
    def secret(self) -> str:
        """For the header or message that proves who we are, and for nothing else."""
        return self._secret

    def redact(self, text: str) -> str:
        """`text` without either half: for words of others that end up on a screen or in a log."""
        for value in (self._secret, self._key_id):
            text = text.replace(value, HIDDEN)
        return text

    def __repr__(self) -> str:
        return f"Credentials({HIDDEN})"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and (self._key_id, self._secret) == (other._key_id, other._secret)

    def __hash__(self) -> int:
        return hash((self._key_id, self._secret))

    def __reduce__(self) -> NoReturn:
        raise TypeError("credentials are not to be copied or stored")

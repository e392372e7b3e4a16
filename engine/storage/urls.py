"""Addresses of databases and caches: read, checked, and shown without their passwords. No I/O."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from tradetui.engine.errors import UsageError

HIDDEN = "***"
_CREDENTIALS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)(?P<user>[^:@/\s]*):\S*@")
_SECRET_WORDS = re.compile(
    r"(?P<name>\b(?:password|passwd|sslpassword|passfile)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&;,]+)", re.IGNORECASE
)
_SECRET_NAMES = frozenset({"password", "passwd", "sslpassword"})
_POSTGRES = frozenset({"postgresql", "postgres"})
_REDIS = frozenset({"redis", "rediss", "unix"})
_DATABASES = "sqlite:///FILE or postgresql://USER@HOST/DATABASE"


class StorageUrl:
    """One address. `shown` is what may be printed; `reveal()` is for the library that connects alone."""

    __slots__ = ("_whole", "kind", "path", "shown")

    def __init__(self, kind: str, whole: str, path: Path | None = None) -> None:
        self.kind = kind  # sqlite, postgresql, redis
        self.path = path  # of a file
        self.shown = redact(whole)
        self._whole = whole

    def reveal(self) -> str:
        """The whole address, password included."""
        return self._whole

    def __repr__(self) -> str:
        return f"StorageUrl({self.shown!r})"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("an address that may hold a password is not pickled")

    @property
    def has_password(self) -> bool:
        """Whether the address itself holds one."""
        return bool(_passwords(self._whole))

    def redact(self, text: str) -> str:
        """`text`, which may quote parts of this address, without its password."""
        for password in sorted(_passwords(self._whole), key=len, reverse=True):
            for form in (password, unquote(password), quote(unquote(password), safe="")):
                text = text.replace(form, HIDDEN)
        return redact(text)


def redact(text: str) -> str:
    """`text` with the password of every address in it replaced."""
    text = _CREDENTIALS.sub(lambda found: f"{found['scheme']}{found['user']}:{HIDDEN}@", text)
    return _SECRET_WORDS.sub(lambda found: f"{found['name']}{HIDDEN}", text)


def parse_database_url(text: str) -> StorageUrl:
    """The address of a database; raises UsageError naming what is accepted."""
    scheme, found = _scheme(text)
    if scheme == "sqlite":
        if not found or not text.startswith("sqlite:///") or len(text) == len("sqlite:///"):
            raise UsageError(
                f"{redact(text)}: no file is named; expected sqlite:///FILE (sqlite:////FILE from the root)"
            )
        path = Path(unquote(text.removeprefix("sqlite:///")))
        return StorageUrl("sqlite", text, path.expanduser())
    if scheme in _POSTGRES:
        _check_port(text)
        return StorageUrl("postgresql", text)
    raise UsageError(f"{_named(text)}: not a database that can be used; expected {_DATABASES}")


def parse_redis_url(text: str) -> StorageUrl:
    """The address of a Redis server; raises UsageError naming what is accepted."""
    scheme, _ = _scheme(text)
    if scheme not in _REDIS:
        raise UsageError(f"{_named(text)}: not a cache that can be used; expected redis://HOST:PORT/NUMBER")
    if scheme != "unix":
        _check_port(text)
    return StorageUrl("redis", text)


def without_password(url: StorageUrl) -> str:
    """The address with its password cut out, as it may be repeated on a command line."""
    parts = urlsplit(url.reveal())
    user, at, host = parts.netloc.rpartition("@")
    query = urlencode([(name, value) for name, value in parse_qsl(parts.query) if name not in _SECRET_NAMES])
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}{at}{host}", query=query))


def _scheme(text: str) -> tuple[str, bool]:
    scheme, found, _ = text.partition("://")
    return scheme.lower(), bool(found)


def _check_port(text: str) -> None:
    try:
        _ = urlsplit(text).port
    except ValueError as fault:
        raise UsageError(f"{redact(text)}: {redact(str(fault))}; expected HOST:PORT with a port up to 65535") from None


def _named(text: str) -> str:
    """What was given, unless it could be a secret that was put into the wrong variable."""
    return redact(text) if "://" in text else "an address without ://"


def _passwords(whole: str) -> set[str]:
    try:
        parts = urlsplit(whole)
    except ValueError:
        return set()
    found = {value for name, value in parse_qsl(parts.query) if name.lower() in _SECRET_NAMES}
    userinfo, at, _ = parts.netloc.rpartition("@")
    if at:
        found.add(userinfo.partition(":")[2])
    return {password for password in found if password}

"""Where the broker's keys come from: the environment, files it names, or the keyring. Never the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from tradetui.engine.errors import UsageError
from tradetui.engine.gateways.alpaca.credentials import Credentials

Environment = Literal["dev", "paper", "live"]
TRADING_URLS: dict[Environment, str] = {  # where the keys of each are good
    "dev": "http://127.0.0.1:8790",  # `tradetui exchange`
    "paper": "https://paper-api.alpaca.markets",
    "live": "https://api.alpaca.markets",
}
OURS = ("TRADETUI_ALPACA_KEY_ID", "TRADETUI_ALPACA_SECRET_KEY")
VENDORS = ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY")
PRACTICE = ("TRADETUI_PRACTICE_KEY", "TRADETUI_PRACTICE_SECRET")
PAIRS: dict[Environment, tuple[tuple[str, str], ...]] = {
    "dev": (PRACTICE, OURS, VENDORS),
    "paper": (OURS, VENDORS),
    "live": (OURS, VENDORS),
}
FILE = "_FILE"  # of a variable that names a file, as container secrets are given
KEY_FILE_BYTES_MAX = 4096  # a key is some forty signs: what is longer is another file
SERVICE = "tradetui"  # in the keyring
Ask = Callable[[str, str], str | None]  # the keyring's: service and name


class Found(NamedTuple):
    """A pair, and in words where it was."""

    credentials: Credentials
    source: str


def variables() -> frozenset[str]:
    """Every variable that keys may come in."""
    names = {name for pairs in PAIRS.values() for pair in pairs for name in pair}
    return frozenset(names | {name + FILE for name in names})


def find(environment: Environment, environ: Mapping[str, str], ask: Ask | None = None) -> Found | None:
    """The first pair there is, or None. Raises UsageError for half a pair and for a file that cannot be read."""
    for pair in PAIRS[environment]:
        key, secret = (_value(name, environ) for name in pair)
        if bool(key) != bool(secret):
            missing = pair[1] if key else pair[0]
            raise UsageError(f"{missing} is not set though its other half is; set both, or neither")
        if key and secret:
            return Found(Credentials(key, secret), f"{pair[0]} and {pair[1]}")
    if ask is None:
        return None
    kept_key, kept_secret = (ask(SERVICE, name) for name in keyring_names(environment))
    return Found(Credentials(kept_key, kept_secret), "the keyring") if kept_key and kept_secret else None


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """What a child of ours may know: everything but keys, where they are, and addresses with passwords."""
    hidden = variables() | {"TRADETUI_DATABASE_URL", "TRADETUI_REDIS_URL"}
    return {name: value for name, value in environ.items() if name not in hidden}


def required(environment: Environment, environ: Mapping[str, str], ask: Ask | None = None) -> Found:
    """As `find`; raises UsageError that says what to do where there is none."""
    found = find(environment, environ, ask)
    if found is None:
        key, secret = PAIRS[environment][0]
        raise UsageError(
            f"no keys for {environment}: set {key} and {secret} (or name files that hold them in {key}{FILE} and "
            f"{secret}{FILE}), or keep them in the keyring with: tradetui keys set --environment {environment}"
        )
    return found


def keyring_names(environment: Environment) -> tuple[str, str]:
    """What key id and secret are called in the keyring."""
    return f"alpaca-{environment}-key-id", f"alpaca-{environment}-secret-key"


def keyring_ask() -> Ask | None:
    """The keyring of this machine; None where the library or a keyring is absent, which is not a fault."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None

    def ask(service: str, name: str) -> str | None:
        try:
            return keyring.get_password(service, name)
        except KeyringError:  # locked, or this machine has none
            return None

    return ask


def _value(name: str, environ: Mapping[str, str]) -> str:
    value, path = environ.get(name, "").strip(), environ.get(name + FILE, "")
    if value and path:
        raise UsageError(f"{name} and {name}{FILE} are both set; keep one")
    return read_secret(name + FILE, path) if path else value


def read_secret(variable: str, path: str) -> str:
    """What the file holds that a variable names."""
    try:
        with Path(path).open("rb") as opened:
            text = opened.read(KEY_FILE_BYTES_MAX + 1)
        if len(text) > KEY_FILE_BYTES_MAX:
            raise UsageError(f"{variable}: {path} is longer than {KEY_FILE_BYTES_MAX} bytes; it holds no key")
        value = text.decode().strip()
    except (OSError, UnicodeDecodeError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else "it is no text"
        raise UsageError(f"{variable}: {path} cannot be read ({why})") from None
    if not value or "\n" in value:
        raise UsageError(f"{variable}: {path} should hold one line, the key alone")
    return value

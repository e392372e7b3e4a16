"""What a session is called and which inputs decided it: the part that is hashed, and the part that is not."""

from __future__ import annotations

import hashlib

import msgspec

SCHEMA_VERSION = 1


class DataSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One data file as an input: named by its symbol and content, never by its path."""

    symbol: str
    rows: int
    sha256: str


class Details(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs between two runs of the same inputs, so it never enters the hash."""

    run_id: str = ""
    created_at: str = ""  # ISO 8601, UTC; the caller reads the clock
    version: str = ""  # of the product: an upgrade that changes no decision leaves the digest as it was
    data_paths: tuple[str, ...] = ()


class Decisive(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hashed inputs, in the order in which they are written."""

    schema_version: int
    mode: str
    config_json: str
    config_sha256: str
    data: tuple[DataSource, ...]


class JournalHeader(msgspec.Struct, frozen=True, kw_only=True):
    """The start of a journal.

    `config_json` is the canonical text of everything that decides the run (strategy, parameters, money, rules, limits,
    seed). It is hashed, so it holds no path, clock, run id or host: those belong into `details`.
    """

    mode: str
    config_json: str
    data: tuple[DataSource, ...] = ()
    details: Details = Details()
    schema_version: int = SCHEMA_VERSION

    @property
    def config_sha256(self) -> str:
        """Hex SHA-256 of the config text."""
        return hashlib.sha256(self.config_json.encode()).hexdigest()

    def hashed_bytes(self) -> bytes:
        """What the running digest starts from, newline at its end."""
        decisive = Decisive(
            schema_version=self.schema_version,
            mode=self.mode,
            config_json=self.config_json,
            config_sha256=self.config_sha256,
            data=self.data,
        )
        return msgspec.json.encode(decisive) + b"\n"

    def details_bytes(self) -> bytes:
        """The unhashed rest as JSON; what is no valid text in a file's name becomes backslash escapes."""
        paths = tuple(path.encode("utf-8", "backslashreplace").decode() for path in self.details.data_paths)
        return msgspec.json.encode(msgspec.structs.replace(self.details, data_paths=paths))


# Made while one thread imports: a storage's threads read headers, and of two threads that first look into a type at the
# same time the second takes the first one's half-made picture of it, which crashes the process.
_DECISIVE, _DETAILS = msgspec.json.Decoder(Decisive), msgspec.json.Decoder(Details)


def header_from_bytes(hashed: bytes, details: bytes) -> JournalHeader:
    """The header that gave these bytes; raises msgspec.DecodeError or UnicodeDecodeError when they are no header."""
    decisive = _DECISIVE.decode(hashed)
    return JournalHeader(
        mode=decisive.mode,
        config_json=decisive.config_json,
        data=decisive.data,
        details=_DETAILS.decode(details),
        schema_version=decisive.schema_version,
    )

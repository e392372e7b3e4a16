"""Which session rows belong to, taken from the header of its journal."""

from __future__ import annotations

import hashlib
from decimal import Decimal

import msgspec

from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.model.instrument import NotANumber, decimal_from

ID_DIGITS = 16  # of a SHA-256: enough for every session anybody will ever store


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The row of a session before anything happened in it."""

    session: str
    mode: str
    created_at: str
    version: str
    config_sha256: str
    config_json: str
    header_sha256: str
    start_cash: Decimal


def session_info(header: JournalHeader, content: str = "") -> SessionInfo:
    """The session of a journal: named by its run id, and where it has none by `content`, the digest of its events.

    Two runs with the same inputs may still differ (a strategy file was edited), so inputs alone do not name a session.
    Raises ValueError where neither is given: sessions with the same settings would become one.
    """
    if not header.details.run_id and not content:
        raise ValueError("a session without a run id is named by its content")
    header_sha256 = hashlib.sha256(header.hashed_bytes()).hexdigest()
    made = hashlib.sha256(f"{header_sha256} {content}".encode()).hexdigest()[:ID_DIGITS]
    return SessionInfo(
        session=header.details.run_id or f"{header.mode}-{made}",
        mode=header.mode,
        created_at=header.details.created_at,
        version=header.details.version,
        config_sha256=header.config_sha256,
        config_json=header.config_json,
        header_sha256=header_sha256,
        start_cash=_cash(header.config_json),
    )


def _cash(config_json: str) -> Decimal:
    """The cash that a configuration starts with; 0 where it tells none."""
    try:
        config = msgspec.json.decode(config_json)
        return decimal_from(config["cash"])
    except (msgspec.DecodeError, NotANumber, KeyError, TypeError):
        return Decimal(0)

"""What goes wrong with a database, a cache or an archive, in words that hold no password."""

from __future__ import annotations

from tradetui.engine.errors import TradetuiError


class StorageError(TradetuiError):
    """Something could not be stored. The text says where, what was seen and what to do; no secret is in it."""

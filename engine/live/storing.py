"""A session's storage as its monitor sees it: started and ended there, and what the engine has to know of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import time_ns

from tradetui.engine.model.events import FeedEvent
from tradetui.engine.model.snapshot import StorageView
from tradetui.engine.storage.opening import Storage

CONNECT_S = 5.0  # a database that was not reached by then is told of like one that was lost

log = logging.getLogger(__name__)


class Storing:
    """With a storage or without one. Every method runs in the monitor thread, `views` in any."""

    def __init__(self, storage: Storage | None, wall_ns: Callable[[], int] = time_ns) -> None:
        self._storage, self._wall_ns = storage, wall_ns
        self._began_s: float | None = None
        self._ill = False

    def start(self) -> None:
        """Connect."""
        if self._storage is not None:
            self._storage.start()

    def look(self, now_s: float) -> list[FeedEvent]:
        """What changed: that the database does not take rows, or does so again. The cache is nobody's concern."""
        if self._storage is None:
            return []
        self._began_s = now_s if self._began_s is None else self._began_s
        database = self._storage.picture().database
        connecting = database.state == "CONNECTING" and now_s - self._began_s < CONNECT_S
        ill = not self._storage.healthy() and not connecting
        if ill == self._ill:
            return []
        self._ill = ill
        if not ill:
            return [FeedEvent("", "FRESH", "", self._wall_ns(), "storage")]
        log.error("the database takes no rows: %s", database.message)
        return [FeedEvent("", "DOWN", database.message, self._wall_ns(), "storage")]

    def views(self) -> tuple[StorageView, ...]:
        """For a screen."""
        return () if self._storage is None else self._storage.views()

    def close(self, timeout_s: float) -> None:
        """Store the rest, for at most so long."""
        if self._storage is None:
            return
        left = self._storage.close(timeout_s).database.behind
        if left:
            log.warning("%d events are not in the database; the journal has them: tradetui journal export", left)

"""From addresses to a store that follows a session: the one place that knows every kind of database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from random import Random
from time import time_ns

from tradetui.engine.errors import UsageError
from tradetui.engine.model.events import Event, MarketData
from tradetui.engine.model.snapshot import StorageView
from tradetui.engine.storage.archive import ParquetArchive
from tradetui.engine.storage.faults import StorageError
from tradetui.engine.storage.follower import QUEUE_EVENTS_MAX, Follower
from tradetui.engine.storage.picture import StoragePicture, StorePicture
from tradetui.engine.storage.redis_cache import TTL_S, RedisCache
from tradetui.engine.storage.sessions import SessionInfo
from tradetui.engine.storage.sqlite import SqliteDatabase
from tradetui.engine.storage.urls import StorageUrl, parse_database_url, parse_redis_url
from tradetui.engine.storage.writer import Database, StorageWriter

CLOSE_S_MAX = 10.0
ARCHIVE_SCHEME = "parquet:///"
_KINDS = {"postgresql": "PostgreSQL", "postgres": "PostgreSQL", "redis": "Redis", "rediss": "Redis", "unix": "Redis"}


class Storage:
    """The database of a session and, where there is one, its cache. Observe a bus with it before the first event."""

    def __init__(self, writer: StorageWriter, cache: RedisCache | None) -> None:
        self._writer, self._cache = writer, cache

    @property
    def wants_ticks(self) -> bool:
        """Whether there is a cache to keep them."""
        return self._cache is not None

    def tick(self, event: MarketData) -> None:
        """Market data, which a live engine's journal and bus do not carry: for the cache alone. Never blocks."""
        if self._cache is not None:
            self._cache.tick(event)

    def observe(self, events: Sequence[Event]) -> None:
        """An observer of the bus: keeps references, never blocks."""
        self._writer.observe(events)
        if self._cache is not None:
            self._cache.observe(events)

    def start(self) -> None:
        """Start the threads."""
        self._writer.start()
        if self._cache is not None:
            self._cache.start()

    def picture(self) -> StoragePicture:
        """How both are doing; immutable, from any thread."""
        return StoragePicture(self._writer.picture(), None if self._cache is None else self._cache.picture())

    def views(self) -> tuple[StorageView, ...]:
        """The same for a screen's snapshot."""
        picture = self.picture()
        return tuple(_view(store) for store in (picture.database, picture.cache) if store is not None)

    def healthy(self) -> bool:
        """Whether the database takes rows. The cache does not count: losing it costs only warmth."""
        return self._writer.healthy()

    def close(self, timeout_s: float = CLOSE_S_MAX) -> StoragePicture:
        """Store the rest, for at most so long; call it after the journal was closed."""
        database = self._writer.close(timeout_s)
        return StoragePicture(database, None if self._cache is None else self._cache.close(timeout_s / 4))


def open_storage(
    database_url: str,
    redis_url: str,
    *,
    journal: Path,
    session: SessionInfo,
    clock: Callable[[], int] = time_ns,
    chance: Random | None = None,
    queue_events_max: int = QUEUE_EVENTS_MAX,
    cache_ttl_s: int = TTL_S,
) -> Storage:
    """The store that the settings name; an empty `redis_url` is no cache. Connects to nothing before `start`.

    Raises UsageError for an address of no known kind, StorageError where the library for it is not installed.
    """
    chance = chance or Random()
    writer = StorageWriter(
        open_database(parse_database_url(database_url)),
        session,
        Follower(journal, queue_events_max),
        clock=clock,
        chance=chance,
    )
    if not redis_url:
        return Storage(writer, None)
    url = parse_redis_url(redis_url)
    _require("redis", "redis", url)
    follower = Follower(journal, queue_events_max)
    return Storage(writer, RedisCache(url, session.session, follower, clock=clock, chance=chance, ttl_s=cache_ttl_s))


def open_database(url: StorageUrl) -> Database:
    """The database at an address, not connected yet."""
    if url.path is not None:
        return SqliteDatabase(url.path)
    _require("psycopg", "postgres", url)
    from tradetui.engine.storage.postgres import PostgresDatabase

    return PostgresDatabase(url)


def open_target(text: str) -> Database:
    """Where a journal is exported to: a database, or `parquet:///FOLDER`."""
    if text.startswith(ARCHIVE_SCHEME):
        if text == ARCHIVE_SCHEME:
            raise UsageError(f"{text}: no folder is named; expected {ARCHIVE_SCHEME}FOLDER")
        return ParquetArchive(Path(text.removeprefix(ARCHIVE_SCHEME)).expanduser())
    return open_database(parse_database_url(text))


def _view(store: StorePicture) -> StorageView:
    kind, found, _ = store.name.partition("://")
    waiting = f"{store.behind:,} events wait; the journal has them" if store.behind and store.state != "OK" else ""
    text = ". ".join(filter(None, (store.message or store.name, waiting)))
    return StorageView(_KINDS.get(kind, "SQLite") if found else "SQLite", store.state, text, store.behind)


def _require(module: str, extra: str, url: StorageUrl) -> None:
    if find_spec(module) is None:
        raise StorageError(f"{url.shown} needs {module}, which is not installed; pip install 'tradetui[{extra}]'")

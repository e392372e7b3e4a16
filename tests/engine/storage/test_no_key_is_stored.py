"""Canary keys, and the servers' own passwords, are in neither database nor cache after a session that used them."""

from __future__ import annotations

from pathlib import Path

import pytest

from canary import KEY, SECRET, assert_no_key_in, raising_session
from storage_servers import OwnPostgres, OwnRedis

PASSWORD = "canary-password-of-a-server"


def everything_in(client: object) -> bytes:
    """Every key and value of a cache, whatever its type."""
    from redis import Redis

    assert isinstance(client, Redis)
    return b"".join(name + (client.dump(name) or b"") for name in client.scan_iter())


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc to look into")
def test_no_key_or_password_is_stored(tmp_path: Path, own_postgres: OwnPostgres, own_redis: OwnRedis) -> None:
    import psycopg
    from redis import Redis

    with Redis.from_url(own_redis.url) as cache:
        cache.config_set("requirepass", PASSWORD)
        places = raising_session(
            tmp_path,
            {
                "TRADETUI_DATABASE_URL": own_postgres.url.replace("postgres@", f"postgres:{PASSWORD}@"),
                "TRADETUI_REDIS_URL": own_redis.url.replace("redis://", f"redis://:{PASSWORD}@"),
            },
        )
        places["cache"] = everything_in(cache)
    with psycopg.connect(own_postgres.url, autocommit=True) as database:
        stored = database.execute("SELECT count(*) FROM orders").fetchone()
        database.execute("CHECKPOINT")  # what is in memory alone goes into the files that are searched
    assert (stored, b"ticks" in places["cache"]) == ((1,), True)  # both took part
    assert_no_key_in(places, tmp_path, own_postgres.folder, words=(KEY, SECRET, PASSWORD))

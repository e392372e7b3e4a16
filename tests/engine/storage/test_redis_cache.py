from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random

import msgspec
import pytest
import redis
from storage_session import Engine, a_day

from storage_servers import OwnRedis, eventually, free_port
from tradetui.engine.backoff import Backoff, Waits
from tradetui.engine.model.events import (
    Event,
    FillEvent,
    OpeningEvent,
    OrderEvent,
    OrderStatusEvent,
    TradeEvent,
    VenuePosition,
)
from tradetui.engine.model.orders import OrderStatus
from tradetui.engine.storage.cache_view import TICKS_KEPT, CacheView, HeldPosition, PendingOrder
from tradetui.engine.storage.follower import Follower
from tradetui.engine.storage.redis_cache import TICKS_WAITING_MAX, RedisCache, cache_key
from tradetui.engine.storage.sessions import SessionInfo
from tradetui.engine.storage.urls import parse_redis_url

SECRET = "hunter2"


def caching(url: str, info: SessionInfo, folder: Path, events_max: int = 100_000) -> tuple[Engine, RedisCache]:
    engine, follower = Engine(folder / "session.db", info), Follower(folder / "session.db", events_max)
    chance = Random(1)
    cache = RedisCache(
        parse_redis_url(url),
        info.session,
        follower,
        clock=lambda: 0,
        chance=chance,
        ttl_s=600,
        answer_s_max=0.5,
        backoff=Backoff(Waits(first_s=0.01, longest_s=0.05), chance),
    )
    engine.bus.observe(cache.observe)
    return engine, cache


def view_of(events: list[Event]) -> CacheView:
    view = CacheView()
    for event in events:
        view.add(event)
    return view


def check(url: str, info: SessionInfo, view: CacheView) -> None:
    """What the server holds is what the events say."""
    with redis.Redis.from_url(url) as client:
        positions = client.hgetall(cache_key(info.session, "positions"))
        assert {k.decode(): msgspec.json.decode(v, type=HeldPosition) for k, v in positions.items()} == view.positions
        orders = client.hgetall(cache_key(info.session, "orders"))
        assert {int(k): msgspec.json.decode(v, type=PendingOrder) for k, v in orders.items()} == view.orders
        for symbol, ticks in view.ticks.items():
            assert client.lrange(cache_key(info.session, f"ticks:{symbol}"), 0, -1) == list(ticks)[::-1]


def test_the_view_holds_what_is_open_and_forgets_what_is_done() -> None:
    day = a_day(3)
    view = view_of(day[:4])
    assert view.positions["ACME"].quantity == Decimal(15)
    assert view.orders[1].left == Decimal(2)  # the fill left two
    (order,) = (event for event in day[5:10] if isinstance(event, OrderEvent))
    view.add(order)
    assert view.orders[order.order_id].status == "sent"
    (fill,) = (event for event in day[5:10] if isinstance(event, FillEvent))
    view.add(fill)
    assert order.order_id not in view.orders  # nothing was left


def test_the_view_keeps_a_thousand_ticks_of_a_symbol() -> None:
    view = view_of(a_day(1500))
    assert {len(ticks) for ticks in view.ticks.values()} == {TICKS_KEPT}
    assert set(view.fresh.values()) == {TICKS_KEPT}
    view.told()
    assert view.changed == 0


def test_a_session_is_in_the_cache_and_will_leave_it(redis_url: str, tmp_path: Path, info: SessionInfo) -> None:
    engine, cache = caching(redis_url, info, tmp_path)
    engine.run(5)
    cache.start()
    eventually(lambda: cache.picture().stored_seq == engine.events[-1].seq)
    engine.run(30)
    engine.journal.close()
    assert (cache.close(30).state, cache.picture().behind) == ("OK", 0)
    view = view_of(engine.events)
    assert view.positions
    assert view.orders
    check(redis_url, info, view)
    with redis.Redis.from_url(redis_url) as client:
        keys = list(client.scan_iter(f"tradetui:{info.session}:*"))
        assert len(keys) == 4
        assert all(0 < client.ttl(key) <= 600 for key in keys)


def test_the_market_s_ticks_come_beside_the_events(redis_url: str, tmp_path: Path, info: SessionInfo) -> None:
    engine, cache = caching(redis_url, info, tmp_path)
    cache.start()
    ticks = [TradeEvent("ACME", n, 1.0 + n, 1.0, 1, n) for n in range(1500)]
    for tick in ticks:
        cache.tick(tick)
    engine.journal.close()
    assert cache.close(30).behind == 0
    with redis.Redis.from_url(redis_url) as client:
        kept = client.lrange(cache_key(info.session, "ticks:ACME"), 0, -1)
    assert [msgspec.json.decode(tick)["seq"] for tick in kept] == list(range(1499, 499, -1))


def test_what_the_server_still_had_from_before_is_gone(redis_url: str, tmp_path: Path, info: SessionInfo) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.hset(cache_key(info.session, "positions"), "OLD", b"{}")
        client.hset(cache_key(info.session, "orders"), "999", b"{}")
    engine, cache = caching(redis_url, info, tmp_path)
    cache.start()
    engine.run(3)
    engine.journal.close()
    cache.close(30)
    check(redis_url, info, view_of(engine.events))


def test_an_order_that_was_pending_leaves_the_cache_when_it_is_done(
    redis_url: str, tmp_path: Path, info: SessionInfo
) -> None:
    engine, cache = caching(redis_url, info, tmp_path)
    cache.start()
    engine.run(1)
    eventually(lambda: cache.picture().stored_seq == engine.events[-1].seq)
    with redis.Redis.from_url(redis_url) as client:
        assert client.hkeys(cache_key(info.session, "orders")) == [b"1"]
        engine.happen([OrderStatusEvent(1, "ACME", OrderStatus.CANCELLED, "day over", 1, 99, 0)])
        engine.journal.close()
        cache.close(30)
        assert client.hkeys(cache_key(info.session, "orders")) == []


def test_ticks_that_nobody_takes_cost_bounded_memory(tmp_path: Path, info: SessionInfo) -> None:
    _, cache = caching("redis://127.0.0.1/0", info, tmp_path)
    for n in range(TICKS_WAITING_MAX + 5):
        cache.tick(TradeEvent("ACME", n, 1.0, 1.0, 1, n))
    assert cache.picture().behind == TICKS_WAITING_MAX


def test_an_opening_is_in_the_view() -> None:
    held = VenuePosition("ACME", Decimal(3), Decimal(10))
    assert view_of([OpeningEvent(Decimal(5), (held,), 7, 1)]).positions["ACME"].cost == Decimal(30)


def test_a_server_that_is_not_there_holds_nothing_up_and_its_password_is_not_told(
    tmp_path: Path, info: SessionInfo
) -> None:
    engine, cache = caching(f"redis://:{SECRET}@127.0.0.1:{free_port()}/0", info, tmp_path, events_max=50)
    cache.start()
    engine.run(50)
    eventually(lambda: "connecting to" in cache.picture().message)
    assert cache.picture().state == "DOWN"
    assert SECRET not in repr(cache.picture())
    engine.journal.close()
    cache.close(0.05)


@pytest.mark.slow
def test_a_server_that_is_killed_or_hangs_gets_the_whole_state_when_it_is_back(
    own_redis: OwnRedis, tmp_path: Path, info: SessionInfo
) -> None:
    engine, cache = caching(own_redis.url, info, tmp_path, events_max=60)
    cache.start()
    engine.run(20)
    eventually(lambda: cache.picture().stored_seq == engine.events[-1].seq)
    own_redis.kill()
    engine.run(40)
    eventually(lambda: cache.picture().state == "DOWN", "the loss")
    own_redis.start()  # empty
    eventually(lambda: cache.picture().stored_seq == engine.events[-1].seq, "coming back")
    check(own_redis.url, info, view_of(engine.events))
    own_redis.hang()
    engine.run(40)
    eventually(lambda: cache.picture().state == "DOWN", "a server that hangs")
    own_redis.go_on()
    engine.run(3)
    engine.journal.close()
    assert cache.close(30).state == "OK"
    check(own_redis.url, info, view_of(engine.events))

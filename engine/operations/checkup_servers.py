"""What `tradetui doctor` asks of others: the broker, its feed, the database and the cache. Each answer has a limit."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from tradetui.engine.gateways.alpaca.account_state import PAPER_PREFIX, blocked
from tradetui.engine.gateways.alpaca.rest import Answer
from tradetui.engine.gateways.alpaca.wire import instant
from tradetui.engine.keys import Environment
from tradetui.engine.operations.account_check import clock_skew_s
from tradetui.engine.operations.checkup import Check
from tradetui.engine.operations.desk import Desk
from tradetui.engine.storage.urls import StorageUrl

PATIENCE_S = 4.0
SKEW_WARN_S, SKEW_FAIL_S = 1.0, 5.0
POSTGRES_LEAST, REDIS_LEAST = 15, 7
CALENDAR_DAYS = 10  # the longest the market was ever closed is shorter


def account(desk: Desk, environment: Environment) -> Check:
    """Whether the broker takes the keys, and of which environment it says they are."""
    answer = desk.ask("GET", "/v2/account")
    if answer.keys_refused:
        do = f"make new keys at the broker for {environment}, then: tradetui keys set --environment {environment}"
        return Check("account", "FAIL", f"the broker refuses the keys: {answer.said or answer.status}", do)
    if not answer.fine or not isinstance(answer.body, dict):
        return _unanswered("account", answer)
    number = str(answer.body.get("account_number") or "")
    paper = number.startswith(PAPER_PREFIX)
    seen = f"{'paper' if paper else 'LIVE'} account ****{number[-4:]}"
    if paper == (environment == "live"):
        return Check("account", "FAIL", f"{seen}, though the environment is {environment}", "use the other keys")
    if reason := blocked(answer.body):
        return Check("account", "FAIL", f"{seen}: {reason}", "ask the broker")
    return Check("account", "OK", f"{seen}, active")


def clock(desk: Desk, environment: Environment) -> Check:
    """How far this machine's clock is from the broker's; a practice exchange has a time of its own."""
    answer = desk.ask("GET", "/v2/clock")
    skew_s = clock_skew_s(desk)
    if skew_s is None or not isinstance(answer.body, dict):
        return _unanswered("clock", answer)
    is_open = "open" if answer.body.get("is_open") is True else "closed"
    if environment == "dev":
        return Check("clock", "OK", f"the market is {is_open}; its time is its own, {answer.body.get('timestamp')}")
    seen = f"{skew_s:+.2f} s from the broker's, the market is {is_open}"
    if abs(skew_s) > SKEW_FAIL_S:
        return Check("clock", "FAIL", seen, "synchronise it: timedatectl set-ntp true")
    if abs(skew_s) > SKEW_WARN_S:
        return Check("clock", "WARN", seen, "synchronise it: timedatectl set-ntp true")
    return Check("clock", "OK", seen)


def calendar(desk: Desk) -> Check:
    """Whether the broker knows the sessions that come next by its own clock."""
    told = desk.ask("GET", "/v2/clock").body
    now_ns = instant(told.get("timestamp")) if isinstance(told, dict) else None
    start = datetime.fromtimestamp((now_ns or time.time_ns()) / 1e9, UTC).date()
    query = {"start": start.isoformat(), "end": (start + timedelta(days=CALENDAR_DAYS)).isoformat()}
    answer = desk.ask("GET", "/v2/calendar", query)
    if not answer.fine or not isinstance(answer.body, list):
        return _unanswered("calendar", answer)
    days = [day for day in answer.body if isinstance(day, dict) and day.get("date")]
    if not days:
        return Check("calendar", "WARN", f"no session in the next {CALENDAR_DAYS} days", "look at the broker's site")
    return Check("calendar", "OK", f"next session {days[0]['date']} {days[0].get('open', '')}")


def feed(url: str) -> Check:
    """Whether the feed greets. No keys are sent: a second connection could cost a running session its own."""
    from tradetui.engine.gateways.alpaca.socket import fault_words

    host = urlsplit(url).netloc
    try:
        from websockets.exceptions import WebSocketException
        from websockets.sync.client import connect
    except ImportError:
        return Check("feed", "WARN", "not asked: websockets is not installed", "pip install 'tradetui[paper]'")
    try:
        with connect(url, open_timeout=PATIENCE_S, close_timeout=0.5, proxy=None if _local(url) else True) as socket:
            greeting = socket.recv(timeout=PATIENCE_S)
    except (OSError, TimeoutError, WebSocketException, ValueError) as error:
        return Check("feed", "FAIL", f"{host}: {fault_words(error)}", "is the network there, and the address right?")
    if b"connected" not in (greeting if isinstance(greeting, bytes) else greeting.encode()):
        return Check("feed", "WARN", f"{host} greets with something else", "is the address right?")
    return Check("feed", "OK", f"{host} greets")


def database(url: StorageUrl) -> Check:
    """Whether the database can be used; a file is looked at, a server is asked."""
    if url.kind == "sqlite":
        assert url.path is not None, "a file has a path"
        from tradetui.engine.operations.checkup import folder

        return folder("database", url.path.absolute().parent)
    try:
        import psycopg
    except ImportError:
        return Check("database", "FAIL", f"{url.shown}: psycopg is not installed", "pip install 'tradetui[postgres]'")
    try:
        with psycopg.connect(url.reveal(), connect_timeout=int(PATIENCE_S)) as connection:
            number = connection.info.server_version // 10_000
    except psycopg.Error as error:
        seen = f"{url.shown}: {_line(url.redact(str(error)))}"
        return Check("database", "FAIL", seen, "is it running, and are name and password right? Sessions go on without")
    if number < POSTGRES_LEAST:
        return Check("database", "WARN", f"{url.shown}: PostgreSQL {number}", f"{POSTGRES_LEAST} or later is tested")
    return Check("database", "OK", f"{url.shown}: PostgreSQL {number}")


def cache(url: StorageUrl) -> Check:
    """Whether the cache answers."""
    try:
        import redis
    except ImportError:
        return Check("redis", "FAIL", f"{url.shown}: redis is not installed", "pip install 'tradetui[redis]'")
    client: Any = redis.Redis.from_url(url.reveal(), socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)
    try:
        number = str(client.info("server")["redis_version"])
    except (redis.RedisError, OSError) as error:
        return Check(
            "redis", "FAIL", f"{url.shown}: {_line(url.redact(str(error)))}", "is it running? It is only a cache"
        )
    finally:
        client.close()
    if int(number.partition(".")[0]) < REDIS_LEAST:
        return Check("redis", "WARN", f"{url.shown}: Redis {number}", f"{REDIS_LEAST} or later is tested")
    return Check("redis", "OK", f"{url.shown}: Redis {number}")


def _unanswered(name: str, answer: Answer) -> Check:
    seen = answer.said or (f"HTTP {answer.status}" if answer.status else "an answer that cannot be read")
    return Check(
        name, "FAIL", seen, "is the network there, and the broker up? Its state: https://status.alpaca.markets"
    )


def _local(url: str) -> bool:
    from tradetui.engine.gateways.alpaca.rest import is_local

    return is_local(url)


def _line(text: str) -> str:
    return " ".join(text.split())[:160]

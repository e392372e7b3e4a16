from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from tradetui.engine.errors import UsageError
from tradetui.engine.storage.urls import parse_database_url, parse_redis_url, redact, without_password

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://trader:{SECRET}@db.example:5432/trades",
        f"postgres://trader@db.example/trades?password={SECRET}&sslmode=require",
        f"postgresql://trader:{SECRET}@[::1]:5432/trades",
        f"postgresql://:{SECRET}@/trades?host=db.example",
    ],
)
def test_a_password_is_in_nothing_that_can_be_printed(url: str) -> None:
    parsed = parse_database_url(url)
    assert SECRET not in f"{parsed} {parsed!r} {parsed.shown} {redact(f'could not reach {url}!')}"
    assert parsed.has_password
    assert parsed.reveal() == url
    assert SECRET not in parsed.redact(f'FATAL: conninfo "{SECRET}" and {url} and password={SECRET} host=h')
    assert SECRET not in without_password(parsed)


def test_the_cache_s_password_is_hidden_too() -> None:
    parsed = parse_redis_url(f"redis://:{SECRET}@127.0.0.1:6379/0")
    assert repr(parsed) == "StorageUrl('redis://:***@127.0.0.1:6379/0')"


def test_a_driver_that_quotes_the_decoded_password_gives_nothing_away() -> None:
    parsed = parse_database_url("postgresql://trader:p%40ss%2Fword@h/d")
    assert parsed.redact("bad password p@ss/word, or p%40ss%2Fword") == "bad password ***, or ***"


def test_a_password_with_a_stray_at_is_hidden_whole() -> None:
    assert redact("see postgresql://u:p@ss@h/d and redis://:x@h") == "see postgresql://u:***@h/d and redis://:***@h"


def test_an_address_is_not_pickled() -> None:
    parsed = parse_database_url(f"postgresql://trader:{SECRET}@h/d")
    for copied in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="not pickled"):
            copied(parsed)


def test_a_file_is_relative_with_three_slashes_and_absolute_with_four() -> None:
    assert parse_database_url("sqlite:///trades.db").path == Path("trades.db")
    assert parse_database_url("sqlite:////var/lib/trades.db").path == Path("/var/lib/trades.db")
    assert parse_database_url("sqlite:///my%20trades.db").path == Path("my trades.db")
    assert not parse_database_url("sqlite:///trades.db").has_password


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///", "no file is named"),
        ("sqlite://trades.db", "no file is named"),
        (f"mysql://root:{SECRET}@h/d", r"mysql://root:\*\*\*@h/d: not a database"),
        (SECRET, "an address without ://: not a database"),
        (f"postgresql://u:{SECRET}@h:99999/d", "65535"),
        (f"postgresql://u:{SECRET}@h:port/d", "65535"),
    ],
)
def test_what_is_no_database_is_refused_without_showing_a_password(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        parse_database_url(url)
    assert SECRET not in str(refused.value)


def test_what_is_no_cache_is_refused() -> None:
    with pytest.raises(UsageError, match="expected redis://HOST:PORT/NUMBER"):
        parse_redis_url("http://localhost")

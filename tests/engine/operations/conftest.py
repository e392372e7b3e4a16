"""The practice exchange on a free port, and a desk in front of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "practice"))

from practice_market import OPEN_NS, small_world
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.operations.desk import Desk
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

KEY, SECRET = "PKTEST", "test-secret"


@pytest.fixture
def server() -> Iterator[ExchangeThread]:
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000), {KEY: SECRET})
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as running:
        yield running


@pytest.fixture
def desk(server: ExchangeThread) -> Desk:
    return Desk(server.url, Credentials(KEY, SECRET))

"""The practice exchange on a free port of this machine, in a thread, with the small market in front of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from practice_market import OPEN_NS, small_world
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

KEYS = {"PKTEST": "test-secret"}


@pytest.fixture
def server() -> Iterator[ExchangeThread]:
    """Time stands at the open until the test lets it go on."""
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000), KEYS)
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as running:
        yield running

"""The practice exchange on a free port, and our gateways in front of it."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[2] / "practice"))

from trading_floor import KEYS, Inbox, Trader, made

from practice_market import OPEN_NS, small_world
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue


@pytest.fixture(scope="session", autouse=True)
def alpaca_imported() -> None:
    """alpaca-py imports a module that websockets will drop, and says so each time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import alpaca.trading.client  # noqa: F401


@pytest.fixture
def server() -> Iterator[ExchangeThread]:
    """Time stands at the open until the test lets it go on."""
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000), KEYS)
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as running:
        yield running


@pytest.fixture
def trader(server: ExchangeThread) -> Iterator[Callable[..., Trader]]:
    """Makes executors that are stopped at the end; the first thing they are waited for is that they listen."""
    with ExitStack() as stack:

        def make(**options: object) -> Trader:
            trader = made(server, Inbox(), **options)
            stack.callback(trader.stop)
            return trader

        yield make

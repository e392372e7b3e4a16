"""An exchange in a thread leaves nothing behind when it ends."""

from __future__ import annotations

import gc
import socket
import warnings
from contextlib import ExitStack

from practice_market import OPEN_NS, small_world
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue


def test_no_socket_stays_open_of_a_client_that_came_just_as_it_ended() -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(5):
            _end_while_clients_come()
            gc.collect()
    assert [str(warning.message) for warning in told] == []


def _end_while_clients_come() -> None:
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000), {"PKTEST": "test-secret"})
    venue.advance(OPEN_NS)
    with ExitStack() as clients, ExchangeThread(venue) as running:
        for _ in range(20):
            clients.enter_context(socket.create_connection((running.host, running.port)))

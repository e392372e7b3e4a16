"""What a scraper reads is the newest picture, and only from this machine."""

from __future__ import annotations

import urllib.request

import pytest

from tradetui.engine.errors import UsageError
from tradetui.engine.latency import LatencyHistogram
from tradetui.engine.model.snapshot import ExecutionView, FeedView, LatenciesView
from tradetui.engine.operations.health import SessionHealth
from tradetui.engine.operations.metrics import MetricsEndpoint

pytestmark = pytest.mark.slow  # the library looks twice a second whether it is to stop


def scraped(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        text = response.read().decode()
    rows = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    names = [name for name, _, _ in rows]
    assert len(set(names)) == len(names), "a series stands there twice: no scraper takes that"
    return {name: float(value) for name, _, value in rows}


def picture(**more: object) -> SessionHealth:
    took = LatencyHistogram()
    for ns in (50_000, 900_000, 4_000_000, 3_000_000_000):
        took.add(ns)
    return SessionHealth(
        ts_ns=1_000_000_000,
        feeds=(FeedView("alpaca", "STALE", reconnects=4, gaps=1, lag_ns=250_000_000),),
        execution=ExecutionView("alpaca", "OK", unresolved=2, rate_left=150, reconnects=1),
        ticks=10,
        fills=3,
        queue_depth=7,
        storage_lag=5,
        latencies=LatenciesView(tick_to_order=took.picture(), queued_max=12),
        **more,  # type: ignore[arg-type]
    )


def test_a_scrape_tells_the_newest_picture() -> None:
    pictures = [None, picture(), picture(trading="HALTED", equity=99.5)]
    with MetricsEndpoint(0, lambda: pictures.pop(0) if len(pictures) > 1 else pictures[0]) as endpoint:
        assert scraped(endpoint.port) == {}
        first = scraped(endpoint.port)
        second = scraped(endpoint.port)
    assert first["tradetui_ticks_total"] == 10
    assert (first["tradetui_queue_depth"], first["tradetui_queue_depth_max"]) == (7, 12)
    assert first["tradetui_storage_lag_rows"] == 5
    assert first['tradetui_reconnects_total{carries="prices",name="alpaca"}'] == 4
    assert first['tradetui_reconnects_total{carries="orders",name="alpaca"}'] == 1
    assert first['tradetui_up{carries="prices",name="alpaca"}'] == 0
    assert first['tradetui_up{carries="orders",name="alpaca"}'] == 1
    assert first['tradetui_feed_lag_seconds{name="alpaca"}'] == 0.25
    assert "tradetui_equity" not in first
    assert (first["tradetui_halted"], second["tradetui_halted"], second["tradetui_equity"]) == (0, 1, 99.5)


def test_a_histogram_counts_what_took_at_most_its_bound() -> None:
    with MetricsEndpoint(0, picture) as endpoint:
        found = scraped(endpoint.port)
    counts = {
        name.partition('le="')[2][:-2]: value
        for name, value in found.items()
        if name.startswith("tradetui_tick_to_order_seconds_bucket")
    }
    assert (counts["0.0001"], counts["0.001"], counts["0.005"], counts["1.0"], counts["+Inf"]) == (1, 2, 3, 3, 4)
    assert found["tradetui_tick_to_order_seconds_count"] == 4
    assert found["tradetui_tick_to_order_seconds_sum"] == pytest.approx(3.00495)


def test_it_listens_on_this_machine_alone_and_lets_its_port_go() -> None:
    with MetricsEndpoint(0, picture) as endpoint:
        assert endpoint._server is not None
        assert endpoint._server.server_address[0] == "127.0.0.1"
        with pytest.raises(UsageError, match=f"port {endpoint.port}"), MetricsEndpoint(endpoint.port, picture):
            pass
        port = endpoint.port
    with MetricsEndpoint(port, picture) as again:
        assert again.port == port

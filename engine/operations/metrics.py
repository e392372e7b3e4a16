"""The metrics endpoint: the newest picture of a session in Prometheus' words, on this machine alone.

Needs the extra `metrics`. Nothing is counted here: a scrape reads the picture that is there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Self
from wsgiref.simple_server import WSGIServer

from tradetui.engine.errors import UsageError
from tradetui.engine.latency import BOUNDS_NS
from tradetui.engine.model.snapshot import LatencyView
from tradetui.engine.operations.health import SessionHealth

if TYPE_CHECKING:
    from prometheus_client.core import Metric

LOOPBACK = "127.0.0.1"
STOP_S = 2.0


class MetricsEndpoint:
    """Listens between `with` and its end; `port` 0 takes a free one, and `port` says which."""

    def __init__(self, port: int, picture: Callable[[], SessionHealth | None]) -> None:
        self.port = port
        self._picture = picture
        self._server: WSGIServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        try:
            from prometheus_client import CollectorRegistry, start_http_server
        except ImportError:
            raise UsageError("metrics need prometheus-client; add it with: pip install 'tradetui[metrics]'") from None
        registry = CollectorRegistry()
        registry.register(SessionCollector(self._picture))
        try:
            self._server, self._thread = start_http_server(self.port, LOOPBACK, registry)
        except OSError as error:
            raise UsageError(f"metrics cannot listen at port {self.port}: {error.strerror}") from None
        self.port = self._server.server_port
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join(STOP_S)


class SessionCollector:
    """Turns a picture into metrics; without a picture there are none."""

    def __init__(self, picture: Callable[[], SessionHealth | None]) -> None:
        self._picture = picture

    def collect(self) -> Iterator[Metric]:
        """What a scrape asks for."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        health = self._picture()
        if health is None:
            return
        for name, words, count in (
            ("ticks", "Market data taken by the engine", health.ticks),
            ("orders", "Orders sent", health.orders),
            ("fills", "Executions booked", health.fills),
        ):
            yield CounterMetricFamily(f"tradetui_{name}", words, value=count)
        for name, words, value in (
            ("queue_depth", "Inputs that wait for the engine", health.queue_depth),
            ("working_orders", "Orders at the venue", health.working),
            ("open_positions", "Symbols that are not flat", health.positions),
            ("storage_lag_rows", "Rows that wait for a database", health.storage_lag),
            ("halted", "1 while trading is not active", int(health.trading != "ACTIVE")),
            ("picture_timestamp_seconds", "When this picture was made", health.ts_ns / 1e9),
            ("equity", "Equity of the account", health.equity),
            ("reconciliation_differences", "Of the last comparison with the venue", health.differences),
        ):
            if value is not None:
                yield GaugeMetricFamily(f"tradetui_{name}", words, value=value)
        yield from _feeds(health)
        if (took := health.latencies) is not None:
            yield _histogram("tradetui_tick_to_signal_seconds", "From a tick to a decision", took.tick_to_signal)
            yield _histogram("tradetui_tick_to_handover_seconds", "To an order handed over", took.tick_to_handover)
            yield _histogram("tradetui_tick_to_order_seconds", "To an order on its way", took.tick_to_order)
            yield GaugeMetricFamily("tradetui_queue_depth_max", "Most inputs that waited", value=took.queued_max)


def _feeds(health: SessionHealth) -> Iterator[Metric]:
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    reconnects = CounterMetricFamily("tradetui_reconnects", "Connections made anew", labels=["name", "carries"])
    gaps = CounterMetricFamily("tradetui_feed_gaps", "Gaps in market data", labels=["name"])
    conflated = CounterMetricFamily("tradetui_feed_conflated", "Quotes and books replaced by newer", labels=["name"])
    up = GaugeMetricFamily("tradetui_up", "1 while the connection is fine", labels=["name", "carries"])
    lag = GaugeMetricFamily("tradetui_feed_lag_seconds", "Receive time less the venue's own", labels=["name"])
    for feed in health.feeds:
        reconnects.add_metric([feed.name, "prices"], feed.reconnects)
        gaps.add_metric([feed.name], feed.gaps)
        conflated.add_metric([feed.name], feed.conflated)
        up.add_metric([feed.name, "prices"], float(feed.state == "OK"))
        if feed.lag_ns is not None:
            lag.add_metric([feed.name], feed.lag_ns / 1e9)
    yield from (gaps, conflated, lag)
    if (venue := health.execution) is not None:
        reconnects.add_metric([venue.name, "orders"], venue.reconnects)
        up.add_metric([venue.name, "orders"], float(venue.state == "OK"))
        yield GaugeMetricFamily("tradetui_unresolved_orders", "Fate being looked up", value=venue.unresolved)
        if venue.rate_left is not None:
            yield GaugeMetricFamily("tradetui_requests_left", "Left in this minute", value=venue.rate_left)
    yield from (reconnects, up)


def _histogram(name: str, words: str, took: LatencyView) -> Metric:
    from prometheus_client.core import HistogramMetricFamily

    within = took.within or (0,) * len(BOUNDS_NS)
    buckets = [(str(bound_ns / 1e9), float(count)) for bound_ns, count in zip(BOUNDS_NS, within, strict=True)]
    return HistogramMetricFamily(
        name, words, buckets=[*buckets, ("+Inf", float(took.count))], sum_value=took.sum_ns / 1e9
    )

"""The live path at 10,000 ticks a second: from a tick at the socket to its decision, its order and the order's request.

    python tests/bench/live_latency.py --rate 10000 --seconds 30

The practice exchange, in a process of its own, sends quotes and trades of five symbols over its websocket; the session,
in this one, on its usual threads, decides at every one of them and sends some orders a second. Both, and whatever else
runs, share this machine's cores: the figures say how many. Ticks arrive by chance (a Poisson process), not in step.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from harness import machine
from practice_process import Exchange
from practice_session import begin, session_on
from tick_market import write_ticks
from tradetui.engine.bus import EventBus
from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.live.session import LiveSession
from tradetui.engine.model.snapshot import LatencyView, Snapshot

WARM_S = 5.0  # whose ticks count, but not towards the rate: connections and caches are new
LOOK_S = 0.005
PAST_S = 3.0  # of ticks beyond those that are waited for


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=10_000.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--orders", type=float, default=5.0, help="orders a second")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        told = measure(Path(folder), options.rate, options.seconds, options.orders)
    print(json.dumps(told) if options.json else table(told))


def measure(folder: Path, rate: float, seconds: float, orders_s: float) -> dict[str, Any]:
    """One run."""
    ticks = write_ticks(folder / "market", rate, seconds + WARM_S + PAST_S)
    with Exchange(folder, "--data", str(folder / "market"), "--paused") as exchange:
        depth: list[int] = []
        inbox: list[EventBus[LiveInput]] = []
        session = session_on(exchange.broker(), folder, "EveryTick", {"orders_s": orders_s}, heard=inbox.append)
        begin(session)
        exchange.control("POST", "clock", {"speed": 1, "running": True})
        time.sleep(WARM_S)
        first, began = session.snapshot(), time.monotonic()
        with Sampler(lambda: depth.append(inbox[0].waiting())):
            cpu = cpu_s(exchange.process.pid), time.process_time()
            time.sleep(seconds)
            cpu = cpu_s(exchange.process.pid) - cpu[0], time.process_time() - cpu[1]
        last, ended = session.snapshot(), time.monotonic()
        behind = behind_s(exchange, session)
        exchange.control("POST", "clock", {"running": False})
        session.stop()
    return figures(session.snapshot(), first, last, ended - began, depth, cpu, behind) | {"made": ticks}


class Sampler:
    """Looks again and again between `with` and its end."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look, self._ended = look, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_S):
            self._look()


def cpu_s(pid: int) -> float:
    """CPU seconds that another process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def behind_s(exchange: Exchange, session: LiveSession) -> float:
    """How far the newest tick that the session has is behind the exchange's clock, about."""
    from tradetui.engine.gateways.alpaca.wire import instant

    now_ns = instant(exchange.control("GET", "status")["now"]) or 0
    return (now_ns - session.snapshot().clock_ns) / 1e9


def figures(
    last: Snapshot,
    first: Snapshot,
    then: Snapshot,
    seconds: float,
    depth: list[int],
    cpu: tuple[float, float],
    behind: float,
) -> dict[str, Any]:
    """In ms; ticks that the engine took, and those that were replaced by a newer quote before it did."""
    seen, feed = last.latencies, then.feeds[0]
    assert seen is not None
    return {
        "machine": machine(),
        "load_average": os.getloadavg()[0],
        "ticks_a_second": round((feed.events - first.feeds[0].events) / seconds),
        "taken_a_second": round((then.events - first.events) / seconds),
        "conflated": feed.conflated,
        "tick_to_signal_ms": in_ms(seen.tick_to_signal),
        "tick_to_handover_ms": in_ms(seen.tick_to_handover),
        "tick_to_order_ms": in_ms(seen.tick_to_order),
        "queue_p50": quantile(depth, 50),
        "queue_p99": quantile(depth, 99),
        "queue_max": max(seen.queued_max, *depth),
        "cores_used_exchange": round(cpu[0] / seconds, 2),
        "cores_used_session": round(cpu[1] / seconds, 2),
        "session_behind_exchange_s": round(behind, 3),
        "orders": last.execution.sent if last.execution else 0,
        "fills": last.fills_total,
        "error": last.error,
    }


def in_ms(view: LatencyView) -> dict[str, float]:
    """A histogram's figures."""
    return {
        "count": view.count,
        "p50": round(view.p50_ns / 1e6, 3),
        "p99": round(view.p99_ns / 1e6, 3),
        "max": round(view.max_ns / 1e6, 3),
    }


def quantile(values: list[int], percent: int) -> float:
    """Of a sample."""
    return quantiles(values, n=100)[percent - 1] if len(values) > 1 else 0.0


def table(told: dict[str, Any]) -> str:
    """A line a figure."""
    return "\n".join(f"{name.replace('_', ' '):28}{value}" for name, value in told.items())


if __name__ == "__main__":
    main()

"""A thread that does one thing after another, some of them later: orders, cancels and questions have a lane each."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable
from threading import Condition, Thread

from tradetui.engine.gateways.alpaca.rest import Clocks, Stopped

log = logging.getLogger(__name__)
Job = Callable[[], None]


class Lane:
    """Jobs in the order in which they are due, those due at once in the order in which they came.

    `failed` hears of a job that raised anything but Stopped.
    """

    def __init__(self, name: str, clocks: Clocks, failed: Callable[[BaseException], None]) -> None:
        self._clocks, self._failed = clocks, failed
        self._jobs: list[tuple[float, int, Job]] = []
        self._count = 0
        self._stopping = self._finishing = False
        self._wake = Condition()
        self._thread = Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def put(self, job: Job, delay_s: float = 0.0) -> None:
        """Do this, in so many seconds at the earliest. Never blocks."""
        due = self._clocks.steady_s() + delay_s if delay_s > 0 else 0.0
        with self._wake:
            self._count += 1
            heapq.heappush(self._jobs, (due, self._count, job))
            self._wake.notify()

    def finish(self) -> None:
        """No more jobs after those that wait."""
        with self._wake:
            self._finishing = True
            self._wake.notify()

    def stop(self) -> None:
        """No more jobs after the one at hand."""
        with self._wake:
            self._stopping = True
            self._wake.notify()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; whether it came."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Stopped:
                return
            except Exception as error:  # a bug of ours: until the session has ended, other orders need this thread
                log.exception("a job of %s failed", self._thread.name)
                self._failed(error)

    def _next(self) -> Job | None:
        with self._wake:
            while not self._stopping and (self._jobs or not self._finishing):
                wait = self._jobs[0][0] - self._clocks.steady_s() if self._jobs else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._jobs)[2]
                self._wake.wait(wait)
            return None

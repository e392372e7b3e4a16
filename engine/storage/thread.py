"""A thread with an event loop of its own that runs one coroutine until it ends or is told to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress

GRACE_S = 2.0  # for a cancelled task to let go of its connection


class Loop:
    """Starts `main` on a thread; `rest` within it ends early when the thread is told to stop."""

    def __init__(self, name: str, main: Callable[[], Coroutine[object, object, None]]) -> None:
        self._main = main
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake: asyncio.Event | None = None
        self._ready = threading.Event()
        self.stopping = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()
        self._ready.wait()

    def stop(self, timeout_s: float) -> bool:
        """Ask it to end by itself, and make it end after `timeout_s`; whether it ended by itself."""
        self.stopping = True
        if self._thread.ident is None:
            return True
        self._call(self._wake.set if self._wake is not None else None)
        self._thread.join(timeout_s)
        if not self._thread.is_alive():
            return True
        self._call(self._task.cancel if self._task is not None else None)
        self._thread.join(GRACE_S)
        return False

    async def rest(self, seconds: float) -> None:
        """Wait, until woken where that is the first time that the end is asked for."""
        if self.stopping or self._wake is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _call(self, work: Callable[[], object] | None) -> None:
        if work is not None and self._loop is not None:
            with suppress(RuntimeError):  # it has ended meanwhile
                self._loop.call_soon_threadsafe(work)

    def _run(self) -> None:
        asyncio.run(self._whole())

    async def _whole(self) -> None:
        self._loop, self._task, self._wake = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()
        self._ready.set()
        with suppress(asyncio.CancelledError):
            await self._main()

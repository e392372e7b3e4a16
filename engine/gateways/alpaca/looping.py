"""A thread with an event loop of its own, that runs one task until it is told to stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

TURNS_TO_CLOSE = 3  # of the loop: a transport that was closed or aborted lets go of its socket in a later one


class LoopThread:
    """Runs `main` in a new loop; `call` has something done in it."""

    def __init__(self, name: str, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._main = main
        self._loop = asyncio.new_event_loop()
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._stopped = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def call(self, work: Callable[[], None]) -> None:
        """Have it done in the loop; nothing happens once that has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(work)

    def stop(self, timeout_s: float) -> bool:
        """End the task, and wait; whether it ended."""
        if self._thread.ident is None:
            self._loop.close()
            return True
        self.call(self._cancel)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _cancel(self) -> None:
        if self._stopped:
            return  # once: a second time would cut off what the task does to end well
        self._stopped = True
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._whole())
        finally:
            self._loop.close()

    async def _whole(self) -> None:
        self._task = asyncio.create_task(self._main())
        if self._stopped:
            self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for _ in range(TURNS_TO_CLOSE):
            await asyncio.sleep(0)

"""A thread with an event loop of its own that runs one coroutine until it ends or is told to."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

TURNS_TO_CLOSE = 3  # of the loop: a transport that was closed or aborted lets go of its socket in a later one
GRACE_S = 2.0  # for a task that did not end by itself to let go of its connection

log = logging.getLogger(__name__)


def raise_again(task: asyncio.Task[Any]) -> None:
    """What a task that nobody waits for died of, to its loop; for `add_done_callback`."""
    if not task.cancelled():
        task.result()


class LoopThread:
    """Runs `main` in a new loop; `call` has something done in it, `rest` waits within it.

    `failed` hears of what nobody caught: in `main`, in a callback, or in a task whose end is `raise_again`.
    """

    def __init__(
        self, name: str, main: Callable[[], Coroutine[Any, Any, None]], failed: Callable[[BaseException], None]
    ) -> None:
        self._main, self._failed = main, failed
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._cancelled = False
        self.stopping = False  # `main` is to end by itself

    def start(self) -> None:
        """Begin."""
        self._loop = asyncio.new_event_loop()
        self._thread.start()

    def call(self, work: Callable[[], object]) -> None:
        """Have it done in the loop; nothing happens before that began and once it has ended."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(work)

    def stop(self, timeout_s: float) -> bool:
        """End the task, and wait; whether it ended."""
        if self._thread.ident is not None:
            self.call(self._cancel)
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def finish(self, timeout_s: float) -> bool:
        """Ask the task to end by itself, and make it end after `timeout_s`; whether it ended by itself."""
        self.stopping = True
        if self._thread.ident is not None:
            self.call(self._wake.set)
            self._thread.join(timeout_s)
        if not self._thread.is_alive():
            return True
        self.stop(GRACE_S)
        return False

    async def rest(self, seconds: float) -> None:
        """Wait, in the loop; woken where that is the first time that the end is asked for."""
        if self.stopping:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _cancel(self) -> None:
        if self._cancelled:
            return  # once: a second time would cut off what the task does to end well
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        assert self._loop is not None, "made by whoever started this thread"
        try:
            self._loop.set_exception_handler(self._uncaught)
            self._loop.run_until_complete(self._whole())
        except Exception as error:  # noqa: BLE001  # whoever relies on this thread has to know that it is over
            self._fail(error)
        finally:
            self._loop.close()

    def _uncaught(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None or "handle" not in context:  # of a transport: its owner sees that the connection is gone
            loop.default_exception_handler(context)
        else:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        log.error("%s failed", self._thread.name, exc_info=error)
        self._failed(error)

    async def _whole(self) -> None:
        self._task = asyncio.create_task(self._main())
        if self._cancelled:
            self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for _ in range(TURNS_TO_CLOSE):
            await asyncio.sleep(0)

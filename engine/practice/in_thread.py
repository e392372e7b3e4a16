"""The exchange in a thread of its own, for a program that goes on meanwhile: the workstation, and tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

from aiohttp import web

from tradetui.engine.practice.server import LOOPBACK, close_streams, make_app, start
from tradetui.engine.practice.venue import Venue

WAIT_S = 60.0  # longer than anything asked of it takes, on a busy machine too: who waits longer waits for ever
TURNS = 3  # of the loop: who was accepted is known, and who was closed lets go of the socket, in a later one
T = TypeVar("T")


class ExchangeThread:
    """Runs a venue between `with` and its end. Everything in the venue is touched in its thread alone: see `call`."""

    def __init__(self, venue: Venue, host: str = LOOPBACK, port: int = 0) -> None:
        self.venue, self.host, self.port = venue, host, port
        self.app = make_app(venue)
        self._ready: Future[int] = Future()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="practice-exchange", daemon=True)

    def __enter__(self) -> ExchangeThread:
        self._thread.start()
        self.port = self._ready.result(WAIT_S)
        return self

    def disconnect(self) -> None:
        """Close the sockets of all streams."""
        asyncio.run_coroutine_threadsafe(close_streams(self.app), self._loop).result(WAIT_S)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(WAIT_S)
        if self._thread.is_alive():
            raise TimeoutError(f"the practice exchange did not end within {WAIT_S:g} s: its sockets are open")

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self.host}:{self.port}"

    def call(self, work: Callable[[Venue], T]) -> T:
        """Do something with the venue in its thread, tell what came of it, and give the result."""

        async def do() -> T:
            result = work(self.venue)
            self.venue.publish()
            return result

        return asyncio.run_coroutine_threadsafe(do(), self._loop).result(WAIT_S)

    def until(self, holds: Callable[[web.Application], bool]) -> None:
        """Wait until something is so in the venue; raises TimeoutError after a while."""

        async def wait() -> None:
            await self.venue.until(lambda: holds(self.app))

        asyncio.run_coroutine_threadsafe(wait(), self._loop).result(WAIT_S)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            left = asyncio.all_tasks(self._loop)  # requests that were asked never to be answered
            for task in left:
                task.cancel()
            self._loop.run_until_complete(_ended(left))
            self._loop.close()

    async def _serve(self) -> None:
        try:
            runner, port = await start(self.app, self.host, self.port)
        except BaseException as error:  # noqa: BLE001  # whatever it is, who waits for the port must hear of it
            self._ready.set_exception(error)
            return
        self._ready.set_result(port)
        await self._stop.wait()
        for listening in _listening(runner):  # asyncio forgets to close what is accepted as its server closes
            self._loop.remove_reader(listening)
        await _turns()
        await runner.cleanup()


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Once tasks that were cancelled have ended, and whatever they had open is closed."""
    await asyncio.gather(*tasks, return_exceptions=True)
    await _turns()


async def _turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def _listening(runner: web.AppRunner) -> list[int]:
    """The sockets that wait for clients."""
    servers = [getattr(site, "_server", None) for site in runner.sites]
    return [sock.fileno() for server in servers if isinstance(server, asyncio.Server) for sock in server.sockets]

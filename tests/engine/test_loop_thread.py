"""A thread with a loop: whatever nobody caught in it is told to whoever relies on it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tradetui.engine.loop_thread import LoopThread, raise_again

WAIT_S = 10.0


class Wrong(Exception):
    """Nobody expects it."""


async def main_raises() -> None:
    raise Wrong


async def task_raises() -> None:
    asyncio.ensure_future(main_raises()).add_done_callback(raise_again)
    await asyncio.sleep(WAIT_S)


async def callback_raises() -> None:
    def wrong() -> None:
        raise Wrong

    asyncio.get_running_loop().call_soon(wrong)
    await asyncio.sleep(WAIT_S)


@pytest.mark.parametrize("main", [main_raises, task_raises, callback_raises])
def test_what_nobody_caught_is_told_at_once(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    told: list[BaseException] = []
    heard = threading.Event()

    def failed(error: BaseException) -> None:
        told.append(error)
        heard.set()

    thread = LoopThread("of a test", main, failed)
    thread.start()
    assert heard.wait(WAIT_S)
    assert thread.stop(WAIT_S)
    assert [type(error) for error in told] == [Wrong]


def test_an_end_that_was_asked_for_is_no_failure() -> None:
    told: list[BaseException] = []
    begun = threading.Event()

    async def main() -> None:
        asyncio.ensure_future(asyncio.sleep(WAIT_S)).add_done_callback(raise_again)
        begun.set()
        await asyncio.sleep(WAIT_S)

    thread = LoopThread("of a test", main, told.append)
    thread.start()
    assert begun.wait(WAIT_S)
    assert thread.stop(WAIT_S)
    assert told == []

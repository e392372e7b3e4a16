from __future__ import annotations

import threading
from typing import Any

from tradetui.engine.bus import EventBus
from tradetui.engine.model.events import ControlEvent, TradingState


def test_what_was_put_comes_out_in_its_order_and_once() -> None:
    bus: EventBus[int] = EventBus()
    for number in range(100):
        bus.put(number)
    assert bus.drain(0) == list(range(100))
    assert bus.drain(0) == []


def test_many_threads_lose_nothing_and_each_keeps_its_own_order() -> None:
    bus: EventBus[tuple[int, int]] = EventBus()

    def put(thread: int) -> None:
        for number in range(500):
            bus.put((thread, number))

    threads = [threading.Thread(target=put, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    got: list[tuple[int, int]] = []
    while len(got) < 2_000:
        got += bus.drain(5)
    for thread in threads:
        thread.join()
    for n in range(4):
        assert [number for thread, number in got if thread == n] == list(range(500))


def test_an_item_that_comes_while_waiting_ends_the_wait() -> None:
    bus: EventBus[str] = EventBus()
    thread = threading.Thread(target=lambda: bus.put("now"))
    thread.start()
    assert bus.drain(30) == ["now"]
    thread.join()


def test_every_observer_is_told_in_the_order_in_which_they_came() -> None:
    bus: EventBus[int] = EventBus()
    heard: list[Any] = []
    bus.observe(lambda events: heard.append(("first", *events)))
    bus.observe(lambda events: heard.append(("second", *events)))
    event = ControlEvent(TradingState.HALTED, "operator", "kill", 1)
    bus.publish([event])
    assert heard == [("first", event), ("second", event)]

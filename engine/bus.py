"""Where threads meet: anyone may put into the inbox, the engine thread alone takes out; observers are told afterwards.

Components never call each other through the bus: it brings inputs to the core and news to those who only look.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from tradetui.engine.model.events import Event

T = TypeVar("T")
Observer = Callable[[Sequence[Event]], None]


class EventBus(Generic[T]):
    """An inbox of inputs of one type, and the observers of what came of them."""

    def __init__(self) -> None:
        self._inbox: SimpleQueue[T] = SimpleQueue()
        self._observers: list[Observer] = []

    def put(self, item: T) -> None:
        """Hand an input to the engine; never blocks."""
        self._inbox.put(item)

    def drain(self, timeout_s: float) -> list[T]:
        """Everything that waits, oldest first; when nothing does, waits up to `timeout_s` for one."""
        items: list[T] = []
        try:
            items.append(self._inbox.get(timeout=timeout_s) if timeout_s > 0 else self._inbox.get_nowait())
            while True:
                items.append(self._inbox.get_nowait())
        except Empty:
            return items

    def waiting(self) -> int:
        """How many inputs the engine has not taken yet, about."""
        return self._inbox.qsize()

    def observe(self, observer: Observer) -> None:
        """Tell `observer` of every batch of events from now on, in the engine thread."""
        self._observers.append(observer)

    def publish(self, events: Sequence[Event]) -> None:
        """Tell every observer, in the order in which they came."""
        for observer in self._observers:
            observer(events)

"""Where the threads of the execution meet: the table of orders behind a lock, and reports told in one order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.alpaca.order_states import OrderStates
from tradetui.engine.gateways.alpaca.rest import Clocks
from tradetui.engine.gateways.live_words import Put
from tradetui.engine.model.events import VenueReport

T = TypeVar("T")


class Desk:
    """`unwanted` hears of an order that is at the venue though it should be gone, `unexplained` of one with a hole."""

    def __init__(self, states: OrderStates, put: Put, clocks: Clocks) -> None:
        self._states, self._put, self._clocks = states, put, clocks
        self._lock = threading.Lock()
        self.unwanted: Callable[[Record], None] = lambda _: None
        self.unexplained: Callable[[], None] = lambda: None

    def tell(self, work: Callable[[OrderStates, int], list[VenueReport]]) -> None:
        """Let the table change, and put what follows; nothing can come between."""
        with self._lock:
            reports = work(self._states, self._clocks.wall_ns())
            for report in reports:
                self._put(report)
            unwanted = self._states.table.unwanted()
            hole = any(record.unexplained for record in self._states.table.working())
        for record in unwanted:
            self.unwanted(record)
        if hole:
            self.unexplained()

    def ask(self, question: Callable[[OrderStates], T]) -> T:
        """Look at the table."""
        with self._lock:
            return question(self._states)

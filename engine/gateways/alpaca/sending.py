"""Sending orders and cancelling them: each once, and where it is not clear what came of it, nothing is sent again."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tradetui.engine.gateways.alpaca.backoff import Backoff
from tradetui.engine.gateways.alpaca.config import ExecutionConfig
from tradetui.engine.gateways.alpaca.desk import Desk
from tradetui.engine.gateways.alpaca.lane import Lane
from tradetui.engine.gateways.alpaca.models import RawOrder, order_of, orders_of
from tradetui.engine.gateways.alpaca.order_body import Body, body_of
from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.alpaca.order_stream import KEYS_ADVICE
from tradetui.engine.gateways.alpaca.rest import Answer, Rest
from tradetui.engine.gateways.live_words import Send

ORDERS = "/v2/orders"


class Sender:
    """POSTs, on a lane of their own. `look_up` is told of every order whose fate is not clear."""

    def __init__(
        self,
        rest: Rest,
        desk: Desk,
        lane: Lane,
        config: ExecutionConfig,
        look_up: Callable[[Record], None],
        answered: Callable[[Answer], None],
    ) -> None:
        self._rest, self._desk, self._lane, self._config = rest, desk, lane, config
        self._look_up, self._answered = look_up, answered
        self.sent = 0

    def send(self, send: Send, tries: int = 0) -> None:
        """One order, unless it was taken back meanwhile or has been here before."""
        record = self._desk.ask(lambda states: states.record(send.client_order_id, send.order.order_id))
        body = body_of(send.order, send.client_order_id)
        if isinstance(body, str):
            self._desk.tell(lambda states, now: states.refused(record, body, now))
            return
        self._rest.take_turn()
        order = send.order
        if not self._desk.ask(lambda states: states.begin(record, order.symbol, order.side, order.quantity)):
            return
        self.sent += 1
        self._heard(send, record, body, self._rest.ask_now("POST", ORDERS, body), tries)

    def _heard(self, send: Send, record: Record, body: Body, answer: Answer, tries: int) -> None:
        order = order_of(answer.body) if answer.fine else None
        self._answered(answer)
        if order is not None:
            self._desk.tell(lambda states, now: states.snapshot(order, now))
        elif answer.status == 429 and tries + 1 < self._config.tries_max:
            self._desk.ask(lambda states: states.again(record))  # it was not looked at: only this says so for certain
            self._lane.put(lambda: self.send(send, tries + 1))
        elif answer.unclear or answer.fine or _landed(answer):
            reason = answer.said or "an answer that is no order"
            self._desk.tell(lambda states, now: states.unclear(record, reason, now))
            self._look_up(record)
        else:
            advice = f". {KEYS_ADVICE}" if answer.keys_refused else ""
            reason = f"{answer.said or 'no reason given'} (HTTP {answer.status}){advice}"
            self._desk.tell(lambda states, now: states.refused(record, reason, now))


class Canceller:
    """DELETEs, on a lane of their own, so that no order in front of them holds them up."""

    def __init__(
        self,
        rest: Rest,
        desk: Desk,
        lane: Lane,
        config: ExecutionConfig,
        chance: Random,
        check: Callable[[], None],
        answered: Callable[[Answer], None],
    ) -> None:
        self._rest, self._desk, self._lane, self._config, self._chance = rest, desk, lane, config, chance
        self._check, self._answered = check, answered

    def cancel(self, record: Record, backoff: Backoff | None = None) -> None:
        """Until the venue has taken it, or the order has ended."""
        if record.ended and not record.unexplained:
            return
        answer = self._rest.ask("DELETE", f"{ORDERS}/{record.venue_id}", cancel=True)
        self._answered(answer)
        if answer.fine:
            self._desk.tell(lambda states, now: states.cancelling(record, now))
        elif answer.unclear or answer.status == 429:
            backoff = backoff or Backoff(self._config.rest.waits, self._chance)
            self._lane.put(lambda: self.cancel(record, backoff), backoff.next_s())
        else:
            self._check()  # done already, or not there: the order itself says which

    def cancel_all(self, backoff: Backoff | None = None) -> None:
        """Everything that works at the venue, until it has taken that."""
        answer = self._rest.ask("DELETE", ORDERS, cancel=True)
        self._answered(answer)
        if answer.unclear or answer.status == 429:
            backoff = backoff or Backoff(self._config.rest.waits, self._chance)
            self._lane.put(lambda: self.cancel_all(backoff), backoff.next_s())
            return
        items = answer.body if isinstance(answer.body, list) else []
        for order in orders_of([item.get("body") for item in items if isinstance(item, dict)]):
            self._snapshot(order)
        self._check()

    def _snapshot(self, order: RawOrder) -> None:
        self._desk.tell(lambda states, now: states.snapshot(order, now))


def _landed(answer: Answer) -> bool:
    """An id can be used once: that it was used says that the order is there."""
    return answer.status == 422 and "client_order_id must be unique" in answer.said

"""Sending orders and cancelling them: each once, and where it is not clear what came of it, nothing is sent again."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tradetui.engine.gateways.alpaca.backoff import Backoff
from tradetui.engine.gateways.alpaca.config import ExecutionConfig
from tradetui.engine.gateways.alpaca.desk import Desk
from tradetui.engine.gateways.alpaca.lane import Lane
from tradetui.engine.gateways.alpaca.models import RawOrder, order_of, orders_of
from tradetui.engine.gateways.alpaca.order_body import body_of
from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.alpaca.order_stream import KEYS_ADVICE
from tradetui.engine.gateways.alpaca.rest import Answer, Clocks, Rest
from tradetui.engine.gateways.alpaca.wire import NS_PER_S
from tradetui.engine.gateways.live_words import Send
from tradetui.engine.latency import LatencyHistogram

ORDERS = "/v2/orders"
LEAVING_LOOK_S = 0.05
HALTED = "it was never sent: trading is halted on this machine (tradetui status)"


class Sender:
    """POSTs, on a lane of their own. `look_up` is told of every order whose fate is not clear."""

    def __init__(
        self,
        rest: Rest,
        desk: Desk,
        lane: Lane,
        config: ExecutionConfig,
        clocks: Clocks,
        look_up: Callable[[Record], None],
        answered: Callable[[Answer], None],
        tick_to_order: LatencyHistogram,
        halted: Callable[[], bool],
    ) -> None:
        self._rest, self._desk, self._lane, self._config = rest, desk, lane, config
        self._clocks, self._look_up, self._answered = clocks, look_up, answered
        self._tick_to_order, self._halted = tick_to_order, halted
        self.sent = 0

    def send(self, send: Send, tries: int = 0, until_s: float | None = None) -> None:
        """One order, unless it was taken back meanwhile or has been here before."""
        record = self._desk.ask(lambda states: states.record(send.client_order_id, send.order.order_id))
        body = body_of(send.order, send.client_order_id)
        if isinstance(body, str):
            self._desk.tell(lambda states, now: states.refused(record, body, now))
            return
        self._rest.take_turn()
        if self._halted():  # asked last: a halt from another process is in force for the very next request
            self._desk.tell(lambda states, now: states.refused(record, HALTED, now))
            return
        order = send.order
        if not self._desk.ask(lambda states: states.begin(record, order.symbol, order.side, order.quantity)):
            return
        if until_s is None and self._desk.ask(lambda states: states.leaving(order.symbol)):
            until_s = self._clocks.steady_s() + self._config.leaving_s
        self.sent += 1
        if send.received_ns and not tries:
            self._tick_to_order.add(round(self._clocks.steady_s() * NS_PER_S) - send.received_ns)
        self._heard(send, record, self._rest.ask_now("POST", ORDERS, body), tries, until_s)

    def _heard(self, send: Send, record: Record, answer: Answer, tries: int, until_s: float | None) -> None:
        order = order_of(answer.body) if answer.fine else None
        self._answered(answer)
        if order is not None:
            self._desk.tell(lambda states, now: states.snapshot(order, now))
        elif answer.status == 429 and tries + 1 < self._config.tries_max:
            self._desk.ask(lambda states: states.again(record))  # it was not looked at: only this says so for certain
            self._lane.put(lambda: self.send(send, tries + 1, until_s))
        elif answer.unclear or answer.fine or _landed(answer):
            reason = answer.said or "an answer that is no order"
            self._desk.tell(lambda states, now: states.unclear(record, reason, now))
            self._look_up(record)
        elif _in_the_way(answer) and until_s is not None and self._clocks.steady_s() < until_s:
            # refused for certain, which leaves the id free: what stands in its way is about to go
            self._desk.ask(lambda states: states.again(record))
            self._lane.put(lambda: self.send(send, tries, until_s), LEAVING_LOOK_S)
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
        if answer.unclear or answer.status == 429:
            backoff = backoff or Backoff(self._config.rest.waits, self._chance)
            self._lane.put(lambda: self.cancel(record, backoff), backoff.next_s())
            return
        record.being_cancelled = False  # it may be asked for again
        if answer.fine:
            self._desk.tell(lambda states, now: states.cancelling(record, now))
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


def _in_the_way(answer: Answer) -> bool:
    """Whether other orders hold the shares, or would trade with this one."""
    body = answer.body if isinstance(answer.body, dict) else {}
    return answer.status == 403 and any(name in body for name in ("related_orders", "existing_order_id"))


def _landed(answer: Answer) -> bool:
    """An id can be used once: that it was used says that the order is there."""
    return answer.status == 422 and "client_order_id must be unique" in answer.said

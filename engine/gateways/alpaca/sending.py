"""Sending orders and cancelling them: each once, and where it is not clear what came of it, nothing is sent again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from tradetui.engine.backoff import Backoff
from tradetui.engine.gateways.alpaca.config import ExecutionConfig
from tradetui.engine.gateways.alpaca.desk import Desk
from tradetui.engine.gateways.alpaca.lane import Lane
from tradetui.engine.gateways.alpaca.models import RawOrder, order_of, orders_of
from tradetui.engine.gateways.alpaca.order_body import ORDERS, Request, change_of, request_of
from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.alpaca.order_states import OrderStates
from tradetui.engine.gateways.alpaca.order_stream import KEYS_ADVICE
from tradetui.engine.gateways.alpaca.rest import Answer, Clocks, Rest
from tradetui.engine.gateways.alpaca.wire import NS_PER_S
from tradetui.engine.gateways.live_words import (
    Close,
    Replace,
    Send,
    SendBracket,
    Sending,
    SendPair,
    SendTrailing,
)
from tradetui.engine.latency import LatencyHistogram

ADVICE = (
    ("insufficient buying power", "make it smaller, or close something first"),
    ("insufficient balance", "make it smaller, or close something first"),
    ("not tradable", "halted, or not traded there: wait until it is again, or leave it out with --symbol"),
    ("not active", "halted, or not traded there: wait until it is again, or leave it out with --symbol"),
    ("restricted", "the broker's own page says why"),
)  # by words of the venue
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

    def send(self, sending: Sending) -> None:
        """What may bring an order, unless it was taken back meanwhile or has been here before."""
        sends = sends_of(sending)
        records = self._desk.ask(
            lambda states: [states.table.record(s.client_order_id, s.order.order_id) for s in sends]
        )
        request = request_of(sending)
        if isinstance(request, str):
            self._refuse(records, request)
        else:
            self._go(_Post(request, sends, records))

    def replace(self, replace: Replace) -> None:
        """A change of an order that works, unless it was taken back or ended meanwhile."""
        versions = self._desk.ask(lambda states: states.table.versions(replace.client_order_id))
        old = versions[-1] if versions else None
        new = old and self._desk.ask(lambda states: states.outgoing.change(old, replace.new_client_order_id))
        if old is None or not new:
            return
        quantity = old.quantity if replace.quantity is None else replace.quantity
        new.symbol, new.side, new.quantity = old.symbol, old.side, quantity
        self._go(_Post(change_of(replace, old.venue_id), (), [new]))

    def _go(self, post: _Post) -> None:
        self._rest.take_turn()
        records = post.records
        if self._halted():  # asked last: a halt from another process is in force for the very next request
            self._refuse(records, HALTED)
            return
        if not self._desk.ask(post.begin):
            return
        symbol = records[0].symbol
        if post.until_s is None and self._desk.ask(lambda states: states.table.leaving(symbol)):
            post.until_s = self._clocks.steady_s() + self._config.leaving_s
        self.sent += 1
        received_ns = post.sends[0].received_ns if post.sends else 0
        if received_ns and not post.tries:
            self._tick_to_order.add(round(self._clocks.steady_s() * NS_PER_S) - received_ns)
        self._heard(post, self._rest.ask_now(*post.request))

    def _heard(self, post: _Post, answer: Answer) -> None:
        records = post.records
        order = order_of(answer.body) if answer.fine else None
        self._answered(answer)
        if order is not None:
            self._desk.tell(lambda states, now: states.answered(records[0], order, now))
        elif answer.status == 429 and post.tries + 1 < self._config.tries_max:
            post.tries += 1
            self._desk.ask(post.again)  # it was not looked at: only this says so for certain
            self._lane.put(lambda: self._go(post))
        elif answer.unclear or answer.fine or _landed(answer):
            reason = answer.said or "an answer that is no order"
            self._desk.tell(lambda states, now: [r for one in records for r in states.unclear(one, reason, now)])
            self._look_up(records[0])
        elif _in_the_way(answer) and post.until_s is not None and self._clocks.steady_s() < post.until_s:
            # refused for certain, which leaves the id free: what stands in its way is about to go
            self._desk.ask(post.again)
            self._lane.put(lambda: self._go(post), LEAVING_LOOK_S)
        else:
            self._refuse(records, f"{answer.said or 'no reason given'} (HTTP {answer.status}){advice_on(answer)}")

    def _refuse(self, records: Sequence[Record], reason: str) -> None:
        self._desk.tell(lambda states, now: [r for one in records for r in states.refused(one, reason, now)])


class _Post(msgspec.Struct):
    """A request on its way, the orders that it is to bring, and how often it was tried."""

    request: Request
    sends: tuple[Send, ...]
    records: list[Record]
    tries: int = 0
    until_s: float | None = None  # for which it is sent again where others stand in its way

    def begin(self, states: OrderStates) -> bool:
        """From now on the venue may have them; False where one was taken back meanwhile."""
        if any(record.stage != "queued" for record in self.records):
            return False
        orders = [send.order for send in self.sends]
        terms = [(o.symbol, o.side, o.quantity) for o in orders] or [
            (r.symbol, r.side, r.quantity) for r in self.records
        ]
        return all(states.outgoing.begin(record, *of) for record, of in zip(self.records, terms, strict=True))

    def again(self, states: OrderStates) -> None:
        """The venue has none of them for certain."""
        for record in self.records:
            states.outgoing.again(record)


def advice_on(answer: Answer) -> str:
    """What to do about a refusal, where more can be said than the venue's own words."""
    if answer.keys_refused:
        return f". {KEYS_ADVICE}"
    return next((f": {advice}" for words, advice in ADVICE if words in answer.said), "")


def sends_of(sending: Sending) -> tuple[Send, ...]:
    """The orders that come with it, first the one whose id the venue is told."""
    match sending:
        case Send():
            return (sending,)
        case SendPair(stop=stop, target=target):
            return (target, stop)
        case SendBracket(entry=entry, stop=stop, target=target):
            return tuple(send for send in (entry, stop, target) if send is not None)
        case SendTrailing(send=send) | Close(send=send):
            return (send,)


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

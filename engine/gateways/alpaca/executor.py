"""The way to the venue: orders out, reports in, on four threads: sending, cancelling, asking, and listening.

A cancel overtakes orders because it has a thread of its own, and a request that hangs holds up only its own kind.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Literal

from tradetui.engine.gateways.alpaca.budget import Budget
from tradetui.engine.gateways.alpaca.config import ExecutionConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.desk import Desk
from tradetui.engine.gateways.alpaca.lane import Lane
from tradetui.engine.gateways.alpaca.models import RawUpdate
from tradetui.engine.gateways.alpaca.order_body import why_no_pair
from tradetui.engine.gateways.alpaca.order_records import Record
from tradetui.engine.gateways.alpaca.order_states import OrderStates
from tradetui.engine.gateways.alpaca.order_stream import KEYS_ADVICE, OrderStream
from tradetui.engine.gateways.alpaca.questions import Questions
from tradetui.engine.gateways.alpaca.resolving import Resolver
from tradetui.engine.gateways.alpaca.rest import Answer, Clocks, Rest
from tradetui.engine.gateways.alpaca.sending import Canceller, Sender, sends_of
from tradetui.engine.gateways.alpaca.wire import unread
from tradetui.engine.gateways.live_words import (
    Close,
    ExecutionHealth,
    Failed,
    Instruction,
    LookUp,
    Put,
    Replace,
    Send,
    Sending,
    SendPair,
    Withdraw,
    WithdrawAll,
)
from tradetui.engine.latency import LatencyHistogram
from tradetui.engine.loop_thread import LoopThread
from tradetui.engine.model.events import FeedEvent

NAME = "alpaca"
STOP_RESERVE_S = 0.2  # of the time to end in: for threads that did not end by themselves
CLOCK_OFF_S = 5.0  # between our clock and the venue's, whose word has whole seconds
log = logging.getLogger(__name__)


class AlpacaExecutor:
    """An ExecutionGateway. `session` is the part of our order ids before the number.

    `halted` is asked before each order leaves: whether another process has halted trading. Cancels pass.
    """

    def __init__(
        self,
        config: ExecutionConfig,
        credentials: Credentials,
        session: str,
        *,
        chance: Random | None = None,
        clocks: Clocks | None = None,
        tick_to_order: LatencyHistogram | None = None,
        halted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._halted = halted
        self._tick_to_order = tick_to_order or LatencyHistogram()
        self._config, self._credentials = config, credentials
        self._clocks, self._chance = clocks or Clocks(), chance or Random()
        self._stop = threading.Event()
        self._budget = Budget(config.rest.per_minute, config.rest.cancel_share)
        self._states = OrderStates(session, config.crypto_fee_rate)
        self._stream_up = False
        self._stream_message = ""
        self._was_up = False
        self._keys_refused = ""
        self._trouble = self._clock = ""

    def __repr__(self) -> str:
        return f"AlpacaExecutor({self._config.rest_url})"

    def start(self, put: Put) -> None:
        """Connect, compare what is open, then send; nothing is imported or asked in the caller's thread."""
        config, clocks = self._config, self._clocks
        self._put = put
        self._desk = Desk(self._states, put, clocks)
        rests = [self._rest() for _ in range(3)]
        self._rests = rests
        names = [f"{NAME}-{name}" for name in ("orders", "cancels", "questions")]
        self._lanes = [Lane(name, clocks, partial(self._failed, name)) for name in names]
        self._orders, self._cancels, self._questions = self._lanes
        self._resolver = Resolver(
            Questions(rests[2], clocks), self._desk, self._questions, config, clocks, self._chance, self._answered
        )
        self._sender = Sender(
            rests[0],
            self._desk,
            self._orders,
            config,
            clocks,
            self._resolver.look_up,
            self._answered,
            self._tick_to_order,
            self._halted,
        )
        self._canceller = Canceller(
            rests[1], self._desk, self._cancels, config, self._chance, self._resolver.resync, self._answered
        )
        self._desk.unwanted = self._cancel
        self._desk.unexplained = self._resolver.explain
        self._stream = OrderStream(
            config.stream_url,
            config.socket,
            self._credentials,
            self._chance,
            up=self._up,
            hear=self._hear,
            down=self._down,
        )
        name = f"{NAME}-updates"
        self._loop = LoopThread(name, self._listen, partial(self._failed, name))
        for lane, rest in zip(self._lanes, rests, strict=True):
            lane.put(rest.open)  # the library takes a second to import: before the first order, not with it
            lane.start()
        self._loop.start()

    def do(self, instruction: Instruction) -> None:
        """Queue an instruction; cancels overtake orders."""
        if self._stop.is_set():
            log.warning("not sent, as the session has ended: %s", type(instruction).__name__)
            return
        match instruction:
            case SendPair() if reason := why_no_pair(instruction):
                self.do(instruction.stop)
                self._refuse(instruction.target, reason)
            case Withdraw(client_order_id=name):
                self._record(instruction)
                self._desk.tell(lambda states, now: states.take_all_back(states.table.versions(name), now))
                self._find(name)
            case WithdrawAll():
                self._desk.tell(lambda states, now: states.take_all_back(states.table.not_there(), now))
                self._desk.ask(lambda states: states.table.all_leave())
                self._cancels.put(self._canceller.cancel_all)
            case LookUp():
                self._record(instruction)
                if not self._find(instruction.client_order_id):
                    self._resolver.resync()  # the venue has it: what became of it since is in its lists
            case Replace() as replace:
                self._orders.put(lambda: self._sender.replace(replace))
            case _ as sending:
                if self._desk.ask(lambda states: _queue(states, sending)):
                    self._orders.put(lambda: self._sender.send(sending))

    def ask_state(self) -> None:
        """Have a VenueState put soon; where the venue does not answer none comes, and health says so."""
        self._resolver.state(self._put)

    def health(self) -> ExecutionHealth:
        """The newest picture."""
        rests = getattr(self, "_rests", [])
        trips = [rest.round_trip_ns for rest in rests if rest.round_trip_ns is not None]
        return ExecutionHealth(
            name=NAME,
            state=self._state(),
            sent=self._sender.sent if rests else 0,
            unresolved=self._desk.ask(lambda states: states.table.unresolved()) if rests else 0,
            rate_left=self._budget.left(self._clocks.steady_s()),
            rate_limit=self._budget.ordinary,
            reconnects=self._stream.socket.reconnects if rests else 0,
            round_trip_ns=trips[0] if trips else None,
            message=self._keys_refused or self._stream_message or self._trouble or self._clock or self._unread(),
        )

    def stop(self, timeout_s: float) -> None:
        """End all threads, once what waits has left; orders that work go on working. Raises TimeoutError."""
        if not getattr(self, "_lanes", None):
            return
        clock = self._clocks.steady_s
        end = clock() + timeout_s
        for lane in (self._orders, self._cancels):
            lane.finish()
        self._questions.stop()
        left = [lane.join(end - clock() - STOP_RESERVE_S) for lane in (self._orders, self._cancels)]
        self._stop.set()
        for lane in self._lanes:
            lane.stop()
        ended = [self._loop.stop(max(0.0, end - clock()))]
        ended += [lane.join(end - clock()) for lane in self._lanes]
        for rest in self._rests:
            rest.close()
        if not all(left):
            self._desk.tell(lambda states, now: states.take_all_back(_queued(states), now))
            log.warning(
                "the session ended before all that waited had left: orders at the venue may be other than shown"
            )
        if not all(ended):
            raise TimeoutError(f"the execution did not end within {timeout_s:g} s: a request may still be on its way")

    def _state(self) -> Literal["CONNECTING", "OK", "DOWN", "REFUSED"]:
        if self._keys_refused:
            return "REFUSED"
        if self._stream_up:
            return "OK"
        return "DOWN" if self._stream_message else "CONNECTING"

    def _rest(self) -> Rest:
        config = self._config
        return Rest(config.rest_url, self._credentials, config.rest, self._budget, self._clocks, self._stop)

    def _record(self, of: Withdraw | LookUp) -> None:
        self._desk.ask(lambda states: states.outgoing.told_of(of.client_order_id, of.order_id, of.leg_of))

    def _find(self, client_order_id: str) -> bool:
        """Look for it, unless it has been found or is looked for already; whether it was begun."""
        record = self._desk.ask(lambda states: states.outgoing.asked(client_order_id))
        if record is not None:
            self._resolver.look_up(record)
        return record is not None

    def _refuse(self, send: Send, reason: str) -> None:
        record = self._desk.ask(lambda states: states.table.record(send.client_order_id, send.order.order_id))
        self._desk.tell(lambda states, now: states.refused(record, reason, now))

    def _cancel(self, record: Record) -> None:
        self._cancels.put(lambda: self._canceller.cancel(record))

    async def _listen(self) -> None:
        await self._stream.socket.run()

    def _up(self) -> None:
        gap = self._was_up
        self._stream_up = self._was_up = True
        self._stream_message = self._keys_refused = ""
        self._tell("FRESH", "connected")
        if gap:
            self._tell("GAP", "the stream of orders was gone: every order is compared with the venue's")
        self._resolver.resync(self._compared if gap else None)

    def _compared(self) -> None:
        self._tell("BACKFILLED", "every order was compared")

    def _hear(self, update: RawUpdate) -> None:
        self._desk.tell(lambda states, now: states.update(update, now))

    def _down(self, message: str, lasting: bool) -> None:
        again, self._stream_message = message == self._stream_message, message
        self._stream_up = False
        if lasting:
            self._keys_refused = message
        if not again:  # told once, however often it is tried again
            log.warning("order stream: %s", message)
            self._tell("DOWN", message)

    def _tell(self, state: Literal["FRESH", "LATE", "DOWN", "GAP", "BACKFILLED"], message: str) -> None:
        self._put(FeedEvent("", state, message, self._clocks.wall_ns(), "orders"))

    def _answered(self, answer: Answer) -> None:
        self._look_at_clocks()
        if answer.keys_refused:
            message = f"the venue refuses the keys ({answer.said}): {KEYS_ADVICE}"
            if not self._keys_refused:  # told once, however often it refuses
                log.error("%s", message)
                self._tell("DOWN", message)  # no new risk until the account has been compared with keys that are taken
            self._keys_refused = message
        elif answer.fine:
            self._keys_refused = self._trouble = ""
        elif answer.unclear or answer.status == 429:
            self._trouble = answer.said or f"HTTP {answer.status}"

    def _look_at_clocks(self) -> None:
        """Market time is ours where the broker's is now: a wrong one ends days and fires timers wrongly."""
        off_s = next((rest.clock_off_s for rest in self._rests if rest.clock_off_s is not None), 0.0)
        if abs(off_s) < CLOCK_OFF_S:
            self._clock = ""
            return
        ahead = "ahead of" if off_s > 0 else "behind"
        message = f"this machine's clock is {abs(off_s):.0f} s {ahead} the venue's: set it by NTP; timedatectl shows it"
        if not self._clock:
            log.warning("%s", message)
            self._tell("LATE", message)
        self._clock = message

    def _unread(self) -> str:
        return unread(self._stream.garbage) if hasattr(self, "_stream") else ""

    def _failed(self, thread: str, error: BaseException) -> None:
        self._trouble = f"a fault of ours: {type(error).__name__}; see the log"
        self._put(Failed(thread, type(error).__name__))


def _queued(states: OrderStates) -> list[Record]:
    return [record for record in states.table.not_there() if record.stage == "queued"]


def _queue(states: OrderStates, sending: Sending) -> bool:
    """Whether all of it is new here: an id is never sent twice."""
    records = [states.table.record(send.client_order_id, send.order.order_id) for send in sends_of(sending)]
    if any(record.stage != "unknown" for record in records):
        return False
    for record in records:
        states.outgoing.queue(record)
    records[0].unnamed = isinstance(sending, Close)
    if len(records) > 1:
        states.outgoing.group(records, pair=isinstance(sending, SendPair))
    return True

"""Cancels everything an account has working, and looks until nothing works: the broker's word, not ours."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from tradetui.engine.gateways.alpaca.models import RawOrder, order_of
from tradetui.engine.model.events import VenuePosition
from tradetui.engine.operations.desk import Desk, Unanswered

LOOKS_NEEDED = 2  # without an order, in a row: one that was on its way when we cancelled shows in the second
LOOK_EVERY_S = 0.25
CANCEL_EVERY_S = 1.0  # asked again: to cancel twice does no harm


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `left` is None where the broker did not say."""

    url: str
    account: str  # its last four signs; empty where the broker did not say
    paper: bool | None
    seen: int  # orders that worked when we first looked
    left: tuple[str, ...] | None
    positions: tuple[VenuePosition, ...] = ()
    fault: str = ""
    seconds: float = 0.0

    @property
    def confirmed(self) -> bool:
        """The broker said that nothing works any more."""
        return self.left == ()


def stop_account(
    desk: Desk,
    patience_s: float,
    steady_s: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Stopped:
    """Cancel first, look then, and again until nothing works or patience ends."""
    began = steady_s()
    seen: dict[str, RawOrder] = {}
    left: list[RawOrder] | None = None
    fault, empty, cancelled_s = "", 0, -CANCEL_EVERY_S
    while empty < LOOKS_NEEDED:
        if steady_s() - began - cancelled_s >= CANCEL_EVERY_S and (left is None or left):
            answer = desk.cancel_all()
            cancelled_s = steady_s() - began
            _count(answer.body, seen)
            fault = "" if answer.fine else answer.said or f"HTTP {answer.status}"
            if answer.keys_refused:
                break
        try:
            left = desk.open_orders()
            seen.update((order.venue_id, order) for order in left)
            empty = 0 if left else empty + 1
        except Unanswered as unanswered:
            left, empty, fault = None, 0, str(unanswered)
        if empty < LOOKS_NEEDED:
            if steady_s() - began > patience_s:
                break
            wait(LOOK_EVERY_S)
    return _told(desk, seen, left, "" if left == [] else fault, steady_s() - began)


def _count(body: object, seen: dict[str, RawOrder]) -> None:
    """Orders that the broker says it cancels: they may be gone when we first look."""
    for row in body if isinstance(body, list) else []:
        inner = row.get("body") if isinstance(row, dict) else None
        order = order_of(inner)
        if order is not None:
            seen[order.venue_id] = order


def _told(desk: Desk, seen: dict[str, RawOrder], left: list[RawOrder] | None, fault: str, seconds: float) -> Stopped:
    account, paper = "", None
    positions: tuple[VenuePosition, ...] = ()
    try:
        state = desk.state()
        account, paper, positions = state.account, state.paper, state.positions
    except Unanswered as unanswered:
        fault = fault or str(unanswered)
    return Stopped(
        url=desk.url,
        account=account,
        paper=paper,
        seen=len(seen),
        left=None if left is None else tuple(map(line_of, left)),
        positions=positions,
        fault=fault,
        seconds=round(seconds, 3),
    )


def line_of(order: RawOrder) -> str:
    """An order in words."""
    side = {1: "buy", -1: "sell"}.get(order.side, "?")
    price = f" at {order.limit_price}" if order.limit_price is not None else ""
    return f"{side} {order.quantity:f} {order.symbol} {order.type}{price}, {order.status}, id {order.venue_id}"

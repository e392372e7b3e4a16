"""What the broker answers before real money may trade: whose account it is, its clock, and whether it stands still."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from tradetui.engine.gateways.alpaca.wire import instant
from tradetui.engine.model.events import VenueState
from tradetui.engine.operations.desk import Desk, Unanswered

SETTLE_S = 1.5  # between two looks: what is in flight has arrived by then
Differ = Callable[[VenueState, VenueState], int]  # of two looks at the account: in how many things the books differ


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """What was heard; None and empty where it was not."""

    paper: bool | None = None
    account: str = ""  # its last four signs
    blocked: str = ""
    clock_skew_s: float | None = None
    differences: int | None = None
    fault: str = ""  # why something was not


def ask_account(desk: Desk, differ: Differ, wait: Callable[[float], None] = time.sleep) -> Answered:
    """Two looks at the account and one at the clock. Raises nothing that the broker can cause."""
    skew_s = clock_skew_s(desk)
    try:
        first = desk.state()
        wait(SETTLE_S)
        second = desk.state()
    except Unanswered as unanswered:
        return Answered(clock_skew_s=skew_s, fault=str(unanswered))
    return Answered(
        paper=second.paper,
        account=second.account,
        blocked=second.blocked,
        clock_skew_s=skew_s,
        differences=differ(first, second),
    )


def clock_skew_s(desk: Desk) -> float | None:
    """How far this machine's clock is ahead of the broker's; None where it does not tell."""
    before = time.time_ns()
    answer = desk.ask("GET", "/v2/clock")
    after = time.time_ns()
    theirs = instant(answer.body.get("timestamp")) if answer.fine and isinstance(answer.body, dict) else None
    return None if theirs is None else ((before + after) // 2 - theirs) / 1e9

"""Reads and plays stories about a matching engine: orders and times in, what came of them out, as lines of text."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec

from tradetui.engine.market.matching_engine import MatchingEngine
from tradetui.engine.market.matching_words import (
    Accepted,
    Cancelled,
    Execution,
    Expired,
    MatchingRules,
    NewOrder,
    Outcome,
    Reduced,
    Rejected,
    Replaced,
    Triggered,
)
from tradetui.engine.model.orders import TimeInForce

SIDES = {"buy": 1, "sell": -1}
VERBS = {1: "buys", -1: "sells"}
FORCES = ("day", "gtc", "ioc", "fok", "gtx")


class Story(NamedTuple):
    """Its title and its lines, `>` lines among them."""

    title: str
    lines: list[str]


def read_stories(path: Path) -> list[Story]:
    """Every story of a file, in order."""
    stories: list[Story] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("story "):
            stories.append(Story(line.removeprefix("story "), []))
        elif line and not line.startswith("#"):
            stories[-1].lines.append(line)
    return stories


def play(story: Story) -> list[str]:
    """The story as it went: its own commands, each followed by what came of it."""
    player, told = Player(), []
    for line in story.lines:
        if not line.startswith(">"):
            told += [line, *(f"> {said}" for said in player.do(line))]
    return told


class Player:
    """An engine and a time, both made by the lines of a story."""

    def __init__(self) -> None:
        self.engine = MatchingEngine()
        self.now_ns = 0

    def do(self, line: str) -> list[str]:
        """What comes of a line."""
        word, *rest = line.split()
        if word.isdigit():
            return said(self.engine.submit(new_order(int(word), rest), self.now_ns))
        return cast(list[str], getattr(self, f"do_{word}")(*rest))

    def do_given(self, *settings: str) -> list[str]:
        values: dict[str, Any] = dict(setting.split("=") for setting in settings)
        if "latency_ns" in values:
            values["latency_ns"] = values["latency_ns"].split(",")
        self.engine = MatchingEngine(msgspec.convert(values, MatchingRules, strict=False))
        return []

    def do_at(self, ts_ns: str) -> list[str]:
        self.now_ns = int(ts_ns)
        return said(self.engine.advance(self.now_ns))

    def do_session(self, ends_ns: str) -> list[str]:
        return said(self.engine.open_session(int(ends_ns), self.now_ns))

    def do_halt(self) -> list[str]:
        return said(self.engine.halt(self.now_ns))

    def do_resume(self) -> list[str]:
        return said(self.engine.resume(self.now_ns))

    def do_print(self, price: str) -> list[str]:
        return said(self.engine.print_trade(int(price), self.now_ns))

    def do_cancel(self, order_id: str) -> list[str]:
        return said(self.engine.cancel(int(order_id), self.now_ns))

    def do_replace(self, order_id: str, *changes: str) -> list[str]:
        values = {name: int(value) for name, value in (change.split("=") for change in changes)}
        return said(self.engine.replace(int(order_id), self.now_ns, **values))

    def do_book(self) -> list[str]:
        sides = (
            " ".join(f"{level.size}x{level.price}" for level in self.engine.book.depth(side, 99)) for side in (1, -1)
        )
        return [" | ".join(side or "-" for side in sides)]

    def do_queue(self, side: str, price: str) -> list[str]:
        return [" ".join(map(str, self.engine.book.queue(SIDES[side], int(price))))]

    def do_place(self, order_id: str) -> list[str]:
        place = self.engine.queue_position(int(order_id))
        if place is None:
            return [f"{order_id} does not rest"]
        return [f"{order_id} stands behind {place.size} of {place.orders} orders"]


def new_order(order_id: int, words: list[str]) -> NewOrder:
    """`OWNER buy|sell QUANTITY [@ LIMIT] [stop STOP] [TIME IN FORCE]`"""
    owner, side, quantity, *rest = words
    limit = rest[rest.index("@") + 1] if "@" in rest else None
    stop = rest[rest.index("stop") + 1] if "stop" in rest else None
    force = rest[-1] if rest and rest[-1] in FORCES else "gtc"
    kinds = {(False, False): "market", (True, False): "limit", (False, True): "stop", (True, True): "stop_limit"}
    return NewOrder(
        order_id=order_id,
        owner=owner,
        side=SIDES[side],
        quantity=int(quantity),
        type=cast(Any, kinds[limit is not None, stop is not None]),
        limit=int(limit or 0),
        stop=int(stop or 0),
        time_in_force=cast(TimeInForce, force),
    )


def said(happened: list[Outcome]) -> list[str]:
    """A line for each outcome; that an order was accepted is not worth one."""
    return [line_of(outcome) for outcome in happened if not isinstance(outcome, Accepted)]


def line_of(outcome: Outcome) -> str:
    """One outcome in words."""
    number = outcome.order_id
    match outcome:
        case Execution(side=side, quantity=quantity, price=price, liquidity=liquidity, left=left):
            return f"{number} {VERBS[side]} {quantity} @ {price} {liquidity}" + (f", {left} left" if left else "")
        case Rejected(request=request, reason=reason):
            return f"{number} {'' if request == 'submit' else f'{request} '}rejected: {reason}"
        case Cancelled(quantity=quantity, reason=reason):
            return f"{number} cancelled with {quantity}: {reason}"
        case Expired(quantity=quantity):
            return f"{number} expired with {quantity}"
        case Reduced(quantity=quantity, left=left):
            return f"{number} reduced by {quantity} to {left}"
        case Replaced(quantity=quantity, limit=limit, stop=stop, kept_place=kept):
            prices = f"{quantity} @ {limit}" + (f" stop {stop}" if stop else "")
            return f"{number} replaced: {prices}, place {'kept' if kept else 'lost'}"
        case Triggered():
            return f"{number} triggered"
    raise NotImplementedError(outcome)

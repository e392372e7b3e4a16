"""Faults on demand: rules that say what goes wrong next, or a seed that decides. Pure: it says what, others do it."""

from __future__ import annotations

from random import Random
from typing import Literal

import msgspec

RestFault = Literal["429", "500_before", "500_after", "timeout_after", "delay", "drop", "fill_before_ack"]
FrameFault = Literal["drop", "duplicate", "reorder", "delay", "disconnect_mid_frame", "half_open", "lost_fill"]
Kind = RestFault | FrameFault
Target = Literal["rest", "trade_updates", "data"]

REST_KINDS = ("429", "500_before", "500_after", "timeout_after", "delay", "drop", "fill_before_ack")
FRAME_KINDS = ("drop", "duplicate", "reorder", "delay", "disconnect_mid_frame", "half_open", "lost_fill")
SEEDED_REST = ("429", "500_before", "500_after", "timeout_after", "delay", "drop", "fill_before_ack")
SEEDED_FRAMES = ("drop", "duplicate", "reorder", "delay", "disconnect_mid_frame", "half_open", "lost_fill")
LOG_MAX = 10_000


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """What goes wrong, how often, and with what: `method` and `path` of a request, `event` of a trade update."""

    kind: str
    target: Target = "rest"
    count: int = 1
    after: int = 0  # so many that fit are let pass first
    method: str = ""
    path: str = ""  # how it begins
    event: str = ""
    delay_s: float = 0.05

    def fault(self) -> str | None:
        """What is wrong with the rule itself."""
        known = REST_KINDS if self.target == "rest" else FRAME_KINDS
        if self.kind not in known:
            return f"kind {self.kind!r} is unknown for {self.target}; expected one of {', '.join(known)}"
        return (
            None if self.count > 0 and self.after >= 0 and self.delay_s >= 0 else "count, after or delay_s is too small"
        )


class Chance(msgspec.Struct, forbid_unknown_fields=True):
    """Faults by a seed: one in about `every` requests and frames."""

    seed: int
    every: int = 20
    rest: tuple[str, ...] = SEEDED_REST
    frames: tuple[str, ...] = SEEDED_FRAMES
    delay_s: float = 0.05


class Injected(msgspec.Struct, frozen=True):
    """What was made to go wrong, and with what."""

    kind: str
    target: str
    what: str


class Hit(msgspec.Struct, frozen=True):
    """What is to go wrong now."""

    kind: str
    delay_s: float


class FaultPlan:
    """Decides for each request and each frame of a stream whether it goes wrong."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []
        self.log: list[Injected] = []
        self.chance: Chance | None = None
        self._random = Random(0)

    def add(self, rule: Rule) -> None:
        """One more rule; the first that fits acts."""
        self.rules.append(rule)

    def set_chance(self, chance: Chance | None) -> None:
        """Faults by a seed from now on, or none."""
        self.chance = chance
        self._random = Random(0 if chance is None else chance.seed)

    def clear(self) -> None:
        """Nothing goes wrong from now on."""
        self.rules.clear()
        self.set_chance(None)

    def request(self, method: str, path: str) -> Hit | None:
        """What goes wrong with a request."""
        for rule in self.rules:
            if rule.target == "rest" and rule.method in ("", method) and path.startswith(rule.path):
                hit = self._use(rule, f"{method} {path}")
                if hit is not None:
                    return hit
        kinds = () if self.chance is None else self.chance.rest
        return self._draw("rest", tuple(k for k in kinds if method != "GET" or "after" not in k), f"{method} {path}")

    def frame(self, target: Target, event: str) -> Hit | None:
        """What goes wrong with a frame of a stream."""
        for rule in self.rules:
            if rule.target == target and rule.event in ("", event) and (rule.kind != "lost_fill" or "fill" in event):
                hit = self._use(rule, event)
                if hit is not None:
                    return hit
        kinds = () if self.chance is None else self.chance.frames
        return self._draw(target, tuple(k for k in kinds if k != "lost_fill" or "fill" in event), event)

    def _use(self, rule: Rule, what: str) -> Hit | None:
        if rule.after:
            rule.after -= 1
            return None
        rule.count -= 1
        if not rule.count:
            self.rules.remove(rule)
        return self._hit(rule.kind, rule.target, what, rule.delay_s)

    def _draw(self, target: str, kinds: tuple[str, ...], what: str) -> Hit | None:
        if self.chance is None or not kinds or self._random.randrange(max(1, self.chance.every)):
            return None
        return self._hit(self._random.choice(kinds), target, what, self.chance.delay_s)

    def _hit(self, kind: str, target: str, what: str, delay_s: float) -> Hit:
        if len(self.log) < LOG_MAX:
            self.log.append(Injected(kind, target, what))
        return Hit(kind, delay_s)

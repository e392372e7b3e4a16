"""One order as the gateway knows it: changed by the table of orders alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

# unknown: only its id is; asked: it is looked for though nothing was sent by this process
Stage = Literal["unknown", "asked", "queued", "sending", "unresolved", "working", "done"]


class Execution(msgspec.Struct, frozen=True):
    """A fill as a piece of the order's filled total: from `before` to `total`."""

    before: Decimal
    total: Decimal
    price: Decimal
    ts_ns: int


class Ending(msgspec.Struct, frozen=True):
    """How an order ended, to be told when all its fills have been."""

    what: Literal["cancelled", "expired", "rejected", "replaced"]
    reason: str
    ts_ns: int


class Record(msgspec.Struct):
    """`seen` is the most that anybody said has filled; `filled` what was told to the engine."""

    client_order_id: str
    order_id: int  # ours; 0 for an order of somebody else
    venue_id: str = ""
    symbol: str = ""
    side: int = 0
    quantity: Decimal = Decimal(0)
    limit: Decimal = Decimal(0)
    stage: Stage = "unknown"
    submitted_ns: int = 0
    filled: Decimal = Decimal(0)
    value: Decimal = Decimal(0)
    seen: Decimal = Decimal(0)
    waiting: list[Execution] = []  # msgspec copies an empty list for each
    ended: bool = False
    ending: Ending | None = None
    told_end: bool = False
    told_cancel: bool = False
    being_cancelled: bool = False  # somebody sees to it, until the venue has taken it
    wanted_gone: bool = False  # to be cancelled as soon as the venue has it
    exits: bool = False  # one of two exits of the same units
    mates: tuple[str, ...] = ()  # our ids of the others that the venue keeps as one with it
    leg_of: str = ""  # the id of the group that the venue knows it by
    unnamed: bool = False  # the venue gives it an id of its own: it is known by what it is
    before: str = ""  # our id of the one whose place it is to take
    after: str = ""  # our id of the one that takes its place

    @property
    def unexplained(self) -> bool:
        """Whether more has filled than was told."""
        return self.seen > self.filled

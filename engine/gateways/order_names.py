"""The ids that our orders have at a venue: `<session>-<order>`, and with legs or changes what they are of. Pure.

A group that the venue keeps as one is sent under the id of its first order, which names its legs too: `s1-3+2` is a
target, order 3, whose stop is order 2; `s1-1+2+3` is an entry with a stop and a target. The venue gives each leg an id
of its own making; whoever sees a leg within its group knows from this which order it is, also after a restart. What
takes the place of an order counts up behind a point: `s1-4.1`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_TAIL = re.compile(r"(?P<first>[0-9]+)(?P<legs>(?:\+[0-9]+)*)(?:\.(?P<change>[0-9]+))?")


class OrderName(NamedTuple):
    """What an id says: the session, the order, the orders that are its legs, and which change of it this is."""

    session: str
    order_id: int
    legs: tuple[int, ...] = ()
    change: int = 0

    def __str__(self) -> str:
        legs = "".join(f"+{leg}" for leg in self.legs)
        return f"{self.session}-{self.order_id}{legs}" + (f".{self.change}" if self.change else "")


def read_name(client_order_id: str) -> OrderName | None:
    """What an id says, if it is built like ours."""
    session, dash, tail = client_order_id.rpartition("-")
    found = _TAIL.fullmatch(tail)
    if not dash or not tail.isascii() or found is None:
        return None
    legs = tuple(int(leg) for leg in found["legs"].split("+")[1:])
    return OrderName(session, int(found["first"]), legs, int(found["change"] or 0))


def number_of(client_order_id: str, session: str) -> int:
    """The order of ours that has this id; 0 for one of somebody else."""
    name = read_name(client_order_id)
    return name.order_id if name is not None and name.session == session else 0


def leg_names(client_order_id: str, are_targets: Sequence[bool]) -> list[str]:
    """Ids for the legs of a group as the venue lists them; empty for those that the group's own id does not name.

    A lone leg is the one that is named; of two, a target is the one named last.
    """
    name = read_name(client_order_id)
    if name is None or len(name.legs) != len(are_targets):
        return [""] * len(are_targets)
    if len(name.legs) == 1:
        numbers: tuple[int, ...] = name.legs
    else:
        numbers = tuple(name.legs[-1 if is_target else 0] for is_target in are_targets)
    return [str(OrderName(name.session, number)) for number in numbers]

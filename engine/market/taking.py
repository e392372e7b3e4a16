"""What an arriving order would get from the resting ones: a plan, before anything is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, auto
from typing import NamedTuple

from tradetui.engine.market.levels import RestingOrder
from tradetui.engine.market.matching_words import Owner
from tradetui.engine.market.simulation import SelfTrade


class What(Enum):
    """What a step does to a resting order."""

    FILL = auto()
    END = auto()  # cancelled, so that it does not trade with its owner's arriving one
    REDUCE = auto()  # both lose this size without trading


class Step(NamedTuple):
    """One thing that happens to one resting order."""

    what: What
    order_id: int
    size: int
    price: int


class Plan(NamedTuple):
    """The steps in order, what fills in all, and whether the arriving order is ended for meeting its owner's own."""

    steps: list[Step]
    filled: int
    self_trade: bool


def plan_taking(
    resting: Iterable[RestingOrder],
    quantity: int,
    owner: Owner,
    owner_of: Callable[[int], Owner],
    policy: SelfTrade,
    gets_it: Callable[[], bool],
) -> Plan:
    """Walk the orders it meets, first in line first, until `quantity` is gone.

    An order of the same owner is dealt with when it is reached, after what stood before it has filled.
    """
    steps: list[Step] = []
    left, filled = quantity, 0
    for order in resting:
        size = min(left, order.size)
        if owner_of(order.order_id) == owner:
            if policy == "cancel_newest":
                return Plan(steps, filled, True)
            what = What.REDUCE if policy == "decrement" else What.END
            steps.append(Step(what, order.order_id, size, order.price))
            if policy == "cancel_both":
                return Plan(steps, filled, True)
            left -= size if what is What.REDUCE else 0
        elif gets_it():
            steps.append(Step(What.FILL, order.order_id, size, order.price))
            left -= size
            filled += size
        if not left:
            break
    return Plan(steps, filled, False)

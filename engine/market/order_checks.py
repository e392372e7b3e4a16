"""What is wrong with an order or a replacement, whatever the market is. Pure."""

from __future__ import annotations

from tradetui.engine.market.matching_words import NewOrder, OpenOrder, Reason
from tradetui.engine.market.simulation import PRICE_MAX, SIZE_MAX

PRICES = {  # type → whether it has a limit, and a stop
    "market": (False, False),
    "limit": (True, False),
    "stop": (False, True),
    "stop_limit": (True, True),
}
FORCES = ("day", "gtc", "ioc", "fok", "gtx")


def fault_in_order(order: NewOrder) -> Reason | None:
    """The first thing that cannot be."""
    if order.type not in PRICES or order.time_in_force not in FORCES:
        return Reason.BAD_TYPE
    has_limit, has_stop = PRICES[order.type]
    if order.time_in_force == "gtx" and not has_limit:
        return Reason.BAD_TYPE
    if order.side not in (1, -1):
        return Reason.BAD_SIDE
    if not 0 < order.quantity <= SIZE_MAX:
        return Reason.BAD_QUANTITY
    if not _price_fits(order.limit, has_limit):
        return Reason.BAD_LIMIT
    return None if _price_fits(order.stop, has_stop) else Reason.BAD_STOP


def fault_in_replacement(order: OpenOrder, quantity: int, limit: int, stop: int) -> Reason | None:
    """The first thing that cannot be in what is to become of `order`; a stop that was reached stays as it was."""
    has_limit, has_stop = PRICES[order.type]
    if not 0 < quantity <= SIZE_MAX:
        return Reason.BAD_QUANTITY
    if quantity <= order.filled:
        return Reason.ALREADY_FILLED
    if not _price_fits(limit, has_limit):
        return Reason.BAD_LIMIT
    if not _price_fits(stop, has_stop) or (stop != order.stop and not order.waiting):
        return Reason.BAD_STOP
    return None


def _price_fits(price: int, wanted: bool) -> bool:
    return 0 < price <= PRICE_MAX if wanted else price == 0

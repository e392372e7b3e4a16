"""The whole account from the venue's own answers. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from tradetui.engine.gateways.alpaca.models import ENDED, RawOrder
from tradetui.engine.gateways.alpaca.wire import amount, words
from tradetui.engine.gateways.live_words import VenueOrder, VenuePosition, VenueState

ZERO = Decimal(0)
PAPER_PREFIX = "PA"  # how the account numbers of paper accounts begin
MAY_TRADE = ("ACTIVE", "ACCOUNT_UPDATED")
FLAGS = {
    "account_blocked": "the account is blocked",
    "trading_blocked": "trading is blocked",
    "trade_suspended_by_user": "trading was suspended by its owner",
}


def state_of(
    account: Any,
    positions: Any,
    orders: Sequence[RawOrder],
    symbol: Callable[[str, str], str],
    asked_ns: int,
    now_ns: int,
) -> VenueState | str:
    """The picture, or what is wrong with an answer. `symbol` gives a coin's name from the one that positions have."""
    if not isinstance(account, dict) or not isinstance(positions, list):
        return "the venue's answer about the account cannot be read"
    cash, equity = amount(account.get("cash")), amount(account.get("equity"))
    number = str(account.get("account_number") or "")
    if cash is None or equity is None or not number:
        return "the venue's answer about the account lacks cash, equity or its number"
    held = [_position(item, symbol) for item in positions]
    if any(position is None for position in held):
        return "the venue's answer about positions cannot be read"
    return VenueState(
        account=number[-4:],
        paper=number.startswith(PAPER_PREFIX),
        blocked=blocked(account),
        cash=cash,
        equity=equity,
        buying_power=amount(account.get("buying_power")) or ZERO,
        orders=tuple(_order(order) for order in orders if order.status not in ENDED),
        positions=tuple(position for position in held if position is not None),
        asked_ns=asked_ns,
        ts_ns=now_ns,
    )


def blocked(account: dict[str, Any]) -> str:
    """Why the account may not trade; empty where it may."""
    reasons = [text for flag, text in FLAGS.items() if account.get(flag) is True]
    status = account.get("status")
    if status not in MAY_TRADE:
        reasons.append(f"its status is {words(status, 40)}")
    return ", ".join(reasons)


def _order(raw: RawOrder) -> VenueOrder:
    return VenueOrder(
        venue_id=raw.venue_id,
        client_order_id=raw.client_order_id,
        symbol=raw.symbol,
        side=raw.side,
        quantity=raw.quantity,
        filled=raw.filled,
        type=raw.type,
        limit_price=raw.limit_price,
        stop_price=raw.stop_price,
        status=raw.status,
    )


def _position(item: Any, symbol: Callable[[str, str], str]) -> VenuePosition | None:
    if not isinstance(item, dict) or not isinstance(item.get("symbol"), str):
        return None
    quantity = amount(item.get("qty"))
    if quantity is None:
        return None
    if item.get("side") == "short" and quantity > 0:
        quantity = -quantity
    name = symbol(item["symbol"], str(item.get("asset_class") or ""))
    return VenuePosition(name, quantity, amount(item.get("avg_entry_price")) or ZERO)

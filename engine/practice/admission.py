"""Whether the account may send an order now: flags, client ids, own orders on the other side, shares, shorts, money.

In the order in which the real venue seems to look; the first thing that is wrong is the answer.
"""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import NamedTuple

from tradetui.engine.practice import refusals
from tradetui.engine.practice.account import Account
from tradetui.engine.practice.hours import CLS_REFUSED, OPG_REFUSED
from tradetui.engine.practice.refusals import Refusal
from tradetui.engine.practice.requests import NewOrder, stop_distance
from tradetui.engine.practice.wire import eastern_moment
from tradetui.engine.practice.words import BUY, ZERO, Order

EXEMPT = ("bracket", "oco")


class Case(NamedTuple):
    """An order, whose account, and when."""

    new: NewOrder
    account: Account
    now_ns: int


class Admitted(NamedTuple):
    """What the checks found out: whether it opens, and what it sets aside."""

    opens: bool
    reserved: Decimal


def admit(new: NewOrder, account: Account, now_ns: int) -> Admitted | Refusal:
    """Every check that needs the account or the market."""
    opens, case = _opens(new, account), Case(new, account, now_ns)
    for check in (_flags, _times, _client_id, _intent, _legs, _stop_side, _wash):
        refusal = check(case)
        if refusal is not None:
            return refusal
    refusal = _opening(new, account) if opens else _closing(new, account)
    if refusal is not None:
        return refusal
    if not opens:
        return Admitted(False, ZERO)
    return _money(new, account, now_ns)


def account_flags(account: Account) -> Refusal | None:
    """Whether the account may send anything."""
    if account.restricted:
        return refusals.restricted()
    return refusals.suspended() if account.configuration["suspend_trade"] else None


def _opens(new: NewOrder, account: Account) -> bool:
    return account.ledger.quantity(new.asset.symbol) * new.side >= 0


def _flags(case: Case) -> Refusal | None:
    new, account = case.new, case.account
    if new.asset.status != "active" or not new.asset.tradable or new.asset.symbol in account.prices.halted:
        return refusals.not_tradable(new.asset.symbol)
    return account_flags(account)


def _times(case: Case) -> Refusal | None:
    new = case.new
    refused = {"opg": OPG_REFUSED, "cls": CLS_REFUSED}.get(new.time_in_force)
    if refused is None:
        return None
    start, end = refused
    now: time = eastern_moment(case.now_ns).time()
    if not start <= now < end:
        return None
    name = new.time_in_force
    return refusals.unprocessable(f"{name} orders are not accepted between {start:%H:%M} and {end:%H:%M} ET")


def _client_id(case: Case) -> Refusal | None:
    new, account = case.new, case.account
    before = account.orders.of_client(new.client_order_id) if new.client_order_id else None
    return None if before is None else refusals.duplicate_id(before.open)


def _intent(case: Case) -> Refusal | None:
    new = case.new
    inferred = f"{'buy' if new.side > 0 else 'sell'}_to_{'open' if _opens(new, case.account) else 'close'}"
    if new.position_intent in ("", inferred):
        return None
    return refusals.intent_mismatch(inferred, new.position_intent)


def _legs(case: Case) -> Refusal | None:
    new, account = case.new, case.account
    if not new.order_class:
        return None
    exits, opens = new.order_class == "oco", _opens(new, account)
    if exits == opens:
        return refusals.unprocessable(f"{new.order_class} orders must be {'exit' if exits else 'entry'} orders")
    market = account.prices.price(new.asset.symbol)
    if new.stop_loss is None or market is None:
        return None
    return stop_distance(new.stop_loss, market, new.exit_side)


def _stop_side(case: Case) -> Refusal | None:
    new, account = case.new, case.account
    market = account.prices.price(new.asset.symbol)
    if new.stop_price is None or market is None or (new.stop_price - market) * new.side > 0:
        return None
    return refusals.stop_on_wrong_side(new.side, market, new.stop_price)


def _wash(case: Case) -> Refusal | None:
    new, account = case.new, case.account
    exempt = (*EXEMPT, "oto") if account.config.oto_exempt_from_wash else EXEMPT
    if new.order_class in exempt or new.type == "trailing_stop":
        return None
    for order in account.orders.open(new.asset.symbol):
        if order.side == new.side or order.order_class in exempt or order.type == "trailing_stop":
            continue
        if new.type in ("market", "stop") or order.type in ("market", "stop"):
            return refusals.wash_trade(order.id, "opposite side market/stop order exists")
        ours, theirs = new.limit_price, order.limit_price
        if ours is not None and theirs is not None and (ours - theirs) * new.side >= 0:
            return refusals.wash_trade(order.id, account.config.wash_reason_limit)
    return None


def _closing(new: NewOrder, account: Account) -> Refusal | None:
    symbol = new.asset.symbol
    existing = account.ledger.quantity(symbol)
    held, holders = account.held(symbol)
    free = abs(existing) - held
    wanted = new.qty
    if wanted is None:
        price = account.prices.price(symbol)
        wanted = ZERO if not price or new.notional is None else new.notional / price
    if wanted <= free:
        return None
    if new.asset.crypto:
        return refusals.too_little_crypto(symbol, wanted, free, existing)
    return refusals.too_few(symbol, wanted, max(free, ZERO), abs(existing), held, holders)


def _opening(new: NewOrder, account: Account) -> Refusal | None:
    symbol, quantity = new.asset.symbol, account.ledger.quantity(new.asset.symbol)
    if not quantity and any(order.opens and order.side != new.side for order in _entries(account, symbol)):
        return refusals.opposite_opening(new.side)
    if new.side == BUY:
        return None
    if new.asset.crypto:
        return refusals.too_little_crypto(symbol, new.qty or ZERO, ZERO, ZERO)
    if not account.may_short:
        return refusals.not_allowed_to_short()
    if not (new.asset.shortable and new.asset.easy_to_borrow):
        return refusals.hard_to_borrow(symbol)
    if new.qty is None or new.qty != new.qty.to_integral_value():
        return refusals.forbidden("fractional orders cannot be sold short")
    return None


def _entries(account: Account, symbol: str) -> list[Order]:
    return [order for order in account.orders.open(symbol) if order.parent is None]


def _money(new: NewOrder, account: Account, now_ns: int) -> Admitted | Refusal:
    config, asset = account.config, new.asset
    limit = new.limit_price if new.limit_price is not None else new.stop_price
    price = account.reference(asset, new.side, limit, now_ns)
    if new.notional is not None:
        basis = new.notional
    elif new.qty is None or price is None:
        basis = ZERO
    else:
        collar = config.market_collar if new.type == "market" and new.side == BUY else None
        asked = price if collar is None else price * (1 + collar)
        basis = new.qty * (asked + (ZERO if asset.crypto else config.cat_fee_per_share))
    least = config.crypto_value_min if asset.crypto else config.equity_value_min
    if (price is not None or new.notional is not None) and basis < least:
        return refusals.value_too_small(least)
    refusal = _far_limit(new, account) or _exposure(new, account)
    if refusal is not None:
        return refusal
    power = account.power_for(asset)
    return refusals.too_poor(power, basis) if basis > power else Admitted(True, basis)


def _far_limit(new: NewOrder, account: Account) -> Refusal | None:
    farthest, market = account.config.limit_distance_max, account.prices.price(new.asset.symbol)
    if farthest is None or new.limit_price is None or not market:
        return None
    if abs(new.limit_price - market) <= farthest * market:
        return None
    return refusals.forbidden("limit price is too far away from the current market price")


def _exposure(new: NewOrder, account: Account) -> Refusal | None:
    times, position = account.config.closing_only_exposure, account.ledger.positions.get(new.asset.symbol)
    if times is None or position is None:
        return None
    if abs(position.qty * account.price(position)) <= times * max(account.equity, ZERO):
        return None
    return refusals.forbidden("account is restricted to liquidation only")

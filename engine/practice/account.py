"""The account: what it is worth, what it may still buy, how it is configured, and how it is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradetui.engine.model.instrument import EXACT
from tradetui.engine.practice.assets import Asset, Assets
from tradetui.engine.practice.config import PracticeConfig
from tradetui.engine.practice.hours import Hours
from tradetui.engine.practice.ledger import Ledger, make_id
from tradetui.engine.practice.orders import Orders
from tradetui.engine.practice.prices import Prices
from tradetui.engine.practice.rendering import cents, position_body
from tradetui.engine.practice.wire import eastern_moment, timestamp
from tradetui.engine.practice.words import BUY, ZERO, Order, Position

REG_T = Decimal(2)
SHORT_PREMIUM = Decimal("1.03")  # a short is asked for this much of the ask
CONFIGURATION: dict[str, Any] = {
    "dtbp_check": "entry",
    "fractional_trading": True,
    "max_margin_multiplier": "4",
    "no_shorting": False,
    "pdt_check": "entry",
    "ptp_no_exception_entry": False,
    "suspend_trade": False,
    "trade_confirm_email": "all",
    "max_options_trading_level": None,
    "disable_overnight_trading": False,
}


class Account:
    """One account with its ledger and its orders, seen at the market's prices."""

    def __init__(self, config: PracticeConfig, assets: Assets, hours: Hours, prices: Prices, created_ns: int) -> None:
        self.config, self.assets, self.hours, self.prices = config, assets, hours, prices
        self.ledger = Ledger(config.start_cash, config.seed)
        self.orders = Orders()
        self.configuration = dict(CONFIGURATION, max_margin_multiplier=str(config.multiplier))
        self.restricted = False
        self.created_ns = created_ns
        self.last_equity = config.start_cash
        self.id = make_id(config.seed, "account", 0)

    def asset(self, symbol: str) -> Asset:
        """The asset of a symbol that is known to exist."""
        found = self.assets.find(symbol)
        assert found is not None, symbol
        return found

    def price(self, position: Position) -> Decimal:
        """What a position is valued at; without any market, at what it cost."""
        price = self.prices.price(position.symbol)
        return position.average if price is None else price

    def value(self, sign: int, marginable: bool | None = None) -> Decimal:
        """Market value of all long (1) or short (-1, negative) positions."""
        total = ZERO
        for position in self.ledger.positions.values():
            fits = marginable is None or marginable is not self.asset(position.symbol).crypto
            if fits and position.qty * sign > 0:
                total = EXACT.add(total, EXACT.multiply(position.qty, self.price(position)))
        return total

    @property
    def equity(self) -> Decimal:
        """Cash and everything held."""
        return EXACT.add(self.ledger.cash, EXACT.add(self.value(1), self.value(-1)))

    @property
    def multiplier(self) -> Decimal:
        """How many times its equity it may hold."""
        if self.equity < self.config.equity_min_margin:
            return Decimal(1)
        return min(Decimal(self.config.multiplier), Decimal(str(self.configuration["max_margin_multiplier"])))

    @property
    def reserved(self) -> Decimal:
        """What open orders that add to positions have set aside."""
        return sum((order.reserved for order in self.orders.open() if order.opens), ZERO)

    def buying_power(self, times: Decimal | None = None) -> Decimal:
        """What may still be bought on margin: times equity, less what is held and set aside."""
        multiplier = self.multiplier if times is None else min(times, self.multiplier)
        if multiplier == 1:
            return max(self.ledger.cash + self.value(-1) - self.reserved, ZERO)
        gross = self.value(1, True) - self.value(-1)
        free = multiplier * (self.equity - self.value(1, False)) - gross - self.reserved
        return max(free, ZERO)

    @property
    def cash_power(self) -> Decimal:
        """What may still be bought of what has no margin."""
        return max(self.ledger.cash - self.reserved - self.config.non_marginable_buffer, ZERO)

    def power_for(self, asset: Asset) -> Decimal:
        """Buying power that an order for an asset is measured against."""
        return self.cash_power if asset.crypto or not asset.marginable else self.buying_power()

    def reference(self, asset: Asset, side: int, limit: Decimal | None, now_ns: int) -> Decimal | None:
        """The price at which an opening order is measured; None where there is none at all."""
        prices, symbol = self.prices, asset.symbol
        if asset.crypto or self.hours.at(now_ns) is not None:
            far = prices.ask(symbol)
        elif self.hours.tradable(now_ns, True):
            far = prices.mid(symbol)
        else:
            far = prices.price(symbol)
        if far is None:
            far = prices.price(symbol)
        if side == BUY:
            return far if limit is None else limit
        if far is None:
            return limit
        return max(far * SHORT_PREMIUM, limit or ZERO)

    def value_of(self, order: Order, now_ns: int) -> Decimal | None:
        """What the rest of an opening order sets aside; None where there is no price to measure it at."""
        asset = self.asset(order.symbol)
        limit = order.limit_price if order.limit_price is not None else order.stop_price
        price = self.reference(asset, order.side, limit, now_ns)
        fee = ZERO if asset.crypto else self.config.cat_fee_per_share
        return None if price is None else order.left * (price + fee)

    def held(self, symbol: str) -> tuple[Decimal, list[str]]:
        """How much of a position is held by open closing orders, and by which."""
        quantity = self.ledger.quantity(symbol)
        return self.orders.holding(symbol, -1 if quantity > 0 else 1)

    def body(self, now_ns: int) -> dict[str, Any]:
        """The answer to GET /account."""
        long_value, short_value, equity = self.value(1), self.value(-1), self.equity
        gross = long_value - short_value
        maintenance = long_value * Decimal("0.3") - short_value * Decimal("0.3")
        return {
            "id": self.id,
            "account_number": f"PA3{self.id.replace('-', '').upper()[:9]}",
            "status": "ACTIVE",
            "crypto_status": "ACTIVE",
            "currency": "USD",
            "cash": cents(self.ledger.cash),
            "equity": cents(equity),
            "last_equity": cents(self.last_equity),
            "portfolio_value": cents(equity),
            "position_market_value": cents(gross),
            "long_market_value": cents(long_value),
            "short_market_value": cents(short_value),
            "buying_power": cents(self.buying_power()),
            "regt_buying_power": cents(self.buying_power(REG_T)),
            "effective_buying_power": cents(self.buying_power()),
            "non_marginable_buying_power": cents(self.cash_power),
            "options_buying_power": cents(self.cash_power),
            "initial_margin": cents(gross / REG_T),
            "maintenance_margin": cents(maintenance),
            "last_maintenance_margin": "0",
            "sma": cents(equity),
            "multiplier": str(self.multiplier),
            "shorting_enabled": self.may_short,
            "trading_blocked": self.restricted,
            "transfers_blocked": False,
            "account_blocked": self.restricted,
            "trade_suspended_by_user": bool(self.configuration["suspend_trade"]),
            "created_at": timestamp(self.created_ns),
            "balance_asof": f"{eastern_moment(now_ns):%Y-%m-%d}",
            "accrued_fees": "0",
            "pending_reg_taf_fees": "0",
            "intraday_adjustments": "0",
            "crypto_tier": 1,
            "options_approved_level": 3,
            "options_trading_level": 3,
            "admin_configurations": {},
            "user_configurations": None,
        }

    @property
    def may_short(self) -> bool:
        """Whether shorts are allowed at all."""
        wanted = self.config.shorting and not self.configuration["no_shorting"]
        return wanted and self.equity >= self.config.equity_min_margin

    def position_body(self, position: Position) -> dict[str, Any]:
        """One position as JSON."""
        held, _ = self.held(position.symbol)
        return position_body(position, self.asset(position.symbol), self.price(position), held)

"""What can be traded: assets found by symbol, with or without the slash, or by id."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import msgspec

from tradetui.engine.practice.wire import number

PENNY, SUB_PENNY = Decimal("0.01"), Decimal("0.0001")


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to trade. A symbol with a slash is a coin against a currency."""

    symbol: str
    name: str = ""
    exchange: str = "NYSE"
    status: str = "active"
    tradable: bool = True
    marginable: bool = True
    shortable: bool = True
    easy_to_borrow: bool = True
    fractionable: bool = True
    price_increment: Decimal = PENNY  # of a coin; shares have the pennies of Rule 612
    trade_increment: Decimal = Decimal("0.000000001")
    order_min: Decimal = Decimal("0.000016")
    attributes: tuple[str, ...] = ("fractional_eh_enabled",)

    @property
    def crypto(self) -> bool:
        """Whether it is a coin."""
        return "/" in self.symbol

    @property
    def id(self) -> str:
        """A UUID that follows from the symbol."""
        return str(UUID(bytes=hashlib.sha256(f"asset:{self.symbol}".encode()).digest()[:16], version=4))

    @property
    def asset_class(self) -> str:
        """The protocol's word."""
        return "crypto" if self.crypto else "us_equity"

    @property
    def plain(self) -> str:
        """The symbol as positions show it."""
        return self.symbol.replace("/", "")

    def tick(self, price: Decimal) -> Decimal:
        """The step between prices around `price`."""
        if self.crypto:
            return self.price_increment
        return PENNY if price >= 1 else SUB_PENNY

    def body(self) -> dict[str, Any]:
        """The asset as JSON."""
        margin = 100 if self.crypto else 30
        body: dict[str, Any] = {
            "id": self.id,
            "class": self.asset_class,
            "exchange": "CRYPTO" if self.crypto else self.exchange,
            "symbol": self.symbol,
            "name": self.name or self.symbol,
            "status": self.status,
            "tradable": self.tradable,
            "marginable": self.marginable and not self.crypto,
            "shortable": self.shortable and not self.crypto,
            "easy_to_borrow": self.easy_to_borrow and not self.crypto,
            "fractionable": self.fractionable,
            "maintenance_margin_requirement": margin,
            "margin_requirement_long": str(margin),
            "margin_requirement_short": str(margin),
            "attributes": [] if self.crypto else list(self.attributes),
        }
        if self.crypto:
            body |= {
                "min_order_size": number(self.order_min),
                "min_trade_increment": number(self.trade_increment),
                "price_increment": number(self.price_increment),
            }
        else:
            body["borrow_status"] = "easy_to_borrow" if self.easy_to_borrow else "hard_to_borrow"
        return body


class Assets:
    """All assets, in order of their symbols."""

    def __init__(self, assets: Iterable[Asset]) -> None:
        self._by_symbol = {asset.symbol: asset for asset in sorted(assets, key=lambda asset: asset.symbol)}
        names = [(name.upper(), a.symbol) for a in self.all for name in (a.symbol, a.plain, a.id)]
        self._symbols = dict(names)

    @property
    def all(self) -> list[Asset]:
        """Every asset."""
        return list(self._by_symbol.values())

    def find(self, name: str) -> Asset | None:
        """By symbol, symbol without its slash, or id; a name that still has escapes is read too."""
        symbol = self._symbols.get(name.upper()) or self._symbols.get(unquote(name).upper())
        return None if symbol is None else self._by_symbol[symbol]

    def replace(self, asset: Asset) -> None:
        """The same asset with other properties, as when it can no longer be borrowed."""
        self._by_symbol[asset.symbol] = asset

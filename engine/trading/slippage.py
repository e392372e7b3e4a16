"""How far from the ideal price a market or stop order fills. Floats: a model of the market, not money."""

from __future__ import annotations

import math

import msgspec


class NoSlippage(msgspec.Struct, frozen=True, tag_field="model", tag="none", forbid_unknown_fields=True):
    """Fills at the ideal price."""

    def shift(self, price: float, quantity: float, volume: float, tick: float) -> float:
        """Distance from the ideal price in price units, never negative."""
        return 0.0


class FixedTicks(msgspec.Struct, frozen=True, tag_field="model", tag="ticks", forbid_unknown_fields=True):
    """A fixed number of ticks worse."""

    ticks: float

    def shift(self, price: float, quantity: float, volume: float, tick: float) -> float:
        """Distance from the ideal price in price units, never negative."""
        return self.ticks * tick


class BasisPoints(msgspec.Struct, frozen=True, tag_field="model", tag="bps", forbid_unknown_fields=True):
    """A fraction of the price worse, in 1/10,000."""

    bps: float

    def shift(self, price: float, quantity: float, volume: float, tick: float) -> float:
        """Distance from the ideal price in price units, never negative."""
        return price * self.bps / 10_000


class VolumeShare(msgspec.Struct, frozen=True, tag_field="model", tag="volume_share", forbid_unknown_fields=True):
    """Square-root impact: price * coefficient * sqrt(quantity / bar volume) (Almgren et al. 2005; Toth et al. 2011).

    Where the volume is unknown or zero the impact is that of taking all of it.
    """

    coefficient: float = 0.1

    def shift(self, price: float, quantity: float, volume: float, tick: float) -> float:
        """Distance from the ideal price in price units, never negative."""
        share = min(quantity / volume, 1.0) if volume > 0 else 1.0
        return price * self.coefficient * math.sqrt(share)


Slippage = NoSlippage | FixedTicks | BasisPoints | VolumeShare

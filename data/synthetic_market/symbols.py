"""Who is traded on the invented market: names, prices, grids and habits, as many symbols as are asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tradetui.data.synthetic import MODELS, TICK_NANOS, SymbolModel
from tradetui.data.synthetic_market.prices import stream
from tradetui.engine.model.instrument import NANOS_PER_UNIT

SYMBOLS_MAX = 10_000  # names have four digits
TICKS_MIN, TICKS_MAX = 80, 1_000_000  # of a price: each tick has a row in the book, and a spread needs some of them
SYMBOLS = 4  # the stream of random numbers after those of `prices`
SPREAD_FRACTION = 1.6e-4  # of the price, between the bounds below: a cheap share is held up by its tick
SPREAD_TICKS_MIN, SPREAD_TICKS_MAX = 1.0, 4.0


@dataclass(frozen=True, slots=True)
class MarketSymbol:
    """An invented symbol with its grids and the habits of its traders.

    Sizes are counted in lots of `lot_nanos`, usually in multiples of `round_lot`. `spread_ticks` is what those who
    quote mean to earn, `orders_a_side` how many orders rest on each side, `market_share` the share of market orders.
    """

    model: SymbolModel
    spread_ticks: float
    tick_nanos: int = TICK_NANOS
    lot_nanos: int = NANOS_PER_UNIT
    round_lot: int = 100
    orders_a_side: int = 220
    market_share: float = 0.07

    def __post_init__(self) -> None:
        _demand("start_price in ticks", self.start_ticks, TICKS_MIN, TICKS_MAX)
        _demand("daily_volatility", self.model.daily_volatility, 0.0001, 0.2)
        _demand("spread_ticks", self.spread_ticks, 0.5, 50.0)
        _demand("orders_a_side", self.orders_a_side, 50, 100_000)
        _demand("market_share", self.market_share, 0.001, 0.3)
        _demand("round_lot", self.round_lot, 1, 1_000_000)

    @property
    def start_ticks(self) -> float:
        """The first believed price in ticks."""
        return self.model.start_price * NANOS_PER_UNIT / self.tick_nanos


def _demand(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{name} is {value:,}; expected from {least:,} to {most:,}")


def market_symbols(seed: int, count: int) -> tuple[MarketSymbol, ...]:
    """The three symbols of the bundled samples, then invented ones; the first do not depend on `count`."""
    return tuple(_symbol(seed, index) for index in range(count))


def _symbol(seed: int, index: int) -> MarketSymbol:
    if index < len(MODELS):
        model = MODELS[index]
    else:
        u = stream(seed, SYMBOLS, index).random(4).tolist()
        price = round(8.0 + 60.0 * u[0] / (1.25 - u[0]), 2)  # half of them below 48, the dearest near 250
        volatility, beta, volume = 0.008 + 0.018 * u[1] * u[1], 0.5 + u[2], 500.0 + 9_500.0 * u[3] * u[3]
        model = SymbolModel(f"SYN{index:04d}", price, volatility, beta, volume)
    ticks = model.start_price * NANOS_PER_UNIT / TICK_NANOS * SPREAD_FRACTION
    return MarketSymbol(model, float(np.clip(ticks, SPREAD_TICKS_MIN, SPREAD_TICKS_MAX)))

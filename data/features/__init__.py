"""Features of bars as Polars expressions, under the field's names. Strategies stream the same formulas.

Every function takes columns by name or expression and looks only backward. Rows before a feature is defined are null.
The expressions see one series in time order; a table of several symbols says so: `ema("close", 20).over("symbol")`,
and a session's VWAP is `vwap().over("symbol", "session")`. Those with several results are named tuples of expressions.

Prices are read to nine decimals, as bars store them, and their windows are summed as whole numbers: a mean or a
deviation depends on its window alone, never on what a running float sum has been through.
"""

from __future__ import annotations

from tradetui.data.features.averages import BollingerBands, Macd, bollinger, ema, macd, sma, zscore
from tradetui.data.features.columns import Column, with_float_prices
from tradetui.data.features.momentum import Stochastic, rsi, rsi_cutler, stochastic
from tradetui.data.features.ranges import DirectionalMovement, adx, atr, true_range
from tradetui.data.features.returns import log_returns, realised_volatility, returns, volatility
from tradetui.data.features.volume import rolling_vwap, typical_price, vwap

__all__ = [
    "BollingerBands",
    "Column",
    "DirectionalMovement",
    "Macd",
    "Stochastic",
    "adx",
    "atr",
    "bollinger",
    "ema",
    "log_returns",
    "macd",
    "realised_volatility",
    "returns",
    "rolling_vwap",
    "rsi",
    "rsi_cutler",
    "sma",
    "stochastic",
    "true_range",
    "typical_price",
    "volatility",
    "vwap",
    "with_float_prices",
    "zscore",
]

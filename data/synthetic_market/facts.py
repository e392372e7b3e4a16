"""Stylised facts of recorded or invented sessions: plain statistics of columns. No I/O, no opinion what is normal.

The facts and their usual values: Cont, R. (2001), "Empirical properties of asset returns: stylized facts and
statistical issues", Quantitative Finance 1, 223-236.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tradetui.engine.market.bars import Float64, Int64

HILL_SHARE = 0.05  # of the largest absolute returns, from which the tail index is estimated


class SpreadFacts(NamedTuple):
    """Of the spread after each change of a quote, in ticks."""

    median: float
    mean: float
    one_tick_share: float


class ArrivalFacts(NamedTuple):
    """Of the times between neighbours: 1 and 0 would be a Poisson process."""

    variation: float  # standard deviation over mean
    memory: float  # rank correlation of a duration with the one before


class TailFacts(NamedTuple):
    """Of returns: 3 would be the kurtosis of a normal distribution, and infinity its tail index."""

    kurtosis: float
    hill: float


def autocorrelation(values: npt.ArrayLike, lag: int) -> float:
    """Correlation of a series with itself `lag` rows earlier; NaN for a constant or too short series."""
    x = np.asarray(values, np.float64)
    if len(x) <= lag + 1:
        return float("nan")
    x = x - x.mean()
    power = float(x @ x)
    return float(x[:-lag] @ x[lag:]) / power if power > 0 else float("nan")


def mean_autocorrelation(values: npt.ArrayLike, first: int, last: int) -> float:
    """The mean of the autocorrelations at lags `first` to `last`: less noisy than one of them."""
    return float(np.mean([autocorrelation(values, lag) for lag in range(first, last + 1)]))


def spread_facts(bid: Int64, ask: Int64, tick: int) -> SpreadFacts:
    """Rows where a side is empty or the quote is crossed are left out."""
    good = (bid > 0) & (ask > bid)
    ticks = (ask[good] - bid[good]) / tick
    return SpreadFacts(float(np.median(ticks)), float(ticks.mean()), float((ticks < 1.5).mean()))


def market_orders(ts_ns: Int64, side: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Marks the first print of each run of equal time and side: one order that took several resting ones."""
    first: npt.NDArray[np.bool_] = np.r_[True, (np.diff(ts_ns) != 0) | (np.diff(side) != 0)]
    return first


def arrival_facts(ts_ns: Int64) -> ArrivalFacts:
    """Of rows in time order; rows of one instant count as durations of zero."""
    gaps = np.diff(ts_ns).astype(np.float64)
    order = np.argsort(gaps, kind="stable")
    rank = np.empty(len(gaps))
    rank[order] = np.arange(len(gaps))
    _, inverse, count = np.unique(gaps, return_inverse=True, return_counts=True)
    rank = (np.bincount(inverse, rank) / count)[inverse]  # ties share their mean rank
    return ArrivalFacts(float(gaps.std() / gaps.mean()), autocorrelation(rank, 1))


def tail_facts(returns: Float64) -> TailFacts:
    """Kurtosis, and Hill's tail index from the largest `HILL_SHARE` of absolute returns (Hill (1975), "A simple general
    approach to inference about the tail of a distribution", Annals of Statistics 3, 1163-1174).

    Zeros stay in. The index is infinite where the largest are all alike.
    """
    centred = returns - returns.mean()
    kurtosis = float((centred**4).mean() / (centred**2).mean() ** 2)
    size = np.sort(np.abs(centred))[::-1]
    count = max(5, int(len(size) * HILL_SHARE))
    beyond = float(np.log(size[:count] / size[count]).mean())
    return TailFacts(kurtosis, 1.0 / beyond if beyond else float("inf"))


def clock_returns(ts_ns: Int64, price: Int64, start_ns: int, stop_ns: int, step_ns: int) -> Float64:
    """Log returns of the last price known at each multiple of `step_ns`; times before the first price give none."""
    at = np.arange(start_ns, stop_ns + 1, step_ns)
    row = np.searchsorted(ts_ns, at, side="right") - 1
    returns: Float64 = np.diff(np.log(price[row[row >= 0]].astype(np.float64)))
    return returns


def ends_to_middle(volume: Float64) -> tuple[float, float]:
    """How many times the middle fifth's mean the first and the last thirteenth of a session trade (30 min of 390)."""
    n = len(volume)
    edge, low, high = max(1, n // 13), 2 * n // 5, 3 * n // 5
    middle = volume[low:high].mean()
    return float(volume[:edge].mean() / middle), float(volume[-edge:].mean() / middle)


def depth_profile(sizes: Float64) -> Float64:
    """Mean size of each level over rows of (snapshots, levels), divided by the mean size of all those levels."""
    mean: Float64 = sizes.mean(axis=0)
    profile: Float64 = mean / mean.mean()
    return profile

"""How far Sharpe and drawdown could have come out otherwise: intervals from resampled histories of the same returns."""

from __future__ import annotations

import msgspec
import numpy as np
import numpy.typing as npt

from tradetui.engine.analytics.ratios import NOISE, checked_rf, rate_per_period
from tradetui.engine.analytics.sums import Floats

LEVEL = 0.90
SAMPLES = 1_000
CELLS_PER_BATCH = 1_000_000  # resampled returns held at once: 8 MB


class Interval(msgspec.Struct, frozen=True):
    """A range that holds the figure in `level` of the resampled histories."""

    low: float
    high: float


class Confidence(msgspec.Struct, frozen=True):
    """Intervals for both figures; None where too few returns leave the figure undefined."""

    level: float
    samples: int
    sharpe: Interval | None
    max_drawdown: Interval | None


def confidence(
    returns: Floats,
    *,
    periods_per_year: int,
    rf: float = 0.0,
    level: float = LEVEL,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Confidence:
    """Percentile intervals by the stationary bootstrap (Politis and Romano 1994), the same for the same seed.

    Blocks of geometric length, on average the cube root of the number of returns, keep bad days together as they came.
    """
    checked_rf(rf)
    n = returns.size
    if n < 2 or not np.isfinite(returns).all():
        return Confidence(level, samples, None, None)
    generator = np.random.Generator(np.random.PCG64(seed))
    rate = rate_per_period(rf, periods_per_year)
    batch = max(1, CELLS_PER_BATCH // n)
    sharpes: list[Floats] = []
    depths: list[Floats] = []
    for done in range(0, samples, batch):
        history = returns[_stationary_rows(generator, min(batch, samples - done), n)]
        deviation = history.std(axis=1, ddof=1)
        defined = deviation > NOISE
        sharpes.append((history.mean(axis=1)[defined] - rate) / deviation[defined] * np.sqrt(periods_per_year))
        worth = np.cumprod(1 + history, axis=1)
        peak = np.maximum(np.maximum.accumulate(worth, axis=1), 1.0)
        depths.append((worth / peak - 1).min(axis=1))
    return Confidence(level, samples, _interval(sharpes, level), _interval(depths, level))


def _stationary_rows(generator: np.random.Generator, rows: int, n: int) -> npt.NDArray[np.intp]:
    """Indices of `rows` histories of `n` returns: runs of consecutive ones that wrap round the end."""
    starts = generator.random((rows, n)) < 1 / max(1.0, n ** (1 / 3))
    starts[:, 0] = True
    place = np.arange(n)
    run_begin = np.maximum.accumulate(np.where(starts, place, 0), axis=1)
    origin = generator.integers(0, n, size=(rows, n))
    picked: npt.NDArray[np.intp] = (np.take_along_axis(origin, run_begin, axis=1) + place - run_begin) % n
    return picked


def _interval(figures: list[Floats], level: float) -> Interval | None:
    seen = np.concatenate(figures)
    if seen.size == 0:
        return None
    low, high = np.quantile(seen, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))

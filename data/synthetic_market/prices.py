"""The price that traders believe in: minute returns with clustered volatility, a common factor, and nights between.

Only arithmetic that is the same on every machine. Volatility is the exponential of several autoregressions of different
memory, whose sum decays as slowly as a power law does (Corsi (2009), "A simple approximate long-memory model of
realized volatility", Journal of Financial Econometrics 7, 174-196); its lognormal size makes the tails fat.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from tradetui.data.synthetic import MINUTES, SymbolModel, normals, session_shape
from tradetui.data.synthetic_market.series_loop import remember
from tradetui.engine.market.bars import Float64

# Memory in minutes, and how much each adds to the standard deviation of the logarithm of volatility.
SCALES = ((6.0, 0.34), (50.0, 0.31), (500.0, 0.33))
COMMON_VOLATILITY = 0.5  # share of the variance of log volatility that all symbols have in common
GAP_SHARE = 0.72  # an overnight gap's deviation as a share of the session's, in the mood in which the market closed
FACTOR_SHARE = 0.55  # share of a symbol's variance that the common factor carries at beta 1
LOG_VARIANCE = sum(deviation * deviation for _, deviation in SCALES)  # subtracted: squared volatility then averages 1
LIMIT = 0.2  # a session's price stays within this share of its first price, as under a daily price limit
SECONDS = 60 * MINUTES
DRIFT = 10.0  # a price never opens beyond so many times its first one, nor below that part of it
FACTOR, OWN = 0, 1  # streams of random numbers, each drawn from its start: more days go on where fewer ended
STEPS, NIGHTS, START = 10, 11, 12


class Factor(NamedTuple):
    """What all symbols share: the standard factor of each minute, log volatility's noise, and each night's shock."""

    minutes: Float64
    volatility: Float64
    nights: Float64


class Course(NamedTuple):
    """A symbol over several sessions: (sessions, MINUTES) returns and volatilities, and (sessions,) gaps before."""

    returns: Float64
    volatility: Float64
    gaps: Float64


def stream(seed: int, *purpose: int) -> np.random.Generator:
    """The random numbers of one purpose; those of different purposes do not overlap."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 6, *purpose))))


def common_factor(seed: int, sessions: int) -> Factor:
    """The factor of a market of that many sessions; more sessions do not change the first ones."""
    n = sessions * MINUTES
    volatility = _log_volatility(seed, n, FACTOR)
    minutes = normals(stream(seed, FACTOR, STEPS), n) * exponential(volatility - LOG_VARIANCE)
    return Factor(minutes, volatility, normals(stream(seed, FACTOR, NIGHTS), sessions))


def course(seed: int, index: int, model: SymbolModel, factor: Factor) -> Course:
    """Minute by minute returns of symbol number `index`."""
    n, sessions = len(factor.minutes), len(factor.nights)
    own_share = math.sqrt(1.0 - COMMON_VOLATILITY)
    log_volatility = math.sqrt(COMMON_VOLATILITY) * factor.volatility + own_share * _log_volatility(seed, n, OWN, index)
    shape = np.tile(session_shape(0.72, 0.85), sessions)
    mood = exponential(log_volatility - LOG_VARIANCE)
    usual = shape * (model.daily_volatility / math.sqrt(MINUTES))
    shared, alone = model.beta * math.sqrt(FACTOR_SHARE), math.sqrt(1.0 - FACTOR_SHARE)
    own = normals(stream(seed, OWN, index, STEPS), n)
    returns = alone * own * mood * usual + shared * factor.minutes * usual
    nights = math.sqrt(FACTOR_SHARE) * factor.nights + alone * normals(stream(seed, OWN, index, NIGHTS), sessions)
    gaps = GAP_SHARE * model.daily_volatility * nights * np.roll(mood[MINUTES - 1 :: MINUTES], 1)
    gaps[0] = 0.0
    return Course(returns.reshape(sessions, MINUTES), (mood * usual).reshape(sessions, MINUTES), gaps)


def session_starts(model: SymbolModel, course: Course) -> Float64:
    """The believed price at each session's open, in the model's currency."""
    inside = np.cumprod(1.0 + course.returns, axis=1)[:, -1]
    inside = np.clip(inside, 1.0 - LIMIT, 1.0 + LIMIT)
    before = np.concatenate(([1.0], inside[:-1]))
    moved: Float64 = np.clip(np.cumprod(before * (1.0 + course.gaps)), 1.0 / DRIFT, DRIFT)
    return moved * model.start_price


def second_path(rng: np.random.Generator, start: float, returns: Float64, volatility: Float64) -> Float64:
    """The believed price at each second of a session and one after it: a random walk bridged between the minutes."""
    noise = normals(rng, SECONDS).reshape(MINUTES, 60)
    mean = noise[:, 0].copy()
    for k in range(1, 60):
        mean += noise[:, k]
    steps = (noise - (mean / 60.0)[:, None]) * (volatility / math.sqrt(60.0))[:, None] + (returns / 60.0)[:, None]
    path = np.concatenate(([1.0], np.cumprod(1.0 + steps.reshape(-1))))
    limited: Float64 = start * np.clip(np.append(path, path[-1]), 1.0 - LIMIT, 1.0 + LIMIT)
    return limited


def trading_shape() -> Float64:
    """How much is traded in each minute: a U with a steeper end, where what must trade today hurries."""
    x = np.maximum(0.0, (2 * np.arange(MINUTES) + 1) / MINUTES - 1.0)
    fourth = (x * x) * (x * x)
    steep: Float64 = session_shape(0.5, 0.82) + 0.72 * (fourth * fourth)
    return steep


def exponential(x: Float64) -> Float64:
    """(1 + x / 1024) ** 1024 by squaring: the exponential to 1 in 500 for |x| < 2, alike on every machine."""
    result = 1.0 + x / 1024.0
    for _ in range(10):
        result = result * result
    return result


def _log_volatility(seed: int, n: int, *purpose: int) -> Float64:
    """Log volatility of each minute around 0, from its usual distribution on."""
    total = np.zeros(n)
    for scale, (minutes, deviation) in enumerate(SCALES):
        memory = minutes / (minutes + 1.0)
        start = deviation * float(normals(stream(seed, *purpose, START, scale), 1)[0])
        noise = normals(stream(seed, *purpose, scale), n)
        remember(noise, memory, deviation * math.sqrt(1.0 - memory * memory), start)
        total += noise
    return total

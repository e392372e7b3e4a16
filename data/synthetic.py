"""An invented market made from a seed: minute bars of three symbols. Believable, not a forecast and not a record.

Only draws of integers and uniforms, + - * / and square roots are used, which IEEE 754 rounds alike everywhere: the same
seed gives the same bars on every machine. No libm, whose last digits differ between systems.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tradetui.engine.market.bars import Bars, Float64, Int64

NEW_YORK = ZoneInfo("America/New_York")
MINUTE_NS = 60 * 10**9
MINUTES = 390  # a regular US session, 09:30 to 16:00 New York
SUBSTEPS = 6  # prices inside a minute, from which its open, high, low and close are taken
TICK_NANOS = 10_000_000  # 0.01
TICKS_PER_UNIT = 100
SESSIONS = 22  # the weekdays of a month

FIRST_DAY = date(2026, 3, 2)
GAP_SHARE = 0.45  # an overnight gap's standard deviation as a share of the session's
FACTOR_SHARE = 0.6  # how much of a symbol's variance the common factor carries at beta 1


@dataclass(frozen=True, slots=True)
class SymbolModel:
    """An invented symbol: its first price, its daily volatility as a fraction, its beta, its usual shares a minute."""

    name: str
    start_price: float
    daily_volatility: float
    beta: float
    minute_volume: float


MODELS = (
    SymbolModel("ACME", 184.20, 0.013, 1.0, 5_200),
    SymbolModel("BOREAL", 62.75, 0.019, 1.25, 8_400),
    SymbolModel("CORVUS", 117.40, 0.011, 0.7, 3_100),
)


def generator(seed: int, stream: int) -> np.random.Generator:
    """The random numbers of one purpose; streams of one seed do not overlap."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, stream))))


def synthetic_month(
    seed: int, first_day: date = FIRST_DAY, sessions: int = SESSIONS, models: tuple[SymbolModel, ...] = MODELS
) -> Bars:
    """One-minute bars of `sessions` regular US sessions, weekdays from `first_day` on; holidays are not left out.

    Volatility and volume are high at the open and the close, volatility comes in clusters (GARCH) with fat tails, all
    symbols share a factor, and each night leaves a gap. Prices are on the 0.01 tick.
    """
    rng = generator(seed, 1)
    starts = np.array([session_open_ns(day) for day in weekdays(first_day, sessions)])
    ts_ns = (starts[:, None] + np.arange(MINUTES) * MINUTE_NS).reshape(-1)
    returns = minute_returns(rng, sessions, models)
    gaps = _overnight_gaps(rng, sessions, models)
    n, count = len(ts_ns), len(models)
    columns = [_bars_of(rng, model, returns[:, i], gaps[:, i]) for i, model in enumerate(models)]

    def interleaved(index: int) -> Int64:
        return np.stack([column[index] for column in columns], 1).reshape(-1) * TICK_NANOS

    return Bars(
        tuple(model.name for model in models),
        np.tile(np.arange(count, dtype=np.int32), n),
        np.repeat(ts_ns, count),
        interleaved(0),
        interleaved(1),
        interleaved(2),
        interleaved(3),
        np.stack([column[4] for column in columns], 1).reshape(-1).astype(np.float64),
        MINUTE_NS,
    )


def weekdays(first_day: date, count: int) -> list[date]:
    """`count` weekdays from `first_day` on."""
    days: list[date] = []
    day = first_day
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    return days


def session_open_ns(day: date) -> int:
    """09:30 New York of that day, UTC nanoseconds."""
    return int(datetime.combine(day, time(9, 30), NEW_YORK).timestamp()) * 10**9


def session_shape(quiet: float, busy: float) -> Float64:
    """A parabola over the session's minutes: `quiet` at noon, `quiet + busy` at the open and the close."""
    x = (2 * np.arange(MINUTES) + 1) / MINUTES - 1.0
    return quiet + busy * x * x


def minute_returns(rng: np.random.Generator, sessions: int, models: tuple[SymbolModel, ...]) -> Float64:
    """Returns of each minute and symbol, (sessions * MINUTES, symbols): a common factor, clusters and fat tails."""
    n = sessions * MINUTES
    shape = np.tile(session_shape(0.7, 0.9), sessions)
    factor = _garch(rng, n)
    result = np.empty((n, len(models)))
    for i, model in enumerate(models):
        own = _garch(rng, n)
        scale = model.daily_volatility / math.sqrt(MINUTES)
        mixed = model.beta * math.sqrt(FACTOR_SHARE) * factor + math.sqrt(1.0 - FACTOR_SHARE) * own
        result[:, i] = scale * shape * mixed
    return result


def normals(rng: np.random.Generator, n: int) -> Float64:
    """`n` nearly normal numbers of variance 1: sums of twelve uniform integers, exact on every machine."""
    bits = 2**20
    total = rng.integers(0, bits, (n, 12), dtype=np.int64).sum(axis=1)
    result: Float64 = (total - 6 * (bits - 1)) / float(bits)
    return result


def _fat_normals(rng: np.random.Generator, n: int) -> Float64:
    """Normals of three scales mixed, so that one in a hundred is several times larger than usual."""
    u = rng.random(n)
    return normals(rng, n) * np.where(u < 0.90, 0.8, np.where(u < 0.99, 1.6, 3.5))


def _garch(rng: np.random.Generator, n: int) -> Float64:
    """GARCH(1,1) of about unit variance: a large move makes the next ones larger (Bollerslev 1986)."""
    constant, news, memory = 0.036, 0.08, 0.89
    shocks = _fat_normals(rng, n).tolist()
    variance = 1.0
    for i, shock in enumerate(shocks):
        value = math.sqrt(variance) * shock
        variance = constant + news * value * value + memory * variance
        shocks[i] = value
    return np.array(shocks)


def _overnight_gaps(rng: np.random.Generator, sessions: int, models: tuple[SymbolModel, ...]) -> Float64:
    """The gap before each session, (sessions, symbols); none before the first."""
    common = _fat_normals(rng, sessions)
    gaps = np.empty((sessions, len(models)))
    for i, model in enumerate(models):
        mixed = math.sqrt(FACTOR_SHARE) * common + math.sqrt(1.0 - FACTOR_SHARE) * _fat_normals(rng, sessions)
        gaps[:, i] = GAP_SHARE * model.daily_volatility * mixed
    gaps[0] = 0.0
    return gaps


def _bars_of(
    rng: np.random.Generator, model: SymbolModel, returns: Float64, gaps: Float64
) -> tuple[Int64, Int64, Int64, Int64, Int64]:
    """Open, high, low, close in ticks and the volume in shares, one entry a minute."""
    n = len(returns)
    usual = model.daily_volatility / math.sqrt(MINUTES)
    noise = normals(rng, n * SUBSTEPS).reshape(n, SUBSTEPS) * (usual / math.sqrt(SUBSTEPS))
    mean = noise[:, 0].copy()
    for k in range(1, SUBSTEPS):
        mean += noise[:, k]
    steps = returns[:, None] / SUBSTEPS + noise - (mean / SUBSTEPS)[:, None]
    steps[::MINUTES, 0] += gaps
    prices = model.start_price * np.cumprod(1.0 + steps.reshape(-1)).reshape(n, SUBSTEPS)
    ticks = np.rint(prices * TICKS_PER_UNIT).astype(np.int64)
    moved = np.abs(returns) / usual
    crowd = 0.5 + 0.3 / (1.0 - 0.9 * rng.random(n))  # now and then a minute of many times the usual volume
    shape = np.tile(session_shape(0.6, 1.4), n // MINUTES)
    volume = np.rint(model.minute_volume * shape * (0.5 + 0.5 * moved) * crowd).astype(np.int64) + 1
    return ticks[:, 0], ticks.max(axis=1), ticks.min(axis=1), ticks[:, -1], volume

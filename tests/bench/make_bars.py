"""Seeded one-minute bars that every engine of a benchmark reads: a random walk, saved as numpy columns.

A bar opens where the last one closed. So an engine that fills a market order at the close of the bar that caused it
and one that fills it at the next open trade at the same price, and all final equities can be compared.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

START_NS = 1_577_836_800_000_000_000  # 2020-01-01T00:00:00Z
MINUTE_NS = 60_000_000_000
STEP = 0.0005  # standard deviation of one minute's return
DECIMALS = 6  # exact in int64 nanos, and fine enough that two moving averages are never equal

Columns = dict[str, npt.NDArray[np.float64] | npt.NDArray[np.int64]]


def random_walk(rows: int, seed: int) -> Columns:
    """Columns ts_ns, open, high, low, close, volume of one symbol, pulled back to 100 so that no price runs away."""
    rng = np.random.default_rng(seed)
    path = np.cumsum(rng.normal(0.0, STEP, rows))
    slow_trend = _block_means(path, 50_000)
    close = np.round(100.0 * np.exp(path - slow_trend), DECIMALS)
    open_ = np.concatenate(([100.0], close[:-1]))
    wick = np.abs(rng.normal(0.0, STEP / 2, (2, rows)))
    high = np.round(np.maximum(open_, close) * (1.0 + wick[0]), DECIMALS)
    low = np.round(np.minimum(open_, close) * (1.0 - wick[1]), DECIMALS)
    volume = rng.integers(1_000, 100_000, rows).astype(np.float64)
    ts_ns = START_NS + MINUTE_NS * np.arange(rows, dtype=np.int64)
    return {"ts_ns": ts_ns, "open": open_, "high": high, "low": low, "close": close, "volume": volume}


def save(columns: Columns, path: Path) -> None:
    np.savez(path, **columns)  # type: ignore[arg-type]  # the stub takes allow_pickle for one of the columns


def load(path: Path, rows: int | None = None) -> Columns:
    """The first `rows` of a saved file, or all."""
    with np.load(path) as saved:
        return {name: saved[name][:rows] for name in saved.files}


def _block_means(path: npt.NDArray[np.float64], block: int) -> npt.NDArray[np.float64]:
    """The walk's course over `block` rows at a time, joined by straight lines."""
    starts = np.arange(0, len(path), block)
    means = np.add.reduceat(path, starts) / np.diff(np.append(starts, len(path)))
    return np.interp(np.arange(len(path)), starts + block / 2, means)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where SEED.npz files are written, one a symbol")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--symbols", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0, help="of the first symbol; the next ones count up")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for seed in range(options.seed, options.seed + options.symbols):
        save(random_walk(options.rows, seed), options.folder / f"{seed}.npz")


if __name__ == "__main__":
    main()

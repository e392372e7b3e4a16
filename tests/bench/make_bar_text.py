"""A CSV of seeded one-minute bars with faults in known places, written in pieces so that any size fits in memory.

Faults: every 100,000th bar stands there twice, every 250,000th has its high below its low, every 400,000th has no
close, and every 500,000th stands after its successor.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from make_bars import MINUTE_NS, START_NS, STEP

PIECE_ROWS = 500_000
TWICE, IMPOSSIBLE, EMPTY, SWAPPED = 100_000, 250_000, 400_000, 500_000
PRICES = ("open", "high", "low", "close")


def piece(first: int, rows: int, rng: np.random.Generator, last_close: float) -> pl.DataFrame:
    """Rows [first, first + rows), beginning at the last close of the piece before, pulled back to 100."""
    path = np.cumsum(rng.normal(0.0, STEP, rows))
    path -= np.linspace(0.0, path[-1] + np.log(last_close / 100.0), rows)
    close = np.round(last_close * np.exp(path), 2)
    opens = np.r_[last_close, close[:-1]]
    wick = np.abs(rng.normal(0.0, STEP / 2, (2, rows)))
    high = np.round(np.maximum(opens, close) * (1.0 + wick[0]), 2)
    low = np.round(np.minimum(opens, close) * (1.0 - wick[1]), 2)
    at = np.arange(first, first + rows)
    ts = pl.Series(START_NS + MINUTE_NS * at).cast(pl.Datetime("ns"))
    frame = pl.DataFrame({"Datetime": ts, "Open": opens, "High": high, "Low": low, "Close": close})
    frame = frame.with_columns(Volume=pl.Series(rng.integers(1, 100_000, rows)), at=pl.Series(at))
    later = pl.col("at") > 0
    bad = later & (pl.col("at") % IMPOSSIBLE == 0)
    frame = frame.with_columns(
        pl.when(bad).then("Low").otherwise("High").alias("High"),
        pl.when(bad).then("High").otherwise("Low").alias("Low"),
        pl.when(later & (pl.col("at") % EMPTY == 0)).then(None).otherwise("Close").alias("Close"),
    )
    order = np.arange(rows)
    swapped = np.flatnonzero((at > 0) & (at % SWAPPED == 0))
    swapped = swapped[swapped + 1 < rows]
    order[swapped], order[swapped + 1] = swapped + 1, swapped
    twice = np.flatnonzero((at > 0) & (at % TWICE == 0))
    return frame[np.insert(order, twice, order[twice])].drop("at")


def write(path: Path, rows: int, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    last_close = 100.0
    with path.open("wb") as file:
        for first in range(0, rows, PIECE_ROWS):
            frame = piece(first, min(PIECE_ROWS, rows - first), rng, last_close)
            last_close = float(frame["Close"].drop_nulls()[-1])
            frame.write_csv(file, include_header=first == 0, datetime_format="%Y-%m-%d %H:%M:%S")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    write(options.path, options.rows, options.seed)


if __name__ == "__main__":
    main()

"""A small market that really trades, as the lines of a CSV file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

HEAD = "Date,Open,High,Low,Close,Volume"


def rows(count: int = 300) -> list[str]:
    """A market that swings, so that means cross and bands are touched; prices have two decimals."""
    lines, last = [], 100.0
    for day in range(count):
        close = round(100 + 12 * math.sin(day / 9) + 5 * math.sin(day / 2.3), 2)
        open_ = round(last + 0.1 * (day % 3 - 1), 2)
        high, low = round(max(open_, close) + 0.5, 2), round(min(open_, close) - 0.5, 2)
        date = f"{2020 + day // 336}-{day // 28 % 12 + 1:02d}-{day % 28 + 1:02d}"
        lines.append(f"{date},{open_:.2f},{high:.2f},{low:.2f},{close:.2f},{10_000 + day}")
        last = close
    return lines


def write_csv(path: Path, lines: Sequence[str]) -> Path:
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    return path

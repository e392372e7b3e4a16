"""Ticks a second: trades and quotes of one symbol, a strategy woken at each minute bar and on fills, side by side.

The rule reverses at every cross of two means of minute closes. hftbacktest's run is compiled with its strategy, which
asks every 60 s; it is given a quote as the changes of the levels that it replaces. nautilus builds the minute bars
itself and is given fewer rows.

    pip install -e '.[bench]' && python tests/bench/ticks.py
    python tests/bench/ticks.py --rows 1000000 --python nautilus=other-venv/bin/python --json ticks.json
"""

from __future__ import annotations

import sys

import market_bench
from market_bench import Bench

if __name__ == "__main__":
    sys.exit(market_bench.run(Bench("ticks", "ticks", 10_000_000, {(): "20,000,000/s"}, __doc__)))

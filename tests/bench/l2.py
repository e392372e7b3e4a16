"""Rows a second of a feed of price levels and trades, two quotes placed and cancelled every 100 ms, side by side.

Both quotes stand one and two ticks behind the best price by turns, so that every one of them is replaced; 1 ms of
latency to the venue and back. Orders are counted: the programs must have sent the same.

    pip install -e '.[bench]' && python tests/bench/l2.py
    python tests/bench/l2.py --rows 200000 --skip nautilus --json l2.json
"""

from __future__ import annotations

import sys

import market_bench
from market_bench import Bench

if __name__ == "__main__":
    sys.exit(market_bench.run(Bench("depth", "depth", 2_000_000, {(): "ahead of hftbacktest"}, __doc__)))

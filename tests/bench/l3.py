"""Messages a second of a book known order by order, own orders resting in its queues, side by side.

A bid and an ask rest five ticks behind the best price, with their place in the queue and 1 ms of latency each way,
until they fill or the best price has moved ten ticks; the strategy is woken every 100 ms, and in a second table at
every move of the best price. In a third one they are active: at the best price, placed anew when it has moved four
ticks. hftbacktest has nothing that waits for a move, so its strategy looks after every feed event.

    pip install -e '.[bench]' && python tests/bench/l3.py
    python tests/bench/l3.py --rows 500000 --skip nautilus --json l3.json
"""

from __future__ import annotations

import sys

import market_bench
from market_bench import Bench

if __name__ == "__main__":
    targets = {
        ("--wake=timer",): "5,000,000/s",
        ("--wake=best",): "2,000,000/s",
        ("--wake=timer", "--quotes=active"): "none",
    }
    sys.exit(market_bench.run(Bench("orders", "orders", 5_000_000, targets, __doc__)))

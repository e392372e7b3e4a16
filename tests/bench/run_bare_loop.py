"""The floor of per-bar Python: the same rule in a plain loop with no engine, no orders and no ledger around it."""

from __future__ import annotations

from collections import deque

from make_bars import load
from program import CASH, FAST, QUANTITY, SLOW, Stopwatch, read_task, report


def main() -> None:
    task = read_task(__doc__)
    (path,) = task.files
    columns = load(path, task.rows)
    opens, closes = columns["open"].tolist(), columns["close"].tolist()
    with Stopwatch() as watch:
        orders, trades, cash, position = trade(opens, closes, -QUANTITY if task.always_in else 0)
    report("bare loop", len(closes), watch, orders, trades, cash + position * closes[-1])


def trade(opens: list[float], closes: list[float], below: int) -> tuple[int, int, float, int]:
    """Orders filled, trades closed, cash and position at the end; `below` is the position after a falling cross."""
    fast_window: deque[float] = deque(maxlen=FAST)
    slow_window: deque[float] = deque(maxlen=SLOW)
    fast_sum = slow_sum = difference = 0.0
    cash, position, wanted, orders, trades = CASH, 0, 0, 0, 0
    for open_, close in zip(opens, closes, strict=True):
        if wanted != position:
            cash -= (wanted - position) * open_
            orders += (position != 0) + (wanted != 0)
            trades += position != 0
            position = wanted
        if len(fast_window) == FAST:
            fast_sum -= fast_window[0]
        fast_window.append(close)
        fast_sum += close
        if len(slow_window) == SLOW:
            slow_sum -= slow_window[0]
        slow_window.append(close)
        slow_sum += close
        if len(slow_window) == SLOW:
            before, difference = difference, fast_sum / FAST - slow_sum / SLOW
            if before < 0.0 < difference:
                wanted = QUANTITY
            elif before > 0.0 > difference:
                wanted = below
    return orders, trades, cash, position


if __name__ == "__main__":
    main()

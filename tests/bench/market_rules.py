"""What the strategies of the market benchmarks do, in plain Python, and what every such program takes and prints.

hftbacktest's strategies are compiled, so run_market_hft.py says the same rules once more.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from program import FAST, SLOW, Stopwatch

CASH = 100_000_000.0
QUANTITY = 1  # lots of every order
WAKE_NS = 100_000_000
LATENCY_NS = 1_000_000  # to the venue and back again, each; none for `ticks`
NEAR, FAR = 1, 2  # ticks behind the best price where `depth` quotes, by turns: so that every quote is replaced
POSITION_MAX = 50  # lots; who holds so many quotes no more on that side

Price = int | None  # in ticks; None for no quote


class Manner(NamedTuple):
    """How the quotes of `orders` are placed: ticks behind the best price, ticks of drift after which they are placed
    anew, and wakes after which they are in any case.
    """

    behind: int
    drift: int
    renew: int


MANNERS = {"resting": Manner(5, 10, 1_000), "active": Manner(0, 4, 100)}


class Averages:
    """Two moving averages of closes in ticks, all in integers: +1 where the fast one crosses above, -1 below, or 0."""

    def __init__(self) -> None:
        self.closes: list[int] = []
        self.fast = self.slow = self.before = 0
        self.side = 0  # of the last cross

    def cross(self, close: int) -> int:
        closes = self.closes
        closes.append(close)
        self.fast += close
        self.slow += close
        count = len(closes)
        if count > FAST:
            self.fast -= closes[count - 1 - FAST]
        if count > SLOW:
            self.slow -= closes[count - 1 - SLOW]
        if count < SLOW:
            return 0
        before, now = self.before, self.fast * SLOW - self.slow * FAST
        self.before = now
        side = int(before < 0 < now) - int(before > 0 > now)
        if side == self.side:  # the means were equal in between: it is on that side already
            return 0
        self.side = side or self.side
        return side


class Replaced:
    """`depth`: quotes behind the best price, nearer and farther by turns; both are replaced at every wake."""

    def __init__(self) -> None:
        self.count = 0

    def quotes(self, bid: int, ask: int) -> tuple[Price, Price]:
        self.count += 1
        behind = FAR if self.count & 1 else NEAR
        return bid - behind, ask + behind


class Resting:
    """`orders`: quotes placed near the best price that rest until they fill or it has moved away from where it was."""

    def __init__(self, manner: Manner) -> None:
        self.behind, self.drift, self.renew = manner
        self.count = 0
        self.bid: Price = None
        self.ask: Price = None

    def changed(self, bid: int, ask: int, position: int) -> bool:
        """Whether `self.bid` and `self.ask`, the wanted quotes, are to be sent."""
        self.count += 1
        bid -= self.behind
        ask += self.behind
        renew = self.count % self.renew == 0
        changed = renew
        mine = self.bid
        if renew or mine is None or abs(bid - mine) >= self.drift:
            self.bid = bid if position < POSITION_MAX else None
            changed |= self.bid != mine
        mine = self.ask
        if renew or mine is None or abs(ask - mine) >= self.drift:
            self.ask = ask if position > -POSITION_MAX else None
            changed |= self.ask != mine
        return changed

    def filled(self, side: int) -> None:
        """The order of that side is gone."""
        if side > 0:
            self.bid = None
        else:
            self.ask = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a program is to do: the kind of data, its file, how many rows of it, what wakes the strategy."""

    kind: str
    file: Path
    rows: int | None
    wake: str
    engine: str
    manner: Manner = MANNERS["resting"]


@dataclass(frozen=True, slots=True)
class Ran:
    """What happened in a run, for comparison with others."""

    wakes: int
    orders: int
    fills: int
    position: float
    cash: float


def read_work(description: str | None, engines: tuple[str, ...] = ("",)) -> Work:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("kind", choices=("ticks", "depth", "orders"))
    parser.add_argument("file", type=Path, help="made by make_market.py")
    parser.add_argument("--rows", type=int, help="use only the first rows")
    parser.add_argument("--wake", choices=("timer", "best", "none"), default="timer", help="of the kind `orders`")
    parser.add_argument("--quotes", choices=tuple(MANNERS), default="resting", help="of the kind `orders`")
    parser.add_argument("--engine", choices=engines, default=engines[0])
    options = parser.parse_args()
    manner = MANNERS[options.quotes]
    return Work(options.kind, options.file, options.rows, options.wake, options.engine, manner)


def report_market(name: str, rows: int, run: Stopwatch, prepare: Stopwatch, compiling: Stopwatch, ran: Ran) -> None:
    """Prints the line that the harness reads."""
    print(
        json.dumps(
            {
                "engine": name,
                "rows": rows,
                "seconds": run.seconds,
                "run_cpu_s": run.cpu_s,
                "prepare_s": prepare.seconds,
                "compile_s": compiling.seconds,
                "wakes": ran.wakes,
                "orders": ran.orders,
                "fills": ran.fills,
                "position": ran.position,
                "cash": ran.cash,
            }
        )
    )

"""A simulated market as a scene: rows played as they come, own orders sent between them, reports in plain words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tapes import NANOS, Row, nanos, quote, tape
from tradetui.engine.market.simulation import (
    REPORT_CANCELLED,
    REPORT_EXPIRED,
    REPORT_FILL,
    REPORT_FOK,
    REPORT_GTX,
    REPORT_IOC,
    REPORT_NOTHING_TO_REDUCE,
    REPORT_REJECTED,
    REPORT_SELF_TRADE,
    WOKE_END,
    MarketSimulation,
    Report,
    Request,
    SimulationRules,
    Source,
)

ENDS = {
    REPORT_CANCELLED: "cancelled",
    REPORT_EXPIRED: "expired",
    REPORT_REJECTED: "rejected",
    REPORT_IOC: "ioc",
    REPORT_FOK: "fok",
    REPORT_GTX: "gtx",
    REPORT_NOTHING_TO_REDUCE: "nothing to reduce",
}
FORCES = ("gtc", "ioc", "fok", "gtx")
EVERYTHING = 1 << 62  # rows or budget: no bound


def in_words(report: Report) -> str:
    """Such as `1: 5 at 100 maker, 2 left` or `1: ioc 2`."""
    size, price, left = report.size / NANOS, report.price / NANOS, report.leaves / NANOS
    if report.what == REPORT_FILL:
        return f"{report.order_id}: {size:g} at {price:.10g} {'maker' if report.maker else 'taker'}, {left:g} left"
    if report.what == REPORT_SELF_TRADE:
        return f"{report.order_id}: self-trade {size:g}, {left:g} left"
    return f"{report.order_id}: {ENDS[report.what]} {size:g}"


class Scene:
    """One symbol (or `sources`), and behind it another of which nothing is asked: its rows let time pass."""

    def __init__(self, make: Any, source: Source | tuple[Source, ...] = "orders", **rules: Any) -> None:
        sources: tuple[Source, ...] = source if isinstance(source, tuple) else (source,)
        self.other = len(sources)
        for name in ("bar_ns", "trade_symbols"):
            if name in rules:
                rules[name] = (*rules[name], type(rules[name][0])(0))
        self.rules = SimulationRules(sources=(*sources, "trades"), **rules)
        self.market: MarketSimulation = make(self.rules, len(sources) + 1)

    # The market

    def play(self, *rows: Row) -> list[str]:
        """Play rows to the end of the last one's instant; what own orders were told."""
        return [in_words(report) for report in self.reports(*rows)]

    def reports(self, *rows: Row) -> list[Report]:
        told: list[Report] = []
        for _ in self.wakes(*rows):
            told += self.market.reports()
        return told + self.market.reports()

    def wakes(self, *rows: Row) -> list[tuple[int, int]]:
        """The bits of each wake and the time, without the end."""
        self.market.load(tape(*rows, self.tick(rows[-1][0])))
        found = []
        while (bits := self.market.advance(EVERYTHING, EVERYTHING)) != WOKE_END:
            found.append((bits, self.market.now_ns))
        return found

    def tick(self, ts: int) -> Row:
        """A row that changes nothing."""
        return quote(ts, 0, 0, 0, 0, self.other)

    def settle(self, ts: int | None = None) -> list[str]:
        """Let time pass, by 1 ns unless told otherwise, so that what was sent arrives."""
        return self.play(self.tick(self.market.now_ns + 1 if ts is None else ts))

    # Own orders

    def buy(self, order_id: int, size: float, limit: float = 0, **more: Any) -> None:
        self.send(order_id, 1, size, limit, **more)

    def sell(self, order_id: int, size: float, limit: float = 0, **more: Any) -> None:
        self.send(order_id, -1, size, limit, **more)

    def send(
        self,
        order_id: int,
        side: int,
        size: float,
        limit: float = 0,
        *,
        stop: float = 0,
        force: str = "gtc",
        reduce_only: bool = False,
        expires: int = 0,
        symbol: int = 0,
    ) -> None:
        """A limit makes it a limit order, a stop a stop, both a stop-limit, neither a market order."""
        kind = (1 if limit else 0) + (2 if stop else 0)
        request = Request(
            order_id, symbol, side, kind, FORCES.index(force), nanos(size), nanos(limit), nanos(stop), reduce_only,
            expires,
        )  # fmt: skip
        self.market.place(request)

    def cancel(self, order_id: int) -> None:
        self.market.cancel(order_id)

    def ahead(self, order_id: int) -> float | None:
        size = self.market.ahead(order_id)
        return None if size is None else size / NANOS


Scenes = Callable[..., Scene]  # what the fixture `scene` gives: the source and the rules of a scene

"""Risk: how far drawdown and positions are from their limits, and the alerts with what was acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.snapshot import AlertView, PositionView, Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, Pane
from tradetui.tui.panes.table import Column, TablePane
from tradetui.tui.view import View

LEVELS = {"critical": "CRIT", "warning": "WARN", "info": "info"}
NEAR, FULL = 0.8, 1.0
GAUGE_MAX = 32  # cells: a longer bar says no more
WORDS = 21


def gauge(view: View, title: str, used: float | None, words: str, width: int) -> Line:
    """`DRAWDOWN ▓▓▓░░░ 42% 2.1% of 5.0%`; without a limit the words alone."""
    styles, glyphs = view.styles, view.glyphs
    head = Segment(fmt.fit(f" {title}", 11), styles.muted)
    if used is None or used != used:
        return [head, Segment(fmt.fit(words, max(0, width - 11), ellipsis=glyphs.ellipsis), styles.text)]
    cells = min(GAUGE_MAX, width - 11 - 5 - WORDS)
    if cells < 5:
        cells = min(GAUGE_MAX, max(0, width - 16))
    tail = fmt.fit(f" {words}", max(0, width - 16 - cells), ellipsis=view.glyphs.ellipsis)
    filled = max(0, min(cells, round(cells * used)))
    style = styles.error if used >= FULL else styles.warning if used >= NEAR else styles.accent
    return [
        head,
        Segment(glyphs.full * filled, style),
        Segment(glyphs.empty * (cells - filled), styles.faint),
        Segment(fmt.fit(fmt.percent(used, 0), 5, "right"), style),
        Segment(tail, styles.muted),
    ]


class RiskPane(TablePane[AlertView]):
    """`a` acknowledges the alert under the cursor; enter shows the whole of it."""

    sections = ("alerts", "account", "positions")
    period_s = 0.1
    short = "Risk"
    shortest = "Rk"
    number = 5
    empty = "no alerts"
    columns = (
        Column("", 1, "left", 1),
        Column("TIME", 8, "left", 2, is_time=True),
        Column("LEVEL", 5, "left", 1),
        Column("SYMBOL", 6, "left", 3, 4),
        Column("CHECK", 9, "left", 4, 4),
        Column("WHAT", 26, "left", 1, 400),
    )

    def key(self, snapshot: Snapshot) -> Hashable:
        return (super().key(snapshot), len(self.view.acknowledged))

    def records(self) -> Sequence[AlertView]:
        return self.view.snapshot.alerts[::-1]

    def identity(self, record: AlertView) -> object:
        return record.number

    def cells(self, record: AlertView, widths: dict[str, int]) -> dict[str, tuple[str, Style]]:
        styles, glyphs = self.view.styles, self.view.glyphs
        seen = record.number in self.view.acknowledged
        names = record.symbol and "SYMBOL" not in widths and record.symbol not in record.message
        loud = styles.faint if seen else styles.severity(record.severity)
        return {
            "": (" " if seen else glyphs.dot, loud),
            "TIME": (self.stamp(record.ts_ns), styles.faint),
            "LEVEL": (LEVELS.get(record.severity, record.severity), loud),
            "SYMBOL": (record.symbol, styles.muted if seen else styles.title),
            "CHECK": (record.check, styles.muted),
            "WHAT": (
                f"{record.symbol} {record.message}" if names else record.message,
                styles.muted if seen else styles.text,
            ),
        }

    def above(self, width: int, height: int) -> list[Line]:
        account, snapshot = self.view.snapshot.account, self.view.snapshot
        limit = account.drawdown_limit
        lost = max(0.0, -account.drawdown)
        share = lost / limit if limit else None
        words = f"{fmt.percent(lost)} of {fmt.percent(limit)}" if limit else f"{fmt.percent(lost)}, no limit set"
        gauges = [gauge(self.view, "DRAWDOWN", share, words, width)]
        room = 3 if height >= 14 else 1
        used = sorted((self._use(held) for held in snapshot.positions), key=lambda use: -use[1])
        gauges += [gauge(self.view, symbol, part, words, width) for symbol, part, words in used[:room]]
        if not used:
            gauges.append(gauge(self.view, "POSITION", None, "flat", width))
        return gauges if height >= 6 else gauges[:1] if height >= 5 else []

    def _use(self, held: PositionView) -> tuple[str, float, str]:
        """How much of its limit a position uses; without a limit, its share of the equity."""
        if held.limit_use is not None:
            return held.symbol, held.limit_use, "of position limit"
        equity = self.view.snapshot.account.equity
        value = abs(held.quantity * (held.average_price if held.mark is None else held.mark))
        return held.symbol, value / equity if equity > 0 else 0.0, "of equity, no limit"

    def heading(self) -> str:
        unseen = len(self.view.unseen())
        return f"Risk {self.view.glyphs.between} {unseen} new" if unseen else "Risk"


class AlertStrip(Pane):
    """The newest alerts in a line or two, for screens without room for the risk pane."""

    sections = ("alerts",)
    short = "Alerts"

    def key(self, snapshot: Snapshot) -> Hashable:
        return (super().key(snapshot), len(self.view.acknowledged))

    def lines(self, width: int, height: int) -> list[Line]:
        unseen = self.view.unseen()
        seen = [alert for alert in reversed(self.view.snapshot.alerts) if alert.number in self.view.acknowledged]
        shown = [*unseen, *seen][:height]
        if not shown:
            return self.note("no alerts", width, height)
        stamp = self.view.stamp(alert.ts_ns for alert in shown)
        return [
            self._line(alert, alert.number not in self.view.acknowledged, width, at == 0, stamp)
            for at, alert in enumerate(shown)
        ]

    def _line(self, alert: AlertView, new: bool, width: int, first: bool, stamp: Callable[[int], str]) -> Line:
        styles, glyphs = self.view.styles, self.view.glyphs
        loud = styles.severity(alert.severity) if new else styles.faint
        hint = [Segment(" a", styles.key), Segment(":ack ", styles.muted)] if first and new else []
        room = width - sum(segment.cell_length for segment in hint)
        head = f" {glyphs.dot if new else ' '} {LEVELS.get(alert.severity, alert.severity)} "
        time = f"{stamp(alert.ts_ns)} "
        words = (
            f"{alert.symbol} {alert.message}" if alert.symbol and alert.symbol not in alert.message else alert.message
        )
        left = [Segment(head, loud), Segment(time, styles.faint)]
        rest = max(0, room - len(head) - len(time))
        left.append(self.cell(words, rest, styles.text if new else styles.muted))
        return [*left, *hint]

    def heading(self) -> str:
        unseen = len(self.view.unseen())
        return f"Alerts {self.view.glyphs.between} {unseen} new" if unseen else "Alerts"

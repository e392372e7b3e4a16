"""What the venue's reports mean to the core: fills, ends, orders of unknown fate, orders of somebody else."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tradetui.engine.control import check_drawdown
from tradetui.engine.live.outbox import ENDS, AtVenue, OutboxVenue
from tradetui.engine.live.view import LiveView
from tradetui.engine.model.events import RiskEvent, VenueReport
from tradetui.engine.model.instrument import EXACT
from tradetui.engine.step import Core

LiveCore = Core[OutboxVenue]


class Reports:
    """Applies reports one at a time, each with all that follows from it."""

    def __init__(self, core: LiveCore, view: LiveView) -> None:
        self._core, self._view = core, view

    def hear(self, report: VenueReport, now_ns: int) -> None:
        """Take a report that has been numbered."""
        known = self._core.venue.of(report)
        if report.what == "fill":
            self._fill(known, report, now_ns)
        elif known is None:
            self._of_somebody_else(report, now_ns)
        elif report.what in ENDS:
            self._over(known, report, now_ns)
        elif known.stage != "done":
            self._goes_on(known, report, now_ns)

    def _fill(self, known: AtVenue | None, report: VenueReport, now_ns: int) -> None:
        core, venue = self._core, self._core.venue
        if core.portfolio.booked(report.execution_id):
            venue.duplicates += 1
            return
        if known is None and not report.side:  # a word that we do not know: the account shows what it did
            text = f"somebody's order {report.venue_id} of an unknown side filled {report.quantity}: it is not booked"
            self._tell(report, "warning", "FOREIGN", text, now_ns)
            return
        if known is None:
            fill = venue.foreign_fill(report, core.portfolio.quantity(report.symbol))
        else:
            fill = venue.fill(known, report)
        if fill is None:
            return
        core.booked(fill)
        if core.guard.limit is not None:
            check_drawdown(core, now_ns, fill.seq)
        core.answered(fill)
        core.curve.point(now_ns, core.equity(), bool(core.portfolio.open), traded=True)
        if known is None:
            return
        number = known.order.order_id
        if known.stage == "done":
            core.orders.let_go(number)
        if known.filled > known.quantity:
            over = EXACT.subtract(known.filled, known.quantity)
            self._tell(report, "critical", "OVERFILL", f"order {number} filled {over} units more than it asked", now_ns)

    def _over(self, known: AtVenue, report: VenueReport, now_ns: int) -> None:
        core, number = self._core, known.order.order_id
        if known.stage == "done":
            return
        dropped = core.venue.dropped(known, report)
        if core.orders.is_open(number):
            core.dropped(dropped, now_ns, report.seq, known.order.symbol)
        else:
            core.orders.let_go(number)

    def _goes_on(self, known: AtVenue, report: VenueReport, now_ns: int) -> None:
        if report.what == "unresolved":
            if known.stage == "sent":
                known.stage = "unresolved"
                text = f"it is not known whether order {known.order.order_id} arrived; it counts until the venue tells"
                self._tell(report, "warning", "UNRESOLVED", f"{text}{_because(report)}", now_ns)
            return
        known.venue_id = known.venue_id or report.venue_id
        if report.what in ("accepted", "changed"):
            known.stage = "accepted"
        left = left_of(known, report)
        if left is not None:
            lessened = self._core.venue.changed(known, left, report.reason)
            if self._core.orders.is_open(known.order.order_id):
                self._core.lessened(lessened, now_ns, report.seq)

    def _of_somebody_else(self, report: VenueReport, now_ns: int) -> None:
        venue = self._core.venue
        if report.what in ENDS:
            venue.foreign.pop(report.venue_id, None)
        elif report.what in ("foreign", "accepted") and venue.adopt(report):
            side = "buy" if report.side > 0 else "sell"
            price = f" at {report.price}" if report.price else ""
            text = f"an order of somebody else: {side} {report.quantity}{price} ({report.venue_id})"
            self._tell(report, "info", "FOREIGN", text, now_ns)

    def _tell(self, report: VenueReport, severity: Any, check: str, message: str, now_ns: int) -> None:
        self._core.emit(RiskEvent(severity, check, report.symbol, message, now_ns), report.seq)


def left_of(known: AtVenue, report: VenueReport) -> Decimal | None:
    """What of an order is left, where the report changes that.

    One that is found again after a crash may have been lessened meanwhile: it has fewer units than it was sent with.
    """
    if report.what == "changed":
        return report.leaves
    if report.what == "accepted" and 0 < report.quantity < known.quantity and report.quantity >= known.filled:
        return EXACT.subtract(report.quantity, known.filled)
    return None


def _because(report: VenueReport) -> str:
    return f" ({report.reason})" if report.reason else ""

"""Money and session in words and numbers, for screens with room for it."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import PurePath

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, Pane
from tradetui.tui.view import state_word


class AccountPane(Pane):
    """Labels at the left, right-aligned numbers at the right."""

    sections = ("account", "fills", "orders", "positions")
    period_s = 0.2
    short = "Account"

    def key(self, snapshot: Snapshot) -> Hashable:
        session = (snapshot.events, snapshot.events_per_s, snapshot.state, snapshot.strategy_stopped, snapshot.journal)
        return (super().key(snapshot), session)

    def lines(self, width: int, height: int) -> list[Line]:
        rows = self._money()
        session = self._session()
        if height > len(rows) + len(session):
            rows.append(("", "", self.view.styles.text))
        return [self._row(title, text, style, width) for title, text, style in (*rows, *session)][:height]

    def _row(self, title: str, text: str, style: Style, width: int) -> Line:
        if not title:
            return [Segment(" " * width)]
        room = max(0, width - len(title) - 3)
        return [
            Segment(f" {title} ", self.view.styles.muted),
            self.cell(text, room, style, "right"),
            Segment(" "),
        ]

    def _money(self) -> list[tuple[str, str, Style]]:
        styles, account = self.view.styles, self.view.snapshot.account
        gain = account.equity - account.start_equity
        share = gain / account.start_equity if account.start_equity > 0 else None

        def money(value: float, *, sign: bool = False) -> str:
            return fmt.number(value, 18, sign=sign)

        return [
            ("Equity", money(account.equity), styles.strong),
            ("Return", fmt.percent(share, sign=True), styles.signed(gain)),
            ("Cash", money(account.cash), styles.text),
            ("Unrealised", money(account.unrealized, sign=True), styles.signed(account.unrealized)),
            ("Realised", money(account.realized, sign=True), styles.signed(account.realized)),
            ("Fees", money(account.fees), styles.text),
        ]

    def _session(self) -> list[tuple[str, str, Style]]:
        styles, snapshot = self.view.styles, self.view.snapshot
        stopped = snapshot.strategy_stopped
        name = PurePath(snapshot.journal).name if snapshot.journal else fmt.NONE_TEXT
        return [
            (
                "Strategy",
                f"{snapshot.strategy} STOPPED" if stopped else snapshot.strategy or fmt.NONE_TEXT,
                styles.error if stopped else styles.accent,
            ),
            (
                "Trading",
                state_word(snapshot),
                styles.text if snapshot.state.value == "active" else styles.warning,
            ),
            ("Fills", f"{snapshot.fills_total:,}", styles.text),
            ("Orders", f"{len(snapshot.orders):,} working", styles.text),
            ("Events", fmt.progress(snapshot.events, snapshot.events_total, 22), styles.text),
            ("Rate", f"{fmt.compact(snapshot.events_per_s, 6)} ev/s", styles.text),
            ("Journal", name, styles.muted),
        ]

"""The line under the status bar that appears when trading is not simply running: killed, reducing, failed, finished."""

from __future__ import annotations

from collections.abc import Hashable

from rich.style import Style

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, Pane
from tradetui.tui.view import replayed

ROOMY_FROM = 100  # cells: narrower ones leave out the reason and a word


class Banner(Pane):
    """Takes a row only while it has something to say."""

    def key(self, snapshot: Snapshot) -> Hashable:
        sent = self.view.kill_sent
        return (snapshot.version, None if sent is None else int(self.view.now() - sent))

    def message(self) -> tuple[str, Style] | None:
        """What to say, and how loud."""
        snapshot, styles, glyphs = self.view.snapshot, self.view.styles, self.view.glyphs
        dot = f" {glyphs.between} "
        held = len(snapshot.positions)
        if snapshot.phase == "failed":
            first = snapshot.error.strip().splitlines()[-1] if snapshot.error.strip() else "no reason was given"
            return f"{glyphs.stop} SESSION FAILED{dot}{first}", styles.killed
        sent = self.view.kill_sent
        if sent is not None and snapshot.phase != "finished":
            waited = fmt.age(self.view.now() - sent)
            return f"{glyphs.stop} KILL SENT {waited} AGO{dot}NOT CONFIRMED YET", styles.killed
        if snapshot.state is TradingState.HALTED:
            roomy = self.size.width >= ROOMY_FROM
            still = ("STILL OPEN" if roomy else "OPEN") if held else ""
            parts = [
                f"{glyphs.stop} KILLED {fmt.clock(snapshot.state_since_ns)}",
                f"{snapshot.orders_cancelled} cancelled, {snapshot.orders_unconfirmed} unconfirmed",
                f"{held} POSITION{'' if held == 1 else 'S'} {still}" if held else "flat",
                "U unlock",
            ]
            if roomy and snapshot.state_reason and snapshot.state_reason != "kill":
                parts.insert(1, snapshot.state_reason)
            return dot.join(parts), styles.killed
        if snapshot.state is TradingState.REDUCING:
            lasted = fmt.age((snapshot.clock_ns - snapshot.state_since_ns) / fmt.NS_PER_SECOND)
            way = "U unlock" if replayed(snapshot) else "space resume"
            parts = [f"{glyphs.pause_wide} ORDERS PAUSED {lasted}", "only orders that reduce a position", way]
            return dot.join(parts), styles.paused
        if snapshot.phase == "finished":
            return f"{glyphs.stop} END OF SESSION{dot}{snapshot.events:,} events{dot}q quit", styles.replay
        return None

    def lines(self, width: int, height: int) -> list[Line]:
        said = self.message()
        if said is None:
            return []
        text, style = said
        return [[self.cell(f" {text}", width, style)]]

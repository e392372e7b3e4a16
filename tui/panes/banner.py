"""The line under the status bar that appears when trading is not simply running: killed, reducing, failed, finished."""

from __future__ import annotations

from collections.abc import Hashable

from rich.style import Style

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, Pane
from tradetui.tui.view import halted_by_risk, replayed, state_word

REASON_LEAST = 46  # cells: `DRAWDOWN: equity 94,900.00 is 5.10% below its pe`
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
        if snapshot.phase == "failed":
            first = snapshot.error.strip().splitlines()[-1] if snapshot.error.strip() else "no reason was given"
            return f"{glyphs.stop} SESSION FAILED{dot}{first}", styles.killed
        sent = self.view.kill_sent
        if sent is not None and snapshot.phase != "finished":
            waited = fmt.age(self.view.now() - sent)
            return f"{glyphs.stop} KILL SENT {waited} AGO{dot}NOT CONFIRMED YET", styles.killed
        if snapshot.state is TradingState.HALTED:
            return dot.join(self._halted(snapshot, len(dot))), styles.killed
        over = snapshot.feed == "END" and next((feed.message for feed in snapshot.feeds if feed.state == "END"), "")
        if over and snapshot.phase != "finished":
            return f"{glyphs.stop} {fmt.clean(over).upper()}{dot}{snapshot.events:,} events{dot}q quit", styles.replay
        if snapshot.state is TradingState.REDUCING:
            lasted = fmt.age((snapshot.clock_ns - snapshot.state_since_ns) / fmt.NS_PER_SECOND)
            way = "U unlock" if replayed(snapshot) else "9 health" if snapshot.holds else "space resume"
            what = fmt.clean(snapshot.holds[0]) if snapshot.holds else "only orders that reduce a position"
            head = f"{glyphs.pause_wide} {state_word(snapshot)} {lasted}"
            room = max(12, self.size.width - 2 - len(head) - len(way) - 2 * len(dot))
            parts = [head, fmt.fit(what, min(len(what), room), ellipsis=glyphs.ellipsis), way]
            return dot.join(parts), styles.paused
        if snapshot.phase == "finished":
            return f"{glyphs.stop} END OF SESSION{dot}{snapshot.events:,} events{dot}q quit", styles.replay
        return None

    def _halted(self, snapshot: Snapshot, gap: int) -> list[str]:
        """What was stopped and what is left; why, for a limit that stopped it must be known even where it is narrow."""
        held, stamp = len(snapshot.positions), self.view.stamp((snapshot.state_since_ns,))
        roomy = self.size.width >= ROOMY_FROM
        still = ("STILL OPEN" if roomy else "OPEN") if held else ""
        head = f"{self.view.glyphs.stop} {state_word(snapshot)} {stamp(snapshot.state_since_ns)}"
        parts = [
            f"{snapshot.orders_cancelled} cancelled, {snapshot.orders_unconfirmed} unconfirmed",
            f"{held} POSITION{'' if held == 1 else 'S'} {still}" if held else "flat",
            "U unlock",
        ]
        reason = fmt.clean(snapshot.state_reason)
        if not halted_by_risk(snapshot):
            return [head, *([reason] if roomy and reason not in ("", "kill") else []), *parts]
        if not roomy:
            parts = [f"{held} OPEN" if held else "flat", "U unlock"]
        least = min(len(reason), REASON_LEAST)
        while len(parts) > 1 and self._left(head, parts, gap) < least:
            parts.pop(0 if roomy else -1)
        room = self._left(head, parts, gap)
        return [head, fmt.fit(reason, max(0, min(len(reason), room)), ellipsis=self.view.glyphs.ellipsis), *parts]

    def _left(self, head: str, parts: list[str], gap: int) -> int:
        """The cells that are left for the reason between the others."""
        return self.size.width - 2 - len(head) - gap - sum(gap + len(part) for part in parts)

    def lines(self, width: int, height: int) -> list[Line]:
        said = self.message()
        if said is None:
            return []
        text, style = said
        return [[self.cell(f" {text}", width, style)]]

"""The top line: mode, run state, symbol and price, equity and drawdown, feed, clock."""

from __future__ import annotations

from collections.abc import Hashable

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, Pane, between
from tradetui.tui.view import UNTRUSTED, View, mode_word, mode_words, replayed, state_word

FEEDS = {"OK": "feed OK", "STALE": "feed STALE", "DOWN": "feed DOWN", "END": "feed END"}


WORD_BELOW = 72  # cells: narrower bars name the mode alone, without the account
ROOMY_FROM = 110  # cells: narrower bars leave out glyphs and spaces that only please


class StatusBar(Pane):
    """Segments with a rank: the least important leave first when the line gets narrow."""

    def __init__(self, view: View, *, id: str) -> None:
        super().__init__(view, id=id)
        self.roomy = True
        self._held_since = view.now()
        self._was_held = False

    def key(self, snapshot: Snapshot) -> Hashable:
        held = snapshot.paused and snapshot.phase == "running"
        if held and not self._was_held:
            self._held_since = self.view.now()
        self._was_held = held
        seconds = int(self.view.now() - self._held_since) if held else -1
        aging = int(self.view.waited_s) if snapshot.feed in UNTRUSTED else 0
        return (snapshot.version, seconds, self.view.symbol, aging)

    def lines(self, width: int, height: int) -> list[Line]:
        styles, glyphs = self.view.styles, self.view.glyphs
        self.roomy = width >= ROOMY_FROM
        ranked = self._left(self.view.snapshot)
        right = self._right(self.view.snapshot, width)
        bar = Segment(f" {glyphs.separator} " if self.roomy else glyphs.separator, styles.faint)
        while True:
            left: Line = []
            for _, part in ranked:
                left += [bar, *part] if left else part
            size = sum(segment.cell_length for segment in (*left, *right))
            if size < width or len(ranked) == 1:
                return [between(left, right, width)]
            ranked.remove(max(ranked, key=lambda item: item[0]))

    def _left(self, snapshot: Snapshot) -> list[tuple[int, Line]]:
        """(rank, segments); the higher the rank, the sooner it leaves."""
        ranked = [(0, [*self._mode(snapshot), *self._state(snapshot), *self._run(snapshot)])]
        if snapshot.feed not in ("OK", "END"):
            ranked.append((1, self._feed(snapshot)))  # what nobody may miss does not give way to money
        if self.view.symbol:
            ranked.append((2, self._price(snapshot)))
        ranked.append((3, self._equity(snapshot)))
        ranked.append((4, self._drawdown(snapshot)))
        if snapshot.strategy:
            ranked.append((6, self._strategy(snapshot)))
        if snapshot.feed in ("OK", "END"):
            ranked.append((5, self._feed(snapshot)))
        if snapshot.events_per_s > 0:
            rate = fmt.compact(snapshot.events_per_s, 5)
            ranked.append((7, [Segment(f"{rate} ev/s", self.view.styles.muted)]))
        return ranked

    def _right(self, snapshot: Snapshot, width: int) -> Line:
        styles = self.view.styles
        if width >= 120 and snapshot.clock_ns:
            if self.view.dated and fmt.is_midnight(snapshot.clock_ns):
                return [Segment(fmt.day(snapshot.clock_ns), styles.strong), Segment(" UTC ", styles.faint)]
            return [
                Segment(fmt.day(snapshot.clock_ns), styles.muted),
                Segment(f" {fmt.clock(snapshot.clock_ns)}", styles.strong),
                Segment(" UTC ", styles.faint),
            ]
        stamp = self.view.stamp((snapshot.clock_ns,))
        return [Segment(f"{stamp(snapshot.clock_ns)} ", styles.strong)]

    def _mode(self, snapshot: Snapshot) -> Line:
        styles, glyphs = self.view.styles, self.view.glyphs
        word = mode_word(snapshot)
        glyph = {"PRACTICE": glyphs.practice, "PAPER": glyphs.paper, "LIVE": glyphs.live}.get(
            word, glyphs.replay if replayed(snapshot) else glyphs.ring
        )
        own = {"PRACTICE": styles.practice, "PAPER": styles.paper, "LIVE": styles.live}
        style = own.get(word, styles.replay)
        words = word if self.size.width < WORD_BELOW else mode_words(snapshot)
        return [Segment(f" {glyph} {words} ", style), Segment(" ")]

    def _state(self, snapshot: Snapshot) -> Line:
        """What may be traded, where that is not everything; beside it, `_run` says whether the clock moves."""
        styles, glyphs = self.view.styles, self.view.glyphs
        if snapshot.state is TradingState.ACTIVE:
            return []
        gap = " " if self.roomy else ""
        if snapshot.state is TradingState.HALTED:
            return [Segment(f" {glyphs.stop}{gap}{state_word(snapshot)} ", styles.killed), Segment(gap)]
        return [Segment(f" {state_word(snapshot)} ", styles.paused), Segment(gap)]

    def _run(self, snapshot: Snapshot) -> Line:
        styles, glyphs = self.view.styles, self.view.glyphs
        short = not self.roomy and snapshot.state is not TradingState.ACTIVE
        if snapshot.phase != "running":
            style = styles.error if snapshot.phase == "failed" else styles.muted
            word = "END" if short and snapshot.phase == "finished" else snapshot.phase.upper()
            if snapshot.phase == "loading" and snapshot.state_reason:
                word = f"{word}: {fmt.clean(snapshot.state_reason)}"
            return [Segment(word, style)]
        if snapshot.paused and short:
            return [Segment("PAUSED", styles.warning)]
        if snapshot.paused:
            held = fmt.age(self.view.now() - self._held_since)
            return [Segment(f" {glyphs.pause_wide} PAUSED {held} ", styles.paused)]
        if short:
            return [Segment("RUN", styles.good)]
        word = f"{glyphs.play_wide} RUN" if self.roomy else "RUN"
        if not replayed(snapshot):
            return [Segment(word, styles.good)]  # the clock of a market has no speed
        return [Segment(word, styles.good), Segment(f" {fmt.speed(snapshot.speed)}", styles.text)]

    def _price(self, snapshot: Snapshot) -> Line:
        styles, glyphs = self.view.styles, self.view.glyphs
        line = self.view.line()
        book = self.view.book()
        last = line.last if line else book.last if book else None
        stale = self.view.stale(self.view.symbol)
        change = line.change if line else None
        mark = glyphs.up if (change or 0) > 0 else glyphs.down if (change or 0) < 0 else glyphs.flat
        text = fmt.price(last, self.view.decimals(self.view.symbol, last))
        parts = [
            Segment(f"{fmt.fit(self.view.symbol, min(12, len(self.view.symbol)))} ", styles.title),
            Segment(text, styles.faint if stale else styles.strong),
        ]
        if change is not None:
            parts.append(
                Segment(f" {mark}{fmt.percent(change, sign=True)}", Style() if stale else styles.signed(change))
            )
        return parts

    def _equity(self, snapshot: Snapshot) -> Line:
        styles, account = self.view.styles, snapshot.account
        gain = account.equity - account.start_equity
        return [
            Segment("Eq ", styles.muted),
            Segment(fmt.number(account.equity, 13, 0), styles.strong),
            Segment(f" {fmt.number(gain, 12, 0, sign=True)}", styles.signed(gain)),
        ]

    def _drawdown(self, snapshot: Snapshot) -> Line:
        styles, account = self.view.styles, snapshot.account
        limit = account.drawdown_limit
        near = limit is not None and limit > 0 and -account.drawdown >= 0.8 * limit
        style = styles.error if near else styles.signed(account.drawdown)
        told = fmt.percent(account.drawdown, 1 if account.drawdown <= -5e-4 else 2)
        told = "0.0%" if told == "0.00%" else told  # what is there is not rounded away
        return [
            Segment("DD " if self.roomy or not told.startswith("-") else "DD", styles.muted),
            Segment(told, style),
        ]

    def _strategy(self, snapshot: Snapshot) -> Line:
        styles = self.view.styles
        if snapshot.strategy_stopped:
            return [Segment(f"{fmt.fit(snapshot.strategy, min(20, len(snapshot.strategy)))} STOPPED", styles.error)]
        return [Segment(fmt.fit(snapshot.strategy, min(24, len(snapshot.strategy))), styles.accent)]

    def _feed(self, snapshot: Snapshot) -> Line:
        styles, glyphs = self.view.styles, self.view.glyphs
        style = {"OK": styles.good, "END": styles.muted}.get(snapshot.feed, styles.error)
        late = f" {self.view.price_age(self.view.symbol)}" if snapshot.feed in UNTRUSTED else ""
        words = Segment(
            f"{FEEDS.get(snapshot.feed, snapshot.feed)}{late}",
            styles.muted if snapshot.feed in ("OK", "END") else style,
        )
        return [Segment(f"{glyphs.dot} ", style), words] if self.roomy else [words]

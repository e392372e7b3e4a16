"""Health: whether prices come in, orders go out, books agree and everything is written down, in words and numbers."""

from __future__ import annotations

from collections.abc import Hashable

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.snapshot import (
    ExecutionView,
    FeedView,
    LatenciesView,
    ReconciliationView,
    Snapshot,
    StorageView,
)
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line, Pane, between
from tradetui.tui.view import mode_word, replayed

WELL, ON_THE_WAY, DOUBTFUL = ("OK", "AGREES"), ("CONNECTING", "END", "ASKING"), ("LATE", "BEHIND", "STALE")
HEAD, TROUBLE, COUNTS = 0, 1, 2  # what stays longest where rows are few
RATE_LOW = 0.1  # of the budget: less than this is worth a warning
NS_PER_MS = 1_000_000
DELAY_MAX_NS = 50 * NS_PER_MS  # from a tick to its order: more is too slow for what it was decided on

Ranked = tuple[int, Line]


class HealthPane(Pane, can_focus=True):
    """One head for each part, its counts below; counts of what is well give way first where rows are few."""

    period_s = 0.25
    short = "Health"
    shortest = "Up"
    number = 9

    def key(self, snapshot: Snapshot) -> Hashable:
        parts = (snapshot.feeds, snapshot.execution, snapshot.storage, snapshot.reconciliation, snapshot.holds)
        return (*parts, snapshot.latencies, snapshot.feed, snapshot.phase, snapshot.events, int(self.view.waited_s * 4))

    def heading(self) -> str:
        ill = sum(state not in (*WELL, *ON_THE_WAY) for state in self._states(self.view.snapshot))
        return f"Health {self.view.glyphs.between} {ill} ILL" if ill else "Health"

    def lines(self, width: int, height: int) -> list[Line]:
        snapshot = self.view.snapshot
        ranked = self._replay(snapshot, width) if replayed(snapshot) else self._live(snapshot, width)
        for rank in (COUNTS, TROUBLE):
            while len(ranked) > height and any(one[0] == rank for one in ranked):
                last = max(at for at, one in enumerate(ranked) if one[0] == rank)
                del ranked[last]
        return [line for _, line in ranked[:height]]

    def csv(self) -> str:
        """Every part with its state."""
        return "\n".join(["state", *self._states(self.view.snapshot)]) + "\n"

    @staticmethod
    def _states(snapshot: Snapshot) -> list[str]:
        if replayed(snapshot):
            return [snapshot.feed]
        ways = [] if snapshot.execution is None else [snapshot.execution.state]
        drift = [] if snapshot.reconciliation is None else [_agreement(snapshot.reconciliation)]
        return [*(feed.state for feed in snapshot.feeds), *ways, *drift, *(store.state for store in snapshot.storage)]

    # -- the parts

    def _replay(self, snapshot: Snapshot, width: int) -> list[Ranked]:
        done = fmt.progress(snapshot.events, snapshot.events_total, max(12, width - 16))
        return [
            self._head("PRICES", "recorded", snapshot.feed, "", width),
            self._words(COUNTS, f"{done} events", width),
            self._head("ORDERS", "simulated market", "OK", "", width),
            self._words(COUNTS, f"{mode_word(snapshot)}: nothing is connected", width),
        ]

    def _live(self, snapshot: Snapshot, width: int) -> list[Ranked]:
        ranked: list[Ranked] = []
        for reason in snapshot.holds:
            words = fmt.fit(f" {self.view.glyphs.pause_wide} {reason}", width, ellipsis=self.view.glyphs.ellipsis)
            ranked.append((HEAD, [Segment(words, self.view.styles.warning)]))
        for feed in snapshot.feeds:
            ranked += self._feed(feed, width)
        if snapshot.execution is not None:
            ranked += self._execution(snapshot.execution, width)
        if snapshot.latencies is not None and snapshot.latencies.tick_to_signal.count:
            ranked += self._delays(snapshot.latencies, width)
        ranked += self._books(snapshot.reconciliation, width)
        for store in snapshot.storage:
            ranked += self._store(store, width)
        return ranked

    def _feed(self, feed: FeedView, width: int) -> list[Ranked]:
        waited = None if feed.age_ns is None else feed.age_ns / fmt.NS_PER_SECOND + self.view.waited_s
        lines = [self._head("PRICES", feed.name, feed.state, f"lag {_millis(feed.lag_ns)}", width)]
        if feed.message:
            lines.append(self._words(TROUBLE, feed.message, width, self._style(feed.state)))
        last = fmt.NONE_TEXT if waited is None else fmt.age(waited) if waited >= 60 else f"{waited:.1f}s"
        counts = f"{fmt.compact(feed.events, 7)} events  last {last}  {feed.conflated:,} conflated"
        lost = f"{fmt.plural(feed.reconnects, 'reconnect')}  {fmt.plural(feed.gaps, 'gap')}  {feed.queued:,} queued"
        return [*lines, self._words(COUNTS, counts, width), self._words(COUNTS, lost, width)]

    def _execution(self, way: ExecutionView, width: int) -> list[Ranked]:
        lines = [self._head("ORDERS", way.name, way.state, f"round trip {_millis(way.round_trip_ns)}", width)]
        if way.message:
            lines.append(self._words(TROUBLE, way.message, width, self._style(way.state)))
        loud = self.view.styles.warning if way.unresolved else None
        left = "" if way.rate_left is None else f"  {_of(way.rate_left, way.rate_limit, '/')} left"
        words = f"{way.sent:,} sent  {way.unresolved} unresolved{left}"
        lines.append(self._words(TROUBLE if way.unresolved else COUNTS, words, width, loud))
        if _low(way):
            words = f"{_of(way.rate_left, way.rate_limit)} requests left this minute, LOW"
            lines.append(self._words(TROUBLE, words, width, self.view.styles.warning))
        return [*lines, self._words(COUNTS, fmt.plural(way.reconnects, "reconnect"), width)]

    def _delays(self, took: LatenciesView, width: int) -> list[Ranked]:
        worst_ns = max(took.tick_to_signal.p99_ns, took.tick_to_order.p99_ns)
        state = "OK" if worst_ns <= DELAY_MAX_NS else "LATE"
        lines = [self._head("DELAY", "from a tick", state, f"p99 {_millis(worst_ns)}", width)]
        for name, one in (("signal", took.tick_to_signal), ("order", took.tick_to_order)):
            if one.count:
                p50, p99, most = (_millis(ns).removesuffix("ms") for ns in (one.p50_ns, one.p99_ns, one.max_ns))
                lines.append(self._words(COUNTS, f"{name:<7}p50 {p50} p99 {p99} max {most} ms", width))
        return [*lines, self._words(COUNTS, f"at most {took.queued_max:,} waited at once", width)]

    def _books(self, seen: ReconciliationView | None, width: int) -> list[Ranked]:
        if seen is None:
            return [self._head("BOOKS", "not compared yet", "ASKING", "", width)]
        ago = "" if seen.age_ns is None else f"{fmt.age(seen.age_ns / fmt.NS_PER_SECOND + self.view.waited_s)} ago"
        lines = [self._head("BOOKS", f"at {fmt.clock(seen.ts_ns)}", _agreement(seen), ago, width)]
        lines += [self._words(TROUBLE, words, width, self.view.styles.error) for words in seen.differences]
        if seen.due:
            lines.append(self._words(TROUBLE, f"asked again: {seen.due}", width))
        counts = f"{fmt.plural(seen.orders, 'order')}, {fmt.plural(seen.positions, 'symbol')} and cash compared"
        return [*lines, self._words(COUNTS, counts, width)]

    def _store(self, store: StorageView, width: int) -> list[Ranked]:
        well = store.state in WELL
        lines = [self._head("STORE", store.name, store.state, "", width)]
        if store.text:
            lines.append(self._words(COUNTS if well else TROUBLE, store.text, width, self._style(store.state)))
        return lines

    # -- lines

    def _head(self, part: str, name: str, state: str, right: str, width: int) -> Ranked:
        styles, style = self.view.styles, self._style(state)
        tail = [Segment(f"{right} ", styles.muted)] if right else []
        room = max(4, width - 4 - 8 - len(state) - 1 - sum(len(one.text) for one in tail))
        if room < 6 and tail:  # the state is worth more than the figure
            tail, room = [], max(4, width - 4 - 8 - len(state))
        left = [
            Segment(f" {self._glyph(state)} ", style),
            self.cell(part, 7, styles.muted),
            self.cell(name, min(room, len(name)), styles.title),
            Segment(f" {state}", style),
        ]
        return HEAD, between(left, tail, width)

    def _words(self, rank: int, words: str, width: int, style: Style | None = None) -> Ranked:
        return rank, [Segment("   "), self.cell(words, width - 3, style or self.view.styles.text)]

    def _style(self, state: str) -> Style:
        styles = self.view.styles
        if state in WELL:
            return styles.good
        return styles.muted if state in ON_THE_WAY else styles.warning if state in DOUBTFUL else styles.error

    def _glyph(self, state: str) -> str:
        glyphs = self.view.glyphs
        if state in WELL:
            return glyphs.dot
        return glyphs.ring if state in ON_THE_WAY else glyphs.doubt if state in DOUBTFUL else glyphs.stop


def _of(left: int | None, limit: int | None, sign: str = " of ") -> str:
    return f"{left or 0:,}" if limit is None else f"{left or 0:,}{sign}{limit:,}"


def _low(way: ExecutionView) -> bool:
    """Whether few requests are left in this minute."""
    if way.rate_left is None:
        return False
    return way.rate_left <= 0 or (way.rate_limit is not None and way.rate_left < RATE_LOW * way.rate_limit)


def _agreement(seen: ReconciliationView) -> str:
    """AGREES, or how many differences."""
    return fmt.plural(len(seen.differences), "DIFFERENCE").upper() if seen.differences else "AGREES"


def _millis(ns: int | None) -> str:
    if ns is None:
        return fmt.NONE_TEXT
    return f"{ns / NS_PER_MS:,.0f}ms" if abs(ns) >= 10 * NS_PER_MS else f"{ns / NS_PER_MS:.1f}ms"

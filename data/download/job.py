"""One symbol from one vendor: what is missing, fetched page by page, compared with what is there, put in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Literal

import msgspec

from tradetui.data.download.finish import finish
from tradetui.data.download.pages import NS_PER_S, TIMEFRAMES, Page, Source, Transient
from tradetui.data.download.part import SCHEMA_VERSION, Part, Span, State
from tradetui.data.download.patience import Gate, Timing, ask_patiently
from tradetui.data.download.shelf import Shelf
from tradetui.data.raw_catalog import Dataset, VendorChange
from tradetui.data.times import bound_ns, time_text
from tradetui.engine.errors import DataError, TradetuiError, UsageError

Changed = Literal["refuse", "keep", "replace"]

OVERLAP_BARS = 10  # fetched again where files are extended, to see whether the vendor still says the same
EMPTY_PAGES_MAX = 100  # a vendor may send empty pages on the way, but not for ever


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked for. `start_ns` None: from where the files on disk begin."""

    source: str
    symbol: str
    timeframe: str
    address: str
    start_ns: int | None
    stop_ns: int
    raw: bool
    changed: Changed

    @property
    def where(self) -> str:
        """Vendor and symbol, for messages."""
        return f"{self.source} {self.symbol}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one symbol is: nanoseconds of market time fetched, of how many, and rows."""

    symbol: str
    done_ns: int
    total_ns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a download did: the dataset now, the rows that it received, and what the vendor tells differently."""

    dataset: Dataset
    received: int
    change: VendorChange | None = None


class Download:
    """The steps for one symbol. Everything that is not on disk may be lost at any moment without harm."""

    def __init__(
        self, wanted: Wanted, source: Source, shelf: Shelf, gate: Gate, timing: Timing, tell: Callable[[Progress], None]
    ) -> None:
        self._wanted = wanted
        self._source = source
        self._shelf = shelf
        self._gate = gate
        self._timing = timing
        self._tell = tell
        self._interval_ns = TIMEFRAMES[wanted.timeframe]
        self._chance = Random(f"{wanted.where} {wanted.timeframe}")

    def run(self) -> Outcome:
        """Fetches what is missing. Raises DataError or UsageError; what was fetched before stays for the next run."""
        wanted = self._wanted
        key = (wanted.source, wanted.symbol, wanted.timeframe)
        part = self._shelf.part(*key)
        state = part.load()
        if state is not None and state.commit is not None:
            self._shelf.put(part, state)  # the run before ended while it put its files in place
            state = None
        dataset = self._shelf.dataset(*key)
        if dataset is None or wanted.changed != "replace":
            self._shelf.refuse_strangers(*key, dataset)
            self._refuse_other_files(dataset)
        fresh = self._first_state(dataset)
        if dataset is not None and not fresh.spans:
            return Outcome(dataset, 0)
        state = _continued(state, fresh) or part.begin(fresh)
        try:
            while state.index < len(state.spans):
                state = self._fetch_span(part, state)
        except TradetuiError:
            part.discard_empty()
            raise
        done = finish(self._shelf, part, state, dataset, wanted.address, self._timing.now_ns())
        known = () if dataset is None else dataset.changes
        return Outcome(done, state.rows, done.changes[-1] if len(done.changes) > len(known) else None)

    def _refuse_other_files(self, dataset: Dataset | None) -> None:
        if dataset is not None and self._wanted.raw != (dataset.csv is not None):
            has, option = ("raw CSV", "--raw") if dataset.csv is not None else ("no raw CSV", "--no-raw")
            raise UsageError(
                f"{self._wanted.where} was downloaded with {has}: expected {option} again, "
                "or --changed replace to download all of it anew"
            )

    def _first_state(self, dataset: Dataset | None) -> State:
        wanted = self._wanted
        base = None if dataset is None else dataset.csv or dataset.bars
        spans = self._spans(dataset)
        return State(
            schema_version=SCHEMA_VERSION,
            source=wanted.source,
            symbol=wanted.symbol,
            timeframe=wanted.timeframe,
            raw=wanted.raw,
            changed=wanted.changed,
            base_sha256="" if base is None else base.sha256,
            spans=spans,
            index=0,
            reached_ns=spans[0].start_ns if spans else 0,
            size=0,
            rows=0,
        )

    def _spans(self, dataset: Dataset | None) -> tuple[Span, ...]:
        """The ranges to fetch: all, or what lies before and after the files, each with an overlap to compare."""
        wanted = self._wanted
        stop = min(wanted.stop_ns, self._open_from(self._timing.now_ns()))
        if dataset is None:
            if wanted.start_ns is None:
                raise UsageError(f"{wanted.where} is not on disk yet: expected --from with the first day to download")
            if wanted.start_ns >= stop:
                raise UsageError(
                    f"the range of {wanted.where} from {time_text(wanted.start_ns)} holds no finished bar: "
                    f"expected a start before {time_text(stop)}"
                )
            return (Span(wanted.start_ns, stop),)
        first, end = covered(dataset)
        start = first if wanted.start_ns is None else wanted.start_ns
        if wanted.changed == "replace":
            return (Span(min(start, first), max(stop, end)),)
        overlap = OVERLAP_BARS * self._interval_ns
        before = Span(start, min(first + overlap, end))
        after = Span(max(end - overlap, first if start >= first else before.stop_ns), stop)
        return tuple(span for span, needed in ((before, start < first), (after, stop > end)) if needed)

    def _open_from(self, now_ns: int) -> int:
        """The first whole second at which a bar may start that is not finished yet."""
        return (now_ns - self._interval_ns) // NS_PER_S * NS_PER_S + NS_PER_S

    def _fetch_span(self, part: Part, state: State) -> State:
        span, cursor, empty = state.spans[state.index], None, 0
        start_ns = state.reached_ns  # cursors belong to a query and end with it: a resumed run asks by time
        while state.reached_ns < span.stop_ns:
            self._report(state)
            page = self._believable(start_ns, span.stop_ns, cursor, state.reached_ns)
            now = self._timing.now_ns()
            open_from = self._open_from(now if page.as_of_ns is None else min(now, page.as_of_ns))
            end = min(span.stop_ns, open_from)
            rows = [row for row in page.rows if state.reached_ns <= row.ts_ns < end]
            state = part.append(state, rows, max(state.reached_ns, min(page.reached_ns, end)))
            empty = 0 if rows else empty + 1
            if empty > EMPTY_PAGES_MAX:
                seen = f"{empty} empty pages in a row after {time_text(state.reached_ns)}"
                raise DataError(self._wanted.where, None, seen, "bars, or the last page", "Run the same command again")
            if page.cursor is None:
                break
            cursor = page.cursor
        self._report(state)
        index = state.index + 1
        reached = state.spans[index].start_ns if index < len(state.spans) else state.reached_ns
        return part.save(msgspec.structs.replace(state, index=index, reached_ns=reached))

    def _believable(self, start_ns: int, stop_ns: int, cursor: str | None, reached_ns: int) -> Page:
        """A page of new, rising rows. One that seems to leave bars out is asked for twice: the fuller counts."""

        def ask() -> Page:
            page = self._source.page(self._wanted.symbol, self._wanted.timeframe, start_ns, stop_ns, cursor)
            if page.rest_s > 0:
                self._gate.quiet(page.rest_s)
            _refuse_disorder(page, cursor, reached_ns)
            return page

        def patiently() -> Page:
            return ask_patiently(ask, self._wanted.where, self._source.cost, self._gate, self._timing, self._chance)

        page = patiently()
        hole = page.rows and self._source.gapless and page.rows[0].ts_ns - reached_ns >= self._interval_ns
        if page.rows and not hole:
            return page
        return min(page, patiently(), key=_lateness)

    def _report(self, state: State) -> None:
        spans = state.spans
        done = sum(span.stop_ns - span.start_ns for span in spans[: state.index])
        done += state.reached_ns - spans[state.index].start_ns
        total = sum(span.stop_ns - span.start_ns for span in spans)
        self._tell(Progress(self._wanted.symbol, done, total, state.rows))


def covered(dataset: Dataset) -> tuple[int, int]:
    """The range of bar starts that a dataset holds, its end not included."""
    first = bound_ns(dataset.covered_from, "UTC", last=False)
    end = bound_ns(dataset.covered_to, "UTC", last=False)
    assert first is not None
    assert end is not None
    return first, end


def _continued(state: State | None, fresh: State) -> State | None:
    """The state of the run before where it is a beginning of what is wanted now; only the end may have moved."""
    if state is None or len(state.spans) != len(fresh.spans):
        return None
    last, moved = state.spans[-1], fresh.spans[-1]
    same = msgspec.structs.replace(
        fresh, spans=state.spans, index=state.index, reached_ns=state.reached_ns, size=state.size, rows=state.rows
    )
    if same != state or state.spans[:-1] != fresh.spans[:-1] or last.start_ns != moved.start_ns:
        return None
    in_last = state.index >= len(state.spans) - 1
    stop = max(moved.stop_ns, state.reached_ns) if in_last else moved.stop_ns
    index = len(state.spans) - 1 if in_last and state.reached_ns < stop else state.index
    return msgspec.structs.replace(state, spans=(*state.spans[:-1], Span(last.start_ns, stop)), index=index)


def _refuse_disorder(page: Page, cursor: str | None, reached_ns: int) -> None:
    times = [row.ts_ns for row in page.rows]
    for before, after in pairwise(times):
        if after <= before:
            raise Transient(f"rows out of order, {time_text(after)} after {time_text(before)}")
    if times and cursor is not None and times[-1] < reached_ns:
        raise Transient(f"a page that was given before, up to {time_text(times[-1])}")


def _lateness(page: Page) -> tuple[int, int]:
    return (page.rows[0].ts_ns, -len(page.rows)) if page.rows else (page.reached_ns, 1)

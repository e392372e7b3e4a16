"""The end of a download: rows joined, compared, checked as bars, and put in place as one step that may be repeated."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import polars as pl

from tradetui.data.download.merge import Comparison, compared, frame_of_bars, frame_of_csv, joined
from tradetui.data.download.pages import NS_PER_S, TIMEFRAMES
from tradetui.data.download.part import Part, Span, State
from tradetui.data.download.shelf import Shelf, waiting_path
from tradetui.data.formats import read_bars, write_bars
from tradetui.data.raw_catalog import Dataset, StoredFile, VendorChange, write_whole
from tradetui.data.times import DAY_NS, bound_ns, time_text
from tradetui.engine.errors import DataError

SETTLED_AFTER_NS = 3 * DAY_NS  # bars may come in late: until then a range only counts as covered up to its last bar


def finish(shelf: Shelf, part: Part, state: State, dataset: Dataset | None, address: str, now_ns: int) -> Dataset:
    """Makes the new files of a download whose rows are all there, and puts them in place.

    Raises DataError, and leaves every file as it was, where the vendor tells history differently and `changed` is
    "refuse", and where there is no bar at all. Rows that cannot be bars leave only the raw CSV, and the reason.
    """
    key = (state.source, state.symbol, state.timeframe)
    rows = frame_of_csv(part.content(state))
    base = None if dataset is None else _base(shelf, dataset)
    changes = () if dataset is None else dataset.changes
    if dataset is not None and base is not None:
        found = compared(base, rows, _regions(state, dataset))
        if found.differing:
            _refuse_change(part, state, found)
            holds = "theirs" if state.changed == "replace" else "ours"
            now = time_text(now_ns // NS_PER_S * NS_PER_S)
            changes = (*changes, VendorChange(now, found.compared, found.differing, found.first, holds))
    frame = joined(None if state.changed == "replace" else base, rows)
    if not len(frame):
        part.discard()
        span = f"{time_text(state.spans[0].start_ns)} and {time_text(state.spans[-1].stop_ns)}"
        hint = "Check the symbol, and whether its market was open then"
        raise DataError(f"{state.source} {state.symbol}", None, f"no bar between {span}", "at least one", hint)
    keep_bars = None if dataset is None or state.changed == "replace" else dataset.bars
    csv, bars, refused = _new_files(shelf, key, frame, state.raw, keep_bars)
    covered_from, covered_to = _covered(state, dataset, str(frame["Datetime"][-1]), now_ns)
    done = Dataset(
        source=state.source,
        symbol=state.symbol,
        timeframe=state.timeframe,
        address=address,
        downloaded_at=time_text(now_ns // NS_PER_S * NS_PER_S),
        covered_from=covered_from,
        covered_to=covered_to,
        rows=len(frame),
        first=str(frame["Datetime"][0]),
        last=str(frame["Datetime"][-1]),
        csv=csv,
        bars=bars,
        refused=refused,
        changes=changes,
    )
    return shelf.put(part, part.save(msgspec.structs.replace(state, commit=done)))


def _base(shelf: Shelf, dataset: Dataset) -> pl.DataFrame | None:
    """The rows on disk; None where `replace` was asked for because they are gone or damaged."""
    csv, bars = shelf.csv_path(*dataset.key), shelf.bars_path(*dataset.key)
    try:
        return frame_of_csv(csv.read_bytes()) if dataset.csv is not None else frame_of_bars(bars, dataset.symbol)
    except (OSError, DataError, pl.exceptions.PolarsError):
        return None


def _regions(state: State, dataset: Dataset) -> list[Span]:
    """Where both sides have been asked: what was fetched now, within what was covered before."""
    first, end = _ns(dataset.covered_from), _ns(dataset.covered_to)
    return [Span(max(span.start_ns, first), min(span.stop_ns, end)) for span in state.spans]


def _refuse_change(part: Part, state: State, found: Comparison) -> None:
    if state.changed != "refuse":
        return
    part.discard()
    seen = f"{found.differing} of {found.compared} bars that were downloaded before differ now; {found.first}"
    hint = (
        "Nothing on disk was touched. The vendor has changed its history (a split does that): take all of it anew with "
        "--changed replace, or go on after the old bars with --changed keep"
    )
    raise DataError(f"{state.source} {state.symbol}", None, seen, "the same bars as before", hint)


def _new_files(
    shelf: Shelf, key: tuple[str, str, str], frame: pl.DataFrame, raw: bool, keep_bars: StoredFile | None
) -> tuple[StoredFile | None, StoredFile | None, str]:
    """The files of a dataset, waiting beside their places: raw CSV, bars, and why there are none.

    Rows that cannot be bars leave the bars that were there before, if any, and the raw CSV even where none was wanted.
    """
    csv, bars = shelf.csv_path(*key), shelf.bars_path(*key)
    text = waiting_path(csv)
    write_whole(text, frame.write_csv(line_terminator="\n").encode())
    try:
        checked = read_bars(text, symbol=key[1])
    except DataError as error:
        return shelf.named(csv), keep_bars, str(error).replace(str(text), csv.name)
    write_bars(replace(checked, interval_ns=TIMEFRAMES[key[2]]), waiting_path(bars))
    if raw:
        return shelf.named(csv), shelf.named(bars), ""
    text.unlink()
    return None, shelf.named(bars), ""


def _covered(state: State, dataset: Dataset | None, last: str, now_ns: int) -> tuple[str, str]:
    """The range that is complete now. Its end waits for bars that may still be published."""
    after_last = _ns(last) + TIMEFRAMES[state.timeframe]
    stop = min(state.spans[-1].stop_ns, max(after_last, (now_ns - SETTLED_AFTER_NS) // NS_PER_S * NS_PER_S))
    start = state.spans[0].start_ns
    if dataset is not None:
        start, stop = min(start, _ns(dataset.covered_from)), max(stop, _ns(dataset.covered_to))
    return time_text(start), time_text(stop)


def _ns(text: str) -> int:
    moment = bound_ns(text, "UTC", last=False)
    assert moment is not None
    return moment

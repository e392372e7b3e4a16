"""What was found wrong in a feed: counted, with the first place of each; breaks of its sequence one by one."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

What = Literal[
    "gap", "waiting", "buffered", "buffer_full", "stale", "snapshot_too_old", "snapshot_not_needed", "duplicate",
    "out_of_order", "time_backwards", "unknown_id", "duplicate_id", "unknown_level", "crossed", "bad_size", "bad_price",
    "no_price",    "bad_time", "bad_side", "bad_message", "grown", "halt", "doubted", "skipped",
]  # fmt: skip
WORDS: dict[What, str] = {
    "gap": "the sequence broke; nothing is applied until the next snapshot",
    "waiting": "left out for want of a snapshot",
    "buffered": "kept until a snapshot came",
    "buffer_full": "of those kept, the oldest were dropped: too many waited",
    "stale": "older than the snapshot, left out as the venue's rule says",
    "snapshot_too_old": "snapshots that end before the first change that was kept, left out",
    "snapshot_not_needed": "snapshots while the sequence was whole, left out",
    "duplicate": "sent twice, left out the second time",
    "out_of_order": "came after later ones, left out",
    "time_backwards": "times before the one before; the row counts at the latest time seen",
    "unknown_id": "about an order that does not rest; left out",
    "duplicate_id": "a new order with the id of one that rests; left out",
    "unknown_level": "a level removed that is not held",
    "crossed": "messages after which the best bid is at or above the best ask",
    "bad_size": "sizes that are no number, negative, zero where one is needed, or beyond int64 nanos; left out",
    "bad_price": "prices that are no number, negative, zero where one is needed, or beyond int64 nanos; left out",
    "no_price": "orders at price 0; kept as told, though no simulated book takes them",
    "bad_time": "times that are none, or not of this or the last century; left out",
    "bad_side": "neither bid nor ask; left out",
    "bad_message": "not understood; left out",
    "grown": "orders that grew in place; our rows put them at the end of their queue",
    "halt": "trading halts and resumptions; there is no row for them",
    "doubted": "records that the vendor marks as of a book that may be wrong; applied as told",
    "skipped": "of kinds that are not imported",
}
BREAKS_MAX = 1000  # kept one by one; every one is counted
EXAMPLE_CHARS_MAX = 120


class Seen(msgspec.Struct):
    """How often, and where first: line (or record) and what stood there."""

    count: int = 0
    line: int = 0
    example: str = ""


class Break(msgspec.Struct):
    """A sequence that broke: where, why, and the line of the snapshot that mended it; 0 where none came."""

    line: int
    symbol: str
    why: str
    resumed: int = 0


class Report(msgspec.Struct, kw_only=True):
    """What came of reading a feed. `cut` says where a file stopped in the middle of a message."""

    feed: str
    messages: int = 0
    applied: int = 0
    faults: dict[What, Seen] = {}
    breaks: list[Break] = []
    cut: str = ""
    notes: list[str] = []

    def count(self, what: What, line: int, example: str = "", by: int = 1) -> None:
        """One more of these; the first is kept as the example."""
        seen = self.faults.get(what)
        if seen is None:
            seen = self.faults[what] = Seen(0, line, example[:EXAMPLE_CHARS_MAX])
        seen.count += by

    def broke(self, line: int, symbol: str, why: str) -> None:
        """The sequence of a symbol broke here."""
        self.count("gap", line, why)
        if len(self.breaks) < BREAKS_MAX:
            self.breaks.append(Break(line, symbol, why))

    def resumed(self, line: int, symbol: str) -> None:
        """A snapshot mended the last break of the symbol."""
        for broken in reversed(self.breaks):
            if broken.symbol == symbol:
                broken.resumed = broken.resumed or line
                return

    def number(self, what: What) -> int:
        """How often it was seen."""
        seen = self.faults.get(what)
        return 0 if seen is None else seen.count

    def lines(self) -> list[str]:
        """The report as a person reads it, faults in the order of WORDS."""
        told = [f"  {self.messages:,} messages read, {self.applied:,} changes of the book applied"]
        for what in get_args(What):
            if (seen := self.faults.get(what)) is not None:
                first = f"first at {seen.line}" + (f": {seen.example}" if seen.example else "")
                told.append(f"  {seen.count:>9,}  {what.replace('_', ' ')}: {WORDS[what]} ({first})")
        for broken in self.breaks[:10]:
            after = f"resumed at {broken.resumed}" if broken.resumed else "no later snapshot mended it"
            told.append(f"  break at {broken.line} in {broken.symbol}: {broken.why}; {after}")
        if self.cut:
            told.append(f"  cut off: {self.cut}; what stands before is imported")
        return told + [f"  note: {note}" for note in self.notes]

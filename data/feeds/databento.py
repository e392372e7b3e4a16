"""Databento's DBN files through the vendor's own decoder: orders (MBO), depth (MBP-10), best quotes and trades."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from tradetui.data.feeds.blocks import FeedFile
from tradetui.data.feeds.clock import Clock
from tradetui.data.feeds.databento_symbols import SymbolNames
from tradetui.data.feeds.depth_rows import DepthRows
from tradetui.data.feeds.json_lines import Side
from tradetui.data.feeds.order_rows import OrderRows
from tradetui.data.feeds.prints import Prints
from tradetui.data.feeds.report import Report
from tradetui.data.feeds.tables import Tables
from tradetui.data.feeds.zstd_frames import is_whole
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.model.instrument import NANOS_PER_UNIT

if TYPE_CHECKING:
    import databento_dbn as dbn

SIDES = {"B": 1, "A": -1}  # of the resting order, or of the aggressor of a trade
UNSIGNED = 1 << 64
PIECE_BYTES = 1 << 12  # a damaged record costs those of its piece; packed, a hundred times as many may be in one
ZSTD = b"\x28\xb5\x2f\xfd"


class DatabentoFeed:
    """Reads one file; prices are nanos already, sizes whole units."""

    def __init__(self, tables: Tables, report: Report, *, symbol: str) -> None:
        self._tables, self._report = tables, report
        self._names = SymbolNames(symbol)
        self._clock = Clock(report)
        self._prints = Prints(tables, report)
        self._orders: dict[int, OrderRows] = {}
        self._depth: dict[int, DepthRows] = {}
        self._quoted: dict[int, tuple[int, int, int, int]] = {}
        self._filled: dict[int, int] = {}  # by order: told as filled, still to leave the book
        self._line = 0

    def read(self, file: FeedFile) -> None:
        """Every record of the file into the tables."""
        library = _library()
        kinds: dict[type, Any] = {
            library.MBOMsg: self._order, library.MBP10Msg: self._levels, library.MBP1Msg: self._quote,
            library.TradeMsg: self._trade, library.SymbolMappingMsg: self._named,
        }  # fmt: skip
        for records in _decoded(file, library):
            for record in records:
                if isinstance(record, library.Metadata):
                    self._names.read(record)
                    continue
                self._line += 1
                heard = kinds.get(type(record))
                if heard is None:
                    self._report.count("skipped", self._line, type(record).__name__)
                else:
                    heard(record)
            self._tables.flush()
        self._report.messages = self._line

    def _times(self, record: dbn.MBOMsg | dbn.MBP10Msg | dbn.MBP1Msg | dbn.TradeMsg) -> tuple[int | None, int]:
        """When it was received, and the venue's own time of it."""
        if record.flags & _MAYBE_BAD_BOOK:
            self._report.count("doubted", self._line)
        own = record.ts_event
        return self._clock.at(record.ts_recv, self._line), own if own < UNSIGNED >> 1 else 0

    def _named(self, record: dbn.SymbolMappingMsg) -> None:
        self._names.tell(record.instrument_id, record.stype_out_symbol)

    def _symbol(self, record: dbn.MBOMsg | dbn.MBP10Msg | dbn.MBP1Msg | dbn.TradeMsg) -> str:
        return self._names.of(record.instrument_id, record.ts_event)

    def _trade(self, record: dbn.MBOMsg | dbn.MBP10Msg | dbn.MBP1Msg | dbn.TradeMsg) -> None:
        ts, own = self._times(record)
        if ts is not None:
            self._print(ts, own, record)

    def _print(self, ts: int, own: int, record: dbn.MBOMsg | dbn.MBP10Msg | dbn.MBP1Msg | dbn.TradeMsg) -> None:
        side = SIDES.get(str(record.side), 0)
        price, size = _price(record.price), record.size * NANOS_PER_UNIT
        self._prints.trade(self._line, ts, self._symbol(record), own, 0, price, size, side)

    def _quote(self, record: dbn.MBP1Msg) -> None:
        """The best of both sides; with a trade where the record is one (TBBO: the quote is the one before it)."""
        ts, own = self._times(record)
        if ts is None:
            return
        level = record.levels[0]
        bid, ask = _price(level.bid_px), _price(level.ask_px)
        quote = (bid or 0, level.bid_sz * NANOS_PER_UNIT, ask or 0, level.ask_sz * NANOS_PER_UNIT)
        if self._quoted.get(record.instrument_id) != quote:
            self._quoted[record.instrument_id] = quote
            self._prints.quote(self._line, ts, self._symbol(record), own, 0, *quote)
        if str(record.action) == "T":
            self._print(ts, own, record)

    def _levels(self, record: dbn.MBP10Msg) -> None:
        """The ten best levels after a change, as changes of those before; one that fell out of them is removed."""
        ts, own = self._times(record)
        if ts is None:
            return
        rows = self._depth.get(record.instrument_id)
        if rows is None:
            rows = self._depth[record.instrument_id] = DepthRows(self._tables, self._report, self._symbol(record))
        if str(record.action) == "T":
            self._print(ts, own, record)
        bids = [(level.bid_px, level.bid_sz) for level in record.levels]
        asks = [(level.ask_px, level.ask_sz) for level in record.levels]
        changed = _changed(rows.levels.bids.sizes, bids), _changed(rows.levels.asks.sizes, asks)
        if any(changed):
            rows.change(self._line, ts, own, self._line, *changed)

    def _order(self, record: dbn.MBOMsg) -> None:
        ts, own = self._times(record)
        if ts is None:
            return
        rows = self._orders.get(record.instrument_id)
        if rows is None:
            rows = self._orders[record.instrument_id] = OrderRows(self._tables, self._report, self._symbol(record))
        action, order_id = str(record.action), _signed(record.order_id)
        price, size, side = _price(record.price), record.size * NANOS_PER_UNIT, SIDES.get(str(record.side), 0)
        if action == "T":
            self._print(ts, own, record)
        elif action == "F":
            self._filled[order_id] = self._filled.get(order_id, 0) + size
        elif action == "R":
            rows.clear(self._line, ts, own)
        elif action == "A" and not side:
            self._report.count("bad_side", self._line, f"order {order_id}")
        elif action == "A":
            rows.add(self._line, ts, own, order_id, side, price, size)
        elif action == "C":
            self._left(rows, ts, own, order_id, size)
        elif action == "M":
            self._modified(rows, ts, own, order_id, side, price, size)
        if record.flags & _LAST:
            self._filled.clear()

    def _left(self, rows: OrderRows, ts: int, own: int, order_id: int, size: int) -> None:
        """An order left the book: as far as it was told as filled before, that was an execution."""
        filled = min(self._filled.pop(order_id, 0), size)
        if filled:
            rows.execute(self._line, ts, own, order_id, filled)
        if size > filled:
            rows.reduce(self._line, ts, own, order_id, size - filled)

    def _modified(
        self, rows: OrderRows, ts: int, own: int, order_id: int, side: int, price: int | None, size: int
    ) -> None:
        known, filled = rows.resting.get(order_id), self._filled.pop(order_id, 0)
        if known is None and side:  # the vendor's rule: an order that is not known is a new one
            self._report.count("unknown_id", self._line, f"change of order {order_id}, taken as new")
            rows.add(self._line, ts, own, order_id, side, price, size)
        elif known is not None and filled and (price, size) == (known[1], known[2] - filled):
            rows.execute(self._line, ts, own, order_id, filled)
        else:
            rows.modify(self._line, ts, own, order_id, price, size)


_LAST, _MAYBE_BAD_BOOK = 128, 4  # flags of a record


def _library() -> Any:
    try:
        import databento_dbn
    except ImportError as error:
        raise UsageError("DBN files need databento-dbn: install it with pip install 'tradetui[databento]'") from error
    return databento_dbn


def _decoded(file: FeedFile, library: Any) -> Iterator[list[Any]]:
    """Records as the decoder gives them, a piece of the file at a time."""
    chunks = file.chunks()
    first = next(chunks, b"")
    packed = first.startswith(ZSTD)
    compression = library.Compression.ZSTD if packed else library.Compression.NONE
    decoder = library.DBNDecoder(compression=compression)
    told = False
    for piece in _pieces(chain([first], chunks)):
        try:
            records = decoder.write_and_decode(piece)
        except library.DBNError as error:
            if not told:
                hint = "Fetch it again"
                raise DataError(file.path, None, f"the decoder says: {error}", "a file of DBN", hint) from error
            file.cut = f"the records are damaged ({error})"
            return
        told = told or bool(records)
        yield records
    if decoder.buffer() or (packed and not is_whole(file.path)):
        file.cut = "the last record is not whole"


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE_BYTES):
            yield chunk[start : start + PIECE_BYTES]


def _changed(held: dict[int, int], levels: list[tuple[int, int]]) -> Side:
    now = {price: size * NANOS_PER_UNIT for price, size in levels if _price(price) is not None and size}
    gone: Side = [(price, 0) for price in held if price not in now]
    return gone + [(price, size) for price, size in now.items() if held.get(price) != size]


def _price(value: int) -> int | None:
    """Nanos; None for the vendor's mark of no price, the largest int64."""
    return None if value == (UNSIGNED >> 1) - 1 else value


def _signed(order_id: int) -> int:
    """Unsigned ids as int64, each still its own."""
    return order_id - UNSIGNED if order_id >= UNSIGNED >> 1 else order_id

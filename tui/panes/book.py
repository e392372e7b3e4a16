"""The book as a ladder: asks above, bids below, own orders beside them, the spread between, the imbalance below."""

from __future__ import annotations

from collections.abc import Hashable

from rich.segment import Segment
from textual import events

from tradetui.engine.model.snapshot import BookView, Snapshot
from tradetui.tui import format as fmt
from tradetui.tui.panes import ladder
from tradetui.tui.panes.base import Line, Pane, between
from tradetui.tui.panes.ladder import Ladder
from tradetui.tui.panes.rungs import Grid, RungPainter, grid_for
from tradetui.tui.view import View

BAR_MIN, BAR_MAX = 4, 24  # cells of the imbalance
QUOTED_RULE = 4  # cells of the rule that stay where the best prices are told in it


class BookPane(Pane, can_focus=True):
    """Rows keep their place while the market moves: the spread stays in the middle until the operator scrolls."""

    sections = ("books", "symbols")
    short = "Book"
    number = 1

    def __init__(self, view: View, *, id: str) -> None:
        super().__init__(view, id=id)
        self.depth = 20
        self.group = 1
        self.shift = 0
        self._memory = ladder.Memory()
        self._widest = 0
        self._widest_for = ""

    def key(self, snapshot: Snapshot) -> Hashable:
        book = snapshot.books.get(self.view.symbol)
        quote = self.view.line()
        version = book.version if book is not None else -1
        others: tuple[int, ...] = ()
        if book is None or not ladder.has_depth(book):  # the bare ladder also shows what the position would earn
            others = tuple(snapshot.versions.get(name, snapshot.version) for name in ("positions", "orders"))
        return (version, others, quote, self.view.symbol, self.depth, self.group, self.shift, self._stale())

    def _stale(self) -> str:
        """`STALE 4s` where the prices cannot be trusted, else nothing."""
        symbol = self.view.symbol
        return f"STALE {self.view.price_age(symbol)}".strip() if self.view.stale(symbol) else ""

    def heading(self) -> str:
        stale = self._stale()
        return f"Book {self.view.glyphs.between} {stale}" if stale else "Book"

    def lines(self, width: int, height: int) -> list[Line]:
        book = self.view.book() or self._bare()
        if book is None:
            return self.note("no market data yet", width, height)
        deep = ladder.has_depth(book)
        rows = max(1, height - 2)
        if deep:
            self._memory.learn(book)
            rungs = ladder.build(book, self.group, self.depth, self._memory.before(book.ts_ns))
        else:
            quote = self.view.line()
            bid, ask = (quote.bid, quote.ask) if quote is not None else (None, None)
            rungs = ladder.around(book, bid, ask, self.group, rows)
        painter = RungPainter(self.view, book, rungs, self._grid(book, rungs, width))
        above = (rows - 1) // 2
        body = [painter.row(rung) for rung in reversed(rungs.asks)]
        middle = len(body)
        body.append(self._middle(book, rungs, width))
        body += [painter.row(rung) for rung in rungs.bids]
        self.shift = max(-middle, min(self.shift, len(rungs.bids)))
        top = middle - above + self.shift
        blank = [Segment(" " * width)]
        window = [body[at] if 0 <= at < len(body) else blank for at in range(top, top + rows)]
        foot = self._foot(rungs, book, width) if deep else self._foot_bare(book, width)
        return [painter.titles(), *window, foot]

    def _bare(self) -> BookView | None:
        """A stand-in for a symbol that has prices but no book."""
        quote = self.view.line()
        if quote is None or quote.last is None:
            return None
        working = [order for order in self.view.snapshot.orders if order.symbol == quote.symbol and order.price]
        mine = tuple((order.side, order.price or 0.0, order.quantity - order.filled) for order in working)
        return BookView(symbol=quote.symbol, last=quote.last, ts_ns=quote.ts_ns, mine=mine)

    def _grid(self, book: BookView, rungs: Ladder, width: int) -> Grid:
        deep = ladder.has_depth(book)
        decimals = max(2, fmt.tick_decimals(book.tick)) if deep else self.view.decimals(book.symbol, book.last)
        widest = max((len(fmt.price(rung.price, decimals)) for rung in (*rungs.asks, *rungs.bids)), default=6)
        if book.symbol != self._widest_for:
            self._widest, self._widest_for = 0, book.symbol
        self._widest = min(max(self._widest, widest, 6), max(6, width - 12))  # grows, never shrinks: columns hold still
        return grid_for(width, decimals, self._widest, deep=deep)

    def _middle(self, book: BookView, rungs: Ladder, width: int) -> Line:
        styles, glyphs = self.view.styles, self.view.glyphs
        decimals = fmt.tick_decimals(book.tick)
        if ladder.has_depth(book) and rungs.bid is not None and rungs.ask is not None:
            middle = (rungs.bid + rungs.ask) / 2
            words = f" mid {fmt.price(middle, decimals + 1)} {glyphs.between} spr {rungs.spread_ticks} "
        else:
            decimals = self.view.decimals(book.symbol, book.last)
            words = f" last {fmt.price(book.last, decimals)} "
            quote = self.view.line()
            if quote is not None and quote.bid and quote.ask:
                best = f" {fmt.price(quote.bid, decimals)} x {fmt.price(quote.ask, decimals)} {glyphs.between}{words}"
                words = best if len(best) <= width - QUOTED_RULE else words
        if len(words) >= width:
            return [self.cell(words.strip(), width, styles.strong, "center")]
        left = (width - len(words)) // 2
        return [
            Segment(glyphs.rule * left, styles.faint),
            Segment(words, styles.strong),
            Segment(glyphs.rule * (width - left - len(words)), styles.faint),
        ]

    def _foot(self, rungs: Ladder, book: BookView, width: int) -> Line:
        """The imbalance with a bar where there is room, and what the keys chose, for which there always is."""
        styles, glyphs = self.view.styles, self.view.glyphs
        share = 0.5 if rungs.share is None else rungs.share
        depth = f"d{self.depth}" if self.depth else "d all"
        step = fmt.quantity(book.tick * self.group).removeprefix("0")
        chosen = f"{depth} grp {step} "
        style, heavier = (styles.up, "B") if share >= 0.5 else (styles.down, "S")
        told = f" {max(share, 1 - share) * 100:.0f}%{heavier}"
        left = [Segment(told, style)]
        cells = min(BAR_MAX, width - len(chosen) - len(" imb  100%B "))
        if cells >= BAR_MIN:
            filled = round(cells * share)
            bar = [Segment(glyphs.full * filled, styles.up), Segment(glyphs.empty * (cells - filled), styles.down)]
            left = [Segment(" imb ", styles.muted), *bar, *left]
        return between(left, [Segment(chosen, styles.muted)], width)

    def _foot_bare(self, book: BookView, width: int) -> Line:
        styles = self.view.styles
        held = self.view.position(book.symbol)
        quote = self.view.line()
        quoted = quote is not None and (quote.bid is not None or quote.ask is not None)
        words = ("best bid and ask alone", "quotes only") if quoted else ("no depth in this data", "no depth")
        left = [Segment(f" {words[0] if width >= 46 else words[1]}", styles.faint)]
        if held is not None:
            average = fmt.price(held.average_price, self.view.decimals(book.symbol, held.average_price))
            right = [Segment(f"{fmt.quantity(held.quantity)} @ {average} ", styles.signed(held.quantity))]
            return between(left, right, width)
        return between(left, [Segment("flat ", styles.faint)], width)

    # what keys and the mouse do

    def move(self, rows: int) -> None:
        """Look further down (or up) the book."""
        self.shift += rows
        self.rebuild()

    def move_end(self, last: bool) -> None:
        """To the deepest bid, or the highest ask."""
        self.move(10_000 if last else -10_000)

    def centre(self) -> None:
        """The spread back into the middle."""
        self.shift = 0
        self.rebuild()

    def next_depth(self) -> None:
        """The next of DEPTHS."""
        self.depth = ladder.DEPTHS[(ladder.DEPTHS.index(self.depth) + 1) % len(ladder.DEPTHS)]
        self.rebuild()

    def regroup(self, direction: int) -> None:
        """More (+1) or fewer (-1) ticks to a row."""
        at = max(0, min(ladder.GROUPS.index(self.group) + direction, len(ladder.GROUPS) - 1))
        self.group = ladder.GROUPS[at]
        self._widest = 0
        self.rebuild()

    def csv(self) -> str:
        """The depth of the symbol as CSV."""
        book = self.view.book()
        rows = ["side,price,size"]
        if book is not None:
            rows += [f"bid,{price},{size}" for price, size in book.bids]
            rows += [f"ask,{price},{size}" for price, size in book.asks]
        return "\n".join(rows) + "\n"

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)

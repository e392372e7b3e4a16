"""One row of the ladder as cells: sizes with bars, own orders, what changed; without depth, what a price would mean."""

from __future__ import annotations

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style

from tradetui.engine.model.snapshot import BookView
from tradetui.tui import format as fmt
from tradetui.tui.panes.base import Line
from tradetui.tui.panes.ladder import DELTA_WINDOW_S, Ladder, Rung, has_depth
from tradetui.tui.view import View

MINE_FROM = 31  # cells: from this width on own orders have columns of their own
DELTA_FROM = 46  # and from this one what was added and pulled
NUMBER_MAX = 8  # cells of an ask size: its bar may be longer


@dataclass(frozen=True)
class Grid:
    """Cell widths of the ladder's columns, and the decimals of its prices."""

    decimals: int
    price: int
    mine: int
    delta: int
    bid: int
    ask: int


def grid_for(width: int, decimals: int, price_width: int, *, deep: bool) -> Grid:
    """The columns that fit into `width` cells, for prices of at most `price_width` cells."""
    price = price_width + 2
    mine = 5 if width >= MINE_FROM else 0
    delta = 6 if deep and width >= DELTA_FROM else 0
    rest = max(0, width - price - 2 * (mine + delta) - 2)
    return Grid(decimals, price, mine, delta, rest // 2, rest - rest // 2)


class RungPainter:
    """Paints the rows of one picture of a book."""

    def __init__(self, view: View, book: BookView, rungs: Ladder, grid: Grid) -> None:
        self.view, self.book, self.rungs, self.grid = view, book, rungs, grid
        self.styles, self.glyphs = view.styles, view.glyphs
        self.deep = has_depth(book)
        self.stale = view.stale(book.symbol)
        self.held = view.position(book.symbol)

    def titles(self) -> Line:
        """The names of the columns."""
        style, grid = self.styles.head, self.grid
        left, right = (
            ("bid", fmt.fit("ask", min(grid.ask, NUMBER_MAX), "right"))
            if self.deep
            else ("away", "P&L there " if grid.ask > 10 else "P&L ")
        )
        line = [
            self._cell("mine", grid.mine, style, "right"),
            self._cell(f"{DELTA_WINDOW_S}s", grid.delta, style, "right"),
            self._cell(left, grid.bid, style, "right"),
            Segment(" ", style),
            self._cell("PRICE", grid.price, style, "center"),
            Segment(" ", style),
            self._cell(right, grid.ask, style, "left" if self.deep else "right"),
            self._cell(f"{DELTA_WINDOW_S}s", grid.delta, style, "right"),
            self._cell("mine", grid.mine, style, "right"),
        ]
        return [cell for cell in line if cell.text]

    def row(self, rung: Rung) -> Line:
        """Price in the middle, the rung's own side beside it."""
        grid, space = self.grid, Segment(" ")
        mine, delta = self._mine(rung), self._delta(rung)
        no_mine, no_delta = Segment(" " * grid.mine), Segment(" " * grid.delta)
        if not self.deep:
            left, right = self._away(rung), self._outcome(rung)
        elif rung.side > 0:
            left, right = self._bid(rung), [Segment(" " * grid.ask)]
        else:
            left, right = [Segment(" " * grid.bid)], self._ask(rung)
        sides = ([mine, delta], [no_delta, no_mine]) if rung.side > 0 else ([no_mine, no_delta], [delta, mine])
        line = [*sides[0], *left, space, self._price(rung), space, *right, *sides[1]]
        return [cell for cell in line if cell.text]

    def _price(self, rung: Rung) -> Segment:
        best = rung is (self.rungs.bids[0] if rung.side > 0 else self.rungs.asks[0])
        left, right = (self.glyphs.last_left, self.glyphs.last_right) if rung.last else (" ", " ")
        room = self.grid.price - 2
        text = left + fmt.fit(fmt.price(rung.price, self.grid.decimals, room), room, "right") + right
        if rung.last and not self.stale:
            return Segment(text, self.styles.strong)
        return Segment(text, self._colour(rung) + Style(bold=best or None))

    def _colour(self, rung: Rung) -> Style:
        if self.stale:
            return self.styles.faint
        return self.styles.up if rung.side > 0 else self.styles.down

    def _mine(self, rung: Rung) -> Segment:
        room = self.grid.mine
        if not rung.mine or not room:
            return Segment(" " * room)
        text = ("B" if rung.mine > 0 else "S") + fmt.quantity(abs(rung.mine), room - 1)
        return self._cell(text, room, self.styles.key, "right")

    def _delta(self, rung: Rung) -> Segment:
        room = self.grid.delta
        if not room or not rung.delta or abs(rung.delta) < 1e-12:
            return Segment(" " * room)
        told = fmt.compact(rung.delta, room - 2)  # one cell stays free of the bars
        if told in ("0", "-0"):
            return Segment(" " * room)
        text = ("+" if rung.delta > 0 else "") + told
        return self._cell(text, room, self.styles.muted if rung.delta > 0 else self.styles.faint, "right")

    def _bid(self, rung: Rung) -> Line:
        room = self.grid.bid
        if not rung.size or room <= 0:
            return [Segment(" " * room)]
        bar = room - self._bar(rung.size, room)
        text = fmt.fit(fmt.quantity(rung.size, room - 1), room, "right")
        colour = self._colour(rung)
        return [Segment(text[:bar], colour), Segment(text[bar:], colour + self.styles.bid_bar)]

    def _ask(self, rung: Rung) -> Line:
        room = self.grid.ask
        if not rung.size or room <= 0:
            return [Segment(" " * room)]
        bar, numbers = self._bar(rung.size, room), min(room, NUMBER_MAX)
        text = fmt.fit(fmt.fit(fmt.quantity(rung.size, numbers - 1), numbers, "right"), room)
        colour = self._colour(rung)
        return [Segment(text[:bar], colour + self.styles.ask_bar), Segment(text[bar:], colour)]

    def _bar(self, size: float, room: int) -> int:
        return min(room, max(1, round(room * size / self.rungs.top))) if self.rungs.top > 0 else 0

    def _away(self, rung: Rung) -> Line:
        """How far this price is from the last one."""
        last = self.book.last
        share = rung.price / last - 1 if last else None
        return [
            self._cell(
                fmt.percent(share, 2 if self.grid.bid > 7 else 1, sign=True), self.grid.bid, self.styles.faint, "right"
            )
        ]

    def _outcome(self, rung: Rung) -> Line:
        """What the open position would have earned at this price."""
        if self.held is None:
            return [Segment(" " * self.grid.ask)]
        gain = (rung.price - self.held.average_price) * self.held.quantity
        text = fmt.number(gain, max(4, self.grid.ask - 1), sign=True)
        return [self._cell(f"{text} ", self.grid.ask, self.styles.signed(gain), "right")]

    def _cell(self, text: str, width: int, style: Style, align: fmt.Align = "left") -> Segment:
        return Segment(fmt.fit(text, width, align, self.glyphs.ellipsis), style)

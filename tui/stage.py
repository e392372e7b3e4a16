"""The stage: holds every pane, gives each its place, writes the frames' headings, and passes snapshots on."""

from __future__ import annotations

from typing import cast

from textual.geometry import NULL_OFFSET, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.markup import escape
from textual.widget import Widget

from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui.layout import MAIN, Plan, Wish, plan
from tradetui.tui.panes.base import Pane
from tradetui.tui.view import View, mode_word

_MARKET = ("book", "watch")  # panes whose frame repeats the mode, so that a replay is never taken for the market
_NO_MARGIN = Spacing()


class PlanLayout(Layout):
    """Puts each child where the stage's plan says; a child without a place is not drawn."""

    name = "plan"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        regions = cast(Stage, parent).planned(size).regions
        return [
            WidgetPlacement(regions[child.id], NULL_OFFSET, _NO_MARGIN, child)
            for child in children
            if child.id in regions and regions[child.id].area
        ]


class Stage(Widget):
    """Knows which pane is where; the panes do not know each other."""

    _the_layout = PlanLayout()

    def __init__(self, view: View, panes: list[Pane]) -> None:
        super().__init__(*panes, id="stage")
        self.view = view
        self.panes = {str(pane.id): pane for pane in panes}
        self.wish = Wish()
        self.plan = Plan({})
        self._headings: dict[str, str] = {}
        self._planned_for: tuple[Size, Wish] | None = None

    @property
    def layout(self) -> Layout:
        return self._the_layout

    def planned(self, size: Size) -> Plan:
        """The plan for this size and the present wish."""
        if self._planned_for != (size, self.wish):
            self._planned_for = (size, self.wish)
            self.plan = plan(size.width, size.height, self.wish)
            for name, pane in self.panes.items():
                region = self.plan.regions.get(name)
                shown = region is not None and region.area > 0
                if shown and not pane.shown:
                    pane.come_back()
                pane.shown = shown
        return self.plan

    def ask(self, wish: Wish) -> None:
        """Lay out anew if the wish differs."""
        if wish != self.wish:
            self.wish = wish
            self.planned(self.size)
            self.panes["status"].refresh(layout=True)  # a child that asks makes its parent lay out anew
            self.write_headings()

    def show(self, snapshot: Snapshot) -> None:
        """Hand the snapshot to the panes on the screen."""
        for name in self.plan.regions:
            self.panes[name].show(snapshot)
        self.write_headings()

    def numbered(self) -> list[Pane]:
        """The panes with a number that are on the screen, by number."""
        found = [self.panes[name] for name in MAIN if name in self.plan.regions]
        return sorted(found, key=lambda pane: pane.number)

    def by_number(self, number: int) -> Pane:
        """The pane behind a number key."""
        return next(pane for pane in self.panes.values() if pane.number == number)

    def write_headings(self) -> None:
        """Titles in the frames; touched only where the words changed."""
        for name in self.plan.regions:
            pane = self.panes[name]
            if pane.has_class("framed"):
                words = self._heading(name, pane)
                if self._headings.get(name) != words:  # what Textual gives back of a title is not what it was given
                    self._headings[name] = words
                    pane.border_title = words

    def _heading(self, name: str, pane: Pane) -> str:
        if name in self.plan.tabs:
            return self._tabs(name, self.plan.regions[name].width - 6)  # corners, a rule and a space at both ends
        number = f"{pane.number} " if pane.number else ""
        return escape(f"{number}{self._long(name, pane)}")

    def _long(self, name: str, pane: Pane) -> str:
        heading, dot = pane.heading(), self.view.glyphs.between
        if name in _MARKET:
            heading += f" {dot} {mode_word(self.view.snapshot)}"
        if name == "book" and self.view.symbol:
            heading += f" {dot} {self.view.symbol[:24]}"
        return heading

    def _tabs(self, active: str, width: int) -> str:
        """`[2 Fills] 3 Pos 4 Equity`, in words as long as fit; each is a link to its pane."""
        alarm = "!" if self.view.unseen() else ""
        parts: list[tuple[str, int]] = []
        for form in range(4):
            parts = []
            for name in self.plan.tabs:
                pane = self.panes[name]
                word = (pane.short if form == 0 else pane.shortest or pane.short if form < 3 else "") + (
                    alarm if name == "risk" else ""
                )
                text = f"{pane.number} {word}".strip() if form < 2 else f"{pane.number}{word}"
                parts.append((f"[{text}]" if name == active else text, pane.number))
            if sum(len(text) + 1 for text, _ in parts) - 1 <= width:
                break
        return " ".join(f"[@click=app.do('pane_{number}')]{escape(text)}[/]" for text, number in parts)

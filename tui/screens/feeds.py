"""The feed dialogue: which feed to show next, what each needs, and what the present session would leave behind."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from tradetui.engine.model.snapshot import OrderView, PositionView
from tradetui.tui import format as fmt
from tradetui.tui.bridge import FeedChoice
from tradetui.tui.screens.dialogue import Dialogue
from tradetui.tui.view import View, mode_words, replayed

ROWS_MAX = 6  # orders and positions that are named; the rest is counted
REFRESH_S = 0.5
WORDS = 68


class FeedDialogue(Dialogue[str | None]):
    """j and k choose, enter asks, y switches; escape goes back a step. The session behind it goes on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)", "Down"),
        Binding("k,up", "move(-1)", "Up"),
        Binding("enter", "pick", "Choose"),
        Binding("y", "answer(True)", "Yes"),
        Binding("escape,n,q", "answer(False)", "Back"),
    ]

    def __init__(self, view: View, choices: tuple[FeedChoice, ...], current: str) -> None:
        super().__init__(view.look, "Switch the feed", "j k choose   enter switch   esc back")
        self.view = view
        self.choices, self.current = choices, current
        others = [at for at, choice in enumerate(choices) if choice.name != current and not choice.missing]
        self.cursor = others[0] if others else 0
        self.asking = False

    def body(self) -> ComposeResult:
        yield Static(self.words(), classes="body")

    def on_mount(self) -> None:
        self.set_interval(REFRESH_S, self._refresh)

    def words(self) -> Text:
        """Everything in the box."""
        styles, text = self.view.styles, Text()
        for at, choice in enumerate(self.choices):
            self._choice(text, choice, at == self.cursor)
        text.append("\n")
        self._stake(text)
        if self.asking:
            name = self.choices[self.cursor].name
            text.append(f"\nEnd {self.current} and start {name}?  ", styles.warning)
            text.append("y", styles.key)
            text.append(" yes   ", styles.muted)
            text.append("n", styles.key)
            text.append(" no", styles.muted)
        return text

    def _choice(self, text: Text, choice: FeedChoice, chosen: bool) -> None:
        styles, glyphs = self.view.styles, self.view.glyphs
        state = "running" if choice.name == self.current else "not available" if choice.missing else "available"
        loud = {"running": styles.accent, "available": styles.good}.get(state, styles.warning)
        text.append(f"{glyphs.last_left if chosen else ' '} ", styles.key)
        text.append(f"{choice.name:<9}", styles.title + styles.cursor if chosen else styles.title)
        text.append(f" {state}\n", loud)
        for line in fmt.wrap_words(choice.missing or choice.what, WORDS):
            text.append(f"    {line}\n", styles.muted)

    def _stake(self, text: Text) -> None:
        """What works and is open in the present session, and what becomes of it."""
        styles, snapshot = self.view.styles, self.view.snapshot
        text.append(f"{mode_words(snapshot)} now: ", styles.muted)
        working, held = snapshot.orders, snapshot.positions
        counts = f"{fmt.plural(len(working), 'order')} working, {fmt.plural(len(held), 'position')} open"
        text.append(counts + "\n", styles.warning if working or held else styles.text)
        lines = [*(_order(order) for order in working), *(_position(position) for position in held)]
        for line in lines[:ROWS_MAX]:
            text.append(f"    {fmt.clean(line)}\n", styles.text)
        if len(lines) > ROWS_MAX:
            text.append(f"    and {len(lines) - ROWS_MAX} more\n", styles.muted)
        if replayed(snapshot):
            text.append("It ends with this session; its journal is kept.\n", styles.muted)
        elif lines:
            text.append("All of it stays at the broker as it is: nobody watches it then.\n", styles.warning)

    def _refresh(self) -> None:
        self.query_one(".body", Static).update(self.words())

    def action_move(self, rows: int) -> None:
        if not self.asking:
            self.cursor = (self.cursor + rows) % len(self.choices)
            self._refresh()

    def action_pick(self) -> None:
        choice = self.choices[self.cursor]
        if choice.missing:
            self.app.notify(f"{choice.name} is not available: {choice.missing}", severity="warning", markup=False)
        elif not self.asking:
            self.asking = True
            self._refresh()

    def action_answer(self, yes: bool) -> None:
        if yes and self.asking:
            self.dismiss(self.choices[self.cursor].name)
        elif not yes and self.asking:
            self.asking = False
            self._refresh()
        elif not yes:
            self.dismiss(None)


def _order(order: OrderView) -> str:
    left = fmt.quantity(order.quantity - order.filled)
    price = "" if order.price is None else f" at {order.price:,.10g}"
    return f"{'buy' if order.side > 0 else 'sell'} {left} {order.symbol} {order.type.replace('_', ' ')}{price}"


def _position(held: PositionView) -> str:
    way = "long" if held.quantity > 0 else "short"
    return f"{way} {fmt.quantity(abs(held.quantity))} {held.symbol} at {held.average_price:,.10g}"

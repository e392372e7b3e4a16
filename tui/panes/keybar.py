"""The bottom line: the keys worth knowing right now, made from the registry; a click does what the key does."""

from __future__ import annotations

from collections.abc import Hashable

from rich.segment import Segment
from textual import events
from textual.message import Message

from tradetui.engine.model.events import TradingState
from tradetui.engine.model.snapshot import Snapshot
from tradetui.tui.keys import BY_ID, REGISTRY, Action, shown
from tradetui.tui.panes.base import Line, Pane
from tradetui.tui.view import View, replayed


class KeyBar(Pane):
    """Kill stands alone at the right end, so that nothing else is ever hit in its place."""

    class Pressed(Message):
        """An action was clicked."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, view: View, *, id: str) -> None:
        super().__init__(view, id=id)
        self._places: list[tuple[range, str]] = []

    def key(self, snapshot: Snapshot) -> Hashable:
        return (snapshot.mode, snapshot.phase, snapshot.paused, snapshot.state, bool(self.view.unseen()))

    def lines(self, width: int, height: int) -> list[Line]:
        styles = self.view.styles
        halted = self.view.snapshot.state is TradingState.HALTED
        kill = f" {shown(BY_ID['kill'].keys[0])} {BY_ID['kill'].label} "
        room = width - len(kill) - 1
        self._places = [(range(width - len(kill), width), "kill")]
        line: Line = [Segment(" ")]
        x = 1
        for action in self._chosen(room):
            key, label = shown(action.keys[0]), self.label(action)
            shut = halted and action.orders
            line += [
                Segment(key, styles.faint if shut else styles.key),
                Segment(f" {label}  ", styles.faint if shut else styles.muted),
            ]
            size = len(key) + len(label) + 3
            self._places.append((range(x, x + size - 2), action.id))
            x += size
        line.append(Segment(" " * max(0, width - len(kill) - x)))
        return [[*line, Segment(kill, styles.killed)]]

    def _chosen(self, room: int) -> list[Action]:
        """The highest ranks that fit, in the order of the registry's ranks."""
        ranked = sorted((a for a in REGISTRY if a.bar and a.id != "kill"), key=lambda action: action.bar)
        if self.view.snapshot.state is not TradingState.ACTIVE:
            ranked.insert(0, BY_ID["unlock"])
        chosen: list[Action] = []
        used = 1
        for action in ranked:
            size = len(shown(action.keys[0])) + len(self.label(action)) + 3
            if used + size > room:
                continue
            chosen.append(action)
            used += size
        return chosen

    def label(self, action: Action) -> str:
        """What the key does in this state."""
        snapshot = self.view.snapshot
        if action.id != "play":
            return action.label
        if replayed(snapshot):
            return "END" if snapshot.phase == "finished" else "Play" if snapshot.paused else "Pause"
        return "Pause orders" if snapshot.state is TradingState.ACTIVE else "Resume orders"

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        for place, action in self._places:
            if offset is not None and offset.x in place:
                self.post_message(self.Pressed(action))

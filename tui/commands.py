"""Actions that end, cancel or send something: each but the kill asks first. Nothing else sends commands but `play`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradetui.engine.model.commands import CancelAll, ClosePosition, Kill, Unlock
from tradetui.engine.model.events import TradingState
from tradetui.tui import format as fmt
from tradetui.tui.panes.positions import PositionsPane
from tradetui.tui.view import replayed

if TYPE_CHECKING:
    from tradetui.tui.app import Workstation


def kill(app: Workstation) -> None:
    app.desk.send(Kill())
    if app.view.kill_sent is None:
        app.view.kill_sent = app.view.now()
    app.workspace.pull()


def unlock(app: Workstation) -> None:
    from tradetui.tui.screens.dialogue import AskReason

    snapshot = app.desk.snapshot()
    steps = {
        TradingState.HALTED: ["Trading is halted.", "One step: orders that reduce a position are allowed again."],
        TradingState.REDUCING: [
            "Only orders that reduce a position are allowed.",
            "One step: all trading is allowed again.",
        ],
    }
    if snapshot.state not in steps:
        app.notify("Trading is not locked")
        return

    def answered(reason: str | None) -> None:
        if reason:
            app.desk.send(Unlock(reason=reason))

    app.push_screen(AskReason(app.view.look, "Unlock trading", steps[snapshot.state]), answered)


def close(app: Workstation) -> None:
    from tradetui.tui.screens.dialogue import Confirm

    pane = app.workspace.active()
    held = pane.selected() if isinstance(pane, PositionsPane) else app.view.position(app.view.symbol)
    if held is None:
        app.notify("No position to close: choose one in the positions pane (3)", severity="warning")
        return
    symbol = held.symbol
    way = "Sell" if held.quantity > 0 else "Buy"
    question = [f"{way} {fmt.quantity(abs(held.quantity))} {fmt.clean(symbol)} at the market?"]

    def answered(yes: bool | None) -> None:
        if yes:
            app.desk.send(ClosePosition(symbol))
            now = app.desk.snapshot()
            if replayed(now) and now.paused and now.phase == "running":
                app.notify(f"close {fmt.clean(symbol)} sent; it fills when the clock runs", markup=False)

    app.push_screen(Confirm(app.view.look, "Close position", question, yes="close"), answered)


def cancel_all(app: Workstation) -> None:
    from tradetui.tui.screens.dialogue import Confirm

    count = len(app.desk.snapshot().orders)
    if not count:
        app.notify("No working orders")
        return

    def answered(yes: bool | None) -> None:
        if yes:
            app.desk.send(CancelAll())

    question = [f"Cancel {fmt.plural(count, 'working order')}?", "Stops and targets of open positions are among them."]
    app.push_screen(Confirm(app.view.look, "Cancel all orders", question, yes="cancel them"), answered)


def quit_(app: Workstation) -> None:
    from tradetui.tui.screens.dialogue import Confirm

    snapshot = app.desk.snapshot()
    working, held = len(snapshot.orders), len(snapshot.positions)
    if not working and not held:
        app.exit()
        return
    lines = [f"{fmt.plural(working, 'order')} working, {fmt.plural(held, 'position')} open."]
    if replayed(snapshot):
        lines.append("The replay ends here; its journal is kept.")
    else:
        lines.append("They stay at the broker as they are.")

    def answered(yes: bool | None) -> None:
        if yes:
            app.exit()

    app.push_screen(Confirm(app.view.look, "Quit", lines, yes="quit"), answered)

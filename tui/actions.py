"""What each action of the registry does; those that send or end something are in `commands.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tradetui.engine.model.commands import PauseTrading, ResumeTrading
from tradetui.engine.model.events import TradingState
from tradetui.tui import format as fmt
from tradetui.tui.bridge import neighbour_speed
from tradetui.tui.commands import cancel_all, close, kill, quit_, unlock
from tradetui.tui.keys import BY_ID
from tradetui.tui.panes.book import BookPane
from tradetui.tui.panes.risk import RiskPane
from tradetui.tui.panes.table import TablePane
from tradetui.tui.view import replayed, state_word

if TYPE_CHECKING:
    from tradetui.tui.app import Workstation

SKIP_SHORT_S, SKIP_LONG_S = 10.0, 60.0
PAGE_ROWS = 10


def run(app: Workstation, action_id: str) -> None:
    """Do one action; one that sends orders is refused while trading is halted, one for replays outside of them."""
    action = BY_ID[action_id]
    if action.orders and app.desk.snapshot().state is TradingState.HALTED:
        app.notify(f"Trading is {state_word(app.desk.snapshot()).lower()}: unlock it first (U)", severity="warning")
        return
    if action.replay and not replayed(app.desk.snapshot()):
        app.notify("Only the clock of a replay can be moved", severity="warning")
        return
    HANDLERS[action_id](app)


# alerts


def ack(app: Workstation) -> None:
    unseen = app.view.unseen()
    pane = app.workspace.active()
    chosen = pane.selected() if isinstance(pane, RiskPane) and not pane.following else None
    alert = chosen if chosen in unseen else unseen[0] if unseen else None
    if alert is None:
        app.notify("No alert to acknowledge")
        return
    app.view.acknowledge([alert.number])
    app.workspace.pull()


# the clock


def play(app: Workstation) -> None:
    snapshot = app.desk.snapshot()
    if not replayed(snapshot):
        if snapshot.state is TradingState.HALTED:
            app.notify(f"Trading is {state_word(snapshot).lower()}: unlock it first (U)", severity="warning")
            return
        active = snapshot.state is TradingState.ACTIVE
        app.desk.send(PauseTrading() if active else ResumeTrading())
    elif snapshot.phase == "finished":
        app.notify("The session is at its end")
    elif snapshot.paused:
        app.desk.play()
    else:
        app.desk.pause()


def step(app: Workstation) -> None:
    if not app.desk.snapshot().paused:
        app.desk.pause()
    app.desk.step(1)


def skip_10s(app: Workstation) -> None:
    app.desk.skip(SKIP_SHORT_S)


def skip_1m(app: Workstation) -> None:
    app.desk.skip(SKIP_LONG_S)


def slower(app: Workstation) -> None:
    app.desk.set_speed(neighbour_speed(app.desk.snapshot().speed, -1))


def faster(app: Workstation) -> None:
    app.desk.set_speed(neighbour_speed(app.desk.snapshot().speed, +1))


def speed_1(app: Workstation) -> None:
    app.desk.set_speed(1.0)


# panes


def _go(number: int) -> Callable[[Workstation], None]:
    def go(app: Workstation) -> None:
        app.workspace.go(number)

    return go


def next_pane(app: Workstation) -> None:
    app.workspace.cycle(+1)


def previous_pane(app: Workstation) -> None:
    app.workspace.cycle(-1)


def zoom(app: Workstation) -> None:
    app.workspace.zoom()


def back(app: Workstation) -> None:
    app.workspace.back()


def _move(rows: int) -> Callable[[Workstation], None]:
    def move(app: Workstation) -> None:
        pane = app.workspace.active()
        if isinstance(pane, TablePane | BookPane):
            pane.move(rows)

    return move


def _move_end(last: bool) -> Callable[[Workstation], None]:
    def move(app: Workstation) -> None:
        pane = app.workspace.active()
        if isinstance(pane, TablePane | BookPane):
            pane.move_end(last)

    return move


def follow(app: Workstation) -> None:
    pane = app.workspace.active()
    if isinstance(pane, TablePane):
        pane.follow()


def why(app: Workstation) -> None:
    from tradetui.tui.screens.why import why as explain

    pane = app.workspace.active()
    row = pane.selected() if isinstance(pane, TablePane) else None
    if row is None:
        app.notify("Nothing is selected here")
        return
    app.push_screen(explain(app.view, row))


def copy(app: Workstation) -> None:
    pane = app.workspace.active()
    table = getattr(pane, "csv", None)
    text = table() if table is not None else ""
    rows = max(0, len(text.splitlines()) - 1)
    app.copy_to_clipboard(text)
    app.notify(f"{fmt.plural(rows, 'row')} copied as CSV")


# the book


def depth(app: Workstation) -> None:
    app.workspace.book.next_depth()


def coarser(app: Workstation) -> None:
    app.workspace.book.regroup(+1)


def finer(app: Workstation) -> None:
    app.workspace.book.regroup(-1)


def centre(app: Workstation) -> None:
    app.workspace.book.centre()


# the desk


def palette(app: Workstation) -> None:
    from tradetui.tui.screens.palette import open_palette

    open_palette(app)


def help_(app: Workstation) -> None:
    from tradetui.tui.screens.help import help_screen

    app.push_screen(help_screen(app.view.look, list(app.themes), app.size.width))


def choose_feed(app: Workstation) -> None:
    app.choose_feed()


def screenshot(app: Workstation) -> None:
    name = f"tradetui-{datetime.now().astimezone():%Y%m%d-%H%M%S}.svg"
    try:
        path = app.save_screenshot(name, str(Path.cwd()))
    except OSError as error:
        app.notify(f"{name} could not be written: {error.strerror or error}", severity="error")
        return
    app.notify(f"Saved {Path(path).name} in the current folder")


HANDLERS: dict[str, Callable[[Workstation], None]] = {
    "kill": kill,
    "unlock": unlock,
    "ack": ack,
    "play": play,
    "step": step,
    "skip_10s": skip_10s,
    "skip_1m": skip_1m,
    "slower": slower,
    "faster": faster,
    "speed_1": speed_1,
    **{f"pane_{number}": _go(number) for number in range(1, 10)},
    "next_pane": next_pane,
    "previous_pane": previous_pane,
    "zoom": zoom,
    "back": back,
    "down": _move(1),
    "up": _move(-1),
    "page_down": _move(PAGE_ROWS),
    "page_up": _move(-PAGE_ROWS),
    "top": _move_end(False),
    "end": _move_end(True),
    "follow": follow,
    "why": why,
    "copy": copy,
    "depth": depth,
    "coarser": coarser,
    "finer": finer,
    "centre": centre,
    "close": close,
    "cancel_all": cancel_all,
    "palette": palette,
    "help": help_,
    "feeds": choose_feed,
    "screenshot": screenshot,
    "quit": quit_,
}

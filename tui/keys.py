"""Every key of the workstation in one registry: bindings, key bar, help, palette and documentation are made from it."""

from __future__ import annotations

from dataclasses import dataclass

GROUPS = ("Safety", "Clock", "Panes", "Book", "Trading", "Desk")


@dataclass(frozen=True)
class Action:
    """Something the operator can do. `keys` are Textual's key names, the first is the one shown.

    `bar` is the rank in the key bar (0: not there). A `fixed` action cannot be given another key and works everywhere,
    also while text is typed and in a dialogue.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    tooltip: str
    group: str
    bar: int = 0
    fixed: bool = False
    orders: bool = False  # sends orders, so it is shut while trading is halted
    replay: bool = False  # moves the clock of a replay; there is no such clock in a live market


REGISTRY: tuple[Action, ...] = (
    Action(
        "kill",
        ("f9", "ctrl+k"),
        "KILL",
        "Block new orders and cancel every working one, at once",
        "Safety",
        1,
        fixed=True,
    ),
    Action("unlock", ("U",), "Unlock", "Allow trading again after a kill, step by step and with a reason", "Safety"),
    Action("ack", ("a",), "Ack", "Acknowledge the newest alert, or the selected one in the risk pane", "Safety", 7),
    Action(
        "play", ("space",), "Play/Pause", "Replay: run or hold the clock; paper: pause or resume new orders", "Clock", 2
    ),
    Action("step", ("full_stop",), "Step", "One event forward; holds the clock first", "Clock", replay=True),
    Action("skip_10s", ("right_square_bracket",), "+10 s", "Ten market seconds forward", "Clock", replay=True),
    Action("skip_1m", ("right_curly_bracket",), "+1 min", "One market minute forward", "Clock", replay=True),
    Action("slower", ("less_than_sign",), "Slower", "The next slower speed, down to x0.1", "Clock", replay=True),
    Action(
        "faster",
        ("greater_than_sign",),
        "Faster",
        "The next faster speed, up to as fast as it goes",
        "Clock",
        replay=True,
    ),
    Action("speed_1", ("backspace",), "1x", "Back to the speed of the market", "Clock", replay=True),
    Action("pane_1", ("1",), "Book", "Go to the book", "Panes"),
    Action("pane_2", ("2",), "Fills", "Go to the fills", "Panes"),
    Action("pane_3", ("3",), "Positions", "Go to the positions", "Panes"),
    Action("pane_4", ("4",), "Equity", "Go to equity and drawdown", "Panes"),
    Action("pane_5", ("5",), "Risk", "Go to the gauges and alerts", "Panes"),
    Action("pane_6", ("6",), "Orders", "Go to the working orders", "Panes"),
    Action("pane_7", ("7",), "Log", "Go to the log", "Panes"),
    Action("pane_8", ("8",), "Watch", "Go to the watchlist, whose cursor chooses the symbol", "Panes"),
    Action("pane_9", ("9",), "Health", "Go to connections, reconciliation and storage", "Panes"),
    Action("next_pane", ("tab",), "Next pane", "The next pane on the screen", "Panes"),
    Action("previous_pane", ("shift+tab",), "Previous pane", "The pane before", "Panes"),
    Action("zoom", ("z",), "Zoom", "This pane alone, and back", "Panes", 5),
    Action("back", ("escape",), "Back", "Leave the zoom, then the pane", "Panes"),
    Action("down", ("j", "down"), "Down", "One row down", "Panes"),
    Action("up", ("k", "up"), "Up", "One row up", "Panes"),
    Action("page_down", ("pagedown",), "Page down", "Ten rows down", "Panes"),
    Action("page_up", ("pageup",), "Page up", "Ten rows up", "Panes"),
    Action("top", ("g", "home"), "Top", "To the first row", "Panes"),
    Action("end", ("G", "end"), "End", "To the last row", "Panes"),
    Action("follow", ("F",), "Follow", "Stay on the newest row, or stop doing so", "Panes"),
    Action(
        "why", ("enter", "w"), "Why", "All there is to know about the selected row, a traceback included", "Panes", 8
    ),
    Action("copy", ("y",), "Copy", "This pane's rows as CSV to the clipboard", "Panes"),
    Action("depth", ("d",), "Depth", "How many levels the book shows: 5, 10, 20, all", "Book"),
    Action("coarser", ("plus",), "Coarser", "More ticks to a row", "Book"),
    Action("finer", ("minus",), "Finer", "Fewer ticks to a row", "Book"),
    Action("centre", ("equals_sign",), "Centre", "The spread back into the middle", "Book"),
    Action(
        "close", ("x",), "Close", "Close the selected position at the market (asks first)", "Trading", 4, orders=True
    ),
    Action("cancel_all", ("X",), "Cancel all", "Cancel every working order (asks first)", "Trading", 6),
    Action("palette", ("colon", "ctrl+p"), "Cmd", "Find and run any command, themes included", "Desk", 3),
    Action("help", ("question_mark",), "Help", "Every key", "Desk", 3),
    Action("feeds", ("f5",), "Feed", "Switch between replay, practice and paper (asks first)", "Desk", 9),
    Action("screenshot", ("f8",), "Picture", "Save the screen as an SVG file in the current folder", "Desk"),
    Action(
        "quit", ("q", "ctrl+q", "ctrl+c"), "Quit", "Leave; asks first while anything is working or open", "Desk", 10
    ),
)

BY_ID = {action.id: action for action in REGISTRY}

_NAMES = {
    "full_stop": ".",
    "right_square_bracket": "]",
    "right_curly_bracket": "}",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "colon": ":",
    "question_mark": "?",
    "backspace": "bksp",
    "escape": "esc",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "f5": "F5",
    "f8": "F8",
    "f9": "F9",
}


def shown(key: str) -> str:
    """A key as people write it: full_stop is `.`"""
    return _NAMES.get(key, key.replace("ctrl+", "^"))


def keys_shown(action: Action) -> str:
    """All keys of an action: `j down`."""
    return " ".join(shown(key) for key in action.keys)


def markdown() -> str:
    """The registry as tables for the documentation, one a group."""
    parts = []
    for group in GROUPS:
        rows = [
            f"| `{keys_shown(action)}` | {action.label} | {action.tooltip} |"
            for action in REGISTRY
            if action.group == group
        ]
        parts.append("\n".join([f"### {group}", "", "| keys | action | what it does |", "|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"

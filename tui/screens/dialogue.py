"""The dialogues: a question, a text to read, a reason to give. Each returns what was answered."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tradetui.tui.look import Look

Answer = TypeVar("Answer")
REASON_LEAST = 3  # characters: shorter ones explain nothing
NO_REASON = ("y", "yes")  # what hands type that are used to being asked


class Dialogue(ModalScreen[Answer]):
    """A framed box over the living screen; the panes behind it go on."""

    ESCAPE_TO_MINIMIZE = False

    def __init__(self, look: Look, title: str, hint: str, *, danger: bool = False) -> None:
        super().__init__()
        self.look = look
        self._heading, self._hint = title, hint
        self.set_class(danger, "-danger")
        self.set_class(look.glyphs.border == "ascii", "-ascii")

    def body(self) -> ComposeResult:
        """What is in the box."""
        yield from ()

    def compose(self) -> ComposeResult:
        box = VerticalScroll(*self.body(), classes="dialogue", can_focus=False)
        box.border_title, box.border_subtitle = self._heading, self._hint
        yield box


class Confirm(Dialogue[bool]):
    """A question that is answered with y (or enter) and n (or escape)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "answer(True)", "Yes"),
        Binding("n,escape,q", "answer(False)", "No"),
    ]

    def __init__(self, look: Look, title: str, lines: list[str], *, yes: str) -> None:
        super().__init__(look, title, f"y {yes}   n no", danger=True)
        self._lines = lines

    def body(self) -> ComposeResult:
        yield Static(Text("\n".join(self._lines)), classes="body")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


class Detail(Dialogue[None]):
    """A text to read, wrapped where it must be and kept as it is otherwise, so that a traceback stays one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,w,question_mark", "done", "Close"),
        Binding("j,down", "scroll(1)", "Down"),
        Binding("k,up", "scroll(-1)", "Up"),
        Binding("pagedown", "scroll(10)", "Page down"),
        Binding("pageup", "scroll(-10)", "Page up"),
        Binding("g,home", "scroll(-100000)", "Top"),
        Binding("G,end", "scroll(100000)", "End"),
        Binding("y", "copy", "Copy"),
    ]

    def __init__(self, look: Look, title: str, text: Text) -> None:
        super().__init__(look, title, "esc close   j k scroll   y copy")
        self._text = text

    def body(self) -> ComposeResult:
        yield Static(self._text, classes="body")

    def action_done(self) -> None:
        self.dismiss(None)

    def action_scroll(self, rows: int) -> None:
        self.query_one(".dialogue").scroll_relative(y=rows, animate=False)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text.plain)
        self.app.notify("Copied")


class AskReason(Dialogue[str | None]):
    """One line of text that somebody can learn from later: neither empty nor a bare yes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, look: Look, title: str, lines: list[str]) -> None:
        super().__init__(look, title, "enter unlock   esc cancel", danger=True)
        self._lines = lines

    def body(self) -> ComposeResult:
        yield Static(Text("\n".join(self._lines)), classes="body")
        box = Input(placeholder="reason, kept in the journal", max_length=200)
        box.cursor_blink = False
        yield box
        yield Static("", classes="complaint")

    def on_mount(self) -> None:
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        reason = event.value.strip()
        if len(reason) >= REASON_LEAST and reason.casefold() not in NO_REASON:
            self.dismiss(reason)
        else:
            self.query_one(".complaint", Static).update(f"A reason is needed: {REASON_LEAST} characters or more.")

    def action_cancel(self) -> None:
        self.dismiss(None)

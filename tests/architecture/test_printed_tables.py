"""Tables that the documentation prints are those the code works by. TRADETUI_UPDATE_GOLDEN=1 prints them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tradetui.engine.model.orders import transitions_table
from tradetui.tui.keys import markdown

DOCS = Path(__file__).parents[2] / "docs"
ORDERS = """# The life of an order

Which state may follow which. An empty cell is an error that names the state and the event:
a bug of ours or of a venue, never ignored. Printed from `engine/model/orders.py`.

"""
KEYS = """# Keys

Every key of the screen. Printed from `tui/keys.py`, which feeds the bindings, the key bar, the help
screen and the palette as well.

"""


@pytest.mark.parametrize(
    ("name", "text"), [("orders.md", ORDERS + transitions_table()), ("keys.md", KEYS + markdown())]
)
def test_the_printed_table_is_the_one_in_the_code(name: str, text: str) -> None:
    path = DOCS / name
    if os.environ.get("TRADETUI_UPDATE_GOLDEN") == "1":
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text

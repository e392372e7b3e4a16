from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tradetui.engine.errors import UsageError
from tradetui.strategies.registry import find_strategy, make_strategy

TYPED = """
from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from tradetui import Strategy


@dataclass
class Memory:
    last: float | None = None


class Mine(Strategy):
    def __init__(self, length: int, stop: float | None = None, size: Decimal = Decimal(1), both: bool = False,
                 side: Literal["long", "short"] = "long", label="plain", *, sharp: float = 1.5) -> None:
        self.length, self.stop, self.size, self.both, self.side = length, stop, size, both, side
        self.label, self.sharp, self.memory = label, sharp, Memory()

    def on_market_data(self, event):
        return []
"""


@pytest.fixture
def typed(tmp_path: Path) -> str:
    path = tmp_path / "typed.py"
    path.write_text(TYPED)
    return f"{path}:Mine"


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ({"length": "5"}, {"length": 5}),
        ({"length": 5.0}, {"length": 5}),
        ({"length": 5, "stop": "0.05"}, {"stop": 0.05}),
        ({"length": 5, "stop": "none"}, {"stop": None}),
        ({"length": 5, "stop": 1}, {"stop": 1.0}),
        ({"length": 5, "size": "2.50"}, {"size": Decimal("2.50")}),
        ({"length": 5, "size": 0.1}, {"size": Decimal("0.1")}),
        ({"length": 5, "both": "yes"}, {"both": True}),
        ({"length": 5, "both": "false"}, {"both": False}),
        ({"length": 5, "side": "short"}, {"side": "short"}),
        ({"length": 5, "label": "7"}, {"label": "7"}),
        ({"length": 5, "sharp": "2"}, {"sharp": 2.0}),
    ],
)
def test_parameters_become_what_the_constructor_says_they_are(
    typed: str, given: dict[str, Any], held: dict[str, Any]
) -> None:
    strategy = make_strategy(typed, given)
    for name, value in held.items():
        assert getattr(strategy, name) == value
        assert type(getattr(strategy, name)) is type(value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Mine needs length; give each as --set NAME=VALUE"),
        ({"length": "five"}, "length='five' is no int"),
        ({"length": 5.5}, "length=5.5 is no int"),
        ({"length": True}, "length=True is no int"),
        ({"length": 5, "stop": "low"}, "stop='low' is no float"),
        ({"length": 5, "both": "perhaps"}, "both='perhaps' is no bool"),
        ({"length": 5, "side": "sideways"}, "side='sideways' is no"),
        ({"lenght": 5}, "Mine has no parameter 'lenght'; did you mean 'length'?"),
    ],
)
def test_parameters_that_are_not_are_refused(typed: str, given: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?").replace("|", r"\|")):
        make_strategy(typed, given)


def test_the_class_may_be_left_out_where_a_file_has_one(typed: str, tmp_path: Path) -> None:
    assert find_strategy(typed.rpartition(":")[0]).__name__ == "Mine"
    (tmp_path / "typed.py").write_text(TYPED + "\n\nclass Other(Mine):\n    pass\n")
    with pytest.raises(UsageError, match=r"strategies in it: Mine, Other. Give it as .*typed.py:ClassName"):
        find_strategy(typed.rpartition(":")[0])
    assert find_strategy(typed.replace("Mine", "Other")).__name__ == "Other"


def test_a_class_that_was_only_imported_is_not_the_files_own(tmp_path: Path) -> None:
    (tmp_path / "borrowed.py").write_text("from tradetui.strategies.momentum import Momentum\n")
    with pytest.raises(UsageError, match="strategies in it: none"):
        find_strategy(str(tmp_path / "borrowed.py"))


def test_a_file_that_fails_to_load_leaves_nothing_behind(tmp_path: Path) -> None:
    import sys

    (tmp_path / "half.py").write_text("from tradetui import Strategy\nraise OSError('no')\n")
    with pytest.raises(UsageError, match=r"half.py:2: OSError: no"):
        find_strategy(str(tmp_path / "half.py"))
    assert "tradetui_user_half" not in sys.modules


def test_places_are_shown_as_they_would_be_typed_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ideas").mkdir()
    (tmp_path / "ideas" / "wrong.py").write_text("x = (\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^ideas/wrong.py:1: SyntaxError: '\(' was never closed"):
        find_strategy("ideas/wrong.py:Mine")

"""A trade and the fall of its level told at one time move the queue once, not twice."""

from __future__ import annotations

from typing import Any

import pytest

from book_session import book_run, session
from tradetui.engine.model.events import MarketData, TwoSidedQuote
from tradetui.engine.model.wakes import Timer
from tradetui.engine.strategy import Strategy

SHOWN = [(0.0, 1, 99.0, 10.0), (0.0, -1, 100.0, 10.0)]
FALLS = [(1.0, 1, 99.0, 7.0), (2.0, 1, 99.0, 4.0), (3.0, 1, 99.0, 1.0)]  # three traded each time, of ten


class OneBid(Strategy):
    """Bids for two at 99, behind the ten that are displayed."""

    subscribes = (Timer(100),)

    def __init__(self) -> None:
        self.asked = False

    def get_parameters(self) -> dict[str, Any]:
        return {}

    def on_market_data(self, event: MarketData) -> list[Any]:  # type: ignore[override]
        first, self.asked = not self.asked, True
        return [TwoSidedQuote("X", 99.0, None, 2.0, None)] if first else []


@pytest.mark.parametrize("cancel_ahead", ["back", "proportional", "front"])
@pytest.mark.parametrize("before_s", [0.0, 0.001], ids=["at one time", "the trade first"])
def test_nine_traded_of_ten_ahead_fill_nothing(cancel_ahead: str, before_s: float) -> None:
    trades = [(0.05, 99.5, 1.0, 1), *((seconds - before_s, 99.0, 3.0, -1) for seconds, *_ in FALLS)]
    market = session(depth=[*SHOWN, *FALLS, (4.0, 1, 98.0, 1.0)], trades=trades)
    assert book_run(OneBid(), market, simulation={"cancel_ahead": cancel_ahead}).run().fills == []


@pytest.mark.parametrize("before_s", [0.0, 0.001], ids=["at one time", "the trade first"])
def test_what_trades_beyond_the_ten_ahead_is_ours(before_s: float) -> None:
    trades = [
        (0.05, 99.5, 1.0, 1),
        *((seconds - before_s, 99.0, 3.0, -1) for seconds, *_ in FALLS),
        (4.0, 99.0, 2.0, -1),
    ]
    market = session(depth=[*SHOWN, *FALLS, (4.0, 1, 99.0, 0.0), (5.0, 1, 98.0, 1.0)], trades=trades)
    assert [fill.quantity for fill in book_run(OneBid(), market).run().fills] == [1]

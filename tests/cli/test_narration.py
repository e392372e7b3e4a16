"""What a session without a screen tells a person who watches it, or a log that keeps it."""

from __future__ import annotations

from tradetui.engine.model.snapshot import AlertView, Snapshot
from tradetui.tui.cli.narration import Narration


def alert(number: int, message: str, symbol: str = "") -> AlertView:
    return AlertView(number=number, ts_ns=1, severity="info", check="STATE", symbol=symbol, message=message)


def test_each_alert_is_told_once_with_its_symbol() -> None:
    told = Narration()
    assert told.lines(Snapshot(alerts=(alert(1, "it starts"),))) == ["it starts"]
    both = (alert(1, "it starts"), alert(2, "it is stale", "SPY"))
    assert told.lines(Snapshot(alerts=both)) == ["SPY: it is stale"]
    assert told.lines(Snapshot(alerts=both)) == []


def test_what_holds_new_risk_back_is_told_when_it_comes_and_again_when_it_comes_back() -> None:
    told = Narration()
    refused = Snapshot(holds=("the venue refuses the keys",))
    assert told.lines(refused) == ["new risk is held back: the venue refuses the keys"]
    assert told.lines(refused) == []
    assert told.lines(Snapshot()) == []
    assert told.lines(refused) == ["new risk is held back: the venue refuses the keys"]


def test_a_reason_that_an_alert_names_is_not_told_twice() -> None:
    picture = Snapshot(alerts=(alert(1, "trading is reducing: not compared"),), holds=("not compared",))
    assert Narration().lines(picture) == ["trading is reducing: not compared"]


def test_a_reason_that_counts_on_is_told_once() -> None:
    told = Narration()
    assert len(told.lines(Snapshot(holds=("nothing was heard for 30.6 s",)))) == 1
    assert told.lines(Snapshot(holds=("nothing was heard for 31.6 s",))) == []

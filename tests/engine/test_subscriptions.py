"""What a strategy asks for beside what its data hold: what never comes is told, since nothing fails for it."""

from __future__ import annotations

import pytest

from tradetui.engine.subscriptions import Subscription, silences

BAR, BEST = Subscription(bar=True), Subscription(best=True)


@pytest.mark.parametrize(
    ("asked", "source", "traded", "words"),
    [
        (BAR, "depth", False, "X has no trades, of which bars are built"),
        (BAR, "quotes", False, "X has no trades, of which bars are built"),
        (BAR, "depth", True, ""),
        (BAR, "orders", False, ""),
        (BEST, "depth", False, ""),
        (BEST, "trades", True, "X has trades alone"),
        (Subscription(imbalance=0.5), "trades", True, "X has trades alone"),
        (Subscription(timer_ns=1), "trades", True, ""),
    ],
)
def test_what_never_comes_is_told(asked: Subscription, source: str, traded: bool, words: str) -> None:
    told = silences(asked, ("X",), (source,), (traded,))
    assert len(told) == bool(words)
    assert "".join(told).startswith(words)

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.report_html import POINTS_MAX, TRADES_SHOWN, report_html

DAY_NS = 86_400_000_000_000


def run(trades: int = 3, strategy: str = "momentum") -> dict[str, Any]:
    trade = {
        "symbol": "GOOG", "side": "long", "quantity": 10.0, "entry_ts": "2020-01-02T00:00:00Z", "entry_price": 100.5,
        "exit_ts": "2020-01-09T00:00:00Z", "exit_price": 99.25, "pnl": -12.5, "fees": 1.0, "ambiguous": True,
    }  # fmt: skip
    source = {"symbol": "GOOG", "rows": 2148, "first": "2004-08-19T00:00:00Z", "last": "2013-03-01T00:00:00Z"}
    return {
        "run": {
            "strategy": strategy, "parameters": {"period": 14}, "data": [source], "id": "momentum-1", "version": "9.9",
            "journal_sha256": "ab" * 32,
        },
        "metrics": {"final_equity": 12_345.678, "sharpe": None, "trades": trades, "max_drawdown": -0.25},
        "trades": [trade | {"quantity": float(n + 1)} for n in range(trades)],
        "open_positions": [],
    }  # fmt: skip


def curve(equity: list[float]) -> Curve:
    n = len(equity)
    return Curve(np.arange(n, dtype=np.int64) * DAY_NS, np.array(equity), np.zeros(n, bool), 100.0)


class Strict(HTMLParser):
    """Fails on a tag that is closed out of turn, and keeps what would be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.reached: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br", "line", "polyline", "polygon"):
            self.open.append(tag)
        self.reached += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "xlink:href")]
        assert tag not in ("script", "link", "iframe", "img")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("line", "polyline", "polygon"):  # closed where they open
            return
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_loads_nothing_from_anywhere() -> None:
    page = report_html(run(), curve([100.0, 110.0, 90.0, 120.0]))
    parser = Strict()
    parser.feed(page)
    assert parser.open == parser.reached == []
    assert "http" not in page
    assert "url(" not in page


def test_figures_trades_and_proof_are_on_it() -> None:
    page = report_html(run(), curve([100.0, 110.0, 90.0, 120.0]))
    for text in ("12,345.68", "n/a", "-12.50", "100.5", "long (ambiguous)", "ab" * 32, "-18.18%", "2,148 bars"):
        assert text in page


def test_names_cannot_become_markup() -> None:
    page = report_html(run(strategy="<script>alert(1)</script>"), curve([100.0, 101.0]))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_a_long_curve_is_thinned_but_keeps_its_extremes() -> None:
    equity = [100.0 + (n % 10) / 10 for n in range(50_000)]
    equity[12_345], equity[33_333] = 150.0, 60.0
    page = report_html(run(), curve(equity))
    (line,) = re.findall(r'polyline class="equity" points="([^"]*)"', page)
    assert len(line.split()) <= POINTS_MAX + 3
    assert "-60.00%" in page
    assert len(page) < 200_000


@pytest.mark.parametrize("equity", [[], [100.0], [100.0, 100.0], [0.0, 0.0]])
def test_a_curve_of_nothing_still_makes_a_page(equity: list[float]) -> None:
    page = report_html(run(trades=0), curve(equity))
    assert "No trade was closed." in page
    assert "nan" not in page


def test_of_many_trades_the_newest_are_shown_and_the_page_says_so() -> None:
    page = report_html(run(trades=TRADES_SHOWN + 5), curve([100.0, 101.0]))
    assert f"{TRADES_SHOWN + 5:,} trades, the newest {TRADES_SHOWN:,} shown" in page
    assert page.count("<tr>") < TRADES_SHOWN + 50

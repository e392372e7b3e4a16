from __future__ import annotations

import pytest

from practice_market import ACME, BTC, MINUTE_NS, OPEN_NS, small_world
from tradetui.engine.practice.market_data import BadToken, MarketData, Query

NOW_NS = OPEN_NS + 10 * MINUTE_NS
EVERYTHING = (OPEN_NS - 1, NOW_NS)


@pytest.fixture
def data() -> MarketData:
    return MarketData(small_world())


@pytest.mark.parametrize("limit", [1, 3, 10, 15, 20, 100])
@pytest.mark.parametrize("ascending", [True, False])
def test_pages_of_several_symbols_hold_no_more_than_the_limit_and_every_row_once(
    data: MarketData, limit: int, ascending: bool
) -> None:
    token, seen = "", []
    for _ in range(30):
        page = data.page("trades", Query((BTC, ACME), *EVERYTHING, limit, token, ascending), NOW_NS)
        assert sum(map(len, page.rows.values())) <= limit
        seen += [(symbol, row["i"]) for symbol, rows in page.rows.items() for row in rows]
        if page.token is None:
            break
        token = page.token
    numbers = range(1, 11) if ascending else range(10, 0, -1)
    assert seen == [(symbol, number) for symbol in (ACME, BTC) for number in numbers]


def test_nothing_is_told_before_its_time(data: MarketData) -> None:
    everything = Query((ACME,), 0, NOW_NS, 100)
    at = OPEN_NS + MINUTE_NS + 10**9
    assert len(data.page("bars", everything, at).rows[ACME]) == 1  # the second minute has not ended
    assert len(data.page("trades", everything, at).rows[ACME]) == 2
    assert len(data.page("quotes", everything, at - 1).rows[ACME]) == 2
    assert data.page("bars", everything, OPEN_NS).rows == {}


def test_a_token_of_another_table_is_refused(data: MarketData) -> None:
    token = data.page("trades", Query((ACME,), *EVERYTHING, 1), NOW_NS).token
    assert token is not None
    with pytest.raises(BadToken):
        data.page("quotes", Query((ACME,), *EVERYTHING, 1, token), NOW_NS)


def test_an_unknown_symbol_has_no_rows(data: MarketData) -> None:
    assert data.page("trades", Query(("NOPE",), *EVERYTHING), NOW_NS) == ({}, None)

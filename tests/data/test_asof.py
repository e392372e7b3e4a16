from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tradetui.data.asof import asof_join
from tradetui.engine.errors import DataError


@pytest.mark.parametrize("which", ["at_or_before", "strictly_before"])
def test_the_quote_of_every_trade_is_that_of_pandas(shared: Path, which: str) -> None:
    ticks = shared / "data/ticks"
    trades = pl.read_parquet(ticks / "taq_XXX_trades_cleaned_2018-01-02.parquet").with_columns(
        ts_ns=pl.col("ts_us") * 1_000
    )
    quotes = pl.read_parquet(ticks / "taq_XXX_quotes_cleaned_2018-01-02.parquet").select(
        "SYMBOL", "BID", "OFR", "BIDSIZ", "OFRSIZ", ts_ns=pl.col("ts_us") * 1_000
    )
    joined = asof_join(trades, quotes, by="SYMBOL", strictly_before=which == "strictly_before")
    answer = pl.read_csv(shared / f"answers/asof/taq_XXX_2018-01-02_{which}.csv.gz", infer_schema_length=None)
    seen = joined.with_columns(quote_ts_us=pl.col("ts_ns_right") // 1_000).select(answer.columns)
    assert len(answer) == 3691
    seen = seen.with_columns(pl.col("PRICE", "BID", "OFR").round(9))  # cleaning took means; the answers have 12 digits
    for name in answer.columns:
        assert seen[name].cast(answer[name].dtype).to_list() == answer[name].to_list(), name


LEFT = pl.DataFrame({"ts_ns": [5, 10, 20], "symbol": ["A", "A", "B"]})
RIGHT = pl.DataFrame({"ts_ns": [6, 10, 10, 11], "symbol": ["A", "A", "A", "A"], "bid": [1, 2, 3, 4]})


def test_of_rows_at_one_time_the_last_stands() -> None:
    assert asof_join(LEFT, RIGHT)["bid"].to_list() == [None, 3, None]


def test_strictly_before_does_not_see_the_same_time() -> None:
    assert asof_join(LEFT, RIGHT, strictly_before=True)["bid"].to_list() == [None, 1, None]


def test_a_row_that_is_too_old_is_not_taken() -> None:
    late = LEFT.with_columns(ts_ns=pl.Series([11, 13, 20]))
    assert asof_join(late, RIGHT, age_max_ns=2)["bid"].to_list() == [4, 4, None]
    assert asof_join(late, RIGHT, age_max_ns=1)["bid"].to_list() == [4, None, None]


def test_symbols_take_nothing_from_each_other_unless_told_to() -> None:
    seen = asof_join(LEFT, RIGHT.drop("symbol"), by=None)
    assert seen["bid"].to_list() == [None, 3, 4]
    assert seen["ts_ns_right"].to_list() == [None, 10, 11]


def test_a_table_that_goes_back_in_time_is_refused() -> None:
    back = RIGHT.with_columns(ts_ns=pl.Series([6, 10, 9, 11]))
    with pytest.raises(DataError, match=r"right table: row 3 goes back to 1970-01-01T00:00:00\.000000009Z"):
        asof_join(LEFT, back)

"""The published cleaning of a day of TAQ beside ours, by rule and count (docs/data-cleaning.md holds the table).

Published are the package's raw and cleaned files. Its steps for trades: prices above zero, one venue, hours, a list
of valid conditions, one row a time (median price, summed size), prices within one spread of the quote; for quotes:
both sides present, hours, one venue, ask above bid, spread below 50 medians, one row a time.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tradetui.data.calendars import sessions_between
from tradetui.data.clean.files import load
from tradetui.data.clean.registry import chosen, rules_for, settings_of
from tradetui.data.clean.rules import Table
from tradetui.data.clean.run import Cleaned, check, clean

VALID_CONDITIONS = {"", "@", "E", "@E", "F", "FI", "@F", "@FI", "I", "@I"}  # the published list, blanks left out
TRADE_RULES = ["venue", "off_hours", "special", "extended", "merge"]
QUOTE_RULES = ["venue", "off_hours", "no_bid", "no_ask", "locked", "merge"]
VENUE = settings_of(["venue=N"], calendar="XNYS")


def table_of(shared: Path, name: str) -> Table:
    return load(shared / f"data/ticks/taq_XXX_{name}_2018-01-02.parquet").table


def cleaned(shared: Path, name: str, rules: list[str]) -> Cleaned:
    table = table_of(shared, name)
    return clean(table, chosen(table.kind, rules), VENUE)


def of_the_venue(table: Table) -> Table:
    return Table(table.kind, table.frame.filter(pl.col("exchange") == "N"), table.interval_ns)


def test_all_24477_published_quotes_are_ours_to_the_digit(shared: Path) -> None:
    ours = cleaned(shared, "quotes", QUOTE_RULES).table.frame
    columns = ["ts_ns", "bid", "bid_size", "ask", "ask_size", "exchange"]
    theirs = table_of(shared, "quotes_cleaned").frame
    assert len(ours) == 24477
    assert ours.select(columns).equals(theirs.select(columns))


def test_all_3691_published_trades_are_ours_and_we_keep_the_opening_auction_too(shared: Path) -> None:
    ours = cleaned(shared, "trades", TRADE_RULES).table.frame
    theirs = table_of(shared, "trades_cleaned").frame
    both = ours.join(theirs, on=["ts_ns", "price", "size", "exchange"], how="semi")
    more = ours.join(theirs, on="ts_ns", how="anti")
    assert (len(theirs), len(both), len(more)) == (3691, 3691, 1)
    assert more.select("condition", "size", "price").row(0) == ("O", 103_504 * 10**9, 158_500_000_000)


@pytest.mark.parametrize(
    ("rule", "everywhere", "at_the_venue"),
    [
        ("official", 6, 1),
        ("out_of_sequence", 68, 0),
        ("special", 332, 0),
        ("extended", 271, 0),
        ("cancelled", 0, 0),
        ("no_size", 0, 0),
        ("off_hours", 275, 2),
    ],
)
def test_what_our_rules_find_in_the_raw_trades(shared: Path, rule: str, everywhere: int, at_the_venue: int) -> None:
    raw = table_of(shared, "trades")
    settings = settings_of((), calendar="XNYS")
    assert check(raw, rules_for("trades"), settings).found(rule) == everywhere
    assert check(of_the_venue(raw), rules_for("trades"), settings).found(rule) == at_the_venue


def test_what_the_published_steps_take_from_the_raw_trades(shared: Path) -> None:
    raw = table_of(shared, "trades").frame
    day = sessions_between("XNYS", date(2018, 1, 2), date(2018, 1, 2))
    venue = raw.filter(pl.col("exchange") == "N")
    open_hours = venue.filter(pl.col("ts_ns").is_between(int(day.open_ns[0]), int(day.close_ns[0]), closed="left"))
    valid = open_hours.filter(pl.col("condition").str.replace_all(" ", "").is_in(list(VALID_CONDITIONS)))
    merged = valid["ts_ns"].n_unique()
    assert [len(raw), len(venue), len(open_hours), len(valid), merged] == [39470, 5764, 5762, 5761, 3691]
    assert sorted(set(open_hours["condition"]) - set(valid["condition"])) == ["O"]
    assert sorted(venue.join(open_hours, on="ts_ns", how="anti")["condition"]) == ["6", "M"]


def test_no_merged_trade_is_more_than_a_spread_away_from_the_published_quotes(shared: Path) -> None:
    trades = cleaned(shared, "trades", TRADE_RULES).table.frame.sort("ts_ns")
    quotes = table_of(shared, "quotes_cleaned").frame.select("ts_ns", "bid", "ask").sort("ts_ns")
    at = trades.join_asof(quotes, on="ts_ns").with_columns(spread=pl.col("ask") - pl.col("bid"))
    low, high = pl.col("bid") - pl.col("spread"), pl.col("ask") + pl.col("spread")
    assert at.filter(pl.col("bid").is_null() | (pl.col("price") < low) | (pl.col("price") > high)).height == 0


def test_venue_and_hours_and_merging_take_these_rows_from_the_quotes(shared: Path) -> None:
    report = cleaned(shared, "quotes", QUOTE_RULES).report
    removed = {result.rule: result.removed for result in report.results if result.removed}
    assert removed == {"no_bid": 27, "no_ask": 24, "venue": 17108, "off_hours": 1, "merge": 25058}
    assert 66695 - sum(removed.values()) == 24477

"""Splits, dividends and exchange calendars equal the known answers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tradetui.data.calendars import in_sessions, sessions_between, timezone_of
from tradetui.data.clean.files import load
from tradetui.data.clean.registry import chosen, rules_for, settings_of
from tradetui.data.clean.rules import Table
from tradetui.data.clean.run import check, clean
from tradetui.data.corporate_actions import Action, actions_in_columns, factor_jumps, splits_in_prices
from tradetui.data.dialects.words import stated
from tradetui.engine.errors import UsageError

FILES = ("quandl_ORCL_2000_two_splits.csv", "quandl_IBM_2011_dividends.csv", "wiki_AAPL_2000-2013.csv.gz",
         "wiki_IBM_2000-2013.csv.gz")  # fmt: skip


@pytest.fixture(scope="module")
def answers(shared: Path) -> dict[str, dict[str, Any]]:
    found = json.loads((shared / "answers/corporate_actions/events.json").read_text(encoding="utf-8"))
    return {Path(entry["file"]).name: entry for entry in found}


def table_of(shared: Path, name: str, **said: object) -> Table:
    return load(shared / "data/daily" / name, stated(**said)).table  # type: ignore[arg-type]


def days_of(table: Table) -> list[str]:
    return table.frame["ts_ns"].cast(pl.Datetime("ns")).dt.strftime("%Y-%m-%d").to_list()


@pytest.mark.parametrize("name", FILES)
def test_every_jump_of_the_adjusted_close_is_found_and_no_other(
    shared: Path, answers: dict[str, dict[str, Any]], name: str
) -> None:
    table = table_of(shared, name)
    close, adjusted = table.frame["close"].to_numpy() / 1e9, table.frame["adj_close"].to_numpy()
    found = [(days_of(table)[row], jump) for row, jump in factor_jumps(close, adjusted)]
    entry = answers[name]
    if "events" in entry:
        wanted = [(event["ex_date"], event["factor_jump"]) for event in entry["events"]]
    else:
        wanted = [(event["date"], event["jump"]) for event in entry["factor_jumps"]]
    assert [day for day, _ in found] == [day for day, _ in wanted]
    assert [jump for _, jump in found] == pytest.approx([jump for _, jump in wanted], abs=1e-8)


@pytest.mark.parametrize("name", FILES[:2])
def test_the_factors_of_both_rules_are_the_published_ones(
    shared: Path, answers: dict[str, dict[str, Any]], name: str
) -> None:
    table = table_of(shared, name)
    columns = [table.frame[column].to_numpy() for column in ("split_ratio", "dividend")]
    close = table.frame["close"].to_numpy() / 1e9
    actions = actions_in_columns(*columns)
    events = answers[name]["events"]
    assert [days_of(table)[action.row] for action in actions] == [event["ex_date"] for event in events]
    for action, event in zip(actions, events, strict=True):
        assert (action.split, action.dividend) == (event["split_ratio"], event["dividend"])
        assert (close[action.row - 1], close[action.row]) == (event["prev_close"], event["close"])
        for rule in ("quandl", "crsp"):
            factor = action.factor(rule, close[action.row - 1], close[action.row])  # type: ignore[arg-type]
            assert factor == pytest.approx(event[f"formula_{rule}"], rel=1e-9)


@pytest.mark.parametrize("name", [*FILES, "AAPL_2020_split_raw.csv", "AAPL_2020_split_adj.csv", "GOOG_2004-2013.csv",
                                  "ORCL_1995-2014.csv.gz", "YHOO_1996-2014.csv.gz", "INTC_1995-2004.csv.gz",
                                  "SPY_2008-2017.csv.gz"])  # fmt: skip
def test_splits_are_found_in_raw_prices_alone_and_in_adjusted_ones_none(shared: Path, name: str) -> None:
    wanted = {
        FILES[0]: [("2000-01-19", 2.0), ("2000-10-13", 2.0)],
        FILES[2]: [("2000-06-21", 2.0), ("2005-02-28", 2.0)],  # and not the crash by half of 2000-09-29
        "AAPL_2020_split_raw.csv": [("2020-08-31", 4.0)],
    }
    table = table_of(shared, name, timezone="UTC")
    opens, closes = (table.frame[column].to_numpy() / 1e9 for column in ("open", "close"))
    volume = table.frame["volume"].to_numpy()
    found = splits_in_prices(opens, closes, volume, tolerance=0.08, terms_max=10, volume_max=4.0)
    assert [(days_of(table)[action.row], action.split) for action in found] == wanted.get(name, [])


def test_a_reverse_split_and_three_for_two_are_found_and_a_fall_with_its_volume_is_not() -> None:
    close = np.array([10.0] * 30 + [100.0] * 30 + [66.7] * 30)
    volume = np.array([1000.0] * 30 + [100.0] * 30 + [150.0] * 30)
    found = splits_in_prices(close, close, volume, tolerance=0.08, terms_max=10, volume_max=4.0)
    assert found == [Action(30, 0.1), Action(60, 1.5)]
    volume[60] = 5_000.0
    assert splits_in_prices(close, close, volume, tolerance=0.08, terms_max=10, volume_max=4.0) == [Action(30, 0.1)]


def test_the_adjusted_file_is_the_raw_one_over_four_before_the_split_and_equal_after(shared: Path) -> None:
    raw = table_of(shared, "AAPL_2020_split_raw.csv", timezone="UTC")
    theirs = table_of(shared, "AAPL_2020_split_adj.csv", timezone="UTC").frame
    ours = clean(raw, chosen("bars", ["splits"]), settings_of(())).table.frame
    for name in ("open", "high", "low", "close"):
        before = raw.frame[name].to_numpy()[:20]
        assert (ours[name].to_numpy()[:20] * 4 == before).all()  # exactly a quarter
        # the published file writes four decimals
        assert np.abs(ours[name].to_numpy() - theirs[name].to_numpy()).max() <= 50_000
        assert (ours[name].to_numpy()[20:] == theirs[name].to_numpy()[20:]).all()
    assert np.array_equal(ours["volume"].to_numpy(), theirs["volume"].to_numpy())


@pytest.mark.parametrize(("name", "rule"), [(FILES[0], "quandl"), (FILES[1], "quandl")])
def test_adjusting_by_the_vendors_rule_gives_the_vendors_adjusted_closes(shared: Path, name: str, rule: str) -> None:
    table = table_of(shared, name)
    settings = settings_of([f"dividend_rule={rule}"])
    ours = clean(table, chosen("bars", ["splits", "dividends"]), settings).table.frame
    adjusted = table.frame["adj_close"].to_numpy()
    later = table.frame["close"].to_numpy()[-1] / 1e9 / adjusted[-1]  # actions after the file's last row
    assert ours["close"].to_numpy() / 1e9 == pytest.approx(adjusted * later, rel=2e-9)


@pytest.mark.parametrize("calendar", ["XNYS", "CMES"])
def test_nineteen_years_of_sessions_are_the_known_ones(shared: Path, calendar: str) -> None:
    wanted = pl.read_csv(shared / f"answers/calendar/{calendar}_2000_2018.csv")
    found = sessions_between(calendar, date(2000, 1, 1), date(2018, 12, 31))
    assert [str(found.date_of(i)) for i in range(len(found))] == wanted["session"].to_list()
    for column, ours in (("open_utc", found.open_ns), ("close_utc", found.close_ns)):
        theirs = wanted[column].str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="ns").dt.epoch("ns").to_numpy()
        assert np.array_equal(ours, theirs)
    assert np.array_equal(found.early_close, wanted["early_close"].to_numpy() == 1)
    assert np.array_equal(found.late_open, wanted["late_open"].to_numpy() == 1)


def test_new_york_is_closed_on_the_known_weekdays(shared: Path) -> None:
    wanted = (shared / "answers/calendar/XNYS_closed_weekdays_2000_2018.csv").read_text(encoding="utf-8").split()[1:]
    found = sessions_between("XNYS", date(2000, 1, 1), date(2018, 12, 31))
    open_days = {found.date_of(i) for i in range(len(found))}
    days = (date.fromordinal(n) for n in range(date(2000, 1, 3).toordinal(), date(2018, 12, 31).toordinal() + 1))
    assert [str(day) for day in days if day.weekday() < 5 and day not in open_days] == wanted


def test_a_lunch_break_is_outside_the_session() -> None:
    hong_kong = sessions_between("XHKG", date(2020, 1, 6), date(2020, 1, 6))
    starts = hong_kong.starts(60 * 10**9)
    assert len(starts) == 150 + 180
    noon = np.array([hong_kong.open_ns[0] + int(2.75 * 3600) * 10**9])
    assert not in_sessions("XHKG", noon).any()


def test_an_unknown_calendar_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="there is no calendar 'XNYX'; did you mean"):
        timezone_of("XNYX")


def test_a_year_of_minutes_lacks_what_was_taken_out_of_it() -> None:
    sessions = sessions_between("XNYS", date(2018, 1, 1), date(2018, 12, 31))
    ts = sessions.starts(60 * 10**9)
    assert len(ts) == 251 * 390 - 3 * 180  # three early closes at 13:00
    keep = np.ones(len(ts), np.bool_)
    keep[1000:1005] = False  # a halt
    keep[-390 * 5 : -390 * 4] = False  # a session
    n = int(keep.sum())
    one = np.full(n, 10**9)
    symbol = pl.Series(["X"], dtype=pl.Enum(["X"])).new_from_index(0, n)
    prices = dict.fromkeys(("open", "high", "low", "close"), one)
    frame = pl.DataFrame({"ts_ns": ts[keep], "symbol": symbol, **prices, "volume": np.ones(n)})
    report = check(Table("bars", frame, 60 * 10**9), rules_for("bars"), settings_of((), "XNYS"))
    assert (report.found("missing_bars"), report.found("early_closes"), report.found("off_hours")) == (395, 3, 0)
    assert report.found("missing_sessions") == 1


@pytest.mark.parametrize(
    ("calendar", "minutes", "outside"),
    [
        # New York, 14:30 to 21:00 UTC: the hour from 14:00 holds the first half hour of trading
        ("XNYS", 60, ["13:00", "21:00", "22:00"]),
        ("XNYS", 30, ["13:00", "13:30", "14:00", "21:00", "21:30", "22:00", "22:30"]),
        # Hong Kong, 01:30 to 04:00 and 05:00 to 08:00 UTC: nothing of the hour from 04:00 is traded
        ("XHKG", 60, ["00:00", "04:00", "08:00", "09:00"]),
    ],
)
def test_a_bar_that_spans_the_open_is_not_off_hours(calendar: str, minutes: int, outside: list[str]) -> None:
    step = minutes * 60 * 10**9
    first = 13 if calendar == "XNYS" else 0
    begin = np.datetime64(f"2020-01-06T{first:02}:00", "ns").astype(np.int64)
    ts = begin + np.arange(10 * 60 // minutes) * step
    frame = pl.DataFrame({"ts_ns": ts, "symbol": pl.Series(["X"], dtype=pl.Enum(["X"])).new_from_index(0, len(ts))})
    table = Table("bars", frame, step)
    (rule,) = [rule for rule in rules_for("bars") if rule.name == "off_hours"]
    found = rule.find(table, settings_of((), calendar))
    assert [f"{time:%H:%M}" for time in frame["ts_ns"][found.rows].cast(pl.Datetime("ns"))] == outside
    alone = Table("trades", frame)  # a trade has no length: one of 14:00 is before the open
    assert found.count <= rule.find(alone, settings_of((), calendar)).count

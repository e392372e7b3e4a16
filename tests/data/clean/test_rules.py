"""Each rule alone: what it finds, what it leaves, what becomes of it; and all of them undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.data.clean.files import load, restored, sidecar_of, undo_cleaning, write_cleaned
from tradetui.data.clean.registry import RULES, chosen, rules_for, settings_of
from tradetui.data.clean.rules import RANGES, ROW, Table
from tradetui.data.clean.run import Cleaned, check, clean, numbered
from tradetui.data.dialects.importing import import_file
from tradetui.data.formats import read_bars
from tradetui.engine.errors import DataError, UsageError

MINUTE = 60 * 10**9
START = 1_577_975_400 * 10**9  # 2020-01-02T14:30:00Z
NOTHING = settings_of(())


def bars(rows: list[tuple[Any, ...]], symbols: tuple[str, ...] = ("X",)) -> Table:
    """Bars from (minute, open, high, low, close, volume[, symbol]), prices in units."""
    names = [row[6] if len(row) > 6 else symbols[0] for row in rows]
    columns = {
        name: [None if row[i] is None else round(row[i] * 10**9) for row in rows]
        for i, name in enumerate(("open", "high", "low", "close"), 1)
    }
    frame = pl.DataFrame(
        {
            "ts_ns": [START + row[0] * MINUTE for row in rows],
            "symbol": pl.Series(names, dtype=pl.Enum(symbols)),
            **{name: pl.Series(values, dtype=pl.Int64) for name, values in columns.items()},
            "volume": [float(row[5]) for row in rows],
        }
    )
    return Table("bars", frame, MINUTE)


def ticks(kind: Any, **columns: list[Any]) -> Table:
    n = len(next(iter(columns.values())))
    times = columns.pop("ts", list(range(n)))
    symbol = pl.Series(["X"] * n, dtype=pl.Enum(["X"]))
    return Table(kind, pl.DataFrame({"ts_ns": times, "symbol": symbol, **columns}))


def only(table: Table, rule: str, *pairs: str) -> Cleaned:
    return clean(table, chosen(table.kind, only=[rule]), settings_of(pairs))


def left(cleaned: Cleaned) -> list[int]:
    return cleaned.table.frame[ROW].to_list()


def flat(*minutes: int, price: float = 10.0) -> list[tuple[Any, ...]]:
    return [(minute, price, price, price, price, 5) for minute in minutes]


def test_rows_are_sorted_and_equal_times_keep_their_order() -> None:
    cleaned = only(bars(flat(0, 2, 1, 3)), "order")
    assert (cleaned.report.found("order"), left(cleaned)) == (1, [0, 2, 1, 3])
    trades = ticks("trades", ts=[5, 5, 3, 9], price=[1, 2, 3, 4], size=[1, 1, 1, 1])
    assert left(only(trades, "order")) == [2, 0, 1, 3]


def test_the_times_of_one_symbol_say_nothing_about_anothers() -> None:
    rows = [(m, 1, 1, 1, 1, 1, s) for s in "BA" for m in (0, 1)]
    cleaned = only(bars(rows, ("A", "B")), "order")
    assert cleaned.report.found("order") == 0
    assert left(cleaned) == [2, 0, 3, 1]  # by time, then by symbol, as the layout wants it


def test_rows_without_a_price_are_removed_and_those_without_a_volume_stay() -> None:
    cleaned = only(bars([*flat(0), (1, 10, None, 10, 10, 5), (2, 10, 10, 10, 10, float("nan"))]), "missing")
    assert left(cleaned) == [0, 2]


def test_prices_at_or_below_zero_are_removed_but_an_empty_side_of_a_quote_is_none() -> None:
    assert left(only(bars([*flat(0), (1, 0, 1, 0, 1, 1), (2, -1, 1, -1, 1, 1)]), "non_positive")) == [0]
    quotes = ticks("quotes", bid=[0, 5, -1], ask=[6, 0, 7], bid_size=[0, 1, 1], ask_size=[1, 0, 1])
    assert left(only(quotes, "non_positive")) == [0, 1]


def test_a_bar_that_stands_there_twice_goes_once_also_far_apart_and_out_of_order() -> None:
    rows = [*flat(0), *flat(1, price=11), *flat(0), *flat(2), *flat(0)]
    assert left(only(bars(rows), "duplicates")) == [0, 1, 3]
    two = [(0, 1, 1, 1, 1, 1, "A"), (0, 1, 1, 1, 1, 1, "B"), (0, 1, 1, 1, 1, 1, "A")]
    assert left(only(bars(two, ("A", "B")), "duplicates")) == [0, 1]


def test_of_two_tellings_of_one_time_the_last_is_kept() -> None:
    rows = [*flat(0), *flat(1), *flat(0, price=12)]
    assert left(only(bars(rows), "same_time")) == [1, 2]
    assert only(bars(rows), "duplicates").report.found("duplicates") == 0


def test_an_impossible_bar_is_widened_and_no_other_number_moves() -> None:
    table = bars([*flat(0), (1, 12, 11, 9, 10, 5), (2, 9, 11, 10, 10, 5), (3, 10, 9, 11, 10, 5)])
    cleaned = only(table, "ohlc")
    assert cleaned.report.found("ohlc") == 3
    assert [value // 10**9 for value in cleaned.table.frame["high"]] == [10, 12, 11, 11]
    assert [value // 10**9 for value in cleaned.table.frame["low"]] == [10, 9, 9, 9]
    assert cleaned.table.frame["open"].equals(table.frame["open"])


def test_a_negative_volume_becomes_unknown() -> None:
    volume = only(bars([(0, 1, 1, 1, 1, -5), (1, 1, 1, 1, 1, 5)]), "negative_volume").table.frame["volume"]
    assert np.isnan(volume[0])
    assert volume[1] == 5


def test_a_spike_that_is_taken_back_goes_and_a_jump_that_stays_does_not() -> None:
    rng = np.random.default_rng(1)
    closes = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.0005, 400))), 4)
    closes[100] *= 1.2
    closes[200] *= 0.5
    closes[300:] *= 1.2
    rows = [(m, c, c, c, c, 5) for m, c in enumerate(closes)]
    assert [row for row in range(400) if row not in left(only(bars(rows), "spikes"))] == [100, 200]
    assert len(left(only(bars(rows), "spikes", "spike_least=0.3"))) == 399


def test_two_symbols_far_apart_in_price_are_no_spikes() -> None:
    rows = [(m, p, p, p, p, 1, s) for m in range(50) for s, p in (("A", 1), ("B", 100))]
    assert only(bars(rows, ("A", "B")), "spikes").report.found("spikes") == 0


def test_holes_are_filled_inside_days_with_marked_bars_of_the_last_close() -> None:
    rows = [(0, 10, 12, 9, 11, 5), (3, 12, 12, 12, 12, 5), (2000, 13, 13, 13, 13, 5)]
    cleaned = only(bars(rows), "fill")
    frame = cleaned.table.frame
    assert frame["filled"].to_list() == [False, True, True, False, False]
    assert frame.row(1)[2:7] == (11 * 10**9,) * 4 + (0.0,)
    assert (cleaned.report.found("fill"), cleaned.report.rows_after) == (2, 5)


def test_filling_keeps_to_sessions_and_to_its_longest_hole() -> None:
    assert only(bars(flat(0, 100)), "fill").report.found("fill") == 0
    assert only(bars(flat(0, 100)), "fill", "fill_bars_max=100").report.found("fill") == 99
    evening = bars(flat(385, 388, 395))  # the session ends at minute 390
    assert only(evening, "fill", "calendar=XNYS", "fill_bars_max=500").report.found("fill") == 2 + 1


def test_each_symbol_is_filled_with_its_own_close() -> None:
    rows = [(0, 1, 1, 1, 1, 1, "A"), (0, 7, 7, 7, 7, 1, "B"), (1, 7, 7, 7, 7, 1, "B"), (2, 1, 1, 1, 1, 1, "A")]
    frame = only(bars(rows, ("A", "B")), "fill").table.frame
    assert frame.filter("filled").select("symbol", "close").rows() == [("A", 10**9)]


def test_prints_are_judged_by_their_conditions_and_corrections() -> None:
    conditions = ["", "M", "Q", "Z", "T", "4 B", "F I", "L"]
    table = ticks(
        "trades", price=[10] * 8, size=[100 * 10**9] * 8, exchange=["N"] * 8, condition=conditions,
        correction=[0, 0, 0, 0, 1, 8, 10, 0],
    )  # fmt: skip
    found = check(table, rules_for("trades"), NOTHING)
    counts = {rule: found.found(rule) for rule in ("official", "out_of_sequence", "extended", "special", "cancelled")}
    assert counts == {"official": 2, "out_of_sequence": 2, "extended": 1, "special": 1, "cancelled": 2}


def test_trades_of_nothing_and_of_less_than_a_lot_and_of_known_ids() -> None:
    table = ticks("trades", price=[10] * 4, size=[0, 99 * 10**9, 100 * 10**9, 10**9], id=["a", "b", "a", None])
    assert left(only(table, "no_size")) == [1, 2, 3]
    assert left(only(table, "odd_lots")) == [0, 2]
    assert left(only(table, "repeated_ids")) == [0, 1, 3]


def test_crossed_locked_and_wide_quotes() -> None:
    table = ticks("quotes", bid=[10, 12, 11, 10, 0], ask=[11, 11, 11, 900, 5], bid_size=[1] * 5, ask_size=[1] * 5)
    assert left(only(table, "crossed")) == [0, 2, 3, 4]
    assert left(only(table, "locked")) == [0, 1, 3, 4]
    assert left(only(table, "wide", "spread_medians=1.5")) == [0, 1, 2, 4]


def test_prints_of_one_time_become_one_at_the_median_price() -> None:
    table = ticks("trades", ts=[1, 1, 1, 2], price=[10, 30, 20, 40], size=[1, 2, 3, 4], condition=["a", "b", "c", "d"])
    frame = only(table, "merge").table.frame
    assert frame.select("ts_ns", "price", "size", "condition").rows() == [(1, 20, 6, "c"), (2, 40, 4, "d")]


def test_a_check_changes_nothing_and_finds_what_cleaning_finds_first() -> None:
    table = bars([*flat(0, 1), (2, 12, 11, 9, 10, 5), *flat(2), *flat(1)])
    before = table.frame.clone()
    report = check(table, rules_for("bars"), NOTHING)
    assert (report.found("order"), report.found("ohlc"), report.found("duplicates"), report.rows_after) == (1, 1, 1, 5)
    assert table.frame.equals(before)


def test_rules_are_switched_one_by_one() -> None:
    names = [rule.name for rule in chosen("bars")]
    assert "ohlc" in names
    assert "spikes" not in names
    assert "spikes" in [rule.name for rule in chosen("bars", ["spikes"])]
    assert "ohlc" not in [rule.name for rule in chosen("bars", less=["ohlc"])]
    assert [rule.name for rule in chosen("bars", only=["gaps"])] == ["gaps"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["spike"], "there is no rule 'spike'; did you mean spikes"),
        (["crossed"], "is for quotes, and this is a table of bars"),
    ],
)
def test_a_rule_that_there_is_not_is_refused(more: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        chosen("bars", more)


@pytest.mark.parametrize(
    ("pair", "words"),
    [("lots=5", "did you mean lot"), ("lot", "expected NAME=VALUE"), ("lot=many", "Expected `float`")],
)
def test_a_setting_that_there_is_not_is_refused(pair: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        settings_of([pair])


def test_every_rule_has_a_name_of_its_own_and_says_what_it_does() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert [rule.name for rule in RULES if not rule.finds or not rule.does] == []
    assert [rule.name for rule in RULES if rule.default and rule.mend is None] == []


@st.composite
def dirty_bars(draw: st.DrawFn) -> Table:
    symbols = ("A", "B")[: draw(st.integers(1, 2))]
    price = st.sampled_from([1, 2, 2, 3, 3, 3, 4, 5, 60, 0, None]) if draw(st.booleans()) else st.integers(2, 4)
    row = st.tuples(st.integers(0, 6), price, price, price, price, st.integers(-1, 3), st.sampled_from(symbols))
    return bars(draw(st.lists(row, min_size=1, max_size=25)), symbols)


def same_bytes(one: pl.Series, other: pl.Series) -> bool:
    """Whether two columns hold the same nulls and the same bits: a NaN equals itself, 0.0 is not -0.0."""
    bits = [series.to_physical().fill_null(0).to_numpy().tobytes() for series in (one, other)]
    return bits[0] == bits[1] and one.is_null().equals(other.is_null())


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(dirty_bars(), st.sets(st.sampled_from([rule.name for rule in rules_for("bars") if "ession" not in rule.name])))
def test_whatever_was_done_is_undone_to_the_byte(
    tmp_path_factory: pytest.TempPathFactory, table: Table, more: set[str]
) -> None:
    folder = tmp_path_factory.mktemp("undo")
    source = folder / "dirty.parquet"
    metadata = {"tradetui.layout": "bars/1", "tradetui.interval_ns": str(MINUTE)}
    table.frame.write_parquet(source, metadata=metadata)
    loaded = load(source)
    out, record, back = folder / "clean.parquet", folder / "clean.undo.parquet", folder / "back.parquet"
    cleaned = write_cleaned(loaded, chosen("bars", sorted(more)), NOTHING, out, record)
    assert undo_cleaning(out, record, back) == len(table.frame)
    again = pl.read_parquet(back)
    assert again.schema == table.frame.schema
    for name in table.frame.columns:
        assert same_bytes(again[name], table.frame[name]), name
    metadata_again = pl.read_parquet_metadata(back)
    assert {key: metadata_again[key] for key in metadata} == metadata
    assert cleaned.report.rows_before == len(table.frame)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(dirty_bars())
def test_what_the_default_rules_leave_is_read_as_bars(tmp_path_factory: pytest.TempPathFactory, table: Table) -> None:
    folder = tmp_path_factory.mktemp("clean")
    source = folder / "dirty.parquet"
    table.frame.write_parquet(source, metadata={"tradetui.layout": "bars/1", "tradetui.interval_ns": str(MINUTE)})
    cleaned = write_cleaned(load(source), chosen("bars"), NOTHING, folder / "c.parquet", folder / "u.parquet")
    if cleaned.report.rows_after:
        assert len(read_bars(folder / "c.parquet")) == cleaned.report.rows_after
        assert not any(r.found for r in check(load(folder / "c.parquet").table, chosen("bars"), NOTHING).results)


def test_ticks_are_undone_too() -> None:
    table = ticks("trades", ts=[3, 1, 1, 2], price=[10, 30, 20, 40], size=[1, 2, 0, 4], condition=["a", "M", None, "d"])
    cleaned = clean(table, chosen("trades", ["merge"]), NOTHING)
    kept = sidecar_of(table.frame.columns, cleaned)
    assert restored(cleaned.table.frame.drop(ROW), kept, table.frame.columns).equals(table.frame)
    assert numbered(table.frame)[ROW].to_list() == [0, 1, 2, 3]


def test_a_cleaned_file_that_was_changed_since_is_not_undone(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("date,open,high,low,close\n2020-01-02,1,1,1,1\n2020-01-02,1,1,1,1\n")
    source = import_file(path, tmp_path).path
    out, record = tmp_path / "c.parquet", tmp_path / "u.parquet"
    write_cleaned(load(source), chosen("bars"), NOTHING, out, record)
    pl.read_parquet(out).write_parquet(out)
    with pytest.raises(DataError, match="this is not the file that was written with it"):
        undo_cleaning(out, record, tmp_path / "back.parquet")
    with pytest.raises(DataError, match="this is no record of a cleaning"):
        undo_cleaning(out, source, tmp_path / "back.parquet")
    with pytest.raises(DataError, match="this is the file that is cleaned"):
        write_cleaned(load(source), chosen("bars"), NOTHING, source, record)


def test_undoing_never_writes_over_the_cleaned_file_or_its_record(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("date,open,high,low,close\n2020-01-02,1,1,1,1\n2020-01-02,1,1,1,1\n")
    source = import_file(path, tmp_path).path
    out, record = tmp_path / "c.parquet", tmp_path / "u.parquet"
    write_cleaned(load(source), chosen("bars"), NOTHING, out, record)
    before = out.read_bytes(), record.read_bytes()
    text = path.read_bytes()
    named = ((out, "this is the cleaned file"), (record, "this is the record of it"), (path, "it is there already"))
    for target, words in named:
        with pytest.raises(DataError, match=words):
            undo_cleaning(out, record, target)
    assert (out.read_bytes(), record.read_bytes(), path.read_bytes()) == (*before, text)
    with pytest.raises(DataError, match="this is the record of a cleaning, not market data"):
        load(record)


def test_splits_are_not_taken_out_of_prices_that_are_without_them(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text(
        "Date,Open,High,Low,Close,Volume,Ex-Dividend,Split Ratio\n2020-01-02,8,8,8,8,1,0,1\n"
        "2020-01-03,4,4,4,4,1,0,2\n2020-01-06,4,4,4,4,1,1,1\n2020-01-07,4,4,4,4,1,0,1\n"
    )
    source = import_file(path, tmp_path).path
    one, two, three = (tmp_path / name for name in ("one.parquet", "two.parquet", "three.parquet"))
    record = tmp_path / "u.parquet"
    write_cleaned(load(source), chosen("bars", ["splits"]), NOTHING, one, record)
    write_cleaned(load(one), chosen("bars"), NOTHING, two, record)  # another cleaning does not forget it
    assert pl.read_parquet(two)["close"].to_list() == [4 * 10**9] * 4
    for rule in ("splits", "dividends"):
        with pytest.raises(DataError, match="splits were taken out of its prices by an earlier cleaning"):
            write_cleaned(load(two), chosen("bars", [rule]), NOTHING, three, record)
    assert not three.exists()
    write_cleaned(load(source), chosen("bars", ["dividends"]), NOTHING, one, record)
    write_cleaned(load(one), chosen("bars", ["splits"]), NOTHING, two, record)  # the order in which one run does both
    write_cleaned(load(source), chosen("bars", ["dividends", "splits"]), NOTHING, three, record)
    assert pl.read_parquet(two).equals(pl.read_parquet(three))


def test_a_spike_is_found_wherever_the_rows_of_its_symbol_stand() -> None:
    rows = [(i, p, p, p, p, 1, "A") for i, p in enumerate((10, 10, 10, 20, 10, 10))]
    rows += [(i, 500, 500, 500, 500, 1, "B") for i in range(6)]
    for many in (rows, sorted(rows)):
        found = check(bars(many, ("A", "B")), rules_for("bars"), NOTHING)
        assert found.found("spikes") == 1


def test_rows_that_were_sorted_are_said_to_be() -> None:
    table = bars([(1, 1, 1, 1, 1, 1), (0, 1, 1, 1, 1, 1)])
    assert any("1  sorted: a time before" in line for line in clean(table, chosen("bars"), NOTHING).report.lines())
    assert any("1  counted: a time before" in line for line in check(table, chosen("bars"), NOTHING).lines())


def test_a_cleaning_that_cannot_be_recorded_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "X.csv"
    path.write_text("date,open,high,low,close\n2020-01-02,1,1,1,1\n2020-01-02,1,1,1,1\n")
    source = import_file(path, tmp_path).path
    out, record, taken = tmp_path / "c.parquet", tmp_path / "u.parquet", tmp_path / "taken.parquet"
    write_cleaned(load(source), chosen("bars"), NOTHING, out, record)
    before = out.read_bytes()
    taken.mkdir()
    with pytest.raises(DataError, match="it cannot be written"):
        write_cleaned(load(source), [], NOTHING, out, taken)
    assert out.read_bytes() == before
    assert sorted(one.name for one in tmp_path.iterdir() if one.name.startswith(".")) == []
    with pytest.raises(DataError, match="it cannot be written"):
        write_cleaned(load(source), chosen("bars"), NOTHING, taken, record)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ("spike_deviations=-3", "spike_deviations=-3: expected a number above 0"),
        ("spike_least=-0.01", "spike_least=-0.01: expected a number 0 or more"),
        ("spike_reversal=1.5", "spike_reversal=1.5: expected a number 0 or more, and at most 1"),
        ("lot=0", "lot=0: expected a number above 0"),
        ("spread_medians=nan", "spread_medians=nan: expected a number above 0"),
        ("split_volume_max=inf", "split_volume_max=inf: expected a number above 0"),
        ("split_tolerance=-1", "split_tolerance=-1: expected a number 0 or more, and at most 1"),
        ("split_terms_max=1", "split_terms_max=1: expected a number 2 or more"),
        ("fill_bars_max=-5", "fill_bars_max=-5: expected a number 1 or more"),
    ],
)
def test_a_threshold_outside_its_range_is_refused_with_the_range(pair: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        settings_of([pair])


def test_every_number_that_rules_judge_by_has_a_range() -> None:
    numbers = {name for name in NOTHING.__struct_fields__ if isinstance(getattr(NOTHING, name), int | float)}
    assert set(RANGES) == numbers

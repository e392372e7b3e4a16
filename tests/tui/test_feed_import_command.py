"""`tradetui data import` of recorded books as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tradetui.data.column_bars import LAYOUT_KEY
from tradetui.engine.errors import UsageError
from tradetui.tui.cli.data import app

DAY = "A,34200000,1,11.48,400,BID\nT,34200001,1,11.48,100\nC,34200002,9\n"


@pytest.fixture
def messages(tmp_path: Path) -> Path:
    path = tmp_path / "NVDA_2010-06-08_messages.csv"
    path.write_text(DAY)
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["import", *(str(argument) for argument in arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_a_recording_is_told_by_its_lines_and_gives_a_file_for_each_table(messages: Path, tmp_path: Path) -> None:
    out = tmp_path / "market"
    code, printed, told = run(messages, "--out", out)
    assert (code, printed) == (0, f"{out}/NVDA_2010-06-08_orders.parquet\n{out}/NVDA_2010-06-08_trades.parquet\n")
    assert "feed    nasdaq  (its first line is A,34200000,1,11.48,400,BID)" in told
    assert "3 messages read, 1 changes of the book applied" in told
    assert "1  unknown id: about an order that does not rest; left out (first at 3: cancel of order 9)" in told
    metadata = pl.read_parquet_metadata(out / "NVDA_2010-06-08_orders.parquet")
    assert metadata[LAYOUT_KEY] == "orders/1"
    assert metadata["tradetui.source"] == messages.name
    assert json.loads(metadata["tradetui.report"])["faults"]["unknown_id"]["count"] == 1


def test_json_tells_the_report_and_the_hash_of_the_source(messages: Path, tmp_path: Path) -> None:
    code, printed, _ = run(messages, "--out", tmp_path / "market", "--symbol", "ACME", "--json")
    (told,) = json.loads(printed)["imported"]
    assert (code, told["feed"], told["symbols"], told["rows"]) == (0, "nasdaq", ["ACME"], {"orders": 1, "trades": 1})
    assert told["first"] == "2010-06-08T13:30:00Z"
    assert len(told["sha256"]) == 64
    assert told["report"]["faults"]["unknown_id"] == {"count": 1, "line": 3, "example": "cancel of order 9"}


def test_a_recording_and_a_table_are_imported_by_one_command(messages: Path, tmp_path: Path) -> None:
    bars = tmp_path / "ACME_1d.csv"
    bars.write_text("date,open,high,low,close,volume\n2020-01-02,1,2,0.5,1.5,5\n")
    code, printed, _ = run(messages, bars, "--out", tmp_path / "market", "--json")
    first, second = json.loads(printed)["imported"]
    assert (code, first["feed"], second["kind"]) == (0, "nasdaq", "bars")


def test_a_dry_run_says_what_it_would_read_and_writes_nothing(messages: Path, tmp_path: Path) -> None:
    code, printed, told = run(messages, "--out", tmp_path / "market", "--dry-run")
    assert (code, printed) == (0, "")
    assert "symbol  NVDA\n  date    2010-06-08" in told
    assert not (tmp_path / "market").exists()


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a.csv", ("--feed", "nasdaq"), "its name has no date; give --date YYYY-MM-DD"),
        ("a.jsonl", (), "the first lines are of no feed; say which with --feed binance-spot|"),
    ],
)
def test_what_must_be_stated_is_asked_for(tmp_path: Path, name: str, options: tuple[str, ...], words: str) -> None:
    path = tmp_path / name
    path.write_text(DAY if name.endswith("csv") else "hello\n")
    code, printed, told = run(path, "--out", tmp_path / "market", *options)
    assert (code, printed) == (2, "")
    assert words in told


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--feed", "bats"), "--feed 'bats': expected one of binance-spot, binance-futures, bybit"),
        (("--feed", "nasdaq", "--kind", "trades"), "--kind do not go with --feed nasdaq: its columns are known"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_any_file(
    messages: Path, options: tuple[str, ...], words: str
) -> None:
    result = CliRunner().invoke(app, ["import", str(messages), *options])
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)


def test_one_recording_does_not_take_the_place_of_another(messages: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / messages.name
    other.parent.mkdir()
    other.write_text(DAY)
    code, printed, told = run(messages, other, "--out", tmp_path / "market")
    assert (code, printed.count("\n")) == (3, 2)
    assert "is what another file of this command became" in told


BOOKS = "X_2012-06-21_34200000_57600000_orderbook_1.csv"


def test_lobsters_books_alone_say_which_file_of_messages_is_to_be_given(tmp_path: Path) -> None:
    books = tmp_path / BOOKS
    books.write_text("101000,5,100000,500\n")
    messages = books.with_name(books.name.replace("_orderbook_", "_message_"))
    code, printed, told = run(books, "--out", tmp_path / "market")
    assert (code, printed) == (3, "")
    assert f"Give the message file, {messages.name} (it is not in this folder)" in told
    messages.write_text("34200.1,1,11,200,100000,1\n")
    code, printed, told = run(books, "--out", tmp_path / "market")
    assert (code, f"{messages.name} (it is next to it): this one is read with it" in told) == (3, True)
    code, printed, told = run(messages, books, "--out", tmp_path / "market")
    assert (code, printed) == (0, f"{tmp_path}/market/{messages.stem}_orders.parquet\n")
    assert f"{books}\n  read with {messages.name}" in told


def test_the_report_tells_how_many_rows_of_each_table_a_file_gave(messages: Path, tmp_path: Path) -> None:
    bars = tmp_path / "ACME_1d.csv"
    bars.write_text("date,open,high,low,close,volume\n2020-01-02,1,2,0.5,1.5,5\n2020-01-03,1,2,0.5,1.5,5\n")
    _, _, told = run(messages, bars, "--out", tmp_path / "market")
    counts = [line.strip() for line in told.splitlines() if line.startswith("  wrote")]
    assert counts == ["wrote   1 row of orders", "wrote   1 row of trades", "wrote   2 rows of bars"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--date", "8.6.2010"), "--date '8.6.2010' is no day: expected YYYY-MM-DD"),
        (("--timezone", "Mars/Olympus"), "--timezone 'Mars/Olympus' is not known"),
    ],
)
def test_a_day_or_a_zone_that_is_none_is_told_before_any_file_is_read(
    tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    result = CliRunner().invoke(app, ["import", str(tmp_path / "absent.jsonl"), *options])
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)


def test_a_dry_run_asks_for_the_day_too(tmp_path: Path) -> None:
    path = tmp_path / "messages.csv"
    path.write_text(DAY)
    code, _, told = run(path, "--dry-run")
    assert (code, "give --date YYYY-MM-DD" in told) == (2, True)


def test_a_day_that_is_of_no_use_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"topic":"publicTrade.X","data":[{"T":1700000000000,"s":"X","S":"Buy","v":"1","p":"2"}]}\n')
    _, _, told = run(path, "--out", tmp_path / "market", "--date", "2023-11-14")
    assert "note: --date and --timezone are of no use here: the messages carry their times" in told


def test_an_earlier_import_of_another_file_keeps_its_place_unless_it_is_said_to_be_replaced(tmp_path: Path) -> None:
    out = tmp_path / "market"
    first, other = tmp_path / "a" / "X_1d.csv", tmp_path / "b" / "X_1d.csv"
    for path, close in ((first, 1), (other, 2)):
        path.parent.mkdir()
        path.write_text(f"date,open,high,low,close,volume\n2020-01-02,{close},{close},{close},{close},5\n")
    assert run(first, "--out", out)[0] == 0
    assert run(first, "--out", out)[0] == 0  # the same again
    before = (out / "X_1d_bars.parquet").read_bytes()
    code, printed, told = run(other, "--out", out)
    assert (code, printed) == (3, "")
    assert f"{out}/X_1d_bars.parquet was made of another file, of the same name; expected a name that is free" in told
    assert "Name another folder with --out, or say --replace" in told
    assert (out / "X_1d_bars.parquet").read_bytes() == before
    packed = tmp_path / "X_1d.txt"
    packed.write_bytes(other.read_bytes())
    assert "was made of another file, of the name X_1d.csv" in run(packed, "--out", out)[2]
    assert run(other, "--out", out, "--replace")[0] == 0
    assert pl.read_parquet(out / "X_1d_bars.parquet")["close"].to_list() == [2 * 10**9]


def test_a_recording_that_replaces_another_leaves_no_table_of_it(messages: Path, tmp_path: Path) -> None:
    out = tmp_path / "market"
    assert run(messages, "--out", out)[0] == 0
    messages.write_text("A,34200000,1,11.48,400,BID\n")
    assert "was made of another file" in run(messages, "--out", out)[2]
    code, _, told = run(messages, "--out", out, "--replace")
    assert code == 0
    assert [path.name for path in sorted(out.glob("*"))] == ["NVDA_2010-06-08_orders.parquet"]
    assert "NVDA_2010-06-08_trades.parquet: this file gives no such rows any more" in told


def test_a_file_that_no_import_made_is_not_written_over(messages: Path, tmp_path: Path) -> None:
    own = tmp_path / "market" / "NVDA_2010-06-08_trades.parquet"
    own.parent.mkdir()
    pl.DataFrame({"mine": [1]}).write_parquet(own)
    code, _, told = run(messages, "--out", tmp_path / "market")
    assert (code, f"{own} is there, and no import made it" in told) == (3, True)


def test_orders_and_trades_of_one_day_in_two_files_stand_beside_each_other(tmp_path: Path) -> None:
    orders, trades = tmp_path / "BTCUSD_2026-05-02_orders.csv", tmp_path / "BTCUSD_2026-05-02_trades.csv"
    orders.write_text(
        "id,timestamp,exchange_timestamp,price,volume,action,direction\n1,1777689383201,1,7,1,created,bid\n"
    )
    trades.write_text(
        "trade_id,timestamp,exchange_timestamp,price,amount,buy_order_id,sell_order_id,side\n"
        "1,1777689383201,1,7,1,1,2,buy\n"
    )
    code, printed, _ = run(orders, trades, "--out", tmp_path / "market")
    names = [Path(line).name for line in printed.split()]
    assert (code, names) == (0, ["BTCUSD_2026-05-02_orders.parquet", "BTCUSD_2026-05-02_trades.parquet"])
    orders.write_text(orders.read_text().replace(",7,1,", ",8,1,"))
    assert run(orders, "--out", tmp_path / "market", "--replace")[0] == 0
    assert len(list((tmp_path / "market").glob("*.parquet"))) == 2

"""Ticks and books from the command line: what --data takes, what the options mean, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from book_session import Print, restless_book, session
from tradetui.data.latencies import read_latencies
from tradetui.data.market_data import market_files, read_market
from tradetui.data.market_files import write_session
from tradetui.engine.config import RunConfig, run_config
from tradetui.engine.errors import DataError, UsageError
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.run_data import with_latencies
from tradetui.tui.cli.run_options import bar_seconds, simulation_table


def prints(rows: int) -> list[Print]:
    return [(0.7 + 5 * k, 100.0 + k % 3 / 100, 1.0, 1) for k in range(rows)]


@pytest.fixture
def market() -> MarketSession:
    return session(restless_book(5, 400), prints(20))


@pytest.fixture
def folder(tmp_path: Path, market: MarketSession) -> Path:
    write_session(market, tmp_path, "day")
    return tmp_path


def test_a_folder_of_a_session_is_read_as_it_was_written(folder: Path, market: MarketSession) -> None:
    found, sources = read_market(market_files([folder]))
    assert found.symbols == ("X",)
    assert found.orders is not None
    assert market.orders is not None
    for name in ("ts_ns", "action", "order_id", "side", "price", "size"):
        assert (getattr(found.orders, name) == getattr(market.orders, name)).all(), name
    assert (found.trades.price == market.trades.price).all()
    assert [(source.symbol, source.path, source.rows) for source in sources] == [
        ("X", "day_orders.parquet", 400),
        ("X", "day_trades.parquet", 20),
    ]


def test_two_days_are_joined_in_time_and_two_symbols_numbered_anew(tmp_path: Path, market: MarketSession) -> None:
    write_session(market, tmp_path, "a")
    write_session(session(restless_book(6, 300), prints(10), symbol="Y"), tmp_path, "b")
    found, _ = read_market(market_files([tmp_path]))
    assert found.orders is not None
    assert found.symbols == ("X", "Y")
    assert len(found.orders) == 700
    assert (found.orders.ts_ns[1:] >= found.orders.ts_ns[:-1]).all()
    assert (found.orders.symbol == 1).sum() == 300
    alone, _ = read_market(market_files([tmp_path]), symbol="Y")
    assert alone.symbols == ("Y",)


def test_bars_and_ticks_are_not_mixed(folder: Path) -> None:
    with pytest.raises(UsageError, match="files of one kind"):
        market_files([folder / "day_trades.parquet", folder / "day_bars.parquet"])
    assert market_files([folder / "day_bars.parquet"]) == []


def test_a_book_is_not_cut_at_its_beginning(folder: Path) -> None:
    with pytest.raises(UsageError, match="only from its beginning"):
        read_market(market_files([folder]), start="2023-11-14T22:15:00")
    cut, _ = read_market(market_files([folder]), stop="2023-11-14T22:15:00")
    assert cut.orders is not None
    assert 0 < len(cut.orders) < 400


@pytest.mark.parametrize(("text", "seconds"), [("500ms", 0.5), ("30s", 30), ("1min", 60), ("1.5h", 5400)])
def test_lengths_of_bars_are_written_as_people_write_them(text: str, seconds: float) -> None:
    assert bar_seconds(text) == seconds


def test_a_length_without_a_unit_is_refused() -> None:
    with pytest.raises(UsageError, match="expected a length such as"):
        bar_seconds("60")


def test_options_beat_the_run_file_and_a_recording_beats_its_constants() -> None:
    file: dict[str, Any] = {"simulation": {"entry_ms": 5.0, "report_ms": 2.0}}
    assert simulation_table(file, "30s", entry_ms=1.0) == {"entry_ms": 1.0, "report_ms": 2.0, "bar_seconds": 30.0}
    assert simulation_table(file, None, latency_file="l.csv") == {"latency_file": "l.csv"}
    assert simulation_table({}, None, entry_ms=None) is None


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"entry_ms": -1}, "0 to 60,000 ms"),
        ({"cancel_ahead": "middle"}, "expected one of back, proportional, front"),
        ({"latencyfile": "x"}, "did you mean 'latency_file'"),
        ({"bar_seconds": 0}, "0.001 to 86,400 seconds"),
        ({"latency_file": "x.csv", "entry_ms": 1}, "one or the other"),
    ],
)
def test_a_simulation_that_cannot_be_is_refused_in_words(values: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        run_config({"simulation": values}, "run.toml")


def test_recorded_latencies_are_read_and_prove_themselves_in_the_run_s_description(tmp_path: Path) -> None:
    path = tmp_path / "lat.csv"
    path.write_text("entry_ms,report_ms\n1.5,0.25\n2,0.5\n")
    latencies, digest = read_latencies(path)
    assert latencies == ((1_500_000, 2_000_000), (250_000, 500_000))
    config, read = with_latencies(run_config({"simulation": {"latency_file": str(path)}}, "test"))
    assert read == latencies
    assert config.simulation.latency_file == f"lat.csv sha256:{digest}"
    assert with_latencies(RunConfig()) == (RunConfig(), None)


@pytest.mark.parametrize(
    ("text", "says"),
    [("ms\n1\n", "the columns are ms"), ("entry_ms\n", "no sample"), ("entry_ms\nnan\n", "from 0 to"), ("", "nothing")],
)
def test_a_recording_of_latencies_that_is_none_says_what_was_seen(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "lat.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=says):
        read_latencies(path)


@pytest.mark.slow
def test_a_folder_of_order_events_is_traded_from_the_command_line(folder: Path, cli: Any) -> None:
    idea = folder / "idea.py"
    idea.write_text(
        "from tradetui import Strategy, SignalEvent\n"
        "from tradetui.engine.model.wakes import BestMoved\n\n\n"
        "class Idea(Strategy):\n"
        "    subscribes = (BestMoved(),)\n\n"
        "    def on_market_data(self, event):\n"
        "        return [] if self.desk.position('X') else [SignalEvent('X', 1, quantity=1)]\n"
    )
    arguments = ["--headless", "backtest", "--data", folder, "--strategy", f"{idea}:Idea", "--entry-ms", "2"]
    ran = cli(*arguments, "--out", folder / "out", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["orders"]["filled"] == 1
    assert (folder / "out" / "session.db").exists()
    assert cli(*arguments, "--volume-cap", "0.5").code == 2


def test_a_run_tells_what_its_strategy_will_never_be_asked_for(folder: Path, cli: Any, tmp_path: Path) -> None:
    for table in ("orders", "depth", "quotes", "bars"):
        (folder / f"day_{table}.parquet").unlink(missing_ok=True)
    source = tmp_path / "idea.py"
    source.write_text(
        "from tradetui import BestMoved, Strategy\n\n\nclass Idea(Strategy):\n    subscribes = (BestMoved(),)\n\n"
        "    def on_market_data(self, event):\n        return []\n"
    )
    ran = cli("--headless", "backtest", "--data", folder, "--strategy", f"{source}:Idea")
    assert ran.code == 0, ran.err
    assert "tradetui: X has trades alone: the strategy is asked for no quote" in ran.err

"""`tradetui data generate`: any size, readable again, refused with reasons, nothing half-written."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from tradetui.data.market_files import read_session
from tradetui.data.store import Store
from tradetui.data.synthetic_market import market_pieces
from tradetui.data.synthetic_market.generate import Wanted, generate
from tradetui.data.synthetic_market.market import Market, MarketPiece
from tradetui.data.synthetic_market.market_pieces import day_paths, read_orders, write_day
from tradetui.data.synthetic_market.symbols import market_symbols
from tradetui.engine.errors import DataError, UsageError

DAY = date(2026, 4, 1)
QUIET = lambda *_: None  # noqa: E731  # whoever does not want to hear


def market() -> Market:
    return Market(7, market_symbols(7, 3), DAY, 2)


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tradetui", "data", "generate", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)


def columns(table: object) -> dict[str, list[object]]:
    named = {name: getattr(table, name) for name in table.__slots__}  # type: ignore[attr-defined]
    return {name: value.tolist() for name, value in named.items() if isinstance(value, np.ndarray)}


def test_a_day_written_in_pieces_is_read_back_as_the_whole(tmp_path: Path) -> None:
    whole = market().whole(1, 4_000)
    told: list[int] = []
    paths = write_day(market().play(1, 4_000, 1_500), tmp_path, "day", told.append)
    assert len(told) > 5
    assert sum(told) == len(whole.orders)
    assert paths == list(day_paths(tmp_path, "day").values())
    session = read_session(tmp_path, "day")
    for name in ("bars", "quotes", "trades", "depth"):
        assert columns(getattr(session, name)) == columns(getattr(whole.session, name)), name
    orders = read_orders(day_paths(tmp_path, "day")["orders"])
    assert (orders.symbols, columns(orders)) == (whole.orders.symbols, columns(whole.orders))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths), "no leftovers"


def test_a_day_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield from list(market().play(0, 2_000, 1_500))[:2]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_day(broken(), tmp_path, "day", QUIET)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(piece: MarketPiece, name: str) -> object:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(market_pieces, "_frame", full)
    with pytest.raises(DataError, match=r"cannot be written \(\[Errno 28\] No space left on device\); expected a writ"):
        write_day(market().play(0, 2_000), tmp_path, "day", QUIET)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(DataError, match="taken: it cannot be written"):
        write_day(market().play(0, 2_000), tmp_path / "taken", "day", QUIET)


def test_only_order_files_are_read_as_orders(tmp_path: Path) -> None:
    write_day(market().play(0, 1_000), tmp_path, "day", QUIET)
    with pytest.raises(DataError, match="the layout is 'depth/1'; expected 'orders/1'"):
        read_orders(tmp_path / "day_depth.parquet")
    (tmp_path / "junk.parquet").write_bytes(b"junk")
    with pytest.raises(DataError, match=r"junk\.parquet: it cannot be read"):
        read_orders(tmp_path / "junk.parquet")


def test_bars_become_a_store_in_which_symbols_have_every_minute(tmp_path: Path) -> None:
    wanted = Wanted("bars", 5, 25, 1_000, 3, DAY)
    heard: list[tuple[int, int]] = []
    made = generate(wanted, tmp_path / "store", lambda _, done, whole: heard.append((done, whole)))
    assert made.rows == 5 * 25 * 390
    assert heard == [(k, 5) for k in range(6)]
    store = Store(tmp_path / "store")
    (table,) = store.tables()
    assert store.symbols(table) == ["ACME", "BOREAL", "CORVUS", "SYN0003", "SYN0004"]
    bars = store.load(["SYN0004"])
    assert len(bars) == 25 * 390
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.low >= 10_000_000).all()
    assert (bars.volume >= 1).all()
    again = generate(wanted, tmp_path / "store", QUIET)
    assert again == made
    assert columns(store.load(["SYN0004"])) == columns(bars)


def test_a_symbol_and_a_day_do_not_depend_on_how_many_there_are(tmp_path: Path) -> None:
    generate(Wanted("bars", 2, 3, 1_000, 3, DAY), tmp_path / "few", QUIET)
    generate(Wanted("bars", 4, 9, 1_000, 3, DAY), tmp_path / "many", QUIET)
    few, many = (Store(tmp_path / name).load(["BOREAL"], stop="2026-04-03") for name in ("few", "many"))
    assert len(few) == 3 * 390
    assert columns(few) == columns(many)


@pytest.mark.slow
def test_the_command_writes_the_same_bytes_each_time_and_says_how_much(tmp_path: Path) -> None:
    options = ["--symbols", "2", "--days", "2", "--events", "3000", "--seed", "5", "--from", "2026-04-02"]
    digests = []
    for name in ("one", "two"):
        done = run(*options, "--out", name, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        printed = done.stdout.splitlines()
        assert len(printed) == 12
        assert printed[0] == f"{name}/2026-04-02_orders.parquet"
        assert printed[-1] == f"{name}/2026-04-03_depth.parquet"
        count = int(done.stderr.split(" order events")[0].replace(",", ""))
        assert 10_000 < count < 15_000
        digests.append([hashlib.sha256((tmp_path / path).read_bytes()).hexdigest() for path in printed])
    assert digests[0] == digests[1]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--kind", "candles"], "kind is 'candles'; expected bars or session"),
        (["--symbols", "0"], "symbols is 0; expected from 1 to 1,000"),
        (["--symbols", "100", "--events", "10000001"], "events is 10,000,001; expected from 1,000 to 10,000,000"),
        (["--days", "99999"], "days is 99,999; expected from 1 to 5,000"),
        (["--events", "10"], "events is 10; expected from 1,000 to 333,333,333"),
        (["--seed", "-1"], "seed is -1; expected from 0"),
        (["--from", "tomorrow"], "--from is 'tomorrow'; expected a day as 2026-03-02"),
    ],
)
def test_options_that_cannot_be_are_refused_in_one_line(arguments: list[str], said: str, tmp_path: Path) -> None:
    done = run(*arguments, "--out", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_wishes_are_checked_before_anything_is_made() -> None:
    with pytest.raises(UsageError, match="seed"):
        Wanted("bars", 1, 1, 1_000, 2**63)

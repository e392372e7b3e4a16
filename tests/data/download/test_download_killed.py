"""A download that is killed, wherever it is, and run again gives the files of an undisturbed one, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from conftest import contents
from servers import Fault, Market, seconds, serving
from servers import binance as binance_server

POINTS = 40

Run = Callable[[int, Path], str]


@pytest.fixture(scope="module")
def vendor() -> Iterator[tuple[Market, str]]:
    """Small pages with faults in between; one address, for the catalog holds it."""
    market = Market(("AAA", "BBB", "CCC"), seconds("2024-03-01 12:00:00"), page=6)
    with serving(binance_server, market) as url:
        yield market, url


@pytest.fixture(scope="module")
def run(vendor: tuple[Market, str]) -> Iterator[Run]:
    """Downloads in a child, killed before a line (0: never), and says how it ended."""
    script = Path(__file__).with_name("killed.py")
    child = subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None

    def ask(at: int, folder: Path) -> str:
        child.stdin.write(f"{at} {at} {folder} {vendor[1]}\n")  # type: ignore[union-attr]
        child.stdin.flush()  # type: ignore[union-attr]
        return child.stdout.readline().strip()  # type: ignore[union-attr]

    yield ask
    child.stdin.close()
    assert child.wait() == 0
    child.stdout.close()


@pytest.fixture(scope="module")
def undisturbed(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, bytes], int]:
    """The files of a run that nobody kills, and its length in lines."""
    folder = tmp_path_factory.mktemp("undisturbed")
    lines = int(run(0, folder))
    files = contents(folder)
    assert len(files) == 7
    return files, lines


@pytest.mark.slow
def test_killed_at_any_line_and_run_again_the_files_are_those_of_an_undisturbed_run(
    run: Run, undisturbed: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    wanted, lines = undisturbed
    chance = Random(20)
    killed, halves = 0, 0
    for point in range(POINTS):
        folder = tmp_path / str(point)
        at = chance.randrange(1, lines)
        killed += run(at, folder) == "killed"
        halves += any(name.rpartition("/")[2].startswith(".") for name in contents(folder))
        assert run(-1, folder) == "0", f"killed at {at}"
        assert contents(folder) == wanted, f"killed at {at}"
    assert killed > POINTS * 0.9
    assert halves > POINTS * 0.7  # the kills did fall into the middle of something


@pytest.mark.slow
def test_killed_again_and_again_it_still_ends_with_the_same_files(
    run: Run, undisturbed: tuple[dict[str, bytes], int], tmp_path: Path
) -> None:
    wanted, lines = undisturbed
    for seed in range(6):
        chance, folder = Random(seed), tmp_path / str(seed)
        kills = 0
        while (ended := run(chance.randrange(lines // 8, lines // 3), folder)) == "killed":
            kills += 1
            assert kills < 60
        assert ended.isdecimal(), ended  # the lines of a run that came to its end
        assert kills >= 2
        assert contents(folder) == wanted


TWO_THREADS_AT_ONCE = """
import sys, threading
from pathlib import Path
from tradetui.data.download.part import Part, State
from tradetui.data.raw_catalog import Catalog, read_catalog, write_catalog

folder = Path(sys.argv[1])
part = Part(folder, "X")
part.begin(State(1, "binance", "X", "1hour", True, "refuse", "", (), 0, 0, 0, 0))
write_catalog(folder, Catalog(1, ()))
looked, loaded = [], []

def load():
    loaded.append((part.load(), read_catalog(folder)))

def trace(frame, event, _):
    if frame.f_code.co_name == "get_class_annotations":  # msgspec looks into a type, with those in it one by one
        looked.append(1)
        if len(looked) == 2:
            other = threading.Thread(target=load)
            other.start()
            other.join()

sys.settrace(trace)
load()
sys.settrace(None)
load()
assert all(one == loaded[0] for one in loaded)
"""


def test_two_threads_may_read_the_states_of_their_downloads_at_the_same_time(tmp_path: Path) -> None:
    """The second thread comes at the worst moment: while the first is looking into the types of what it reads."""
    assert subprocess.run([sys.executable, "-c", TWO_THREADS_AT_ONCE, str(tmp_path)], check=False).returncode == 0


def test_a_page_that_was_written_in_part_does_not_count(rig: Any) -> None:
    market = Market(("BTCUSDT",), seconds("2024-03-01 12:00:00"), page=50)
    args = (market, "binance", ("BTCUSDT",), "1hour", "2024-01-01", "2024-01-20")
    rig.one(*args)
    wanted = rig.files()

    for torn in (b"2024-01-05T05:00:00Z,1,2", b"\x00" * 40, b"2024-01-09T00:00:00Z,9,9,9,9,9\n" * 3):
        rig.folder = rig.folder.with_name(f"torn{len(torn)}")
        market.faults = {len(market.asked) + number: Fault("500") for number in range(3, 20)}
        rig.run(*args)
        (rows,) = rig.folder.rglob(".*.part.csv")
        with rows.open("ab") as file:
            file.write(torn)
        market.faults = {}
        rig.clock.now_ns = seconds("2024-03-01 12:00:00") * 10**9
        rig.one(*args)
        assert rig.files() == wanted


def test_a_half_whose_rows_were_lost_is_begun_again(rig: Any) -> None:
    market = Market(("BTCUSDT",), seconds("2024-03-01 12:00:00"), page=50, faults={3: Fault("451")})
    args = (market, "binance", ("BTCUSDT",), "1hour", "2024-01-01", "2024-01-20")
    rig.run(*args)
    (rows,) = rig.folder.rglob(".*.part.csv")
    rows.write_bytes(rows.read_bytes()[:-10])
    assert rig.one(*args).dataset.rows == 19 * 24


def test_a_resumed_run_asks_only_for_what_is_missing(rig: Any) -> None:
    market = Market(("BTCUSDT",), seconds("2024-03-01 12:00:00"), page=100, faults={3: Fault("451")})
    args = (market, "binance", ("BTCUSDT",), "1hour", "2024-01-01", "2024-01-20")
    rig.run(*args)
    asked = len(market.asked)
    assert rig.one(*args).dataset.rows == 19 * 24
    assert int(market.asked[asked]["startTime"]) == (seconds("2024-01-01") + 300 * 3600) * 1000
    assert len(market.asked) - asked == 2


def test_a_half_may_be_finished_with_a_later_end(rig: Any) -> None:
    market = Market(("BTCUSDT",), seconds("2024-03-01 12:00:00"), page=100, faults={3: Fault("451")})
    rig.run(market, "binance", ("BTCUSDT",), "1hour", "2024-01-01", "2024-01-20")
    asked = len(market.asked)
    assert rig.one(market, "binance", ("BTCUSDT",), "1hour", "2024-01-01", "2024-02-01").dataset.rows == 31 * 24
    assert int(market.asked[asked]["startTime"]) == (seconds("2024-01-01") + 300 * 3600) * 1000

"""Files that are there already: extended and not downloaded again, and a vendor that tells history differently."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from servers import Fault, Market, seconds

from tradetui.data.download.shelf import Shelf
from tradetui.data.formats import read_bars
from tradetui.data.raw_catalog import read_catalog
from tradetui.engine.errors import DataError, UsageError

HOUR = 3600
CSV, PARQUET = "binance/BTCUSDT_1hour.csv", "binance/BTCUSDT_1hour.parquet"


@pytest.fixture
def market() -> Market:
    return Market(("BTCUSDT", "BTC-USD", "A-B"), seconds("2024-03-01 12:00:00"), page=100)


def download(rig: Any, market: Market, start: str | None, stop: str | None = None, **options: Any) -> Any:
    return rig.one(market, "binance", ("BTCUSDT",), "1hour", start, stop, **options)


def whole(rig: Any, market: Market, start: str, stop: str) -> dict[str, bytes]:
    """The data files of one download of all of it."""
    folder = rig.folder
    rig.folder = folder.with_name(f"whole {start} {stop}")
    download(rig, market, start, stop)
    files = rig.files()
    rig.folder = folder
    return {name: files[name] for name in (CSV, PARQUET)}


def data_files(rig: Any) -> dict[str, bytes]:
    files = rig.files()
    return {name: files[name] for name in (CSV, PARQUET)}


@pytest.mark.parametrize(
    ("second", "union"),
    [
        (("2024-01-05", "2024-01-20"), ("2024-01-05", "2024-01-20")),
        (("2024-01-01", "2024-01-20"), ("2024-01-01", "2024-01-20")),
        (("2024-01-01", "2024-01-15"), ("2024-01-01", "2024-01-15")),
        (("2024-01-01", "2024-01-03"), ("2024-01-01", "2024-01-15")),
        (("2024-01-25", "2024-01-28"), ("2024-01-05", "2024-01-28")),
        (("2024-01-06", "2024-01-07"), ("2024-01-05", "2024-01-15")),
    ],
    ids=["after", "both sides", "before", "apart before", "apart after", "inside"],
)
def test_a_second_range_leaves_the_files_of_one_download_of_both_without_a_hole(
    rig: Any, market: Market, second: tuple[str, str], union: tuple[str, str]
) -> None:
    download(rig, market, "2024-01-05", "2024-01-15")
    download(rig, market, *second)
    assert data_files(rig) == whole(rig, market, *union)
    (dataset,) = read_catalog(rig.folder).datasets
    assert (dataset.covered_from[:10], dataset.covered_to[:10]) == union


def test_what_is_there_is_not_downloaded_again(rig: Any, market: Market) -> None:
    download(rig, market, "2024-01-01", "2024-02-01")
    asked = len(market.asked)
    assert download(rig, market, "2024-01-01", "2024-02-01").received == 0
    assert len(market.asked) == asked
    outcome = download(rig, market, None, "2024-02-03")
    assert outcome.received == 10 + 48  # the overlap that is compared, and two days
    assert len(market.asked) == asked + 1


def test_a_range_that_ends_now_is_taken_up_at_its_last_bar_for_bars_may_come_in_late(rig: Any, market: Market) -> None:
    market.open_at = lambda at_s: at_s < seconds("2024-03-01 08:00:00")  # the newest are not published yet
    first = download(rig, market, "2024-02-01").dataset
    assert first.covered_to == "2024-03-01T08:00:00Z"
    market.open_at = lambda at_s: True
    second = download(rig, market, None).dataset
    assert second.changes == ()
    assert (second.last, second.rows) == ("2024-03-01T11:00:00Z", first.rows + 4)


@pytest.mark.parametrize("raw", [True, False])
def test_a_vendor_that_changed_history_is_told_with_count_and_first_difference_and_nothing_is_touched(
    rig: Any, market: Market, raw: bool
) -> None:
    download(rig, market, "2024-01-01", "2024-01-15", raw=raw)
    before = rig.files()
    market.version["BTCUSDT"] = 1
    words = (
        r"binance BTCUSDT: 10 of 10 bars that were downloaded before differ now; "
        r"2024-01-14T14:00:00Z: \w+ was [\d.]+, is [\d.]+; expected the same bars as before\. "
        r"Nothing on disk was touched"
    )
    with pytest.raises(DataError, match=words) as caught:
        download(rig, market, None, "2024-01-20", raw=raw)
    assert caught.value.exit_code == 3
    assert rig.files() == before


def test_keep_goes_on_after_the_old_bars_and_notes_the_difference(rig: Any, market: Market) -> None:
    download(rig, market, "2024-01-01", "2024-01-15")
    old = (rig.folder / CSV).read_text().splitlines()
    market.version["BTCUSDT"] = 1
    outcome = download(rig, market, None, "2024-01-20", changed="keep")
    lines = (rig.folder / CSV).read_text().splitlines()
    assert lines[: len(old)] == old
    assert len(lines) - len(old) == 5 * 24
    assert (outcome.change.compared, outcome.change.differing, outcome.change.holds) == (10, 10, "ours")
    assert read_catalog(rig.folder).datasets[0].changes == (outcome.change,)


@pytest.mark.parametrize("raw", [True, False])
def test_replace_takes_all_of_it_anew_and_notes_every_difference(rig: Any, market: Market, raw: bool) -> None:
    download(rig, market, "2024-01-01", "2024-01-15")
    market.version["BTCUSDT"] = 1
    outcome = download(rig, market, "2024-01-10", "2024-01-20", changed="replace", raw=raw)
    wanted = whole(rig, market, "2024-01-01", "2024-01-20")
    found = rig.files()
    assert found[PARQUET] == wanted[PARQUET]
    assert found.get(CSV) == (wanted[CSV] if raw else None)
    assert (outcome.change.compared, outcome.change.holds) == (14 * 24, "theirs")
    assert outcome.change.differing > 13 * 24
    assert outcome.change.first.startswith("2024-01-01T00:00:00Z: ")


def test_a_bar_that_is_gone_and_one_that_was_not_there_are_differences_too(rig: Any, market: Market) -> None:
    hole = seconds("2024-01-14 20:00:00")
    download(rig, market, "2024-01-01", "2024-01-15")
    market.open_at = lambda at_s: at_s != hole
    with pytest.raises(DataError, match=r"1 of 10 bars .* 2024-01-14T20:00:00Z: the bar is gone"):
        download(rig, market, None, "2024-01-16")
    rig.folder = rig.folder.with_name("other")
    download(rig, market, "2024-01-01", "2024-01-15")
    market.open_at = lambda at_s: True
    with pytest.raises(DataError, match=r"1 of 10 bars .* 2024-01-14T20:00:00Z: a bar that was not there before"):
        download(rig, market, None, "2024-01-16")


def test_rows_that_cannot_be_bars_stay_in_the_raw_file_and_the_reason_is_kept(
    rig: Any, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    import servers

    impossible = servers.Bar(seconds("2024-01-12"), 100, 90, 80, 95, 1)  # its high is below its open
    true_bar = servers.bar_at
    monkeypatch.setattr(
        servers, "bar_at", lambda s, at, v=0: impossible if at == impossible.at_s else true_bar(s, at, v)
    )
    download(rig, market, "2024-01-01", "2024-01-10")
    good = (rig.folder / PARQUET).read_bytes()
    dataset = download(rig, market, None, "2024-01-14").dataset
    assert "BTCUSDT_1hour.csv:266: high 0.9 is below open 1.0" in dataset.refused
    assert dataset.rows == 13 * 24
    assert (rig.folder / PARQUET).read_bytes() == good  # the bars of before are still good ones
    assert len((rig.folder / CSV).read_text().splitlines()) == 13 * 24 + 1
    assert download(rig, market, None, "2024-01-15").dataset.rows == 14 * 24


def test_files_that_somebody_changed_are_not_built_upon(rig: Any, market: Market) -> None:
    download(rig, market, "2024-01-01", "2024-01-15")
    with (rig.folder / CSV).open("a") as file:
        file.write("2024-01-15T00:00:00Z,1,1,1,1,1\n")
    before = rig.files()
    with pytest.raises(DataError, match=r"BTCUSDT_1hour\.csv: its bytes are not those that were downloaded"):
        download(rig, market, None, "2024-01-20")
    assert rig.files() == before
    (rig.folder / PARQUET).unlink()
    assert download(rig, market, None, "2024-01-20", changed="replace").dataset.rows == 19 * 24


def test_files_that_the_catalog_does_not_know_are_not_overwritten(rig: Any, market: Market) -> None:
    place = rig.folder / CSV
    place.parent.mkdir(parents=True)
    place.write_text("mine")
    with pytest.raises(DataError, match="it is there and the catalog does not know it"):
        download(rig, market, "2024-01-01", "2024-01-05")
    assert place.read_text() == "mine"


def test_a_file_that_is_gone_is_told(rig: Any, market: Market) -> None:
    download(rig, market, "2024-01-01", "2024-01-05")
    (rig.folder / PARQUET).unlink()
    with pytest.raises(DataError, match=r"BTCUSDT_1hour\.parquet: it is in the catalog and not on disk"):
        download(rig, market, None, "2024-01-06")


def test_with_and_without_raw_do_not_mix(rig: Any, market: Market) -> None:
    download(rig, market, "2024-01-01", "2024-01-05", raw=False)
    with pytest.raises(UsageError, match="downloaded with no raw CSV: expected --no-raw again, or --changed replace"):
        download(rig, market, None, "2024-01-06", raw=True)


def test_the_first_download_needs_a_start(rig: Any, market: Market) -> None:
    with pytest.raises(UsageError, match="binance BTCUSDT is not on disk yet: expected --from"):
        download(rig, market, None, "2024-01-06")


def test_two_symbols_whose_files_would_have_one_name_are_kept_apart(rig: Any) -> None:
    market = Market(("BTC/USD", "BTC-USD"), seconds("2024-03-01 12:00:00"))
    rig.one(market, "alpaca", ("BTC/USD",), "1hour", "2024-01-01", "2024-01-03")
    before = rig.files()
    with pytest.raises(DataError, match=r"BTC-USD_1hour\.csv: it holds BTC/USD; expected a file of BTC-USD"):
        rig.one(market, "alpaca", ("BTC-USD",), "1hour", "2024-01-01", "2024-01-03")
    assert rig.files() == before


def test_a_second_download_into_the_same_folder_is_refused_while_the_first_runs(rig: Any, market: Market) -> None:
    with Shelf(rig.folder).locked(), pytest.raises(DataError, match="another download is writing here"):
        download(rig, market, "2024-01-01", "2024-01-05")
    assert download(rig, market, "2024-01-01", "2024-01-05").received == 4 * 24


@pytest.mark.parametrize(
    ("content", "seen"),
    [(b"{", "it is no catalog"), (b'{"datasets": []}', "it is no catalog"), (b"\xff\xfe", "it is no catalog")],
)
def test_a_catalog_that_cannot_be_read_stops_the_download(rig: Any, market: Market, content: bytes, seen: str) -> None:
    rig.folder.mkdir()
    (rig.folder / "catalog.json").write_bytes(content)
    with pytest.raises(DataError, match=seen):
        download(rig, market, "2024-01-01", "2024-01-05")
    assert (rig.folder / "catalog.json").read_bytes() == content


def test_a_catalog_of_another_version_is_left_alone(rig: Any, market: Market) -> None:
    rig.folder.mkdir()
    (rig.folder / "catalog.json").write_text('{"schema_version": 9, "datasets": []}')
    with pytest.raises(DataError, match="schema version 9; expected version 1"):
        download(rig, market, "2024-01-01", "2024-01-05")


def test_a_folder_that_cannot_be_made_is_told(rig: Any, market: Market, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    rig.folder = tmp_path / "file"
    with pytest.raises(DataError, match=r"file: it cannot be written .*; expected a writable folder"):
        download(rig, market, "2024-01-01", "2024-01-05")


def test_a_full_disk_stops_the_download_and_the_next_run_goes_on(
    rig: Any, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno
    import os

    real, left = os.fsync, [7]

    def full(fd: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(fd)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(DataError, match=r"it cannot be written \(No space left on device\); expected space"):
            download(rig, market, "2024-01-01", "2024-01-20")
    asked = len(market.asked)
    download(rig, market, "2024-01-01", "2024-01-20")
    assert data_files(rig) == whole(rig, market, "2024-01-01", "2024-01-20")
    assert int(market.asked[asked]["startTime"]) > int(market.asked[0]["startTime"])


def test_bars_read_from_the_folder_are_those_of_the_raw_file(rig: Any, market: Market) -> None:
    download(rig, market, "2024-01-01", "2024-01-05")
    raw, bars = read_bars(rig.folder / CSV), read_bars(rig.folder / PARQUET)
    assert raw.ts_ns.tolist() == bars.ts_ns.tolist()
    assert raw.high.tolist() == bars.high.tolist()
    assert raw.volume.tolist() == bars.volume.tolist()


def test_a_half_of_another_range_is_not_mixed_in(rig: Any, market: Market) -> None:
    market.faults = {2: Fault("451")}
    rig.run(market, "binance", ("BTCUSDT",), "1hour", "2024-01-01", "2024-01-20")
    market.faults = {}
    download(rig, market, "2024-01-03", "2024-01-20")
    assert data_files(rig) == whole(rig, market, "2024-01-03", "2024-01-20")

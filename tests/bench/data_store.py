"""One symbol-month of one-minute bars out of 500 symbol-years: found, filtered and loaded, beside pandas and pyarrow.

Makes the years (seeded walks on the cent, 390 minutes a weekday), writes them as a store, and asks the same questions
of it through ours and through pandas, pyarrow and polars in one process: medians of 5, files in the page cache.

    pip install -e '.[bench]' pyarrow && python tests/bench/data_store.py
    python tests/bench/data_store.py --symbols 50 --json store.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tradetui.data.store import Store
from tradetui.data.store_tables import bars_table
from tradetui.data.synthetic import MINUTE_NS, MINUTES, session_open_ns, weekdays
from tradetui.engine.market.bars import Bars

ROUNDS = 5
SESSIONS = 252
FIRST_DAY = date(2025, 1, 6)
CENT = 10_000_000
MONTH = ("2025-06-01", "2025-07-01")
DAY = ("2025-06-10", "2025-06-11")


@dataclass(frozen=True, slots=True)
class Timing:
    """One question asked one way; every way must give the same rows."""

    question: str
    way: str
    rows: int
    median_ms: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    names = [f"S{i:03}" for i in range(options.symbols)]
    with tempfile.TemporaryDirectory(prefix="tradetui-store-") as folder:
        store = Store.create(Path(folder) / "store")
        started = time.perf_counter()
        rows = sum(write_year(store, name, seed) for seed, name in enumerate(names))
        seconds = time.perf_counter() - started
        size = sum(path.stat().st_size for path in store.folder.rglob("*.parquet"))
        count = sum(1 for _ in store.folder.rglob("*.parquet"))
        print(f"{options.symbols} symbol-years, {rows:,} bars, {count:,} files, {size / 1e6:,.0f} MB")
        print(f"made and stored in {seconds:.1f} s, {rows / seconds / 1e6:.2f} M bars/s\n")
        timings = list(ask(store, names))
        pruning = files_opened(store, names[len(names) // 2])
    show(timings)
    print(f"\nfiles that the plan of one symbol-month names: {pruning} of {count:,}")
    if options.json:
        written = [asdict(timing) for timing in timings]
        options.json.write_text(json.dumps({"symbols": len(names), "rows": rows, "bytes": size, "timings": written}))
    return 0 if len({(t.question, t.rows) for t in timings}) == len({t.question for t in timings}) else 1


def write_year(store: Store, name: str, seed: int) -> int:
    rng = np.random.default_rng(seed)
    starts = np.array([session_open_ns(day) for day in weekdays(FIRST_DAY, SESSIONS)])
    ts = (starts[:, None] + np.arange(MINUTES) * MINUTE_NS).reshape(-1)
    n = len(ts)
    close = 10_000 + np.cumsum(rng.integers(-4, 5, n))
    close += max(0, 200 - int(close.min()))
    opens = np.r_[close[0], close[:-1]]
    high = np.maximum(opens, close) + rng.integers(0, 4, n)
    low = np.minimum(opens, close) - rng.integers(0, 4, n)
    volume = rng.geometric(1 / 2_000, n).astype(np.float64)
    one, two, three, four = (column.astype(np.int64) * CENT for column in (opens, high, low, close))
    store.write(Bars((name,), np.zeros(n, np.int32), ts, one, two, three, four, volume, MINUTE_NS))
    return n


def ask(store: Store, names: list[str]) -> Iterator[Timing]:
    pd: Any = import_module("pandas")
    pa: Any = import_module("pyarrow")
    pc: Any = import_module("pyarrow.compute")
    ds: Any = import_module("pyarrow.dataset")

    table = bars_table(MINUTE_NS)
    root = store.folder / table.name
    name = names[len(names) // 2]
    first, end = (int(np.datetime64(day, "ns").astype(np.int64)) for day in MONTH)
    one_file = root / f"symbol={name}" / "2025-06.parquet"
    columns = ["ts_ns", "open", "high", "low", "close", "volume"]
    span = (pc.field("ts_ns") >= first) & (pc.field("ts_ns") < end)
    # stated, because the folder's text and the files' dictionaries of one symbol are not merged without it
    schema = pa.schema([("ts_ns", pa.int64()), ("symbol", pa.string()), *((name, pa.int64()) for name in columns[1:5])])
    schema = schema.append(pa.field("volume", pa.float64()))
    hive = ds.partitioning(pa.schema([("symbol", pa.string())]), flavor="hive")

    def found() -> Any:
        return ds.dataset(root, schema=schema, partitioning=hive)

    known = found()

    def of_pandas(path: Path, filters: list[tuple[str, str, object]] | None = None) -> int:
        if path != root:
            return len(pd.read_parquet(path, columns=columns, partitioning=None))
        return len(pd.read_parquet(path, columns=columns, filters=filters, partitioning=hive, schema=schema))

    def of_pyarrow(dataset: Any, rows: Any) -> int:
        return int(dataset.to_table(columns, filter=rows).num_rows)

    def of_glob() -> int:
        every = pl.scan_parquet(root / "**/*.parquet", hive_partitioning=True, hive_schema={"symbol": pl.String})
        rows = every.filter(pl.col("symbol") == name, pl.col("ts_ns") >= first, pl.col("ts_ns") < end)
        return rows.select(columns).collect().height

    one = pc.field("symbol") == name
    within: list[tuple[str, str, object]] = [("symbol", "==", name), ("ts_ns", ">=", first), ("ts_ns", "<", end)]
    question = "one symbol, one month"
    yield timed(question, "tradetui: load to Bars", lambda: len(store.load([name], first, end)))
    yield timed(question, "tradetui: scan, closes alone", lambda: scanned(store, name, first, end))
    yield timed(question, "pandas: the very file, named by hand", lambda: of_pandas(one_file))
    yield timed(question, "pandas: the folder, filters", lambda: of_pandas(root, within))
    yield timed(question, "pyarrow: the folder", lambda: of_pyarrow(found(), span & one))
    yield timed(question, "pyarrow: the folder, listed before", lambda: of_pyarrow(known, span & one))
    yield timed(question, "polars: the folder", of_glob)

    question = "one symbol, the year"
    yield timed(question, "tradetui: load to Bars", lambda: len(store.load([name])))
    yield timed(question, "pandas: its folder, named by hand", lambda: of_pandas(one_file.parent))
    yield timed(question, "pandas: the folder, filters", lambda: of_pandas(root, within[:1]))

    first, end = (int(np.datetime64(day, "ns").astype(np.int64)) for day in DAY)
    span = (pc.field("ts_ns") >= first) & (pc.field("ts_ns") < end)
    question = f"{len(names)} symbols, one day"
    yield timed(question, "tradetui: load to Bars", lambda: len(store.load([], first, end)))
    yield timed(question, "pyarrow: the folder, listed before", lambda: of_pyarrow(known, span))
    yield timed("the catalogue", "tradetui: rows, spans and sizes", lambda: sum(e.rows for e in store.entries()))


def scanned(store: Store, name: str, first: int, end: int) -> int:
    return store.scan([name], first, end).select("close").collect().height


def timed(question: str, way: str, run: Callable[[], int]) -> Timing:
    rows = run()
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return Timing(question, way, rows, statistics.median(seconds) * 1e3)


def files_opened(store: Store, name: str) -> int:
    plan = store.scan([name], "2025-06-01", "2025-06-30").explain()
    return plan.count(".parquet")


def show(timings: list[Timing]) -> None:
    question = ""
    for timing in timings:
        if timing.question != question:
            question = timing.question
            print(f"{question}, {timing.rows:,} rows")
        print(f"  {timing.way:<40} {timing.median_ms:>10,.2f} ms")


if __name__ == "__main__":
    sys.exit(main())

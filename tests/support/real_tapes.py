"""Recorded feeds as a simulation plays them, by way of the importer and as few rows as are asked for."""

from __future__ import annotations

import gzip
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from tapes import NANOS, Row, nanos, tape_of, word
from tradetui.data.feeds.importing import import_feed
from tradetui.engine.market.simulation import (
    ROW_ADD,
    ROW_CANCEL,
    ROW_DEPTH,
    ROW_DEPTH_CLEAR,
    ROW_MODIFY,
    ROW_QUOTE,
    ROW_TRADE,
    SIDE_SHIFT,
    Source,
    Tape,
)

RANDOM_L3 = {"A": (ROW_ADD,), "D": (ROW_CANCEL,), "R": (ROW_MODIFY,), "M": (ROW_CANCEL, ROW_ADD)}


def tape_of_random_l3(path: Path) -> Tape:
    """A file of the known answers; its `M` loses its place even at the same price: it goes and comes again."""
    columns = ("ts_ns", "action", "order_id", "side", "price", "size")
    rows, prices = list[Row](), dict[int, float]()
    for ts, action, order_id, side, price, size in pl.read_csv(path).select(columns).iter_rows():
        if price is not None:  # a smaller size at the same price does not say it again
            prices[order_id] = price
        for kind in RANDOM_L3[action]:
            number = nanos(prices[order_id]), (size or 0) * NANOS, order_id, 0
            rows.append((ts, word(kind, 1 if side == "B" else -1), *number))
    return tape_of(rows)


def tape_of_feed(path: Path, work: Path, source: Source, lines: int | None = None) -> Tape:
    """A vendor's file, or its first lines: the rows of its book, and its trades if there are any."""
    if lines is not None and path.suffix == ".gz":
        with gzip.open(path, "rb") as whole, gzip.open(work / path.name, "wb", compresslevel=1) as cut:
            cut.writelines(islice(whole, lines))
        path = work / path.name
    paths = import_feed(path, work).paths
    wanted = dict.fromkeys((source, "trades") if "trades" in paths else (source,))
    return _together([_rows(name, pl.read_parquet(paths[name])) for name in wanted])


def _rows(table: str, frame: pl.DataFrame) -> Tape:
    def column(name: str) -> npt.NDArray[np.int64]:
        return frame[name].to_numpy().astype(np.int64) if name in frame.columns else np.zeros(len(frame), np.int64)

    side = column("side")
    kind = {
        "orders": column("action"),
        "depth": np.where(side == 0, ROW_DEPTH_CLEAR, ROW_DEPTH),
        "quotes": np.full(len(frame), ROW_QUOTE),
        "trades": np.full(len(frame), ROW_TRADE),
    }[table]
    names = ("bid", "bid_size", "ask", "ask_size") if table == "quotes" else ("price", "size", "order_id", "")
    return np.column_stack([column("ts_ns"), kind | (side + 1) << SIDE_SHIFT, *map(column, names)])


def _together(tables: list[Tape]) -> Tape:
    """By time; at one time the book first."""
    rows = np.concatenate(tables)
    return np.ascontiguousarray(rows[np.argsort(rows[:, 0], kind="stable")])

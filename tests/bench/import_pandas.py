"""Imports and cleans a CSV of bars with pandas, as its manual would: the peer of import_ours.py.

It does less: no exact integer prices, no record that undoes the cleaning, no report of rows.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import pandas as pd


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--engine", choices=("c", "pyarrow"), default="c")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    frame = pd.read_csv(options.path, engine=options.engine)
    frame["Datetime"] = pd.to_datetime(frame["Datetime"], format="%Y-%m-%d %H:%M:%S", utc=True)
    frame.to_parquet(options.out / "imported.parquet", compression="zstd")
    import_s = time.perf_counter() - began
    rows = len(frame)
    found = {"order": int((frame["Datetime"].diff() < pd.Timedelta(0)).sum())}
    frame = frame.sort_values("Datetime", kind="stable")
    prices = ["Open", "High", "Low", "Close"]
    missing = frame[prices].isna().any(axis=1)
    found["missing"] = int(missing.sum())
    frame = frame[~missing]
    frame = frame[(frame[prices] > 0).all(axis=1)]
    again = frame.duplicated()
    found["duplicates"] = int(again.sum())
    frame = frame[~again]
    frame = frame[~frame.duplicated("Datetime", keep="last")]
    bad = (frame["High"] < frame[["Open", "Close"]].max(axis=1)) | (frame["Low"] > frame[["Open", "Close"]].min(axis=1))
    found["ohlc"] = int(bad.sum())
    frame.loc[bad, "High"] = frame.loc[bad, prices].max(axis=1)
    frame.loc[bad, "Low"] = frame.loc[bad, prices].min(axis=1)
    frame.to_parquet(options.out / "cleaned.parquet", compression="zstd")
    seconds = time.perf_counter() - began
    nanos = int(np.rint(frame["Close"].to_numpy() * 1e9).astype(np.int64).sum())
    print(
        json.dumps(
            {
                "rows": rows,
                "seconds": seconds,
                "import_s": import_s,
                "clean_s": seconds - import_s,
                "found": found,
                "rows_after": len(frame),
                "close_sum": nanos,
            }
        )
    )


if __name__ == "__main__":
    main()

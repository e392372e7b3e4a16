"""Imports and cleans a CSV of bars with tradetui: the measured program of data_import.py."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from tradetui.data.clean.files import load, write_cleaned
from tradetui.data.clean.registry import chosen, settings_of
from tradetui.data.dialects.importing import import_file
from tradetui.data.dialects.words import stated


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    began = time.perf_counter()
    imported = import_file(options.path, options.out, stated(timezone="UTC", symbol="SYM", stamp="start"))
    import_s = time.perf_counter() - began
    target = options.out / "cleaned.parquet"
    loaded = load(imported.path)
    cleaned = write_cleaned(loaded, chosen("bars"), settings_of(()), target, options.out / "cleaned.undo.parquet")
    seconds = time.perf_counter() - began
    found = {result.rule: result.found for result in cleaned.report.results if result.found}
    print(
        json.dumps(
            {
                "rows": imported.rows,
                "seconds": seconds,
                "import_s": import_s,
                "clean_s": seconds - import_s,
                "found": found,
                "rows_after": cleaned.report.rows_after,
                "close_sum": int(cleaned.table.frame["close"].sum()),
            }
        )
    )


if __name__ == "__main__":
    main()

"""Import and cleaning of bars: tradetui and pandas on the same CSV with the same known faults, side by side.

Each reads the text, writes it as Parquet, mends it (order, missing prices, duplicates, impossible bars) and writes the
result. pandas does less: it keeps no exact integer prices, no record that undoes the repairs and no report. The counts
of every repair, the rows left and the sum of the closes must be equal.

    pip install -e '.[bench]' pyarrow && python tests/bench/data_import.py
    python tests/bench/data_import.py --rows 1000000 --rounds 5 --json import.json
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import harness
from harness import HERE, Measured, Program


def main() -> int:
    options = read_options()
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "SYM.csv"
        subprocess.run(
            [sys.executable, str(HERE / "make_bar_text.py"), str(text), "--rows", str(options.rows)], check=True
        )
        size_mb = text.stat().st_size / 1e6
        programs = [
            Program("tradetui", (sys.executable, str(HERE / "import_ours.py"), str(text), f"{folder}/ours")),
            Program("pandas", (options.peer_python, str(HERE / "import_pandas.py"), str(text), f"{folder}/pandas")),
            Program(
                "pandas, pyarrow reader",
                (
                    options.peer_python,
                    str(HERE / "import_pandas.py"),
                    str(text),
                    f"{folder}/arrow",
                    "--engine",
                    "pyarrow",
                ),
            ),
        ]
        measured = harness.measure(programs, options.rounds)
    show(measured, size_mb)
    harness.write_json(options.json, {"rows": options.rows, "measured": [m.as_json() for m in measured]})
    same = [(m.report["found"], m.report["rows_after"], m.report["close_sum"]) for m in measured]
    if any(other != same[0] for other in same):
        print(f"the results DIFFER: {same}")
        return 1
    print(f"all alike: {same[0][0]}, {same[0][1]:,} rows left, the same sum of closes")
    return 0


def read_options() -> Any:
    parser = harness.parser(__doc__, rounds=3)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--peer-python", default=sys.executable, help="the interpreter that pandas is installed in")
    return parser.parse_args()


def show(measured: list[Measured], size_mb: float) -> None:
    headings = ("program", "rows", "import s", "clean s", "whole s", "CPU s", "peak MB")
    rows = []
    for m in measured:
        parts = [min(r.report[part] for r in m.rounds) for part in ("import_s", "clean_s")]
        best = min(r.seconds for r in m.rounds)
        cells = (f"{parts[0]:.1f}", f"{parts[1]:.1f}", f"{best:.1f}", f"{m.cpu_s:.1f}", f"{m.peak_mb:.0f}")
        rows.append((m.name, f"{m.rows:,}", *cells))
    print(f"\n{size_mb:.0f} MB of text; the best round of each, CPU the median")
    harness.print_table(headings, rows)


if __name__ == "__main__":
    sys.exit(main())

"""Recorded times that orders took to a venue and reports took back, from a CSV file."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

from tradetui.engine.errors import DataError

COLUMNS = ("entry_ms", "report_ms")
MS_MAX, SAMPLES_MAX = 60_000, 1_000_000  # longer was meant in other units; more tell no more of a distribution
NS_PER_MS = 1_000_000

Latencies = tuple[tuple[int, ...], tuple[int, ...]]


def read_latencies(path: Path) -> tuple[Latencies, str]:
    """Nanoseconds of entries and of reports, a sample a line, and the SHA-256 of the file.

    The header names `entry_ms` and `report_ms`; a column that is not there takes no time. Raises DataError.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode()
    except OSError as error:
        raise DataError(path, None, f"it cannot be read ({error.strerror})", "a CSV file of latencies") from error
    except UnicodeDecodeError as error:
        raise DataError(path, None, f"byte {error.start} is no UTF-8", "a CSV file of latencies") from error
    rows = csv.DictReader(io.StringIO(text))
    names = [name for name in rows.fieldnames or () if name in COLUMNS]
    if not names:
        seen = ", ".join(rows.fieldnames or ()) or "nothing"
        raise DataError(path, 1, f"the columns are {seen}", " and ".join(COLUMNS))
    found: dict[str, list[int]] = {name: [] for name in names}
    for row in rows:
        for name in names:
            found[name].append(_ns(path, rows.line_num, name, row[name]))
        if len(found[names[0]]) > SAMPLES_MAX:
            raise DataError(path, rows.line_num, "there are more samples", f"at most {SAMPLES_MAX:,}")
    if not found[names[0]]:
        raise DataError(path, None, "there is a header and no sample", "at least one row")
    entry, report = (tuple(found.get(name, [0])) for name in COLUMNS)
    return (entry, report), hashlib.sha256(raw).hexdigest()


def _ns(path: Path, line: int, name: str, text: str | None) -> int:
    try:
        value = float(text or "")
    except ValueError:
        value = -1.0
    if not 0 <= value <= MS_MAX:  # also NaN
        raise DataError(path, line, f"{name} is {text!r}", f"milliseconds from 0 to {MS_MAX:,}")
    return round(value * NS_PER_MS)

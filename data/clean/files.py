"""Cleaning as files: a table read, the cleaned one and a sidecar of what was taken out written, and both undone."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl

from tradetui.data.clean.rules import ROW, Rule, Settings, Table
from tradetui.data.clean.run import Cleaned, clean, moved_rows
from tradetui.data.column_bars import INTERVAL_KEY, LAYOUT_KEY, write_frame
from tradetui.data.dialects.importing import COMPRESSION_LEVEL, LAYOUTS, import_file
from tradetui.data.dialects.words import Kind, Stated
from tradetui.engine.errors import DataError

UNDO_LAYOUT = "undo/1"
UNDO_KEY = "tradetui.undo"
RULES_KEY = "tradetui.rules"
ADJUSTED_KEY = "tradetui.adjusted"  # rules that have put the prices into other terms, by this cleaning or one before
ADJUSTING = {"splits": ("splits",), "dividends": ("splits", "dividends")}  # rule: after which its columns are stale
KINDS_OF: dict[str, Kind] = {layout: kind for kind, layout in LAYOUTS.items()}


class Loaded:
    """A table and the metadata of the Parquet file it came from; `path` is what the user named."""

    def __init__(self, path: Path, table: Table, metadata: dict[str, str]) -> None:
        self.path = path
        self.kind = table.kind
        self.columns = table.frame.columns
        self.rows = len(table.frame)
        self.metadata = metadata
        self._table: Table | None = table

    @property
    def table(self) -> Table:
        """The table, which stays here."""
        assert self._table is not None, "it was taken"
        return self._table

    def take(self) -> Table:
        """The table, given away, so that its memory is free as soon as it is changed."""
        table, self._table = self.table, None
        return table


def load(path: Path, said: Stated | None = None) -> Loaded:
    """The table of a file in our layout; of any other file, imported as `said` states it.

    Raises what `import_file` raises, and DataError for a Parquet file of ours that is damaged or undoes a cleaning.
    """
    metadata = _metadata(path)
    if metadata.get(LAYOUT_KEY) == UNDO_LAYOUT:
        hint = "Name the cleaned file beside it"
        raise DataError(path, None, "this is the record of a cleaning, not market data", "a data file", hint)
    if metadata.get(LAYOUT_KEY) in KINDS_OF:
        return _own(path, path, metadata)
    with tempfile.TemporaryDirectory(prefix="tradetui-") as folder:
        imported = import_file(path, Path(folder), said)
        return _own(path, imported.path, _metadata(imported.path))


def write_cleaned(loaded: Loaded, rules: Sequence[Rule], settings: Settings, target: Path, undo: Path) -> Cleaned:
    """Cleans a table and writes it, and beside it what undoes it; either both files are whole or neither is there.

    Raises DataError if they cannot be written, if `target` is the file that was read, or if a rule would take out
    splits or dividends of prices that are without them already.
    """
    if target.resolve() == loaded.path.resolve():
        hint = "Name another folder with --out"
        raise DataError(target, None, "this is the file that is cleaned", "another file: the original is kept", hint)
    adjusted = _refuse_twice(loaded, rules, settings)
    cleaned = clean(loaded.take(), rules, settings, str(loaded.path))
    adjusted += [result.rule for result in cleaned.report.results if result.rule in ADJUSTING and result.changed]
    frame = cleaned.table.frame
    metadata = {key: value for key, value in loaded.metadata.items() if key != LAYOUT_KEY}
    metadata[RULES_KEY] = json.dumps([result.rule for result in cleaned.report.results])
    if adjusted:
        metadata[ADJUSTED_KEY] = json.dumps(adjusted)
    layout = LAYOUTS[loaded.kind]
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(target.parent, None, f"it cannot be made ({error.strerror})", "a writable folder") from error
    kept = sidecar_of(loaded.columns, cleaned)
    waiting = target.with_name(f".{target.name}.next")
    write_frame(frame.drop(ROW), waiting, layout, metadata, COMPRESSION_LEVEL)
    story = {
        "columns": loaded.columns,
        "input_sha256": _sha256(loaded.path),
        "cleaned_sha256": _sha256(waiting),
        "metadata": loaded.metadata,
        "rows": loaded.rows,
    }
    try:
        write_frame(kept, undo, UNDO_LAYOUT, {UNDO_KEY: json.dumps(story)})
        waiting.replace(target)
    except OSError as error:
        seen = f"it cannot be written ({error.strerror})"
        raise DataError(target, None, seen, "a writable place with room") from error
    finally:
        waiting.unlink(missing_ok=True)
    return cleaned


def undo_cleaning(cleaned: Path, undo: Path, target: Path) -> int:
    """Writes the table as it was before cleaning, column for column; gives its rows.

    Raises DataError if the cleaned file is not the one that the sidecar belongs to, or if `target` is there.
    """
    if target.resolve() in (cleaned.resolve(), undo.resolve()):
        seen = "this is the cleaned file" if target.resolve() == cleaned.resolve() else "this is the record of it"
        raise DataError(target, None, seen, "another file to write what was before into: both are kept")
    if target.exists():
        raise DataError(target, None, "it is there already", "a new file to write what was before into")
    metadata = _metadata(undo)
    if metadata.get(LAYOUT_KEY) != UNDO_LAYOUT:
        raise DataError(undo, None, "this is no record of a cleaning", f"the layout {UNDO_LAYOUT!r}")
    story = json.loads(metadata[UNDO_KEY])
    if _sha256(cleaned) != story["cleaned_sha256"]:
        hint = "It was changed since, or belongs to another run"
        raise DataError(cleaned, None, "this is not the file that was written with it", "the cleaned file", hint)
    frame = restored(pl.read_parquet(cleaned, glob=False), pl.read_parquet(undo, glob=False), story["columns"])
    if len(frame) != story["rows"]:
        raise DataError(undo, None, f"it restores {len(frame)} rows", f"{story['rows']}", "It is damaged")
    own = {key: value for key, value in story["metadata"].items() if key != LAYOUT_KEY}
    write_frame(frame, target, story["metadata"][LAYOUT_KEY], own)
    return len(frame)


def restored(cleaned: pl.DataFrame, kept: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """The input of a cleaning, from its result and its sidecar."""
    was = kept.filter(pl.col("fate").is_in(["removed", "changed"]))
    gone = was.filter(pl.col("fate") == "removed")
    moved = kept.filter(pl.col("fate") == "moved")
    added = kept.filter(pl.col("fate") == "added")["position"]
    frame = cleaned.with_row_index("position").filter(~pl.col("position").is_in(added.implode()))
    total = len(frame) + len(gone)
    left = pl.DataFrame({ROW: pl.int_range(total, dtype=pl.UInt32, eager=True)}).join(gone, on=ROW, how="anti")
    still = left.join(moved, on=ROW, how="anti")[ROW]
    fixed = frame.join(moved.select("position"), on="position", how="anti").with_columns(still.alias(ROW))
    elsewhere = frame.join(moved.select("position", ROW), on="position", how="inner")
    rows = pl.concat([fixed, elsewhere.select(fixed.columns)])
    rows = rows.join(was.select(ROW), on=ROW, how="anti").select(ROW, *columns)
    return pl.concat([rows, was.select(ROW, *columns)]).sort(ROW).select(columns)


def sidecar_of(columns: list[str], cleaned: Cleaned) -> pl.DataFrame:
    """Every row of the input that is not in the result as it was, those that moved, and where rows were added."""
    result = cleaned.table.frame
    parts = [
        part.was.filter(pl.col(ROW).is_not_null()).with_columns(pl.lit(part.rule).alias("rule"))
        for part in cleaned.touched
    ]
    place = pl.lit(None, pl.UInt32).alias("position")
    was = pl.concat([result.clear().with_columns(pl.lit("").alias("rule")), *parts], how="diagonal")
    first = [pl.col(name).first() for name in columns]  # as it was before the first rule that touched it
    was = was.group_by(ROW, maintain_order=True).agg(*first, pl.col("rule").unique(maintain_order=True)).sort(ROW)
    there = np.zeros(int(was[ROW].max() or 0) + 1, np.bool_)  # type: ignore[arg-type]  # a UInt32 column's largest
    left = result[ROW].drop_nulls().to_numpy()
    there[left[left < len(there)]] = True
    fate = pl.Series("fate", np.where(there[was[ROW].to_numpy()], "changed", "removed"), dtype=pl.String)
    was = was.with_columns(fate, pl.col("rule").list.join(","), place)
    moved = moved_rows(result).with_columns(pl.lit("moved").alias("fate"), pl.lit("order").alias("rule"))
    added = result.with_row_index("position").filter(pl.col(ROW).is_null()).select("position")
    added = added.with_columns(pl.lit("added").alias("fate"), pl.lit("fill").alias("rule"))
    return pl.concat([was, moved, added], how="diagonal").select("fate", "rule", ROW, "position", *columns)


def _refuse_twice(loaded: Loaded, rules: Sequence[Rule], settings: Settings) -> list[str]:
    """The rules that adjusted the prices before; DataError for one that would do so again by the file's columns."""
    before: list[str] = json.loads(loaded.metadata.get(ADJUSTED_KEY, "[]"))
    for rule in rules:
        stale = [name for name in ADJUSTING.get(rule.name, ()) if name in before]
        named = "split_ratio" if rule.name == "splits" else "dividend"
        if stale and named in loaded.columns and rule.find(loaded.table, settings).count:
            seen = f"{' and '.join(stale)} were taken out of its prices by an earlier cleaning"
            hint = f"Clean the file that it was made from with every rule at once, or leave out {rule.name}"
            raise DataError(loaded.path, None, seen, f"prices as traded, for the rule {rule.name}", hint)
    return before


def _own(path: Path, parquet: Path, metadata: dict[str, str]) -> Loaded:
    try:
        frame = pl.read_parquet(parquet, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        hint = "It may be cut off or damaged: import it again"
        raise DataError(path, None, "the Parquet data cannot be read", "a whole Parquet file", hint) from error
    if not len(frame):
        raise DataError(path, None, "there are columns and no row", "at least one row")
    table = Table(KINDS_OF[metadata[LAYOUT_KEY]], frame, int(metadata.get(INTERVAL_KEY, "0")))
    return Loaded(path, table, metadata)


def _metadata(path: Path) -> dict[str, str]:
    """The metadata of a Parquet file; empty for any other, and for one that cannot be read, which its reader tells."""
    if path.suffix.lower() not in (".parquet", ".pq") or not path.is_file():
        return {}
    try:
        found = pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        return {}
    return {key: value for key, value in found.items() if key.startswith("tradetui.")}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

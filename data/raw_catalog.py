"""`catalog.json` of a download folder: which file came from whom, when, over what range, with which hash."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from tradetui.engine.errors import DataError

SCHEMA_VERSION = 1
CATALOG_NAME = "catalog.json"
READ_AT_ONCE = 1 << 20


class StoredFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file as it was written; `path` is relative to the folder of the catalog."""

    path: str
    bytes: int
    sha256: str


class VendorChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bars that a vendor gave differently the second time, and whose version the file holds now."""

    noticed_at: str
    compared: int
    differing: int
    first: str
    holds: str  # "ours" or "theirs"


class Dataset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bars of one symbol from one vendor. Times are UTC text; the range covered includes its start, not its end.

    Within the range every bar that the vendor had is in the files. `refused` says why there are no checked bars.
    """

    source: str
    symbol: str
    timeframe: str
    address: str
    downloaded_at: str
    covered_from: str
    covered_to: str
    rows: int
    first: str
    last: str
    csv: StoredFile | None
    bars: StoredFile | None
    refused: str = ""
    changes: tuple[VendorChange, ...] = ()

    @property
    def key(self) -> tuple[str, str, str]:
        """What no two datasets of a folder share."""
        return self.source, self.symbol, self.timeframe


class Catalog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every dataset of a folder, in the order of their keys."""

    schema_version: int
    datasets: tuple[Dataset, ...]

    def find(self, key: tuple[str, str, str]) -> Dataset | None:
        """The dataset of that key, if there is one."""
        return next((dataset for dataset in self.datasets if dataset.key == key), None)

    def with_dataset(self, dataset: Dataset) -> Catalog:
        """The same catalog with one dataset added or replaced. Raises DataError if another owns one of its files."""
        others = [other for other in self.datasets if other.key != dataset.key]
        taken = {file.path: other for other in others for file in (other.csv, other.bars) if file is not None}
        for file in (dataset.csv, dataset.bars):
            if file is not None and file.path in taken:
                seen = f"it already holds {taken[file.path].symbol}, and {dataset.symbol} would have the same name"
                raise DataError(file.path, None, seen, "a name for each symbol", "Use another --out for one of them")
        return Catalog(SCHEMA_VERSION, tuple(sorted([*others, dataset], key=lambda one: one.key)))


_DECODER = msgspec.json.Decoder(Catalog)  # made while one thread imports: downloads read it in several


def read_catalog(folder: Path) -> Catalog:
    """The catalog of a folder; an empty one where there is none. Raises DataError for one that is not ours."""
    path = folder / CATALOG_NAME
    hint = "Move it away, or restore it: without it the files beside it cannot be extended"
    try:
        catalog = _DECODER.decode(path.read_bytes())
    except FileNotFoundError:
        return Catalog(SCHEMA_VERSION, ())
    except OSError as error:
        raise DataError(path, None, f"it cannot be read ({error.strerror})", "a readable catalog") from error
    except msgspec.DecodeError as error:
        raise DataError(
            path, None, f"it is no catalog of downloads ({error})", "what a download wrote", hint
        ) from error
    if catalog.schema_version != SCHEMA_VERSION:
        seen = f"schema version {catalog.schema_version}"
        raise DataError(path, None, seen, f"version {SCHEMA_VERSION}", "It was written by another version of tradetui")
    return catalog


def write_catalog(folder: Path, catalog: Catalog) -> None:
    """Puts the catalog in place whole or not at all."""
    text = msgspec.json.format(msgspec.json.encode(catalog), indent=2) + b"\n"
    write_whole(folder / CATALOG_NAME, text)


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that a reader, or a restart after a crash, sees the old content or the new, never a part."""
    new = path.with_name(f".{path.name}.new")
    try:
        with new.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise DataError(
            path, None, f"it cannot be written ({error.strerror})", "space and a writable folder"
        ) from error


def stored_file(folder: Path, path: Path, named: str | None = None) -> StoredFile:
    """Size and hash of a file as it lies there; `named` is the path it will have, if that is another."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(READ_AT_ONCE):
            digest.update(piece)
            size += len(piece)
    return StoredFile(named or path.relative_to(folder).as_posix(), size, digest.hexdigest())

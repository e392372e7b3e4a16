"""The folder that downloads go to: names, the catalog, one writer at a time, and files that appear whole."""

from __future__ import annotations

import fcntl
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tradetui.data.download.part import Part, State
from tradetui.data.raw_catalog import Dataset, StoredFile, read_catalog, stored_file, write_catalog
from tradetui.engine.errors import DataError, UsageError

SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.^=/_-]{0,31}")
LOCK_NAME = ".download.lock"


class Shelf:
    """Datasets of one folder. Safe for the threads of one process; `locked` keeps other processes out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Makes the folder if need be and holds it; DataError if another process downloads into it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            file = (self.folder / LOCK_NAME).open("w")
        except OSError as error:
            seen = f"it cannot be written ({error.strerror})"
            raise DataError(self.folder, None, seen, "a writable folder", "Name another one with --out") from error
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                hint = "Wait for it to end, or use another --out"
                raise DataError(self.folder, None, "another download is writing here", "one at a time", hint) from None
            yield

    def dataset(self, source: str, symbol: str, timeframe: str) -> Dataset | None:
        """What the catalog knows of it."""
        with self._lock:
            return read_catalog(self.folder).find((source, symbol, timeframe))

    def part(self, source: str, symbol: str, timeframe: str) -> Part:
        """The place of its unfinished download."""
        folder = self.folder / source
        folder.mkdir(exist_ok=True)
        return Part(folder, stem_of(symbol, timeframe))

    def csv_path(self, source: str, symbol: str, timeframe: str) -> Path:
        """Where its raw CSV lies."""
        return self.folder / source / f"{stem_of(symbol, timeframe)}.csv"

    def bars_path(self, source: str, symbol: str, timeframe: str) -> Path:
        """Where its checked bars lie."""
        return self.folder / source / f"{stem_of(symbol, timeframe)}.parquet"

    def refuse_strangers(self, source: str, symbol: str, timeframe: str, dataset: Dataset | None) -> None:
        """DataError for files that are not as the catalog says: nothing of a user's is overwritten or built upon."""
        places = (self.csv_path(source, symbol, timeframe), self.bars_path(source, symbol, timeframe))
        known = (None, None) if dataset is None else (dataset.csv, dataset.bars)
        for path, file in zip(places, known, strict=True):
            if file is None and path.exists():
                hint = "Move it away, or use another --out"
                owner = self._owner(path)
                if owner is not None:
                    raise DataError(path, None, f"it holds {owner}", f"a file of {symbol}", "Use another --out for one")
                raise DataError(path, None, "it is there and the catalog does not know it", "no such file", hint)
            if file is not None and not path.is_file():
                hint = "Put it back, or download all of it again with --changed replace"
                raise DataError(path, None, "it is in the catalog and not on disk", "the file as downloaded", hint)
            if file is not None and stored_file(self.folder, path) != file:
                hint = "Restore it, or download all of it again with --changed replace"
                raise DataError(
                    path, None, "its bytes are not those that were downloaded", f"sha256 {file.sha256}", hint
                )

    def _owner(self, path: Path) -> str | None:
        """The symbol whose file that is by the catalog."""
        name = path.relative_to(self.folder).as_posix()
        with self._lock:
            datasets = read_catalog(self.folder).datasets
        return next(
            (one.symbol for one in datasets for file in (one.csv, one.bars) if file and file.path == name), None
        )

    def put(self, part: Part, state: State) -> Dataset:
        """Moves the files of a finished download into place and enters them; may be cut off and done again.

        Raises DataError if a file of it is neither waiting nor in place.
        """
        dataset = state.commit
        assert dataset is not None
        key = dataset.key
        for path, file in ((self.csv_path(*key), dataset.csv), (self.bars_path(*key), dataset.bars)):
            waiting = waiting_path(path)
            if file is None:
                path.unlink(missing_ok=True)  # of the version before
            elif waiting.is_file() and stored_file(self.folder, waiting, file.path) == file:
                waiting.replace(path)
            elif not path.is_file() or stored_file(self.folder, path) != file:
                part.discard()
                hint = "Run the same command again: it begins this symbol anew"
                raise DataError(path, None, "its new version was lost before it was in place", "the new version", hint)
        with self._lock:
            write_catalog(self.folder, read_catalog(self.folder).with_dataset(dataset))
        part.discard()
        return dataset

    def named(self, path: Path) -> StoredFile:
        """Size and hash of the file that waits to become `path`."""
        return stored_file(self.folder, waiting_path(path), path.relative_to(self.folder).as_posix())


def waiting_path(path: Path) -> Path:
    """Where the next version of a file lies until all of it is there; the extension stays, it says what is inside."""
    return path.with_name(f".{path.stem}.next{path.suffix}")


def stem_of(symbol: str, timeframe: str) -> str:
    """A file name without its extension: BTC/USD of one minute is BTC-USD_1min."""
    return f"{symbol.replace('/', '-')}_{timeframe}"


def checked_symbol(symbol: str) -> str:
    """The symbol itself; UsageError for one that no vendor has and no file may be called."""
    if not SYMBOL.fullmatch(symbol):
        expected = "letters, digits and . ^ = / _ - (at most 32), beginning with a letter, a digit or ^"
        raise UsageError(f"{symbol!r} is no symbol: expected {expected}")
    return symbol

"""The half of a download that is on disk: rows that count, and the state that says how many of them do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from tradetui.data.download.pages import Row
from tradetui.data.raw_catalog import Dataset, write_whole
from tradetui.data.times import time_text
from tradetui.engine.errors import DataError

SCHEMA_VERSION = 1
HEADER = b"Datetime,Open,High,Low,Close,Volume\n"


class Span(msgspec.Struct, frozen=True):
    """A range of bar starts to fetch, `stop_ns` not included."""

    start_ns: int
    stop_ns: int


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a download is. `size` bytes of the part file count, whatever follows them does not.

    `base_sha256` is of the file that is being extended, empty if there is none. `commit` is set once every row is
    there and the new files are being put in place.
    """

    schema_version: int
    source: str
    symbol: str
    timeframe: str
    raw: bool
    changed: str
    base_sha256: str
    spans: tuple[Span, ...]
    index: int
    reached_ns: int
    size: int
    rows: int
    commit: Dataset | None = None


# Made while one thread imports: msgspec looks into a type when it is first needed, and of two threads that need it at
# the same time the second takes the first one's half-made picture of it, which crashes the process.
_DECODER = msgspec.json.Decoder(State)


class Part:
    """The two files of an unfinished download. A page counts from the moment the state that includes it is in place."""

    def __init__(self, folder: Path, stem: str) -> None:
        self.rows_path = folder / f".{stem}.part.csv"
        self.state_path = folder / f".{stem}.state.json"

    def load(self) -> State | None:
        """The state, if there is one that this version wrote; another version's half is begun again."""
        try:
            state = _DECODER.decode(self.state_path.read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None
        if state.schema_version != SCHEMA_VERSION or (state.commit is None and self._length() < state.size):
            return None
        return state

    def begin(self, state: State) -> State:
        """An empty part under a first state."""
        write_whole(self.rows_path, HEADER)
        return self.save(msgspec.structs.replace(state, size=len(HEADER), rows=0))

    def append(self, state: State, rows: Sequence[Row], reached_ns: int) -> State:
        """Adds a page: first its rows, then the state that makes them count."""
        if rows:
            text = "".join(f"{time_text(ts)},{o},{h},{lo},{c},{v}\n" for ts, o, h, lo, c, v in rows).encode()
            try:
                with self.rows_path.open("r+b") as file:
                    file.truncate(state.size)
                    file.seek(state.size)
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                expected = "space and a writable folder"
                raise DataError(self.rows_path, None, f"it cannot be written ({error.strerror})", expected) from error
            size = state.size + len(text)
            state = msgspec.structs.replace(state, size=size, rows=state.rows + len(rows))
        return self.save(msgspec.structs.replace(state, reached_ns=reached_ns))

    def save(self, state: State) -> State:
        """Puts a state in place."""
        write_whole(self.state_path, msgspec.json.encode(state))
        return state

    def content(self, state: State) -> bytes:
        """The rows that count, with their header."""
        return self.rows_path.read_bytes()[: state.size]

    def discard(self) -> None:
        """Removes both files; the state last, for it says what the other one is."""
        self.rows_path.unlink(missing_ok=True)
        self.state_path.unlink(missing_ok=True)

    def discard_empty(self) -> None:
        """Removes both files if no row has arrived yet, as for a symbol that does not exist."""
        state = self.load()
        if state is not None and state.rows == 0:
            self.discard()

    def _length(self) -> int:
        return self.rows_path.stat().st_size if self.rows_path.is_file() else 0

"""A file as plain bytes on disk, so that it can be read in pieces: packed ones are unpacked beside, in pieces too."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tradetui.data.files import FORMATS_TEXT, KINDS, Kind
from tradetui.engine.errors import DataError

PIECE_BYTES = 1 << 20
UNPACKED_BYTES_MAX = 64 << 30  # an archive that claims to hold more is damaged or hostile
SNIFF_BYTES = 1 << 16
ZIP_DAMAGED = "the zip archive cannot be unpacked"


@dataclass(frozen=True, slots=True)
class Staged:
    """`path` is what the user named, `plain` holds its unpacked bytes, `sha256` is of the bytes of `path`."""

    path: Path
    plain: Path
    kind: Kind
    sha256: str
    bytes: int
    member: str = ""  # of the archive


@contextmanager
def staged(path: Path, member: str = "") -> Iterator[Staged]:
    """The file unpacked, for as long as it is needed.

    Raises DataError for a file that is missing, a directory, unreadable, empty, of another format, damaged, or an
    archive of several files of which none is named.
    """
    _refuse_directory(path)
    try:
        with path.open("rb") as raw:
            sha256 = hashlib.file_digest(raw, "sha256").hexdigest()
            size = raw.tell()
    except FileNotFoundError:
        raise DataError(path, None, "there is no such file", "a data file", "Check the path") from None
    except OSError as error:
        raise DataError(path, None, f"it cannot be read ({error.strerror})", "a readable data file") from error
    if not size:
        raise DataError(path, None, "the file is empty", "a header and at least one row")
    suffixes = [suffix.lower() for suffix in path.suffixes]
    last = suffixes[-1] if suffixes else ""
    if last not in (".gz", ".zip"):
        yield Staged(path, path, _kind(path, last), sha256, size)
        return
    with tempfile.TemporaryDirectory(prefix="tradetui-") as folder:
        if last == ".gz":
            inner = suffixes[-2] if len(suffixes) > 1 and suffixes[-2] in KINDS else ".csv"
            plain = Path(folder) / f"data{inner}"
            with gzip.open(path) as packed:
                _copy(path, packed, plain)
            yield Staged(path, plain, KINDS[inner], sha256, size)
        else:
            with _opened_zip(path) as archive:
                name = _member(path, archive, member)
                kind = _kind(Path(name), Path(name).suffix.lower())
                plain = Path(folder) / f"data{Path(name).suffix.lower()}"
                with _opened_member(path, archive, name) as packed:
                    _copy(path, packed, plain)
            yield Staged(path, plain, kind, sha256, size, name)


def zip_content(path: Path) -> tuple[Kind, bytes]:
    """Kind and bytes of the one data file of an archive; DataError as of `staged`."""
    with _opened_zip(path) as archive:
        name = _member(path, archive, "")
        with tempfile.TemporaryDirectory(prefix="tradetui-") as folder, _opened_member(path, archive, name) as packed:
            plain = Path(folder) / "data"
            _copy(path, packed, plain)
            return _kind(Path(name), Path(name).suffix.lower()), plain.read_bytes()


def _refuse_directory(path: Path) -> None:
    try:
        if path.is_dir():
            inside = sum(1 for _ in path.iterdir())
            hint = f"Name the files in it one by one, as in {path}/*"
            raise DataError(path, None, f"this is a directory of {inside} entries", "a data file", hint)
    except OSError as error:
        raise DataError(path, None, f"it cannot be read ({error.strerror})", "a readable data file") from error


def _kind(path: Path, suffix: str) -> Kind:
    if suffix not in KINDS:
        raise DataError(
            path, None, f"the extension {suffix!r} is not known", FORMATS_TEXT, "Rename or convert the file"
        )
    return KINDS[suffix]


@contextmanager
def _opened_zip(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        hint = "It may be cut off: fetch it again"
        raise DataError(path, None, f"{ZIP_DAMAGED} ({error})", "a whole zip archive", hint) from error
    with archive:
        yield archive


def _opened_member(path: Path, archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    try:
        return archive.open(name)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        seen = f"{ZIP_DAMAGED} ({error})"
        raise DataError(path, None, seen, "an archive without a password", "Unpack it yourself first") from error


def _member(path: Path, archive: zipfile.ZipFile, wanted: str) -> str:
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    if wanted:
        if wanted not in names:
            raise DataError(path, None, f"the archive holds no {wanted!r}", f"one of {', '.join(names[:10])}")
        return wanted
    data = [n for n in names if Path(n).suffix.lower() in KINDS and not n.startswith("__MACOSX/")]
    if len(data) != 1:
        shown = ", ".join((data or names)[:10]) or "nothing"
        hint = "Name one with --dialect member=NAME" if data else ""
        raise DataError(
            path, None, f"the archive holds {shown}", "one data file (.csv, .txt, .parquet, .feather)", hint
        )
    return data[0]


def _copy(path: Path, packed: IO[bytes] | gzip.GzipFile, plain: Path) -> None:
    written = 0
    try:
        with plain.open("wb") as out:
            while piece := packed.read(PIECE_BYTES):
                written += len(piece)
                if written > UNPACKED_BYTES_MAX:
                    raise DataError(path, None, f"it unpacks to more than {written >> 30} GiB", "a smaller file")
                out.write(piece)
    except EOFError as error:
        hint = "The file was cut off: fetch it again"
        raise DataError(path, None, "the packed data end too early", "a whole file", hint) from error
    except (gzip.BadGzipFile, zlib.error, zipfile.BadZipFile) as error:
        hint = "Fetch it again, or correct the extension"
        raise DataError(path, None, f"the packed data are damaged ({error})", "a whole file", hint) from error
    except OSError as error:
        seen = f"there is no room to unpack it in {plain.parent} ({error.strerror})"
        raise DataError(path, None, seen, "as much room as the data take", "Set TMPDIR to a larger disk") from error
    if not written:
        raise DataError(path, None, "the file in it is empty", "a header and at least one row")

"""The bytes of a feed's file in blocks of whole lines, unpacked on the way; a file that was cut gives what it has."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import IO

from tradetui.engine.errors import DataError

READ_BYTES = 1 << 20
INFLATED_BYTES = 1 << 16  # where packed data are damaged, what was unpacked with the damage is lost
BLOCK_BYTES = 4 << 20
LINE_BYTES_MAX = 64 << 20  # a file without line ends is no feed
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
ZIP_HEADER_BYTES, STORED, DEFLATED = 30, 0, 8


class FeedFile:
    """One file of a feed: plain, gzip, or the first file of a zip, told by its first bytes.

    `cut` says what was missing at the end, known when every block was read.
    """

    def __init__(self, path: Path) -> None:
        """Raises DataError for a file that cannot be read or is empty."""
        self.path = path
        self.cut = ""
        try:
            if path.is_dir():
                raise DataError(path, None, "this is a directory", "a file of a feed", "Name the files in it")
            self.bytes = path.stat().st_size
        except FileNotFoundError:
            raise DataError(path, None, "there is no such file", "a file of a feed", "Check the path") from None
        except OSError as error:
            raise self._unreadable(error) from error
        if not self.bytes:
            raise DataError(path, None, "the file is empty", "messages of a feed")

    @cached_property
    def sha256(self) -> str:
        """Of the bytes as they lie on disk."""
        try:
            with self.path.open("rb") as raw:
                return hashlib.file_digest(raw, "sha256").hexdigest()
        except OSError as error:
            raise self._unreadable(error) from error

    def chunks(self) -> Iterator[bytes]:
        """The unpacked bytes as they come."""
        try:
            yield from self._chunks()
        except OSError as error:
            raise self._unreadable(error) from error

    def _chunks(self) -> Iterator[bytes]:
        with self.path.open("rb") as raw:
            head = raw.read(ZIP_HEADER_BYTES)
            if head.startswith(ZIP):
                yield from self._unzipped(raw, head)
                return
            raw.seek(0)
            packed = _pieces(raw)
            if head.startswith(GZIP):
                yield from self._inflated(packed, zlib.decompressobj(16 + zlib.MAX_WBITS), several=True)
            else:
                yield from packed

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """Blocks of whole lines; a last line without an end comes as it is, unless the packed data were cut."""
        kept: list[bytes] = []
        length = 0
        for chunk in self.chunks():
            kept.append(chunk)
            length += len(chunk)
            if length < size:
                continue
            whole, newline, rest = b"".join(kept).rpartition(b"\n")
            if newline:
                yield whole + newline
            kept, length = [rest], len(rest)
            if length > LINE_BYTES_MAX:
                raise DataError(self.path, None, f"no line ends in {length >> 20} MiB", "lines of a feed")
        whole, newline, rest = b"".join(kept).rpartition(b"\n")
        if newline:
            yield whole + newline
        if rest and not self.cut:
            yield rest

    def head(self) -> bytes:
        """The first bytes, unpacked: enough to tell what the file is."""
        cut, self.cut = self.cut, ""
        found = b""
        for chunk in self.chunks():
            found += chunk
            if len(found) >= READ_BYTES:
                break
        self.cut = cut
        return found

    def _unreadable(self, error: OSError) -> DataError:
        return DataError(self.path, None, f"it cannot be read ({error.strerror})", "a readable file")

    def _unzipped(self, raw: IO[bytes], head: bytes) -> Iterator[bytes]:
        """The first file of a zip; of one that was cut, whose list of files is missing, what stands behind its head."""
        begun = False
        try:
            with zipfile.ZipFile(self.path) as archive:
                names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__")]
                if len(names) != 1:
                    seen = f"the archive holds {', '.join(names[:10]) or 'nothing'}"
                    raise DataError(self.path, None, seen, "one file of a feed", "Unpack it and name the file")
                with archive.open(names[0]) as member:
                    for piece in _pieces(member):
                        begun = True
                        yield piece
            return
        except (RuntimeError, NotImplementedError) as error:
            hint = "Unpack it yourself first"
            raise DataError(self.path, None, f"the archive cannot be read ({error})", "no password", hint) from error
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            self.cut = f"the zip archive is damaged or ends too early ({error})"
        if len(head) < ZIP_HEADER_BYTES or begun:
            return
        raw.seek(ZIP_HEADER_BYTES + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"))
        method, packed_bytes = int.from_bytes(head[8:10], "little"), int.from_bytes(head[18:22], "little")
        cut = self.cut
        if method == DEFLATED:
            yield from self._inflated(_pieces(raw), zlib.decompressobj(-zlib.MAX_WBITS), several=False)
        elif method == STORED:
            yield from _pieces(raw, packed_bytes or None)
        self.cut = cut

    def _inflated(self, packed: Iterator[bytes], opened: zlib._Decompress, *, several: bool) -> Iterator[bytes]:
        """Unpacked pieces of INFLATED_BYTES at most; gzip files may stand one behind another."""
        try:
            for piece in packed:
                data = piece
                while data:
                    if opened.eof:
                        if not several or not data.startswith(GZIP[:1]):
                            return
                        opened = zlib.decompressobj(16 + zlib.MAX_WBITS)
                    if out := opened.decompress(data, INFLATED_BYTES):
                        yield out
                    data = opened.unconsumed_tail or opened.unused_data
            while out := opened.decompress(opened.unconsumed_tail, INFLATED_BYTES):
                yield out
        except zlib.error as error:
            self.cut = f"the packed data are damaged ({error})"
            return
        if not opened.eof:
            self.cut = "the packed data end too early"


def _pieces(raw: IO[bytes], most: int | None = None) -> Iterator[bytes]:
    """Bytes from where the file stands, to its end or `most` of them."""
    left = most
    while piece := raw.read(READ_BYTES if left is None else min(READ_BYTES, left)):
        if left is not None:
            left -= len(piece)
        yield piece

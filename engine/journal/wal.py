"""Looking at SQLite's write-ahead log for committed work that SQLite itself passes over in silence.

SQLite reads the log up to the first frame whose checksum fails and takes that for the end. That is right after a crash
in the middle of a write, and hides damage anywhere else. Layout: sqlite.org/walformat.html.
"""

from __future__ import annotations

from pathlib import Path
from struct import Struct, unpack_from

_HEADER = Struct(">IIIIIIII")  # magic, version, page size, checkpoint count, two salts, two checksums
_FRAME = Struct(">IIII")  # page number, size of the database after a commit (else 0), two salts
_FRAME_HEADER_BYTES = 24
_MAGIC_LITTLE_ENDIAN = 0x377F0682
_MAGICS = (_MAGIC_LITTLE_ENDIAN, _MAGIC_LITTLE_ENDIAN + 1)
_LAST_FRAME_OFFSET = 16  # in the -shm file: the last frame that SQLite accepts, native byte order


class LogDamaged(Exception):
    """The log cannot be read at all; says what was seen."""


def commits_passed_over(database: Path) -> int:
    """How many commits stand in the log beyond the point where SQLite stopped believing it.

    Call it while a read transaction is open: it keeps the log from starting anew. Raises LogDamaged, OSError.
    """
    log = Path(f"{database}-wal")
    if not log.exists() or log.stat().st_size <= _HEADER.size:
        return 0
    index = Path(f"{database}-shm")
    with log.open("rb") as file:
        page_bytes, salts = _read_header(log, file.read(_HEADER.size))
        commits: list[int] = []
        number = 0
        while len(head := file.read(_FRAME_HEADER_BYTES)) == _FRAME_HEADER_BYTES:
            number += 1
            _, database_pages, *frame_salts = _FRAME.unpack_from(head)
            if database_pages and tuple(frame_salts) == salts:
                commits.append(number)
            file.seek(page_bytes, 1)
    with index.open("rb") as file:  # after the log, so that a commit made meanwhile counts as accepted
        head = file.read(_LAST_FRAME_OFFSET + 4)
    if len(head) < _LAST_FRAME_OFFSET + 4:
        return 0
    last_accepted = unpack_from("=I", head, _LAST_FRAME_OFFSET)[0]
    return sum(number > last_accepted for number in commits)


def _read_header(log: Path, head: bytes) -> tuple[int, tuple[int, int]]:
    magic, _, page_bytes, _, salt_1, salt_2, *checksums = _HEADER.unpack(head)
    order = "<" if magic == _MAGIC_LITTLE_ENDIAN else ">"
    first = second = 0
    words = unpack_from(f"{order}6I", head)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    if magic not in _MAGICS or [first, second] != checksums:
        raise LogDamaged(f"{log}: the head of the write-ahead log is damaged, so SQLite passes over all of it")
    return page_bytes, (salt_1, salt_2)

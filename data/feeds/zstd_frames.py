"""Whether a zstd file is whole, told from the heads of its frames and blocks (RFC 8878); nothing is unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import IO

MAGIC, SKIPPABLE = 0xFD2FB528, 0x184D2A50
RLE_BLOCK = 1
CONTENT_SIZE_BYTES = (0, 2, 4, 8)
DICTIONARY_BYTES = (0, 1, 2, 4)


def is_whole(path: Path) -> bool:
    """False where the last frame ends too early."""
    size = path.stat().st_size
    with path.open("rb") as raw:
        while raw.tell() < size:
            magic = _number(raw, 4)
            if magic & ~0xF == SKIPPABLE:
                raw.seek(_number(raw, 4), 1)
            elif magic != MAGIC or not _frame(raw, size):
                return False
        return raw.tell() == size


def _frame(raw: IO[bytes], size: int) -> bool:
    described = _number(raw, 1)
    single = bool(described & 0x20)
    content = CONTENT_SIZE_BYTES[described >> 6] or int(single)
    raw.seek((not single) + DICTIONARY_BYTES[described & 3] + content, 1)
    while raw.tell() < size:
        block = _number(raw, 3)
        raw.seek(1 if block >> 1 & 3 == RLE_BLOCK else block >> 3, 1)
        if block & 1:
            raw.seek(4 if described & 4 else 0, 1)  # a checksum
            return raw.tell() <= size
    return False


def _number(raw: IO[bytes], width: int) -> int:
    return int.from_bytes(raw.read(width), "little")

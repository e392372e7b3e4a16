"""The rows of a journal and their checksums. Knows no file."""

from __future__ import annotations

import hashlib
import zlib

import msgspec


class Block(msgspec.Struct, frozen=True, array_like=True):
    """A run of events that became durable together.

    `digest` is the running SHA-256 of the header and every payload up to this one, so it proves the whole history and
    does not depend on where blocks are cut. `crc32` covers this row alone: it lets a reader trust one block without
    hashing all before it.
    """

    number: int
    first_seq: int
    last_seq: int
    count: int
    first_ts_ns: int
    last_ts_ns: int
    payload: bytes
    digest: bytes
    crc32: int

    def expected_crc32(self) -> int:
        """The checksum that this row should carry."""
        return block_crc32(
            self.number,
            (self.first_seq, self.last_seq, self.count, self.first_ts_ns, self.last_ts_ns),
            self.payload,
            self.digest,
        )


class Closing(msgspec.Struct, frozen=True, array_like=True):
    """The last word of a session that ended in order; `seal` covers the other fields."""

    events: int
    blocks: int
    digest: bytes
    summary_json: bytes
    seal: bytes

    def expected_seal(self) -> bytes:
        """The seal that this row should carry."""
        return closing_seal(self.events, self.blocks, self.digest, self.summary_json)


def block_crc32(number: int, span: tuple[int, int, int, int, int], payload: bytes, digest: bytes) -> int:
    """CRC-32 of a block row; `span` is first_seq, last_seq, count, first_ts_ns, last_ts_ns."""
    return zlib.crc32(payload, zlib.crc32(digest, zlib.crc32(repr((number, *span)).encode())))


def closing_seal(events: int, blocks: int, digest: bytes, summary_json: bytes) -> bytes:
    """SHA-256 over a closing row."""
    return hashlib.sha256(repr((events, blocks)).encode() + digest + summary_json).digest()


def header_seal(hashed: bytes, details: bytes) -> bytes:
    """SHA-256 over both parts of a header, so that damage to the unhashed part is noticed too."""
    return hashlib.sha256(hashlib.sha256(hashed).digest() + details).digest()

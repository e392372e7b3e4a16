"""Bytes of a data file, unpacked and named by what they hold. Knows nothing of columns."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tradetui.engine.errors import DataError

Kind = Literal["csv", "parquet", "arrow"]

KINDS: dict[str, Kind] = {
    ".csv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".feather": "arrow",
    ".arrow": "arrow",
    ".ipc": "arrow",
}
QUOTE_CURRENCIES = {  # second halves of pairs as XRP_ETH
    "USD", "USDT", "USDC", "BUSD", "TUSD", "FDUSD", "DAI", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD", "CNH",
    "SEK", "NOK", "TRY", "BRL", "KRW", "INR", "BTC", "XBT", "ETH", "BNB",
}  # fmt: skip
VENDORS = {  # first words of file names that say who wrote the file; in capitals they may be symbols
    "alpaca", "alphavantage", "binance", "bitfinex", "bitmex", "bitstamp", "bybit", "coinbase", "databento",
    "deribit", "dukascopy", "eodhd", "finnhub", "firstrate", "histdata", "huobi", "iex", "kaiko", "kibot", "kraken",
    "kucoin", "lobster", "mtgox", "nasdaq", "nyse", "okx", "polygon", "quandl", "refinitiv", "stooq", "taq",
    "tardis", "tiingo", "tradingview", "wiki", "yahoo", "yfinance",
}  # fmt: skip
FORMATS_TEXT = "one of .csv, .parquet, .feather, .arrow, each also with .gz or in a .zip"


@dataclass(frozen=True, slots=True)
class FileContent:
    """One file read whole: `data` is unpacked, `sha256` is of the bytes as they lie on disk."""

    path: Path
    kind: Kind
    data: bytes
    sha256: str


def read_content(path: Path) -> FileContent:
    """The content of a file, chosen by its extension; a bare `.gz` holds CSV, a `.zip` one file of a known extension.

    Raises DataError for a file that is missing, a directory, empty, of another format, or broken gzip.
    """
    raw = _read_bytes(path)
    if path.suffix.lower() == ".zip":
        from tradetui.data.dialects.staging import zip_content

        kind, data = zip_content(path)
    else:
        kind, packed = _kind_of(path)
        data = _unpack(path, raw) if packed else raw
    if not data.strip():
        raise DataError(path, None, "the file is empty", "a header and at least one row")
    return FileContent(path, kind, data, hashlib.sha256(raw).hexdigest())


def symbol_from_name(path: Path) -> str:
    """The file's name up to the first "_" or "."; empty for a name that starts with one.

    Of a pair as XRP_ETH both words; a first word that says who wrote the file is left out where a symbol in capitals
    stands behind it, as in `binance_BTCUSDT_2024.csv`.
    """
    first, *more = path.name.split(".", 1)[0].split("_")
    if more and is_vendor(first) and _in_capitals(more[0]):
        first, *more = more
    pair = bool(more) and more[0] in QUOTE_CURRENCIES and _in_capitals(first)
    return f"{first}_{more[0]}" if pair else first


def is_vendor(symbol: str) -> bool:
    """Whether what was taken for a symbol is only the name of one who writes files, and must be asked for."""
    return not symbol.isupper() and symbol.lower() in VENDORS


def _in_capitals(word: str) -> bool:
    return word.isalnum() and word.isupper()


def _kind_of(path: Path) -> tuple[Kind, bool]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = bool(suffixes) and suffixes[-1] == ".gz"
    inner = suffixes[-2] if packed and len(suffixes) > 1 else "" if packed else suffixes[-1] if suffixes else ""
    if inner in KINDS:
        return KINDS[inner], packed
    if path.exists() and not path.is_dir() and not packed:
        raise DataError(path, None, f"the extension {inner!r} is not known", FORMATS_TEXT, "Rename or convert the file")
    return "csv", packed


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(path, None, "there is no such file", "a data file", "Check the path") from None
    except IsADirectoryError:
        raise DataError(path, None, "this is a directory", "a data file", "Name the files in it one by one") from None
    except OSError as error:
        raise DataError(path, None, f"it cannot be read ({error.strerror})", "a readable data file") from error


def _unpack(path: Path, raw: bytes) -> bytes:
    if not raw:
        return raw
    try:
        return gzip.decompress(raw)
    except EOFError:
        seen, hint = "the gzip data end too early", "The file was cut off: fetch it again"
    except gzip.BadGzipFile as error:
        seen, hint = f"this is not a whole gzip file ({error})", "Fetch it again, or remove .gz from its name"
    except zlib.error as error:
        seen, hint = f"the gzip data are damaged ({error})", "Fetch the file again"
    raise DataError(path, None, seen, "a whole gzip file", hint)

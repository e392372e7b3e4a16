"""The vendors by name: how to reach each, and how often it may be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from tradetui.data.download.pages import Source
from tradetui.engine.errors import UsageError


@dataclass(frozen=True, slots=True)
class Vendor:
    """`per_minute` and `burst` are in the units of the source's cost, below what the vendor allows: others ask too."""

    name: str
    address: str
    per_minute: float
    burst: float
    needs: str  # the module that is absent without the extra
    extra: str
    open: Callable[[str, Callable[[], int], float], Source]
    timeout_s: float = 20.0  # for a connection and for each pause in an answer


def _binance(url: str, now_ns: Callable[[], int], timeout_s: float) -> Source:
    from tradetui.data.download.binance import BinanceSource

    return BinanceSource(url, now_ns, timeout_s)


def _alpaca(url: str, now_ns: Callable[[], int], timeout_s: float) -> Source:
    from tradetui.data.download.alpaca import AlpacaSource

    return AlpacaSource(url, now_ns, timeout_s)


def _yahoo(url: str, now_ns: Callable[[], int], timeout_s: float) -> Source:
    from tradetui.data.download.yahoo import YahooSource

    return YahooSource(url, now_ns, timeout_s)


VENDORS = {
    vendor.name: vendor
    for vendor in (
        Vendor("yahoo", "https://query2.finance.yahoo.com", 30, 3, "yfinance", "download", _yahoo),
        Vendor("binance", "https://data-api.binance.vision", 3000, 200, "httpx", "download", _binance),
        Vendor("alpaca", "https://data.alpaca.markets", 180, 10, "alpaca", "paper", _alpaca),
    )
}


def vendor(name: str) -> Vendor:
    """The vendor of that name; UsageError for an unknown one, or one whose library is not installed."""
    if name not in VENDORS:
        raise UsageError(f"--source {name}: no such source. Expected one of {', '.join(VENDORS)}")
    found = VENDORS[name]
    if find_spec(found.needs) is None:
        raise UsageError(f"--source {name} needs {found.needs}: install it with pip install 'tradetui[{found.extra}]'")
    return found

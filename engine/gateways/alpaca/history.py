"""Bars of the past for a live session's warm-up: what is on disk already is not asked for again.

The cache is a folder of downloads, as `tradetui data download` makes them: Parquet files, a catalog that says which
range they cover, one writer at a time, and a fetch that was cut off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

from tradetui.data.download.alpaca import REQUESTS_PER_MINUTE, AlpacaSource
from tradetui.data.download.job import Wanted
from tradetui.data.download.pages import Source
from tradetui.data.download.patience import Timing
from tradetui.data.download.run import download_all, refuse_failures, system_timing
from tradetui.data.download.shelf import Shelf
from tradetui.data.download.vendors import Vendor
from tradetui.data.formats import read_bars
from tradetui.data.times import time_text
from tradetui.engine.gateways.alpaca.config import FeedConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.market.bars import Bars

NAME = "alpaca"
BURST = 10
SHARE_LEFT = 0.9  # of the vendor's limit: a feed that fills a gap asks too
JOBS = 2


def bars_of(
    config: FeedConfig,
    credentials: Credentials,
    cache: Path,
    symbols: Sequence[str],
    timeframe: str,
    start_ns: int,
    stop_ns: int,
    *,
    timing: Callable[[Event], Timing] = system_timing,
) -> dict[str, Bars]:
    """Bars of each symbol with start <= time < stop. Takes as long as it takes: not for the engine's thread.

    Raises DataError or UsageError with what to do; what arrived before a fault stays for the next time.
    """

    def opened(url: str, now_ns: Callable[[], int], timeout_s: float) -> Source:
        return AlpacaSource(url, now_ns, timeout_s, lambda: (credentials.key_id, credentials.secret))

    per_minute = REQUESTS_PER_MINUTE * SHARE_LEFT
    vendor = Vendor(NAME, config.rest_url, per_minute, BURST, "alpaca", "paper", opened, config.rest.read_s)
    wanted = [
        Wanted(NAME, symbol, timeframe, config.rest_url, start_ns, stop_ns, raw=False, changed="keep")
        for symbol in dict.fromkeys(symbols)
    ]
    refuse_failures(download_all(wanted, vendor, cache, JOBS, lambda _: None, timing))
    shelf, start, stop = Shelf(cache), time_text(start_ns), time_text(stop_ns)
    return {
        one.symbol: read_bars(shelf.bars_path(NAME, one.symbol, timeframe), symbol=one.symbol, start=start, stop=stop)
        for one in wanted
    }

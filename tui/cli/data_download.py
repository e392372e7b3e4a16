"""`tradetui data download`: bars from a vendor into a folder of ours, cut off and continued as one likes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import DataError, TradetuiError, UsageError

if TYPE_CHECKING:
    from tradetui.data.download.job import Changed, Progress, Wanted
    from tradetui.data.download.run import Finished
    from tradetui.data.download.vendors import Vendor

DOWNLOAD_HELP = """Download bars: raw CSV and checked Parquet, with source, time and hash of each file in catalog.json.

Run the same command again after an interruption: it goes on where it stopped. Run it later: files are extended.
Alpaca's keys are read from APCA_API_KEY_ID and APCA_API_SECRET_KEY.

\b
Examples:
  tradetui data download BTCUSDT ETHUSDT --source binance --timeframe 1min --from 2024-01-01 --to 2024-12-31
  tradetui data download AAPL MSFT --source yahoo --timeframe 1day --from 2015-01-01
  tradetui data download BTCUSDT --source binance --timeframe 1min
  tradetui data download AAPL BTC/USD --source alpaca --timeframe 1hour --from 2023-01-01 --no-raw --jobs 2
"""
FOLDER = Path("market-data")


def download(
    symbols: Annotated[list[str], typer.Argument(metavar="SYMBOL...", help="As the vendor writes them.")],
    source: Annotated[str, typer.Option(metavar="yahoo|binance|alpaca", help="Whose bars.")],
    timeframe: Annotated[str, typer.Option(metavar="1min|5min|15min|1hour|1day", help="Length of a bar.")] = "1day",
    from_: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="First time, included, UTC; default: that on disk.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Last time, not included, UTC; a bare date includes its day; default: now."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write into; made if absent.")] = FOLDER,
    raw: Annotated[bool, typer.Option("--raw/--no-raw", help="Keep the vendor's own numbers as CSV too.")] = True,
    jobs: Annotated[int, typer.Option(metavar="N", min=1, max=16, help="Symbols at once.")] = 4,
    changed: Annotated[
        str,
        typer.Option(
            metavar="refuse|keep|replace",
            help="When bars on disk and the vendor's differ: stop, keep those on disk, or download all of it anew.",
        ),
    ] = "refuse",
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Another address of the same API, such as https://api.binance.us.")
    ] = None,
) -> None:
    """Downloads, prints a line for each symbol that is there now, and fails if one is not."""
    from tradetui.data.download.run import download_all, refuse_failures
    from tradetui.data.download.vendors import vendor

    found = vendor(source)
    wanted = _wanted(symbols, found, timeframe, (from_, to), raw, _choice("--changed", changed), url)
    try:
        with _told(symbols) as tell:
            finished = download_all(wanted, found, out, jobs, tell)
    except KeyboardInterrupt:
        print("tradetui: stopped; run the same command again to go on from here", file=sys.stderr)
        raise
    for one in finished:
        _print(one, out)
    refuse_failures([_judged(one) for one in finished])


def _wanted(
    symbols: list[str],
    vendor: Vendor,
    timeframe: str,
    times: tuple[str | None, str | None],
    raw: bool,
    changed: Changed,
    url: str | None,
) -> list[Wanted]:
    from tradetui.data.download.job import Wanted
    from tradetui.data.download.pages import NS_PER_S, TIMEFRAMES
    from tradetui.data.download.shelf import checked_symbol
    from tradetui.data.times import bound_ns

    if timeframe not in TIMEFRAMES:
        raise UsageError(f"--timeframe {timeframe}: no such timeframe. Expected one of {', '.join(TIMEFRAMES)}")
    twice = sorted({symbol for symbol in symbols if symbols.count(symbol) > 1})
    if twice:
        raise UsageError(f"{', '.join(twice)} is named twice: expected each symbol once")
    if url is not None and not url.startswith(("http://", "https://")):
        raise UsageError(f"--url {url}: expected an address that begins with https://")
    start = bound_ns(times[0], "UTC", last=False)
    stop = bound_ns(times[1], "UTC", last=True)
    start = None if start is None else -(-start // NS_PER_S) * NS_PER_S
    stop = time.time_ns() if stop is None else -(-stop // NS_PER_S) * NS_PER_S
    if start is not None and start >= stop:
        raise UsageError(f"the range from {times[0]} to {times[1] or 'now'} is empty: expected a start before the end")
    address = (url or vendor.address).rstrip("/")
    return [
        Wanted(vendor.name, checked_symbol(symbol), timeframe, address, start, stop, raw, changed) for symbol in symbols
    ]


def _choice(option: str, text: str) -> Changed:
    choices: dict[str, Changed] = {"refuse": "refuse", "keep": "keep", "replace": "replace"}
    if text not in choices:
        raise UsageError(f"{option} {text}: no such choice. Expected one of {', '.join(choices)}")
    return choices[text]


def _judged(finished: Finished) -> Finished:
    """The same, a download whose rows are no bars being a fault too."""
    from tradetui.data.download.run import Finished

    if isinstance(finished.result, TradetuiError) or not finished.result.dataset.refused:
        return finished
    dataset = finished.result.dataset
    seen = f"its rows were downloaded and are no bars yet: {dataset.refused}"
    hint = "The raw CSV is kept: mend it with tradetui data clean"
    return Finished(finished.symbol, DataError(f"{dataset.source} {dataset.symbol}", None, seen, "bars", hint))


def _print(finished: Finished, out: Path) -> None:
    if isinstance(finished.result, TradetuiError):
        return
    dataset = finished.result.dataset
    file = dataset.bars or dataset.csv
    assert file is not None
    print(f"{dataset.symbol}\t{dataset.rows}\t{dataset.first}\t{dataset.last}\t{out / file.path}")
    change = finished.result.change
    if change is not None:
        text = f"{change.differing} of {change.compared} bars that were downloaded before differ now; {change.first}"
        print(f"tradetui: {dataset.source} {dataset.symbol}: {text}; the files hold {change.holds}", file=sys.stderr)


@contextmanager
def _told(symbols: list[str]) -> Iterator[Callable[[Progress | Finished], None]]:
    """A bar for each symbol on stderr where that is a terminal, with the time left; silence where it is not."""
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from tradetui.data.download.run import Finished

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[rows]:>10,} bars"),
    )
    with Bars(*columns, console=console, transient=True) as bars:
        tasks = {symbol: bars.add_task(symbol, total=1.0, rows=0) for symbol in symbols}

        def tell(news: Progress | Finished) -> None:  # rich locks: workers may call it
            if not isinstance(news, Finished):
                bars.update(tasks[news.symbol], completed=news.done_ns, total=news.total_ns, rows=news.rows)
            elif not isinstance(news.result, TradetuiError):
                total = bars.tasks[tasks[news.symbol]].total
                bars.update(tasks[news.symbol], completed=total, rows=news.result.dataset.rows)

        yield tell

"""Lets these tests import the local vendors, and gives each a folder, a clock that nobody waits for, and a vendor."""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from servers import KEY, SECRET, Market, S, Vendor, alpaca, binance, seconds, serving, yahoo

from tradetui.data.download.job import Outcome, Wanted
from tradetui.data.download.patience import Timing
from tradetui.data.download.run import Finished, download_all
from tradetui.data.download.vendors import VENDORS
from tradetui.engine.errors import TradetuiError

SERVERS: dict[str, Vendor] = {"binance": binance, "alpaca": alpaca, "yahoo": yahoo}


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    now_ns: int
    steady: float = 0.0
    slept: list[float] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.steady += seconds
            self.now_ns += int(seconds * S)
            if seconds:
                self.slept.append(seconds)

    def timing(self, _: threading.Event) -> Timing:
        return Timing(lambda: self.now_ns, lambda: self.steady, self.sleep)


@dataclass
class Rig:
    """A folder and a clock, and downloads into the one by the other."""

    folder: Path
    clock: Clock
    serve: Callable[[Vendor, Market], str]
    told: list[Any] = field(default_factory=list)

    def run(
        self,
        market: Market,
        source: str,
        symbols: tuple[str, ...],
        timeframe: str,
        start: str | None,
        stop: str | None = None,
        raw: bool = True,
        changed: Any = "refuse",
        jobs: int = 2,
        timeout_s: float = 20.0,
    ) -> list[Finished]:
        """Downloads from a server of that market's, which stays up for the rest of the test."""
        url = self.serve(SERVERS[source], market)
        stop_ns = self.clock.now_ns if stop is None else seconds(stop) * S
        start_ns = None if start is None else seconds(start) * S
        vendor = replace(VENDORS[source], timeout_s=timeout_s)
        wanted = [Wanted(source, symbol, timeframe, url, start_ns, stop_ns, raw, changed) for symbol in symbols]
        return download_all(wanted, vendor, self.folder, jobs, self.told.append, self.clock.timing)

    def one(self, *args: Any, **kwargs: Any) -> Outcome:
        """The outcome of the only symbol; its fault is raised."""
        (finished,) = self.run(*args, **kwargs)
        if isinstance(finished.result, TradetuiError):
            raise finished.result
        return finished.result

    def files(self) -> dict[str, bytes]:
        """Everything in the folder by name, but for the lock."""
        return contents(self.folder)


def contents(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != ".download.lock")
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


@pytest.fixture(scope="session")
def alpaca_imported() -> None:
    """alpaca-py imports a module that websockets will drop, and says so each time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import alpaca.data.historical  # noqa: F401


@pytest.fixture
def rig(alpaca_imported: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setenv("APCA_API_KEY_ID", KEY)
    monkeypatch.setenv("APCA_API_SECRET_KEY", SECRET)
    with ExitStack() as stack:
        running: dict[int, str] = {}

        def serve(vendor: Vendor, market: Market) -> str:
            if id(market) not in running:
                running[id(market)] = stack.enter_context(serving(vendor, market))
            return running[id(market)]

        yield Rig(tmp_path / "data", Clock(seconds("2024-03-01 12:00:00") * S), serve)


@pytest.fixture
def quiet_yfinance(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keeps yfinance's caches out of the person's own folder, and what it remembered out of the next test."""
    import yfinance
    from yfinance.data import YfData

    yfinance.set_tz_cache_location(str(tmp_path_factory.mktemp("yfinance")))
    YfData.cache_get.cache_clear()

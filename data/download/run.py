"""Several symbols at once: a few threads, one gate, and an end that loses nothing when a person interrupts."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tradetui.data.download.job import Download, Outcome, Progress, Wanted
from tradetui.data.download.pages import Source
from tradetui.data.download.patience import Gate, Timing
from tradetui.data.download.shelf import Shelf
from tradetui.data.download.vendors import Vendor
from tradetui.engine.errors import TradetuiError, UsageError

HEAR_EVERY_S = 0.1  # a signal may be given to a worker: the main thread only hears of it between two waits
PATIENCE_AT_END_S = 1.0  # for workers to finish their page; what they do not finish, the next run does


@dataclass(frozen=True, slots=True)
class Finished:
    """A symbol that is done, one way or the other."""

    symbol: str
    result: Outcome | TradetuiError


class DownloadFailed(TradetuiError):
    """Symbols that could not be downloaded; the others were."""

    exit_code = 3


class _Stopped(BaseException):
    """Ends a worker from within a sleep; no fault, so nothing that handles faults may catch it."""


def system_timing(stop: threading.Event) -> Timing:
    """The machine's clocks, and a sleep that ends when `stop` is set."""

    def sleep(seconds: float) -> None:
        if stop.wait(seconds) if seconds > 0 else stop.is_set():
            raise _Stopped

    return Timing(time.time_ns, time.monotonic, sleep)


def download_all(
    wanted: Sequence[Wanted],
    vendor: Vendor,
    folder: Path,
    jobs: int,
    tell: Callable[[Progress | Finished], None],
    timing: Callable[[threading.Event], Timing] = system_timing,
) -> list[Finished]:
    """Downloads each symbol, `jobs` at a time, and returns how each ended, in the order asked.

    A symbol that fails does not keep the others. `tell` is called from the workers. KeyboardInterrupt ends it within
    seconds and goes on upward; everything that arrived before is kept for the next run.
    """
    stop = threading.Event()
    clocks = timing(stop)
    shelf, gate = Shelf(folder), Gate(vendor.per_minute, vendor.burst, clocks)
    waiting: queue.SimpleQueue[Wanted] = queue.SimpleQueue()
    for one in wanted:
        waiting.put(one)
    done: dict[str, Finished] = {}
    broken: list[BaseException] = []

    def work() -> None:
        try:
            while not stop.is_set():
                try:
                    one = waiting.get_nowait()
                except queue.Empty:
                    return
                done[one.symbol] = finished = _one(one, vendor, shelf, gate, clocks, tell)
                tell(finished)
        except _Stopped:
            return
        except BaseException as error:  # noqa: BLE001  # a bug: it goes on in the thread that a person sees
            broken.append(error)
            stop.set()

    with shelf.locked():
        threads = [threading.Thread(target=work, daemon=True) for _ in range(min(jobs, len(wanted)))]
        for thread in threads:
            thread.start()
        _wait_for(threads, stop)
    if broken:
        raise broken[0]
    return [done[one.symbol] for one in wanted]


def _wait_for(threads: Sequence[threading.Thread], stop: threading.Event) -> None:
    """Until all have ended, or until a person interrupts and they have had time for their page."""
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(HEAR_EVERY_S)
    except KeyboardInterrupt:
        stop.set()
        end = time.monotonic() + PATIENCE_AT_END_S
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
        raise


def refuse_failures(finished: Sequence[Finished]) -> None:
    """Raises the fault of the symbols that failed, if any did: one alone as it is, several as one."""
    faults = [one.result for one in finished if isinstance(one.result, TradetuiError)]
    if len(faults) == 1:
        raise faults[0]
    if faults:
        lines = "\n".join(f"  {fault}" for fault in faults)
        text = f"{len(faults)} of {len(finished)} symbols were not downloaded:\n{lines}"
        raise UsageError(text) if all(isinstance(fault, UsageError) for fault in faults) else DownloadFailed(text)


def _one(
    wanted: Wanted, vendor: Vendor, shelf: Shelf, gate: Gate, timing: Timing, tell: Callable[[Progress], None]
) -> Finished:
    source: Source = vendor.open(wanted.address, timing.now_ns, vendor.timeout_s)
    try:
        return Finished(wanted.symbol, Download(wanted, source, shelf, gate, timing, tell).run())
    except TradetuiError as error:
        return Finished(wanted.symbol, error)
    finally:
        source.close()

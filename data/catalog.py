"""The bundled samples: where they lie, how they are read, and the one function that makes them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import numpy as np

from tradetui.data.column_bars import write_bars
from tradetui.data.market_files import read_session, session_paths, write_session
from tradetui.data.synthetic import MODELS, TICK_NANOS, synthetic_month
from tradetui.data.synthetic_book import synthetic_session
from tradetui.engine.errors import DataError
from tradetui.engine.market.tape import MarketSession

SAMPLE_SEED = 7  # of the files that are shipped
SESSION_NAME = "session"


def samples_folder() -> Path:
    """Where the bundled samples lie, also in an installed package."""
    return Path(str(files("tradetui.data"))) / "samples"


def sample_month() -> list[Path]:
    """The files of the bundled month of one-minute bars, one a symbol, for `read_many`."""
    return _present(_month_paths(samples_folder()))


def sample_session() -> MarketSession:
    """The bundled session with quotes, trades and depth."""
    folder = samples_folder()
    _present(list(session_paths(folder, SESSION_NAME).values()))
    return read_session(folder, SESSION_NAME)


def write_samples(folder: Path, seed: int, tell: Callable[[str], None]) -> list[Path]:
    """Makes the month and the session after it from a seed and writes them; `tell` hears what is being done.

    The session opens at the month's last closes. Raises DataError if the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(folder, None, f"it cannot be made ({error.strerror})", "a writable folder") from error
    tell("making a month of one-minute bars")
    month = synthetic_month(seed)
    paths = _month_paths(folder)
    for symbol, path in zip(month.symbols, paths, strict=True):
        write_bars(month.of(symbol), path)
    tell("making a session with its order book")
    closes = [int(month.close[np.flatnonzero(month.symbol == code)[-1]]) for code in range(len(month.symbols))]
    session = synthetic_session(seed, start_ticks=tuple(close // TICK_NANOS for close in closes))
    return paths + write_session(session, folder, SESSION_NAME)


def _month_paths(folder: Path) -> list[Path]:
    return [folder / f"{model.name}_1min.parquet" for model in MODELS]


def _present(paths: list[Path]) -> list[Path]:
    for path in paths:
        if not path.is_file():
            hint = "Reinstall tradetui, or make it with: tradetui data sample --out DIR"
            raise DataError(path, None, "a bundled sample is missing", "the files shipped with tradetui", hint)
    return paths

"""The equity curve of a run, as columns: one point a bar close, or one a bar and fill over ticks and books."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Equity at each market time, shapes (n,): UTC ns, account currency, and whether any position was open.

    The starting equity is not a point of the curve; it stands beside it. `exposure` is the share of time in which a
    position was open, None where each point stands for a bar of the same length.
    """

    ts_ns: npt.NDArray[np.int64]
    equity: npt.NDArray[np.float64]
    exposed: npt.NDArray[np.bool_]
    start_equity: float
    exposure: float | None = None

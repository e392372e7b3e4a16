"""The equity curve of a run: one point a bar close, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Equity at each market time, shapes (n,): UTC ns, account currency, and whether any position was open.

    The starting equity is not a point of the curve; it stands beside it.
    """

    ts_ns: npt.NDArray[np.int64]
    equity: npt.NDArray[np.float64]
    exposed: npt.NDArray[np.bool_]
    start_equity: float

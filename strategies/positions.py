"""From moments of change to the wanted position after every bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import polars as pl


def hold_between(changes: npt.NDArray[np.int8]) -> pl.Series:
    """The last non-zero entry of `changes` up to each row, 0 before the first."""
    return hold_last(changes, changes != 0)


def hold_last(values: npt.NDArray[np.int8], decided: npt.NDArray[np.bool_]) -> pl.Series:
    """The value at the last row up to each row where `decided` is true, 0 before the first."""
    import numpy as np
    import polars as pl

    rows = np.where(decided, np.arange(len(values)), -1)
    last = np.maximum.accumulate(rows) if len(rows) else rows
    return pl.Series("wanted", np.where(last >= 0, values[last], 0).astype(np.int8))


def enter_and_leave(
    long_entry: npt.NDArray[np.bool_],
    long_exit: npt.NDArray[np.bool_],
    short_entry: npt.NDArray[np.bool_],
    short_exit: npt.NDArray[np.bool_],
) -> pl.Series:
    """A position that looks at entries only while flat and at its own exits only while held."""
    import numpy as np
    import polars as pl

    wanted = np.zeros(len(long_entry), np.int8)
    change = np.flatnonzero(long_entry | long_exit | short_entry | short_exit)
    rows, states, position = [], [], 0
    for row, enter, leave, short, cover in zip(
        change.tolist(),
        long_entry[change].tolist(),
        long_exit[change].tolist(),
        short_entry[change].tolist(),
        short_exit[change].tolist(),
        strict=True,
    ):
        if position == 0:
            after = 1 if enter else -1 if short else 0
        elif position > 0:
            after = 0 if leave else 1
        else:
            after = 0 if cover else -1
        if after != position:
            position = after
            rows.append(row)
            states.append(after)
    if rows:
        decided = np.zeros(len(wanted), bool)
        decided[rows] = True
        wanted[rows] = states
        return hold_last(wanted, decided)
    return pl.Series("wanted", wanted)

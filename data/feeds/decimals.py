"""Decimal texts of prices and sizes as whole nanos, exactly: no float ever holds them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import polars as pl

from tradetui.engine.model.instrument import NANOS_PER_UNIT

DIGITS_WIDE = 18  # places that are looked at; a text with more of them is read alone
PLAIN_BYTES_MAX = 19  # a shorter text cannot have more places than DIGITS_WIDE
INT64_MAX = 2**63 - 1


def nanos_of(texts: Sequence[str | None] | pl.Series) -> list[int | None]:
    """Each text in nanos; None for what is no number, is finer than a nano or does not fit into int64."""
    series = texts if isinstance(texts, pl.Series) else pl.Series(texts, dtype=pl.String)
    wide = series.cast(pl.Decimal(38, DIGITS_WIDE), strict=False)
    fine = series.cast(pl.Decimal(38, 9), strict=False)
    same = (fine.cast(pl.Decimal(38, DIGITS_WIDE), strict=False) == wide).fill_null(value=False)
    nanos: list[int | None] = fine.to_physical().cast(pl.Int64, strict=False).set(~same, None).to_list()
    odd = (series.str.len_bytes() > PLAIN_BYTES_MAX) | series.str.contains("[eE]")
    for row in odd.fill_null(value=False).arg_true().to_list():
        nanos[row] = nanos_of_text(series[row])
    return nanos


def nanos_of_text(text: str) -> int | None:
    """One text in nanos; None as of `nanos_of`."""
    if "_" in text or text.strip() != text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if number and not -DIGITS_WIDE <= number.adjusted() <= DIGITS_WIDE:
        return None
    ratio = number.as_integer_ratio()
    nanos, rest = divmod(ratio[0] * NANOS_PER_UNIT, ratio[1])
    return None if rest or abs(nanos) > INT64_MAX else nanos

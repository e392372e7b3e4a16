"""Rules about trades and quotes: prints that are no trades of their moment, and quotes that cannot stand.

The letters are those of the consolidated tape (CTA and UTP plans) as NYSE TAQ writes them, one a position, in `COND`;
the numbers of `CORR` are TAQ's correction indicators.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from tradetui.data.clean.rules import NOTES_MAX, Found, Mended, Rule, Settings, Table, found_rows, remove
from tradetui.data.times import time_text
from tradetui.engine.model.instrument import NANOS_PER_UNIT

OFFICIAL = "MQ"  # a venue's official close or open: repeats a print that is there, and is not to count as volume
OUT_OF_SEQUENCE = "ZUL"  # sold out of sequence, the same outside hours, sold last: printed later than traded
EXTENDED = "TU"  # outside regular hours
# Average price, cash, next day, seller's option, prior reference, price variation, derivatively priced, qualified
# contingent, contingent, bunched sold: the price was not made in the market of that moment.
SPECIAL = "BWCNRPH47VG"
CORRECTION_KEPT = (0, 1)  # regular, and the original of a correction, which TAQ keeps with the corrected data


def _with_condition(table: Table, letters: str) -> npt.NDArray[np.bool_]:
    if not table.has("condition"):
        return np.zeros(len(table.frame), np.bool_)
    has = table.frame["condition"].str.contains(f"[{letters}]").fill_null(value=False)
    return has.to_numpy()


def _cancelled(table: Table, _: Settings) -> Found:
    if not table.has("correction"):
        return Found(np.empty(0, np.intp), 0)
    gone = ~table.frame["correction"].fill_null(0).is_in(CORRECTION_KEPT)
    return found_rows(gone.to_numpy())


def _official(table: Table, _: Settings) -> Found:
    """Official prints, with a note on each that doubles a closing print (condition 6) of its venue, price and size."""
    found = found_rows(_with_condition(table, OFFICIAL))
    if not found.count or not table.has("exchange"):
        return found
    closing = table.frame.filter(pl.col("condition").str.contains("[6O5]"))
    doubled = table.frame[found.rows].join(closing, on=["symbol", "exchange", "price", "size"], how="semi")
    notes = []
    for size, price, venue, ts in doubled.head(NOTES_MAX).select("size", "price", "exchange", "ts_ns").iter_rows():
        what = f"{size / NANOS_PER_UNIT:,.0f} shares at {price / NANOS_PER_UNIT:g} on {venue}"
        notes.append(f"{what} at {time_text(ts)} stand there twice")
    return Found(found.rows, found.count, tuple(notes))


def _out_of_sequence(table: Table, _: Settings) -> Found:
    return found_rows(_with_condition(table, OUT_OF_SEQUENCE))


def _extended(table: Table, _: Settings) -> Found:
    return found_rows(_with_condition(table, EXTENDED))


def _special(table: Table, _: Settings) -> Found:
    return found_rows(_with_condition(table, SPECIAL))


def _no_size(table: Table, _: Settings) -> Found:
    return found_rows(table.numbers("size") <= 0)


def _odd_lots(table: Table, settings: Settings) -> Found:
    size = table.numbers("size")
    return found_rows((size > 0) & (size < settings.lot * NANOS_PER_UNIT))


def _other_venues(table: Table, settings: Settings) -> Found:
    if not settings.venue or not table.has("exchange"):
        return Found(np.empty(0, np.intp), 0)
    return found_rows((table.frame["exchange"].str.strip_chars() != settings.venue).fill_null(value=True).to_numpy())


def _to_merge(table: Table, _: Settings) -> Found:
    """Rows that share symbol and time with an earlier one."""
    again = ~table.frame.select(pl.struct("symbol", "ts_ns").is_first_distinct()).to_series()
    return found_rows(again.to_numpy())


def _merge(table: Table, found: Found, _: Settings) -> Mended:
    """One row a time at the median price (quotes: median bid and ask) and the whole size; the rest as the last row."""
    trades = table.kind == "trades"
    medians, sums = (["price"], ["size"]) if trades else (["bid", "ask"], ["bid_size", "ask_size"])
    keys = ["symbol", "ts_ns"]
    frame = table.frame.with_row_index("at")
    touched = frame.join(frame[found.rows].select(keys).unique(), on=keys, how="semi")
    others = [name for name in table.frame.columns if name not in (*keys, *medians, *sums, "row")]
    merged = touched.group_by(keys, maintain_order=True).agg(
        pl.col("at").first(), pl.col("row").first(),
        *(pl.col(name).median().round().cast(pl.Int64) for name in medians),
        *(pl.col(name).sum() for name in sums), *(pl.col(name).last() for name in others),
    )  # fmt: skip
    rest = frame.join(touched.select("at"), on="at", how="anti")
    whole = pl.concat([rest, merged.select(frame.columns)]).sort("at").drop("at")
    kept = merged["at"].to_numpy().astype(np.intp)
    return Mended(whole, removed=found.rows, changed=kept)


def _crossed(table: Table, _: Settings) -> Found:
    bid, ask = table.numbers("bid"), table.numbers("ask")
    return found_rows((bid > ask) & (bid > 0) & (ask > 0))


def _locked(table: Table, _: Settings) -> Found:
    bid, ask = table.numbers("bid"), table.numbers("ask")
    return found_rows((bid == ask) & (bid > 0))


def _no_bid(table: Table, _: Settings) -> Found:
    return found_rows(table.numbers("bid") == 0)


def _no_ask(table: Table, _: Settings) -> Found:
    return found_rows(table.numbers("ask") == 0)


def _wide(table: Table, settings: Settings) -> Found:
    bid, ask = table.numbers("bid"), table.numbers("ask")
    both = (bid > 0) & (ask > bid)
    if not both.any():
        return Found(np.empty(0, np.intp), 0)
    return found_rows(both & (ask - bid >= settings.spread_medians * np.median((ask - bid)[both])))


TRADE: tuple[str, ...] = ("trades",)
TICK_RULES = (
    Rule("cancelled", ("trades",), "a print that was cancelled, or replaced by a correction (CORR other than 0 and 1)",
         "removes it", _cancelled, remove, default=True),
    Rule("official", ("trades",), "a venue's official open or close (COND Q, M), which repeats an auction's print",
         "removes it, so that its volume counts once", _official, remove, default=True),
    Rule("out_of_sequence", ("trades",), "a print later than its trade (COND Z, U, L)", "removes it",
         _out_of_sequence, remove, default=True),
    Rule("no_size", ("trades",), "a trade of nothing", "removes it", _no_size, remove, default=True),
    Rule("special", ("trades",), "a price not made in the market of its moment (COND B W C N R P H 4 7 V G)",
         "removes it", _special, remove),
    Rule("extended", ("trades",), "a trade outside regular hours by its COND (T, U)", "removes it", _extended, remove),
    Rule("odd_lots", ("trades",), "a trade of less than a lot", "removes it", _odd_lots, remove),
    Rule("crossed", ("quotes",), "a bid above the ask of the same quote", "removes it", _crossed, remove, default=True),
    Rule("locked", ("quotes",), "a bid equal to the ask", "removes it", _locked, remove),
    Rule("no_bid", ("quotes",), "a bid of zero: no quote on that side", "removes the row", _no_bid, remove),
    Rule("no_ask", ("quotes",), "an ask of zero: no quote on that side", "removes the row", _no_ask, remove),
    Rule("wide", ("quotes",), "a spread of spread_medians times the median spread or more", "removes it",
         _wide, remove),
    Rule("venue", ("trades", "quotes"), "another venue than the setting venue", "removes it", _other_venues, remove),
    Rule("merge", ("trades", "quotes"), "a row that shares its time with an earlier one",
         "makes one row of them: median price, whole size", _to_merge, _merge),
)  # fmt: skip

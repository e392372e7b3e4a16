"""What only many rows can tell of a file: its interval, its direction, and whether bars are stamped at their end."""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl

from tradetui.data.checks import HALF_HOUR_NS, NIGHT_NS, SESSIONS_TO_JUDGE
from tradetui.data.dialects.detection import Detection, Doubt, Finding
from tradetui.data.dialects.reading import guarded
from tradetui.data.dialects.staging import Staged
from tradetui.data.dialects.times import time_expr
from tradetui.data.dialects.words import Dialect, Stated, interval_text
from tradetui.data.times import DAY_NS, time_text
from tradetui.engine.market.bars import Int64, commonest_step

END_SHARE_MIN = 0.75  # of the sessions: a vendor's first day or a short one does not change what the others show


def judge_rows(source: Staged, said: Stated, detection: Detection, sample: pl.LazyFrame) -> None:
    """Adds interval, direction and stamp to a detection."""
    dialect = detection.dialect
    ts, codes = _sample_times(source, dialect, sample)
    if said.newest_first is None and len(ts) > 1 and np.all(np.diff(ts) <= 0) and ts[-1] < ts[0]:
        detection.dialect = msgspec.structs.replace(detection.dialect, newest_first=True)
        words = f"times fall throughout, from {time_text(int(ts[0]))}"
        detection.findings.append(Finding("order", "newest first: rows are reversed", words))
        ts, codes = ts[::-1], codes[::-1]
    if dialect.kind != "bars":
        return
    step = dialect.interval_ns or _interval(ts, codes)
    detection.dialect = msgspec.structs.replace(detection.dialect, interval_ns=step)
    because = "stated" if said.interval else "the commonest step"
    detection.findings.append(Finding("interval", interval_text(step), because))
    _judge_stamp(said, detection, ts, codes, step)


def _judge_stamp(said: Stated, detection: Detection, ts: Int64, codes: Int64, step: int) -> None:
    if said.stamp is not None:
        detection.findings.append(Finding("stamp", f"{said.stamp} of the bar", "stated"))
        return
    if step >= DAY_NS:
        return
    looks_ended, example = end_stamped(ts[codes == codes[0]] if len(codes) else ts, step)
    if looks_ended:
        seen = f"sessions run like {example}, as where bars are stamped at their end"
        detection.doubts.append(Doubt(seen, "--stamp end (or --stamp start, if that is what they are)"))
    else:
        detection.findings.append(Finding("stamp", "start of the bar", "nothing speaks for the end"))


def end_stamped(ts: Int64, step: int) -> tuple[bool, str]:
    """Whether sessions begin one bar after a half hour or end on one, and one of them in words.

    Seen in three quarters of five sessions or more. Bars stamped at their start never stand at the instant a session
    ends, except for a closing print, and begin with it.
    """
    if not 0 < step < HALF_HOUR_NS or HALF_HOUR_NS % step:
        return False, ""
    nights = np.flatnonzero(np.diff(ts) > NIGHT_NS)
    first, last = ts[np.r_[0, nights + 1]], ts[np.r_[nights, len(ts) - 1]]
    if len(first) < SESSIONS_TO_JUDGE:
        return False, ""
    opens_late = np.mean(first % HALF_HOUR_NS == step) >= END_SHARE_MIN
    closes_on = np.mean(last % HALF_HOUR_NS == 0) >= END_SHARE_MIN
    return bool(opens_late and closes_on), f"{time_text(int(first[-2]))} to {time_text(int(last[-2]))}"


def _sample_times(source: Staged, dialect: Dialect, sample: pl.LazyFrame) -> tuple[Int64, Int64]:
    """UTC times of the sample as stamped, and a number for each row's symbol; rows without a time are left out."""
    plain = msgspec.structs.replace(dialect, stamp="start", ambiguous="earliest")

    def read() -> pl.DataFrame:
        dtype = sample.collect_schema()[str(dialect.roles.time)]
        number = dtype == pl.String and dialect.epoch is not None  # of a text file, where every column is text as yet
        time = time_expr(plain, pl.Int64() if number else dtype).alias("ts")
        name = dialect.roles.symbol
        code = pl.lit(0, pl.Int64) if name is None else pl.col(name).cast(pl.String).rank("dense").cast(pl.Int64)
        return sample.select(time, code.alias("code")).drop_nulls().collect()

    frame = guarded(source, read, dialect if source.kind == "csv" else None)
    return frame["ts"].to_numpy(), frame["code"].to_numpy()


def _interval(ts: Int64, codes: Int64) -> int:
    steps = [commonest_step(np.sort(ts[codes == code])) for code in np.unique(codes)]
    return min((step for step in steps if step > 0), default=0)

"""How long things took: a histogram of fixed size, cheap enough to count every tick. Pure: it is told the times."""

from __future__ import annotations

from itertools import accumulate

from tradetui.engine.model.snapshot import LatencyView

STEPS_BITS = 4  # 16 steps a doubling: a figure is told at most 6.25 % too high
STEPS = 1 << STEPS_BITS
LONGEST_NS = (1 << 44) - 1  # five hours; what took longer counts as this
BOUNDS_NS = tuple(
    round(seconds * 1e9) for seconds in (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
)  # of the coarse counts that a picture holds


class LatencyHistogram:
    """One thread adds, any may ask for a picture. Never grows."""

    def __init__(self) -> None:
        self._counts = [0] * (_step(LONGEST_NS) + 1)
        self._sum_ns = self._max_ns = 0

    def add(self, took_ns: int) -> None:
        """One more; below 0, which another clock would give, counts as 0."""
        took_ns = min(max(took_ns, 0), LONGEST_NS)
        self._counts[_step(took_ns)] += 1
        self._sum_ns += took_ns
        if took_ns > self._max_ns:
            self._max_ns = took_ns

    def copy(self) -> LatencyHistogram:
        """As it is now, for `since`."""
        made = LatencyHistogram()
        made._counts, made._sum_ns, made._max_ns = self._counts.copy(), self._sum_ns, self._max_ns
        return made

    def since(self, earlier: LatencyHistogram) -> LatencyHistogram:
        """What was added after `earlier`, a copy of this, was made; its largest is told as that of its step."""
        made = LatencyHistogram()
        made._counts = [now - before for now, before in zip(self._counts, earlier._counts, strict=True)]
        made._sum_ns = self._sum_ns - earlier._sum_ns
        newest = max((step for step, count in enumerate(made._counts) if count), default=None)
        made._max_ns = 0 if newest is None else min(_upper_ns(newest), self._max_ns)
        return made

    def picture(self) -> LatencyView:
        """As it is now: a quantile is the upper end of the step that it lies in, and never above the largest."""
        counts = self._counts.copy()
        sum_ns, max_ns = self._sum_ns, self._max_ns
        below = list(accumulate(counts))
        count = below[-1]
        if not count:
            return LatencyView()
        p50_ns, p99_ns = (
            min(_upper_ns(next(step for step, seen in enumerate(below) if seen * 100 >= share * count)), max_ns)
            for share in (50, 99)
        )
        within = tuple(below[_steps_within(bound_ns) - 1] for bound_ns in BOUNDS_NS)
        return LatencyView(count, p50_ns, p99_ns, max_ns, sum_ns, within)


def _step(took_ns: int) -> int:
    shift = max(0, took_ns.bit_length() - STEPS_BITS - 1)
    return (shift << STEPS_BITS) + (took_ns >> shift)


def _upper_ns(step: int) -> int:
    """The longest time that falls into a step."""
    shift = max(0, (step >> STEPS_BITS) - 1)
    return ((step - (shift << STEPS_BITS) + 1) << shift) - 1


def _steps_within(bound_ns: int) -> int:
    """How many steps hold nothing longer than `bound_ns`."""
    step = _step(bound_ns)
    return step + (_upper_ns(step) <= bound_ns)

"""What a live session measures of itself: from a tick's arrival at the socket to what came of it. Reads no clock."""

from __future__ import annotations

from tradetui.engine.latency import LatencyHistogram
from tradetui.engine.model.snapshot import LatenciesView


class LiveLatencies:
    """Three histograms: the engine thread adds to the first two, the execution thread to the third."""

    def __init__(self) -> None:
        self.signal, self.handover, self.order = LatencyHistogram(), LatencyHistogram(), LatencyHistogram()
        self.queued_max = 0

    def picture(self) -> LatenciesView:
        """As they are now; from any thread."""
        return LatenciesView(self.signal.picture(), self.handover.picture(), self.order.picture(), self.queued_max)

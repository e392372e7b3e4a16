"""Why no new risk may be taken now, each reason with what ends it. Pure; who enforces them is the live player."""

from __future__ import annotations

HEALTHY_NS = 60_000_000_000  # a feed must have been well for so long
BRIEF_NS = 5_000_000_000  # a feed that is back sooner was not stale: nothing is to be waited for
EXPLAINED_NS = 60_000_000_000  # a drift that the venue's own reports explain sooner is none

START, FEED, ORDERS, DRIFT, ACCOUNT, END = "start", "feed", "orders", "drift", "account", "end"


class Holds:
    """Reasons by name, oldest first. `reason` is what a person reads; empty when there is none."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {START: "the account has not been compared yet"}
        self._ill: dict[str, str] = {}  # what of the feed is not well: a symbol, or "" for all of it
        self.well_since_ns: int | None = None
        self._ill_since_ns, self._stale = 0, False

    @property
    def reason(self) -> str:
        """All reasons in words."""
        return "; ".join(self._reasons.values())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Each reason in words."""
        return tuple(self._reasons.values())

    @property
    def feed(self) -> str:
        """The feed's state in one word."""
        return "END" if self.has(END) else "DOWN" if "" in self._ill else "STALE" if self._ill else "OK"

    def has(self, name: str) -> bool:
        """Whether this is one of the reasons."""
        return name in self._reasons

    def add(self, name: str, reason: str) -> None:
        """One more reason, or another wording of it."""
        self._reasons[name] = reason

    def end(self, name: str) -> None:
        """That reason is gone."""
        self._reasons.pop(name, None)

    def ill(self, symbol: str, reason: str, ts_ns: int, stale: bool) -> None:
        """The feed, or that of one symbol, cannot be trusted."""
        if not self.has(FEED):
            self._ill_since_ns, self._stale = ts_ns, False
        elif self.well_since_ns is not None:
            self._stale = True  # once more within the minute: not brief any longer
        self._stale = self._stale or stale
        self._ill[symbol] = reason
        self.well_since_ns = None
        self.add(FEED, reason)

    def over(self, reason: str) -> None:
        """No price comes any more: the feed is neither well nor ill."""
        self._ill.clear()
        self.well_since_ns = None
        self.end(FEED)
        self.add(END, reason)

    def well(self, symbol: str, ts_ns: int) -> None:
        """It can again; that all of it is connected says nothing of a symbol of which nothing is heard."""
        self._ill.pop(symbol, None)
        if self._ill:
            self._reasons[FEED] = next(iter(self._ill.values()))
        elif self.has(FEED) and self.well_since_ns is None:
            brief = not self._stale and ts_ns - self._ill_since_ns < BRIEF_NS
            self.well_since_ns = ts_ns - HEALTHY_NS if brief else ts_ns

    def healed(self, ts_ns: int) -> bool:
        """Whether the feed has been well for long enough."""
        return self.well_since_ns is not None and ts_ns - self.well_since_ns >= HEALTHY_NS

"""How long ago something was heard of each symbol, and what that means. Pure: it is told the time, it reads none."""

from __future__ import annotations

from typing import Literal, NamedTuple

from tradetui.engine.gateways.alpaca.config import FreshnessConfig

State = Literal["FRESH", "LATE", "STALE"]


class Change(NamedTuple):
    """A symbol is something else than before."""

    symbol: str
    state: State
    message: str


class Freshness:
    """States by symbol. A symbol that was never heard is silent until it becomes late."""

    def __init__(self, config: FreshnessConfig) -> None:
        self._config = config
        self._heard: dict[str, float] = {}
        self._states: dict[str, State | None] = {}

    def want(self, symbols: tuple[str, ...], now_s: float) -> None:
        """These and no others; new ones begin to count now."""
        self._heard = {symbol: self._heard.get(symbol, now_s) for symbol in symbols}
        self._states = {symbol: self._states.get(symbol) for symbol in symbols}

    def heard(self, symbol: str, now_s: float) -> Change | None:
        """Something came."""
        if symbol not in self._heard:
            return None
        before_s, self._heard[symbol] = self._heard[symbol], now_s
        if self._states[symbol] == "FRESH":
            return None
        silent = self._states[symbol] is not None
        self._states[symbol] = "FRESH"
        return Change(symbol, "FRESH", f"heard again after {now_s - before_s:.1f} s" if silent else "heard")

    def look(self, now_s: float) -> list[Change]:
        """What has become late or stale."""
        changes = []
        for symbol, heard_s in self._heard.items():
            silent_s = now_s - heard_s
            state = self._state(silent_s)
            if state is not None and state != self._states[symbol]:
                self._states[symbol] = state
                changes.append(Change(symbol, state, f"nothing heard for {silent_s:.1f} s"))
        return changes

    def worst(self) -> State:
        """The state of the symbol that is worst off."""
        states = set(self._states.values())
        return "STALE" if "STALE" in states else "LATE" if "LATE" in states else "FRESH"

    def _state(self, silent_s: float) -> State | None:
        if silent_s >= self._config.stale_s:
            return "STALE"
        return "LATE" if silent_s >= self._config.late_s else None

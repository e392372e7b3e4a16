"""What a strategy is woken by, read out of its `subscribes` once and checked before anything runs."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import msgspec

from tradetui.engine.errors import UsageError
from tradetui.engine.model.wakes import BestMoved, ImbalanceBeyond, Timer
from tradetui.engine.strategy import Strategy

WORDS = ("bar", "quote", "trade", "book")
NS_PER_MS = 1_000_000


class Subscription(msgspec.Struct, frozen=True):
    """The kinds of market data, and the wakes beside them; 0 and None where there is none."""

    bar: bool = False
    quote: bool = False
    trade: bool = False
    book: bool = False
    best: bool = False
    timer_ns: int = 0
    imbalance: float | None = None

    @property
    def on_tape(self) -> bool:
        """Whether recorded rows alone can wake for all of it; timers and watched books take a simulated market."""
        return not (self.best or self.timer_ns or self.imbalance is not None)


def subscription_of(strategy: Strategy) -> Subscription:
    """What `strategy` subscribes to; raises UsageError for a word that is none, and for two timers."""
    who = strategy.name or type(strategy).__name__
    told = strategy.subscribes
    if not isinstance(told, tuple | list):
        raise UsageError(f"{who}.subscribes is {told!r}; expected a tuple such as {('bar', 'trade')}")
    if not told:
        raise UsageError(f"{who}.subscribes is empty: it would never be asked; expected some of {', '.join(WORDS)}")
    found: dict[str, object] = {}
    for wake in told:
        match wake:
            case str() if wake in WORDS:
                _put(found, wake, True, who)
            case BestMoved():
                _put(found, "best", True, who)
            case Timer(every_ms=every_ms):
                _put(found, "timer_ns", every_ms * NS_PER_MS, who)
            case ImbalanceBeyond(share=share):
                _put(found, "imbalance", share, who)
            case _:
                raise UsageError(f"{who}.subscribes holds {wake!r}; {_hint(wake)}")
    return msgspec.convert(found, Subscription)


def silences(asked: Subscription, symbols: Sequence[str], sources: Sequence[str], traded: Sequence[bool]) -> list[str]:
    """What is asked for and never comes of a symbol, in words: nothing fails for it, and nothing would be traded."""
    told = []
    for symbol, source, has_trades in zip(symbols, sources, traded, strict=True):
        if asked.bar and source in ("depth", "quotes") and not has_trades:
            told.append(f"{symbol} has no trades, of which bars are built: the strategy is asked for no bar of it")
        if source == "trades" and (asked.quote or asked.best or asked.book or asked.imbalance is not None):
            told.append(f"{symbol} has trades alone: the strategy is asked for no quote and no change of a book of it")
    return told


def _put(found: dict[str, object], name: str, value: object, who: str) -> None:
    if found.setdefault(name, value) != value:
        raise UsageError(f"{who}.subscribes asks for {name} of {found[name]} and of {value}; one of a kind is possible")


def _hint(wake: object) -> str:
    near = difflib.get_close_matches(wake, WORDS, n=1) if isinstance(wake, str) else []
    allowed = f"known are {', '.join(WORDS)}, Timer(every_ms), BestMoved() and ImbalanceBeyond(share)"
    return f"did you mean {near[0]!r}? {allowed}" if near else allowed

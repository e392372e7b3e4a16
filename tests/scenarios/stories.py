"""Reads and plays the stories of this folder: rules, bars, wishes and commands in; orders, fills and refusals out.

`given` names a run's settings (dots reach into a section); `bar [SYMBOL] open high low close volume` moves the market;
`signal DIRECTION [SYMBOL] name=value` is what the strategy answers to the bar before it, `on_fill` what it answers to
the next fill; `quote [SYMBOL] bid=SIZE@PRICE ask=SIZE@PRICE` and `on_fill_quote` likewise ask for two-sided quotes, a
side left out is none; `kill`, `cancel_all`, `pause`, `resume`, `unlock` and `close` are the operator's; `show` prints
the account. The lines that begin with `>` are everything that came of the lines before them, in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tradetui.engine.bar_loop import every_bar
from tradetui.engine.build import build_core
from tradetui.engine.config import run_config
from tradetui.engine.control import accept, obey
from tradetui.engine.market.bars import Bars, bars_from_floats, merge_bars
from tradetui.engine.model.commands import CancelAll, ClosePosition, Command, Kill, PauseTrading, ResumeTrading, Unlock
from tradetui.engine.model.events import (
    ControlEvent,
    Event,
    FillEvent,
    OrderEvent,
    OrderStatusEvent,
    RefusalEvent,
    RiskEvent,
    SignalEvent,
    StrategyErrorEvent,
    TwoSidedQuote,
    Wish,
)
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy

STEPS_NS = {"1d": 86_400 * 10**9, "8h": 8 * 3600 * 10**9, "1m": 60 * 10**9, "1s": 10**9}
START_NS = 1_704_067_200 * 10**9  # 2024-01-01T00:00:00Z
USUAL = {"open": "day", "quote": "gtx"}  # how long orders last where a story does not say
WISHES = ("signal", "on_fill", "quote", "on_fill_quote")
COMMANDS: dict[str, Command] = {
    "kill": Kill(),
    "cancel_all": CancelAll(),
    "pause": PauseTrading(),
    "resume": ResumeTrading(),
    "unlock": Unlock(reason="checked"),
}


class Story(msgspec.Struct):
    """One story as written: its title, where it stands, and its lines."""

    title: str
    where: str
    lines: list[str]


class Puppet(Strategy):
    """A strategy that does as the story says."""

    def __init__(self, stop: float | None, target: float | None) -> None:
        self.stop, self.target = stop, target
        self.after_bar: list[Wish] = []
        self.after_fill: list[Wish] = []

    def on_market_data(self, event: Any) -> list[Wish]:
        said, self.after_bar = self.after_bar, []
        return said

    def on_fill(self, fill: FillEvent) -> list[Wish]:
        said, self.after_fill = self.after_fill, []
        return said

    def get_stop_loss(self) -> float | None:
        return self.stop

    def get_take_profit(self) -> float | None:
        return self.target


def read_stories(folder: Path) -> list[Story]:
    """Every story of every .txt file, in order."""
    stories: list[Story] = []
    for path in sorted(folder.glob("*.txt")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith("story "):
                stories.append(Story(line.removeprefix("story ").strip(), f"{path.name}:{number}", []))
            elif line.strip() and not line.startswith("#"):
                stories[-1].lines.append(line.strip())
    return stories


def play(story: Story) -> list[str]:
    """The story's lines as they should stand: what was said, and what really came of it."""
    said = [line for line in story.lines if not line.startswith(">")]
    stage = _Stage(said)
    played: list[str] = []
    for at, line in enumerate(said):
        if line.split()[0] not in ("given", *WISHES):
            played += stage.happened()
            stage.do(at)
        played.append(line)
    return played + stage.happened()


class _Stage:
    """A core and the bars of one story."""

    def __init__(self, lines: list[str]) -> None:
        settings: dict[str, Any] = {"volume_cap": "1"}
        for line in lines:
            if line.startswith("given "):
                settings.update(_pairs(line.split()[1:]))
        self.step_ns = STEPS_NS[settings.pop("every", "1d")]
        levels = [float(v) if (v := settings.pop(name, None)) else None for name in ("stop_loss", "take_profit")]
        if settings["volume_cap"] == "none":
            settings["volume_cap"] = None
        self.bars = _bars(lines, self.step_ns)
        self.puppet = Puppet(*levels)
        self.core: Core = build_core(run_config(_nested(settings), "story"), self.puppet, self.bars.symbols)
        self.row = -1
        self.pending: list[str] = []
        self.lines = lines
        self.now_ns = START_NS

    def do(self, at: int) -> None:
        """Carry the line at `at` out, with the wishes that follow it."""
        word, *rest = self.lines[at].split()
        if word == "bar":
            self._hear(at + 1)
            self.row += 1
            self.now_ns = int(self.bars.ts_ns[self.row]) + self.step_ns
            every_bar(self.core, self.bars, self.row, self.row + 1, self.step_ns)
        elif word == "show":
            self.pending.append(_account(self.core))
        else:
            command = ClosePosition(rest[0]) if word == "close" else COMMANDS[word]
            accept(self.core, command, self.now_ns)
            obey(self.core, command, self.now_ns)

    def _hear(self, at: int) -> None:
        for line in self.lines[at:]:
            word, *words = line.split()
            if word not in WISHES:
                break
            wish = _quote(words) if word.endswith("quote") else _signal(words)
            (self.puppet.after_fill if word.startswith("on_fill") else self.puppet.after_bar).append(wish)

    def happened(self) -> list[str]:
        """What came of the lines so far, as the story tells it."""
        said = [f"> {text}" for event in self.core.take() for text in tell(event)]
        said += [f"> {text}" for text in self.pending]
        self.pending = []
        return said


def tell(event: Event) -> Iterator[str]:
    """One event in a story's words; what the story said itself is not repeated."""
    match event:
        case OrderEvent():
            size = f"{event.fraction:.0%}" if event.fraction is not None else f"{event.quantity.normalize():f}"
            text = f"order {event.order_id} {_side(event.side)} {size} {event.symbol} {event.type}"
            text += "" if event.limit_price is None else f" limit {event.limit_price.normalize():f}"
            text += "" if event.stop_price is None else f" stop {event.stop_price.normalize():f}"
            text += "" if event.time_in_force == USUAL.get(event.role, "gtc") else f" {event.time_in_force}"
            text += "" if event.role == "open" else f" ({event.role})"
            yield text + (" reduced" if "reduced" in event.reason else "")
        case OrderStatusEvent():
            yield f"{event.order_id} {event.status}: {event.reason}"
        case RefusalEvent():
            yield f"refused {event.check} {event.symbol}: {event.seen}, limit {event.limit}"
        case FillEvent():
            text = f"fill {event.order_id} {_side(event.side)} {event.quantity.normalize():f} {event.symbol}"
            text += f" @ {event.price.normalize():f}"
            text += f" fee {event.fee.normalize():f}" if event.fee else ""
            text += f" leaves {event.leaves.normalize():f}" if event.leaves else ""
            yield text + (" ambiguous" if event.ambiguous else "")
        case ControlEvent():
            yield f"trading {event.state} by {event.actor}"
        case RiskEvent():
            yield f"risk {event.severity} {event.check}: {event.message}"
        case StrategyErrorEvent():
            yield f"error {event.error}"
        case _:
            return


def _account(core: Core) -> str:
    held = ", ".join(f"{p.symbol} {p.quantity.normalize():f}" for p in core.portfolio.open.values()) or "flat"
    return f"{held}; cash {core.portfolio.cash.normalize():f}"


def _side(side: int) -> str:
    return "buy" if side > 0 else "sell"


def _signal(words: list[str]) -> SignalEvent:
    symbol = words[1] if len(words) > 1 and "=" not in words[1] else "X"
    values: dict[str, Any] = _pairs([word for word in words[1:] if "=" in word])
    for name in ("quantity", "limit_price", "stop_price", "stop_loss", "take_profit", "fraction"):
        if name in values:
            values[name] = float(values[name])
    return SignalEvent(symbol, int(words[0]), **values)


def _quote(words: list[str]) -> TwoSidedQuote:
    symbol = words[0] if words and "=" not in words[0] else "X"
    values: dict[str, Any] = {}
    for side, text in _pairs([word for word in words if "=" in word]).items():
        size, price = text.split("@")
        values |= {f"{side}_quantity": float(size), f"{side}_price": float(price)}
    return TwoSidedQuote(symbol, **values)


def _bars(lines: list[str], step_ns: int) -> Bars:
    rows: dict[str, list[list[float]]] = {}
    order: list[str] = []
    for line in lines:
        if line.startswith("bar "):
            words = line.split()[1:]
            symbol = words.pop(0) if len(words) == 6 else "X"
            rows.setdefault(symbol, []).append([float(word) for word in words])
            order.append(symbol)
    parts = []
    for symbol, values in rows.items():
        ts = START_NS + step_ns * np.arange(len(values))
        parts.append(bars_from_floats(symbol, ts, *np.array(values).T, interval_ns=step_ns))
    bars = merge_bars(parts)
    assert [bars.symbols[s] for s in bars.symbol] == order, "bars of one time must stand in the order of their symbols"
    return bars


def _pairs(words: list[str]) -> dict[str, str]:
    return dict(word.split("=", 1) for word in words)  # type: ignore[misc]


def _nested(settings: dict[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for name, value in settings.items():
        *sections, last = name.split(".")
        at = nested
        for section in sections:
            at = at.setdefault(section, {})
        at[last] = value
    return nested

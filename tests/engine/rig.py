"""A session driven by hand: the engine's turns are called one by one and told the time, so that nothing waits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from tradetui.engine.build import build_core
from tradetui.engine.bus import EventBus
from tradetui.engine.config import run_config
from tradetui.engine.journal.header import JournalHeader
from tradetui.engine.journal.writer import HashJournal, Journal
from tradetui.engine.market.bars import Bars, bars_from_floats, merge_bars
from tradetui.engine.market.tape import MarketSession, session_of_bars
from tradetui.engine.model.commands import Command
from tradetui.engine.model.events import Event
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.pacing import Engine
from tradetui.engine.session import Control, Loaded
from tradetui.engine.strategy import Strategy
from tradetui.engine.strategy_forms import event_driven
from tradetui.engine.tape_loop import TapePlayer

START_NS = 1_709_303_400_000_000_000  # 2024-03-01 14:30 UTC
MINUTE_NS = 60_000_000_000
SECOND_NS = 1_000_000_000
ROWS = 240


def swinging(symbol: str, rows: int = ROWS, phase: float = 0.0, start_ns: int = START_NS) -> Bars:
    """One-minute bars that swing around 100, prices to the cent."""
    closes = [round(100 + 8 * math.sin(i / 7 + phase) + 3 * math.sin(i / 2.1), 2) for i in range(rows)]
    opens = [100.0, *closes[:-1]]
    highs = [round(max(o, c) + 0.2, 2) for o, c in zip(opens, closes, strict=True)]
    lows = [round(min(o, c) - 0.2, 2) for o, c in zip(opens, closes, strict=True)]
    ts = [start_ns + i * MINUTE_NS for i in range(rows)]
    return bars_from_floats(symbol, ts, opens, highs, lows, closes, [5_000.0] * rows, MINUTE_NS)


def three_symbols(rows: int = ROWS) -> Bars:
    return merge_bars([swinging(name, rows, phase) for name, phase in (("AA", 0.0), ("BB", 1.3), ("CC", 2.9))])


class Recorded:
    """A journal that also keeps what it was given, commit by commit."""

    def __init__(self) -> None:
        self.hash: Journal = HashJournal(JournalHeader(mode="replay", config_json="{}"))
        self.told: list[Event] = []
        self.commits: list[int] = []
        self.ended = ""

    @property
    def events(self) -> int:
        return len(self.told)

    def append(self, events: Sequence[Event]) -> None:
        self.hash.append(events)
        self.told.extend(events)

    def commit(self) -> None:
        self.hash.commit()
        self.commits.append(len(self.told))

    def close(self, summary: object = None) -> None:
        self.ended = "closed"

    def abandon(self) -> None:
        self.ended = "abandoned"

    def digest(self) -> str:
        return self.hash.digest()


class Rig:
    """An engine on a market of three symbols, or on `session`, at wall time `now_ns`, which only the test moves."""

    def __init__(
        self,
        session: MarketSession | Bars | None = None,
        strategy: Strategy | None = None,
        journal: Any = None,
        **options: Any,
    ) -> None:
        from tradetui.strategies.registry import make_strategy

        if session is None:
            session = three_symbols()
        if isinstance(session, Bars):
            session = session_of_bars(session)
        config = run_config({"quantity": 10, "allow_short": True, **options}, "test")
        self.strategy = strategy or make_strategy(config.strategy, {"fast": 3, "slow": 7})
        self.core = build_core(config, event_driven(self.strategy), session.symbols)
        self.player = TapePlayer(self.core, session)
        self.journal: Any = journal or Recorded()
        self.pictures: list[Snapshot] = []
        self.bus: EventBus[Command | Control] = EventBus()
        ticks = dict.fromkeys(session.symbols, 0.01)
        self.now_ns = 10**15
        loaded = Loaded(self.player, self.journal, "session.db", ticks)
        self.engine = Engine(loaded, self.bus, self.pictures.append, "REPLAY", self.now_ns)

    def begin(self, speed: float = 1.0, play: bool = True, ahead_s: float = 0.0) -> Rig:
        self.engine.begin(speed, play, ahead_s, self.now_ns)
        return self

    def turn(self, *requests: Command | Control, after_s: float = 0.0) -> Rig:
        """One turn of the engine, `after_s` wall seconds later."""
        self.now_ns += round(after_s * SECOND_NS)
        self.engine.turn(requests, self.now_ns)
        return self

    def finish(self) -> Rig:
        """Play everything that is left, as fast as it goes."""
        self.turn(Control("speed", 0.0), Control("play"))
        while not self.player.done:
            self.turn()
        return self.turn(after_s=1)

    @property
    def row(self) -> int:
        return self.player.row

    @property
    def seen(self) -> Snapshot:
        return self.pictures[-1]

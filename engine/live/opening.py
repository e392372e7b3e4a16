"""Puts a live session together: session file, player, recording and the gateways of one broker, new or gone on with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import time_ns
from uuid import uuid4

from tradetui.engine.build import strategy_name
from tradetui.engine.bus import EventBus
from tradetui.engine.config import RunConfig
from tradetui.engine.errors import JournalError
from tradetui.engine.gateways.alpaca.config import ExecutionConfig, FeedConfig
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.executor import AlpacaExecutor
from tradetui.engine.gateways.alpaca.gateway import AlpacaGateway
from tradetui.engine.gateways.live_words import LiveInput
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.journal.writer import FileJournal
from tradetui.engine.live.build import Mode, build_live
from tradetui.engine.live.latencies import LiveLatencies
from tradetui.engine.live.player import LivePlayer
from tradetui.engine.live.recorder import Recorder, read_recording, recording_of
from tradetui.engine.live.restoring import restore
from tradetui.engine.live.session import Connected
from tradetui.engine.live.sessions import live_header, player_of
from tradetui.engine.model.events import Event, SessionEvent
from tradetui.engine.storage.opening import Storage
from tradetui.engine.storage.sessions import SessionInfo, session_info
from tradetui.engine.strategy_forms import require_form

TICK_SHOWN_DEFAULT = 0.01
OpenStore = Callable[[Path, SessionInfo], Storage]  # of a journal: the database and cache that the settings name


class Broker:
    """Where a broker is and who we are to it; `down` ends what was started for this session alone.

    `halted` tells before each order whether another process has halted trading there; `over` whether the market has
    ended, in words, and is empty while it goes on. `market_ns` is where a market with a time of its own stands.
    """

    def __init__(
        self,
        feed: FeedConfig,
        execution: ExecutionConfig,
        credentials: Credentials,
        down: Callable[[], None] | None = None,
        halted: Callable[[], bool] = lambda: False,
        over: Callable[[], str] | None = None,
        market_ns: int = 0,
    ) -> None:
        self.feed, self.execution, self.credentials = feed, execution, credentials
        self.down, self.halted, self.over, self.market_ns = down, halted, over, market_ns


def open_session(
    config: RunConfig,
    symbols: Sequence[str],
    mode: Mode,
    folder: Path,
    broker: Broker,
    bus: EventBus[LiveInput],
    store: OpenStore | None = None,
) -> Connected:
    """A new session, its file in `folder`. Raises UsageError, and JournalError where the file cannot be made."""
    from tradetui.strategies.registry import make_strategy

    now = datetime.now(UTC)
    strategy = make_strategy(config.strategy, config.parameters)
    require_form(strategy)
    session_id = f"tt{now:%y%m%d%H%M%S}{uuid4().hex[:6]}"
    header = live_header(config, strategy, symbols, mode, session_id, now)
    player = build_live(config, strategy, symbols, session_id, mode)
    path = folder / f"{now:%Y%m%d-%H%M%S-%f}-{mode}-{strategy_name(strategy)}.db"
    start = SessionEvent("started", f"{mode} session {session_id}", time_ns(), broker.market_ns)
    storage = store and store(path, session_info(header))
    return _connected(player, FileJournal(path, header), session_id, broker, bus, start, storage=storage)


def resume_session(
    path: Path,
    broker: Broker,
    bus: EventBus[LiveInput],
    strategy: str = "",
    store: OpenStore | None = None,
    mode: Mode | None = None,
) -> Connected:
    """A session that was interrupted: its state is what its file says, and everything it sent is looked for.

    Raises JournalError where the session was ended in order, its file cannot be trusted, or it is not of `mode`.
    """
    with open_journal(path) as reader:
        header = reader.header
    if mode is not None and header.mode != mode:
        raise JournalError(f"{path}: this is a {header.mode} session, which tradetui {mode} does not go on with")
    player = player_of(header, strategy)
    journal, events = FileJournal.resume(path)
    rows = read_recording(recording_of(journal.path))
    restore(player, events, rows)
    if rows:
        player.core.reach(rows[-1].seq)  # their numbers are taken
    start = SessionEvent("resumed", f"after event {player.core.seq}", time_ns(), broker.market_ns)
    storage = store and store(journal.path, session_info(header))
    return _connected(player, journal, header.details.run_id, broker, bus, start, tuple(events), storage)


def _connected(
    player: LivePlayer,
    journal: FileJournal,
    session_id: str,
    broker: Broker,
    bus: EventBus[LiveInput],
    start: SessionEvent,
    past: tuple[Event, ...] = (),
    storage: Storage | None = None,
) -> Connected:
    latencies = LiveLatencies()
    return Connected(
        player,
        journal,
        str(journal.path),
        dict.fromkeys(player.symbols, TICK_SHOWN_DEFAULT),
        Recorder(recording_of(journal.path), player.symbols, player.view.bar_ns),
        AlpacaGateway(broker.feed, broker.credentials, waiting=bus.waiting),
        AlpacaExecutor(
            broker.execution, broker.credentials, session_id, tick_to_order=latencies.order, halted=broker.halted
        ),
        start,
        past,
        latencies=latencies,
        storage=storage,
        stale_s=broker.feed.freshness.stale_s,
        over=broker.over,
        down=broker.down,
    )

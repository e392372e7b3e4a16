"""Session files of live sessions: how one is named and described, and how its player is built from that again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tradetui.engine.build import canonical
from tradetui.engine.config import RunConfig, run_config
from tradetui.engine.errors import JournalError
from tradetui.engine.journal.header import DataSource, Details, JournalHeader
from tradetui.engine.journal.reader import open_journal
from tradetui.engine.live.build import Mode, build_live
from tradetui.engine.live.player import LivePlayer
from tradetui.engine.live.recorder import read_recording, recording_of
from tradetui.engine.live.verifying import Replayed, replay
from tradetui.engine.model.events import SessionEvent
from tradetui.engine.strategy import Strategy

MODES: dict[str, Mode] = {"practice": "practice", "paper": "paper", "live": "live"}


def live_header(
    config: RunConfig, strategy: Strategy, symbols: Sequence[str], mode: Mode, session_id: str, created: datetime
) -> JournalHeader:
    """What a session is: its description is hashed, its id is not, since it decides nothing."""
    from tradetui import __version__

    return JournalHeader(
        mode=mode,
        config_json=canonical(config, strategy),
        data=tuple(DataSource(symbol=symbol, rows=0, sha256="") for symbol in symbols),
        details=Details(run_id=session_id, created_at=created.isoformat(timespec="seconds"), version=__version__),
    )


def player_of(header: JournalHeader, strategy: str = "") -> LivePlayer:
    """A fresh player as the session had it; `strategy` names its class where that is in a file of the user's own."""
    from tradetui.strategies.registry import make_strategy

    mode = MODES.get(header.mode)
    if mode is None:
        known = ", ".join(MODES)
        raise JournalError(f"this is the session of a {header.mode}; only live ones can be run again: {known}")
    config = run_config(json.loads(header.config_json), "the session's header")
    made = make_strategy(strategy or config.strategy, config.parameters)
    return build_live(config, made, [source.symbol for source in header.data], header.details.run_id, mode)


def replay_session(path: Path, strategy: str = "") -> Replayed:
    """Run a recorded session again and compare. Raises JournalError, DataError and UsageError."""
    with open_journal(path) as reader:
        header, events, file, closing = reader.header, list(reader.events()), reader.path, reader.closing
    player_of(header, strategy)  # a session that is none is refused before its recording is read
    rows = read_recording(recording_of(file))
    went_on = any(isinstance(event, SessionEvent) and event.what == "resumed" for event in events)
    last_seq = None if closing is None or went_on else int(json.loads(closing.summary_json)["events"])
    return replay(lambda: player_of(header, strategy), events, rows, last_seq)

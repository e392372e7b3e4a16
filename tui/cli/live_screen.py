"""Opens a live session with a screen or without one, and says at the end what became of it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any

from tradetui.engine.errors import RunFailed, UsageError
from tradetui.tui.cli.beside import ALONE, Surroundings, beside
from tradetui.tui.cli.narration import Narration

if TYPE_CHECKING:
    from tradetui.engine.live.session import LiveSession
    from tradetui.engine.model.snapshot import LatenciesView, Snapshot
    from tradetui.tui.cli.feeds import Feed

LOOK_S = 0.05
STORE_S = 10.0  # without a screen nobody waits: rows have time to reach a slow database


@contextmanager
def ended_in_order(end: Callable[[], object]) -> Iterator[None]:
    """Meanwhile SIGTERM and the hang-up of a terminal call `end` instead of cutting the session off."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]  # nohup stays as it is
    before = {number: signal.signal(number, lambda *_: end()) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_headless(session: LiveSession, minutes: float | None, as_json: bool, others: Surroundings = ALONE) -> None:
    """Trade for so long, or until the market is over, or until interrupted or told to end; print what came of it.

    Raises RunFailed where the session failed, and where its time was over before the account had answered.
    """
    unheard = False
    end_s = None if minutes is None else monotonic() + minutes * 60
    asked, narration = Event(), Narration()
    with ended_in_order(asked.set), beside(lambda: session, session.snapshot().mode.lower(), others):
        session.start()
        try:
            while (end_s is None or monotonic() < end_s) and session.snapshot().phase != "failed":
                told = session.snapshot()
                for line in narration.lines(told):
                    print(f"tradetui: {line}", file=sys.stderr, flush=True)
                if told.feed == "END":  # of a practice market: nothing comes any more
                    unheard = not told.account_label
                    break
                if asked.wait(LOOK_S):
                    break
            else:
                unheard = not session.snapshot().account_label  # its time was over, or it failed
        except KeyboardInterrupt:
            pass
        finally:
            session.stop(STORE_S)
    told = session.snapshot()
    _print(told, as_json)
    if told.error:
        raise RunFailed(told.error)
    if unheard:
        raise RunFailed(
            "the account was never heard of, nothing was traded" + "".join(f"\n  {why}" for why in told.holds)
        )


def run_screen(
    session: LiveSession,
    make: Callable[[], LiveSession] | None,
    name: str,
    others: dict[str, Feed],
    theme: str | None,
    plain: bool,
    surroundings: Surroundings = ALONE,
) -> None:
    """Show the session until the user quits; F5 may end it and begin another, of the same feed only by `make`."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(f"the screen needs a terminal; without one use: tradetui --headless {name}")
    from tradetui.tui.app import Workstation
    from tradetui.tui.cli.feeds import WHAT, Absent, FeedSwitch, Recorded
    from tradetui.tui.themes import DEFAULT, ThemeError, load_all

    try:
        themes = load_all()
    except ThemeError as error:
        raise UsageError(f"a theme file is wrong: {error}") from error
    if theme is not None and theme not in themes:
        raise UsageError(f"theme {theme!r} is not known; known are {', '.join(sorted(themes))}")
    own = Absent(WHAT[name], f"start it again: tradetui {name}") if make is None else Recorded(make, WHAT[name])
    switch = FeedSwitch({name: own, **others}, name, session)
    app = Workstation(session, feeds=switch, theme=theme or DEFAULT, ascii=plain)
    with ended_in_order(app.exit), beside(lambda: switch.session, name, surroundings):
        try:
            app.run()
        finally:
            switch.session.stop()
    last = switch.session.snapshot()
    _print(last, as_json=False)
    if last.error:
        raise RunFailed(last.error)


def _latencies(took: LatenciesView | None) -> dict[str, dict[str, float]] | None:
    """Each with its count and figures in ms."""
    if took is None:
        return None
    return {
        name: {
            "count": one.count,
            **{f"{figure}_ms": getattr(one, f"{figure}_ns") / 1e6 for figure in ("p50", "p99", "max")},
        }
        for name in ("tick_to_signal", "tick_to_handover", "tick_to_order")
        for one in (getattr(took, name),)
    }


def _print(told: Snapshot, as_json: bool) -> None:
    import msgspec

    summary: dict[str, Any] = {
        "schema_version": 1,
        "mode": told.mode,
        "phase": told.phase,
        "account": told.account_label,
        "strategy": told.strategy,
        "market_rows": told.events,
        "equity": told.account.equity,
        "cash": told.account.cash,
        "fees": told.account.fees,
        "fills": told.fills_total,
        "positions": {position.symbol: position.quantity for position in told.positions},
        "orders_working": len(told.orders),
        "state": told.state.value,
        "holds": list(told.holds),
        "differences": [] if told.reconciliation is None else list(told.reconciliation.differences),
        "journal": told.journal,
        "latencies": _latencies(told.latencies),
        "queued_max": told.latencies.queued_max if told.latencies else 0,
        "conflated": sum(feed.conflated for feed in told.feeds),
        "reconnects": sum(feed.reconnects for feed in told.feeds),
        "gaps": sum(feed.gaps for feed in told.feeds),
        "orders_sent": told.execution.sent if told.execution else 0,
        "unresolved": told.execution.unresolved if told.execution else 0,
        "storage": [msgspec.structs.asdict(store) for store in told.storage],
    }
    if as_json:
        print(msgspec.json.encode(summary).decode())
    elif told.journal:
        print(
            f"{told.mode} {told.account_label}: equity {told.account.equity:,.2f}, {told.fills_total} fills, "
            f"{told.events:,} market rows"
        )
        print(f"session file: {told.journal}   (tradetui journal replay FILE --verify)")

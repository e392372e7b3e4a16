"""`tradetui live`: trade real money, and refuse to unless every interlock holds at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import UsageError
from tradetui.tui.cli.account_session import account_session, broker_of
from tradetui.tui.cli.beside import Surroundings
from tradetui.tui.cli.practice import MetricsOption, live_config, sessions_folder
from tradetui.tui.cli.run_arguments import AllowShort, LongOnly, Parameters, Quantity, Strategy
from tradetui.tui.cli.run_options import one_of
from tradetui.tui.cli.state import Shell
from tradetui.tui.cli.surroundings import credentials, load_settings

if TYPE_CHECKING:
    from tradetui.engine.config import RunConfig
    from tradetui.engine.interlocks import LiveFacts
    from tradetui.engine.live.session import LiveSession
    from tradetui.engine.model.events import VenueState
    from tradetui.engine.operations.account_check import Answered, Differ
    from tradetui.engine.settings import Settings

HELP = """Trade REAL MONEY at the broker. It starts only where all of this holds, and says each thing that does not:

the settings choose live, allow it and name the account's last four signs; orders go to the broker's own live address;
the broker says that these keys are of that account, of real money and not blocked; a person types LIVE and those four
signs at a terminal; positions, orders, their rate and the drawdown have limits; this machine's clock is within a
second; no kill stands; and the books agree with the account. Try everything with tradetui paper first.

\b
Examples:
  tradetui live careful.toml --symbol SPY
  tradetui live careful.toml --symbol SPY --limit max_position_value=1000 --limit max_drawdown=0.02
  tradetui live --resume session.db
"""


def live(
    context: typer.Context,
    run_file: Annotated[Path | None, typer.Argument(metavar="[RUN.toml]", help="A run file, as for backtest.")] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Trade this symbol; repeatable, at least one.")] = None,
    strategy: Strategy = None,
    set_: Parameters = None,
    quantity: Quantity = None,
    allow_short: AllowShort = False,
    long_only: LongOnly = False,
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A risk limit; four of them are demanded. Repeatable."),
    ] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="FILE.db", help="Go on with a session that was interrupted.")
    ] = None,
    theme: Annotated[str | None, typer.Option(help="midnight (default), daylight, colorblind, asia, mono.")] = None,
    ascii_: Annotated[bool, typer.Option("--ascii", help="Draw with plain characters only.")] = False,
    sessions: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the session file is written.")] = None,
    metrics_port: MetricsOption = None,
) -> None:
    from tradetui.tui.cli.live_screen import run_screen

    if not symbol and resume is None:
        raise UsageError("name what to trade, as --symbol SPY; an account could trade thousands")
    config = live_config(run_file, strategy, set_, quantity, one_of(allow_short, long_only), limit)
    shell: Shell = context.obj
    at_terminal = not shell.headless and sys.stdin.isatty() and sys.stdout.isatty()
    demand_interlocks(facts_of(config, load_settings(), at_terminal, resume))
    session = open_live(config, tuple(symbol or ()), sessions or sessions_folder(), resume)
    run_screen(session, None, "live", {}, theme, ascii_, Surroundings(metrics_port=metrics_port))


live.__doc__ = HELP


def open_live(config: RunConfig, symbols: tuple[str, ...], folder: Path, resume: Path | None) -> LiveSession:
    """A session that has not been started; only after `demand_interlocks`."""
    return account_session("live", config, symbols, broker_of("live"), folder, resume)


def demand_interlocks(facts: LiveFacts) -> None:
    """Ask for the typed words where nothing else is missing. Raises UsageError that says each thing that is."""
    from msgspec.structs import replace

    from tradetui.engine.interlocks import confirmation, missing

    found = missing(facts)
    if [one.code for one in found] == ["TYPED"] and facts.on_terminal:
        words = confirmation(facts.answered_account)
        print(f"orders will trade REAL MONEY in account ****{facts.answered_account}")
        found = missing(replace(facts, typed=_typed(f"type {words} to go on: ")))
    if found:
        lines = "".join(f"\n  {one.code:<12}{one.seen}\n{'':<14}-> {one.do}" for one in found)
        raise UsageError(f"live trading does not start: {len(found)} of its interlocks do not hold{lines}")


def _typed(question: str) -> str:
    try:
        return input(question)
    except EOFError:
        return ""


def facts_of(config: RunConfig, settings: Settings, on_terminal: bool, resume: Path | None) -> LiveFacts:
    """What is so, as settings, this machine and the broker say it; nothing is typed yet."""
    from tradetui.engine.build import set_up
    from tradetui.engine.interlocks import LiveFacts
    from tradetui.engine.operations.halt import HaltLatch
    from tradetui.engine.strategy_forms import event_driven
    from tradetui.strategies.registry import make_strategy

    halt = HaltLatch(settings.state_folder, "live").read()
    heard = _answered(settings, resume)
    return LiveFacts(
        environment=settings.environment,
        allowed=settings.live_allowed,
        expected_account=settings.live_account,
        trading_url=settings.trading,
        answered_paper=heard.paper,
        answered_account=heard.account,
        answered_blocked=heard.blocked,
        answered_fault=heard.fault,
        typed="",
        on_terminal=on_terminal,
        limits=set_up(event_driven(make_strategy(config.strategy, config.parameters)), config),
        clock_skew_s=heard.clock_skew_s,
        halted="" if halt is None else halt.reason or "without a reason",
        differences=heard.differences,
    )


def _answered(settings: Settings, resume: Path | None) -> Answered:
    """What the broker says to the keys of live, asked at the address where orders would go."""
    from tradetui.engine.interlocks import is_live_address
    from tradetui.engine.operations.account_check import Answered, ask_account
    from tradetui.engine.operations.desk import Desk

    if not is_live_address(settings.trading):
        return Answered(fault="it was not asked, because keys of real money go to no other address than its own")
    try:
        desk = Desk(settings.trading, credentials("live").credentials)
        return ask_account(desk, _unmoved if resume is None else _books_of(resume))
    except (UsageError, ValueError) as error:
        return Answered(fault=str(error))


def _unmoved(first: VenueState, second: VenueState) -> int:
    """A new session's books begin with the account, which must stand still and have nobody's orders working."""
    from tradetui.engine.live.reconciliation import compare

    held = {position.symbol: position.quantity for position in first.positions}
    seen = compare(second, first.cash, held, {}, "", ())
    return len(seen.found) + len(seen.strangers)


def _books_of(resume: Path) -> Differ:
    """The books of a session that is to go on; what is in flight shows in one look alone."""
    from tradetui.engine.day_end import day_end, lasting
    from tradetui.tui.cli.operations import books_of

    books = books_of(resume)
    return lambda first, second: len(lasting(day_end(books, first), day_end(books, second)).differences)

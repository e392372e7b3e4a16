"""`tradetui paper`: trade a broker's paper account, on the screen or without one. Real addresses, no real money."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import TradetuiError, UsageError
from tradetui.tui.cli.account_session import account_session, broker_of
from tradetui.tui.cli.beside import Surroundings
from tradetui.tui.cli.practice import MetricsOption, live_config, sessions_folder
from tradetui.tui.cli.run_arguments import AllowShort, Limit, LongOnly, Parameters, Quantity, Strategy
from tradetui.tui.cli.run_options import one_of
from tradetui.tui.cli.state import Shell

if TYPE_CHECKING:
    from tradetui.engine.config import RunConfig
    from tradetui.engine.live.session import LiveSession

HELP = """Trade a paper account at the broker: its market, its fills, no real money.

Keys come from the environment or the keyring (tradetui keys --help), addresses from the settings; tradetui doctor tells
what is missing. What the account holds at the start is what the session's books begin with.

\b
Examples:
  tradetui paper --symbol SPY --symbol QQQ --strategy momentum
  tradetui paper --symbol BTC/USD --limit max_position_value=500
  tradetui --headless paper --symbol SPY --minutes 60 --json
"""


def paper(
    context: typer.Context,
    run_file: Annotated[Path | None, typer.Argument(metavar="[RUN.toml]", help="A run file, as for backtest.")] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Trade this symbol; repeatable, at least one.")] = None,
    strategy: Strategy = None,
    set_: Parameters = None,
    quantity: Quantity = None,
    allow_short: AllowShort = False,
    long_only: LongOnly = False,
    limit: Limit = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="Run so long, by our clock; with --headless.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="FILE.db", help="Go on with a session that was interrupted.")
    ] = None,
    theme: Annotated[str | None, typer.Option(help="midnight (default), daylight, colorblind, asia, mono.")] = None,
    ascii_: Annotated[bool, typer.Option("--ascii", help="Draw with plain characters only.")] = False,
    sessions: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the session file is written.")] = None,
    metrics_port: MetricsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came of it as one JSON object.")] = False,
) -> None:
    from tradetui.tui.cli.feeds import connected
    from tradetui.tui.cli.live_screen import run_headless, run_screen

    if not symbol and resume is None:
        raise UsageError("name what to trade, as --symbol SPY; an account could trade thousands")
    config = live_config(run_file, strategy, set_, quantity, one_of(allow_short, long_only), limit)
    broker = broker_of("paper")
    names, folder = tuple(symbol or ()), sessions or sessions_folder()

    def make() -> LiveSession:
        return account_session("paper", config, names, broker, folder, resume)

    others = Surroundings(metrics_port=metrics_port)
    shell: Shell = context.obj
    if shell.headless:
        run_headless(make(), minutes, as_json, others)
        return
    run_screen(make(), make, "paper", {"practice": connected("practice", config)}, theme, ascii_, others)


paper.__doc__ = HELP


class PaperFeed:
    """The paper account as something that the screen may switch to."""

    def __init__(self, config: RunConfig, what: str) -> None:
        self._config, self.what = config, what

    def missing(self) -> str:
        """Keys, libraries, or what to trade."""
        from importlib.util import find_spec

        if find_spec("websockets") is None:
            return "it needs websockets: pip install 'tradetui[paper]'"
        if not self._config.instruments:
            return "a run file has to name what to trade, as [instruments.SPY]; or start tradetui paper --symbol SPY"
        try:
            broker_of("paper")
        except TradetuiError as error:
            return str(error)
        return ""

    def make(self) -> LiveSession:
        """A session on the account, over the instruments of the run file."""
        names = tuple(self._config.instruments)
        return account_session("paper", self._config, names, broker_of("paper"), sessions_folder())


def feed(config: RunConfig) -> PaperFeed:
    """What F5 offers."""
    from tradetui.tui.cli.feeds import WHAT

    return PaperFeed(config, WHAT["paper"])

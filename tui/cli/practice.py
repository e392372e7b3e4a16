"""`tradetui practice`: trade paper money on a practice exchange that is started for you."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradetui.engine.errors import UsageError
from tradetui.tui.cli.beside import Surroundings
from tradetui.tui.cli.run_arguments import AllowShort, Limit, LongOnly, Parameters, Quantity, Strategy
from tradetui.tui.cli.run_options import merge_options, one_of, read_run_file, table_of, where_from
from tradetui.tui.cli.state import Shell

if TYPE_CHECKING:
    from tradetui.engine.bus import EventBus
    from tradetui.engine.config import RunConfig
    from tradetui.engine.gateways.alpaca.credentials import Credentials
    from tradetui.engine.gateways.live_words import LiveInput
    from tradetui.engine.live.opening import Broker
    from tradetui.engine.live.session import Connected, LiveSession

HELP = """Trade on a practice exchange: paper money, a market that is replayed, the broker's protocol, no account.

The exchange runs beside the session on this machine and ends with it; its market is the bundled session unless --data
or --synthetic says otherwise. With --exchange the session trades on one that runs already, whose keys are in
TRADETUI_PRACTICE_KEY and TRADETUI_PRACTICE_SECRET. Everything that comes in is recorded beside the session file.

\b
Examples:
  tradetui practice
  tradetui practice --strategy momentum --set period=14 --speed 10
  tradetui --headless practice --minutes 2 --speed 60 --json
  tradetui practice --data generated --symbol CORVUS
  tradetui practice --exchange http://127.0.0.1:8790 --resume session.db
"""


MetricsOption = Annotated[
    int | None,
    typer.Option(min=0, max=65_535, metavar="PORT", help="Answer Prometheus on 127.0.0.1; 0 is off. [settings]"),
]


class Market:
    """Which exchange a practice session trades on, and what of it."""

    def __init__(
        self,
        arguments: tuple[str, ...] = (),
        address: str = "",
        symbols: tuple[str, ...] = (),
        resume: Path | None = None,
    ) -> None:
        self.arguments, self.address, self.symbols, self.resume = arguments, address.rstrip("/"), symbols, resume


def practice(
    context: typer.Context,
    run_file: Annotated[Path | None, typer.Argument(metavar="[RUN.toml]", help="A run file, as for backtest.")] = None,
    strategy: Strategy = None,
    set_: Parameters = None,
    data: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of a session to replay.")] = None,
    synthetic: Annotated[int | None, typer.Option(metavar="SEED", help="Invent a market from this seed.")] = None,
    symbol: Annotated[list[str] | None, typer.Option(help="Trade this symbol; repeatable. [all]")] = None,
    quantity: Quantity = None,
    allow_short: AllowShort = False,
    long_only: LongOnly = False,
    limit: Limit = None,
    speed: Annotated[
        float, typer.Option(min=0, max=10_000_000, help="Market seconds per second; 0 is as fast as it goes.")
    ] = 10.0,
    minutes: Annotated[float | None, typer.Option(min=0, help="Run so long, by our clock; with --headless.")] = None,
    exchange: Annotated[str | None, typer.Option(metavar="URL", help="Trade on this exchange, which runs.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="FILE.db", help="Go on with a session that was interrupted.")
    ] = None,
    fault_seed: Annotated[int | None, typer.Option(metavar="N", help="Let the exchange fail, by this seed.")] = None,
    fault_every: Annotated[int, typer.Option(min=1, metavar="N", help="One in about N requests and frames.")] = 50,
    theme: Annotated[str | None, typer.Option(help="midnight (default), daylight, colorblind, asia, mono.")] = None,
    ascii_: Annotated[bool, typer.Option("--ascii", help="Draw with plain characters only.")] = False,
    sessions: Annotated[Path | None, typer.Option(metavar="DIR", help="Where the session file is written.")] = None,
    metrics_port: MetricsOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what came of it as one JSON object.")] = False,
) -> None:
    from tradetui.tui.cli.feeds import connected
    from tradetui.tui.cli.live_screen import run_headless, run_screen

    if data is not None and synthetic is not None:
        raise UsageError("--data and --synthetic are two markets; give one")
    if exchange and (data is not None or synthetic is not None or fault_seed is not None):
        raise UsageError(
            "--exchange names one that runs already: its market and its faults are chosen where it is started"
        )
    config = live_config(run_file, strategy, set_, quantity, one_of(allow_short, long_only), limit)
    arguments = ["--speed", str(speed)]
    arguments += [] if data is None else ["--data", str(data)]
    arguments += [] if synthetic is None else ["--synthetic", str(synthetic)]
    if fault_seed is not None:
        arguments += ["--fault-seed", str(fault_seed), "--fault-every", str(fault_every)]
    market = Market(tuple(arguments), exchange or "", tuple(symbol or ()), resume)
    others = Surroundings(market.address, metrics_port)
    shell: Shell = context.obj
    folder = sessions or sessions_folder()
    if shell.headless:
        run_headless(practice_session(config, market, folder), minutes, as_json, others)
        return
    run_screen(
        practice_session(config, market, folder),
        lambda: practice_session(config, market, folder),
        "practice",
        {"paper": connected("paper", config)},
        theme,
        ascii_,
        others,
    )


practice.__doc__ = HELP


def live_config(
    run_file: Path | None,
    strategy: str | None,
    parameters: list[str] | None,
    quantity: str | None,
    allow_short: bool | None,
    limits: list[str] | None,
) -> RunConfig:
    """What a live session does, from a run file and the options beside it."""
    from tradetui.engine.config import run_config

    file_values = {} if run_file is None else read_run_file(run_file)
    options: dict[str, Any] = {
        "strategy": strategy,
        "quantity": quantity,
        "allow_short": allow_short,
        "parameters": table_of(file_values, "parameters", parameters or [], "--set"),
        "limits": table_of(file_values, "limits", limits or [], "--limit"),
    }
    return run_config(merge_options(file_values, options), where_from(run_file))


def own_file(config: RunConfig) -> str:
    """The strategy that a session to go on with is told of: one in a user's file; a shipped one its header names."""
    return config.strategy if ".py" in config.strategy else ""


def practice_session(config: RunConfig, market: Market, folder: Path) -> LiveSession:
    """A session that has not been started."""
    from tradetui.engine.live.session import LiveSession
    from tradetui.tui.cli.surroundings import storing

    store = storing("dev", folder if market.resume is None else market.resume.parent)

    def load(bus: EventBus[LiveInput]) -> Connected:
        from tradetui.engine.live.opening import open_session, resume_session

        session.say("starting the practice exchange")
        broker, symbols = _broker(market)
        try:
            if market.resume is not None:
                return resume_session(market.resume, broker, bus, own_file(config), store=store, mode="practice")
            unknown = [name for name in market.symbols if name not in symbols]
            if unknown:
                raise UsageError(f"--symbol {unknown[0]}: the exchange has {', '.join(symbols)}")
            return open_session(config, market.symbols or symbols, "practice", folder, broker, bus, store)
        except BaseException:
            if broker.down is not None:
                broker.down()
            raise

    session = LiveSession(load, "PRACTICE")
    return session


def _broker(market: Market) -> tuple[Broker, list[str]]:
    """The exchange that is named, or one of our own, and what it trades."""
    from tradetui.tui.cli.practice_exchange import PracticeExchange, symbols_at

    if market.address:
        from tradetui.engine.keys import required

        credentials = required("dev", os.environ).credentials
        socket = f"ws{market.address.removeprefix('http')}"
        places = {
            "trading": market.address,
            "data": market.address,
            "trade_updates": f"{socket}/stream",
            "stock_stream": f"{socket}/v2/iex",
            "crypto_stream": f"{socket}/v1beta3/crypto/us",
        }
        return _broker_at(places, credentials, None), symbols_at(market.address, credentials)
    started = PracticeExchange(market.arguments)
    try:
        return _broker_at(started.places, started.credentials, started.stop), started.symbols()
    except BaseException:
        started.stop()
        raise


def _broker_at(places: dict[str, Any], credentials: Credentials, down: Any) -> Broker:
    from tradetui.engine.gateways.alpaca.config import ExecutionConfig, FeedConfig, RestConfig
    from tradetui.engine.live.opening import Broker
    from tradetui.tui.cli.practice_exchange import RATE_PER_MINUTE, market_ns_at, over_at
    from tradetui.tui.cli.surroundings import halt_of

    rest = RestConfig(per_minute=RATE_PER_MINUTE if down is not None else RestConfig().per_minute)
    return Broker(
        FeedConfig(
            rest_url=places["data"],
            stock_stream_url=places["stock_stream"],
            crypto_stream_url=places["crypto_stream"],
            rest=rest,
        ),
        ExecutionConfig(rest_url=places["trading"], stream_url=places["trade_updates"], rest=rest),
        credentials,
        down,
        halt_of("dev"),
        lambda: over_at(places["trading"], credentials),
        market_ns_at(places["trading"], credentials),
    )


def sessions_folder() -> Path:
    """Where session files lie unless the user names a folder."""
    from platformdirs import user_data_path

    return user_data_path("tradetui") / "sessions"


class PracticeFeed:
    """The practice exchange as something that the screen may switch to."""

    def __init__(self, config: RunConfig, what: str) -> None:
        self._config, self.what = config, what

    def missing(self) -> str:
        """What has to be installed."""
        from importlib.util import find_spec

        lacking = [name for name in ("aiohttp", "websockets", "pydantic_settings") if find_spec(name) is None]
        return f"it needs {', '.join(lacking)}: pip install 'tradetui[practice,paper]'" if lacking else ""

    def make(self) -> LiveSession:
        """A session on a new exchange with the bundled market."""
        return practice_session(self._config, Market(("--speed", "10")), sessions_folder())


def feed(config: RunConfig) -> PracticeFeed:
    """What F5 offers."""
    from tradetui.tui.cli.feeds import WHAT

    return PracticeFeed(config, WHAT["practice"])

"""`tradetui exchange`: the practice exchange on a loopback port, for clients that speak Alpaca's protocol."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradetui.engine.errors import UsageError

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from tradetui.engine.market.bars import Bars
    from tradetui.engine.market.tape import MarketSession
    from tradetui.engine.practice.config import PracticeConfig
    from tradetui.engine.practice.opening import Opened

HELP = """Run a practice exchange: paper money, a market that is replayed, and Alpaca's protocol on this machine alone.

Clients written for Alpaca trade on it unchanged when they are given its address: alpaca-py as url_override, older ones
by the variables that are printed. Without --data the market is the bundled session of three invented symbols.
Keys are made anew at each start, unless TRADETUI_PRACTICE_KEY and TRADETUI_PRACTICE_SECRET are set.

\b
Examples:
  tradetui exchange
  tradetui exchange --speed 60 --keep exchange.db
  tradetui exchange --data samples --rename CORVUS=BTC/USD --port 8790
  tradetui exchange --synthetic 11 --speed 0 --paused --set rate_per_minute=10000
  tradetui exchange --fault-seed 7 --fault-every 50
"""
KEY_VARIABLE, SECRET_VARIABLE = "TRADETUI_PRACTICE_KEY", "TRADETUI_PRACTICE_SECRET"
PORT = 8790
SYNTHETIC_EVENTS = 60_000  # of each symbol: a few seconds to make
SYNTHETIC_SYMBOLS = 3


def exchange(
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of one session: session_quotes.parquet, or as generated.")
    ] = None,
    synthetic: Annotated[
        int | None, typer.Option(metavar="SEED", help="Invent a market from this seed instead.")
    ] = None,
    rename: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OLD=NEW", help="Show a symbol under another name; one with a slash is a coin. Repeatable."
        ),
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, max=10_000_000, help="Market seconds per second; 0 is as fast as it goes.")
    ] = 1.0,
    paused: Annotated[
        bool, typer.Option("--paused", help="Time stands until POST /_practice/advance or /_practice/clock.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Where to listen; 0 for any free port.")] = PORT,
    host: Annotated[str, typer.Option(help="Address to listen at.")] = "127.0.0.1",
    open_to_network: Annotated[
        bool, typer.Option("--open-to-network", help="Allow a --host that other machines can reach.")
    ] = False,
    keep: Annotated[
        Path | None, typer.Option(metavar="FILE.db", help="Keep account, orders and time there, over restarts.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Behaviour of the venue, as start_cash=5000; repeatable."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="The same from a file; --set comes after it.")
    ] = None,
    fault_seed: Annotated[
        int | None, typer.Option(metavar="N", help="Let things go wrong, decided by this seed.")
    ] = None,
    fault_every: Annotated[int, typer.Option(min=1, metavar="N", help="One in about N requests and frames.")] = 50,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", help="End when standard input does: with the program that holds it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the addresses as one JSON object.")] = False,
) -> None:
    import asyncio

    from tradetui.engine.practice.opening import open_venue, renamed

    _require_aiohttp()
    _check_host(host, open_to_network)
    if data is not None and synthetic is not None:
        raise UsageError("--data and --synthetic are two markets; give one")
    session, history = _market(data, synthetic)
    names = dict(_pair(text, "--rename") for text in rename or [])
    session = renamed(session, names)
    if history is not None:
        history = replace(history, symbols=tuple(names.get(symbol, symbol) for symbol in history.symbols))
    key, secret, given = _keys()
    opened = open_venue(
        session,
        {key: secret},
        _config(config, set_ or []),
        history=history,
        kept_in=keep,
        speed=speed,
        running=not paused,
    )
    if fault_seed is not None:
        from tradetui.engine.practice.faults import Chance

        opened.venue.faults.set_chance(Chance(seed=fault_seed, every=fault_every))
    asyncio.run(_serve(opened, host, port, None if given else (key, secret), as_json, with_parent))


exchange.__doc__ = HELP


async def _serve(
    opened: Opened, host: str, port: int, keys: tuple[str, str] | None, as_json: bool, with_parent: bool
) -> None:
    import asyncio
    import signal

    from tradetui.engine.practice.server import make_app, start

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    if with_parent:
        _end_with_parent(loop, stopped.set)
    runner, port = await start(make_app(opened.venue), host, port)
    try:
        _tell(opened, host, port, keys, as_json)
        await stopped.wait()
    finally:
        await runner.cleanup()
        opened.close()


def _end_with_parent(loop: AbstractEventLoop, end: Callable[[], None]) -> None:
    """A parent that is killed says nothing, but its end of the pipe is closed for it."""
    number = sys.stdin.fileno()

    def look() -> None:
        if not os.read(number, 1024):
            loop.remove_reader(number)
            end()

    loop.add_reader(number, look)


def _tell(opened: Opened, host: str, port: int, keys: tuple[str, str] | None, as_json: bool) -> None:
    """Print where clients find it, and the keys that were made; those that were given are not printed."""
    import msgspec

    from tradetui.engine.practice.server import describe
    from tradetui.engine.practice.wire import timestamp

    places, world = describe(port, host), opened.venue.world
    if as_json:
        made = {} if keys is None else {"key": keys[0], "secret": keys[1]}
        market = {"start": timestamp(world.start_ns), "end": timestamp(world.end_ns)}
        typer.echo(msgspec.json.encode({"schema_version": 1, **places, "market": market, **made}).decode())
        return
    clock = opened.venue.clock
    pace = "paused" if not clock.running else "as fast as it goes" if clock.speed == 0 else f"at speed {clock.speed:g}"
    since = f", goes on at {timestamp(opened.venue.exchange.now_ns)}" if opened.resumed else ""
    key, secret = keys or (f"${KEY_VARIABLE}", f"${SECRET_VARIABLE}")
    lines = [
        f"practice exchange at {places['trading']}: paper money, nothing leaves this machine",
        f"market   {', '.join(world.symbols)}",
        f"time     {timestamp(world.start_ns)} to {timestamp(world.end_ns)}, {pace}{since}",
        *(f"{name.replace('_', ' '):15}{place}" for name, place in places.items()),
        "",
        f"export APCA_API_BASE_URL={places['trading']}",
        f"export APCA_API_DATA_URL={places['data']}",
        f"export APCA_API_KEY_ID={key}",
        f"export APCA_API_SECRET_KEY={secret}",
        "",
        'with alpaca-py: TradingClient(key, secret, url_override="' + places["trading"] + '")',
        "Ctrl-C ends it",
    ]
    typer.echo("\n".join(lines))


def _market(data: Path | None, synthetic: int | None) -> tuple[MarketSession, Bars | None]:
    """The session to play, and bars of the days before it."""
    if data is not None:
        from tradetui.data.market_files import read_session

        return read_session(data, _session_name(data)), None
    if synthetic is not None:
        from tradetui.data.synthetic import FIRST_DAY
        from tradetui.data.synthetic_market.market import Market
        from tradetui.data.synthetic_market.symbols import market_symbols

        market = Market(synthetic, market_symbols(synthetic, SYNTHETIC_SYMBOLS), FIRST_DAY, 1)
        return market.whole(0, SYNTHETIC_EVENTS).session, None
    from tradetui.data.catalog import sample_month, sample_session
    from tradetui.data.formats import read_many

    return sample_session(), read_many(sample_month())[0]


def _session_name(folder: Path) -> str:
    """What the files in it are called before `_bars.parquet`: "session", or the day of a generated one."""
    names = sorted(path.name.removesuffix("_bars.parquet") for path in folder.glob("*_bars.parquet"))
    if "session" in names or not names:
        return "session"
    if len(names) > 1:
        raise UsageError(f"--data {folder} holds {len(names)} sessions, {names[0]} to {names[-1]}; keep one there")
    return names[0]


def _keys() -> tuple[str, str, bool]:
    """Key and secret, and whether they were given."""
    import secrets

    key, secret = os.environ.get(KEY_VARIABLE, ""), os.environ.get(SECRET_VARIABLE, "")
    if bool(key) != bool(secret):
        missing = SECRET_VARIABLE if key else KEY_VARIABLE
        raise UsageError(f"{missing} is not set though its other half is; set both, or neither to have them made")
    if key:
        return key, secret, True
    return f"PK{secrets.token_hex(9).upper()}", secrets.token_urlsafe(30), False


def _config(path: Path | None, settings: list[str]) -> PracticeConfig:
    import tomllib

    import msgspec

    from tradetui.engine.practice.config import PracticeConfig

    wanted: dict[str, object] = {}
    if path is not None:
        try:
            wanted = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise UsageError(f"{path}: cannot be read ({error})") from error
    wanted |= dict(_pair(text, "--set") for text in settings)
    for name in wanted:
        if name not in PracticeConfig.__struct_fields__:
            from difflib import get_close_matches

            near = get_close_matches(name, PracticeConfig.__struct_fields__, n=1)
            meant = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"the exchange has no setting {name!r}{meant}")
    try:
        return msgspec.convert(wanted, PracticeConfig, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"a setting of the exchange cannot be so: {error}") from error


def _pair(text: str, option: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise UsageError(f"{option} {text!r}: expected NAME=VALUE")
    return name, value


def _check_host(host: str, open_to_network: bool) -> None:
    import ipaddress

    if host == "localhost" or open_to_network:
        return
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(f"--host {host} can be reached by other machines; say --open-to-network if that is meant")


def _require_aiohttp() -> None:
    try:
        import aiohttp  # noqa: F401  # only whether it is there
    except ImportError:
        raise UsageError("the practice exchange needs aiohttp; add it with: pip install 'tradetui[practice]'") from None

"""`tradetui live` starts only where every interlock holds, and says each one that does not."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, NamedTuple

import pytest

from practice_market import OPEN_NS, small_world
from tradetui.engine.errors import UsageError
from tradetui.engine.interlocks import missing
from tradetui.engine.live.session import LiveSession
from tradetui.engine.model.snapshot import Snapshot
from tradetui.engine.operations.halt import Halt, HaltLatch
from tradetui.engine.practice.engine_matcher import EngineMatcher
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue
from tradetui.tui.cli.live import demand_interlocks, facts_of
from tradetui.tui.cli.practice import live_config
from tradetui.tui.cli.surroundings import load_settings

KEY, SECRET = "AKCANARYLIVE00000001", "canary-live-5512-secret"
LIMITS = ("max_position_value=1000", "max_order_value=200", "max_orders_per_second=1", "max_drawdown=0.02")
WAIT_S = 30.0
pytestmark = pytest.mark.slow


class Said(NamedTuple):
    """What a command left."""

    code: int
    out: str
    err: str

    def codes(self) -> list[str]:
        """The interlocks that it names."""
        return [line.split()[0] for line in self.err.splitlines() if line.startswith("  ") and "->" not in line]


class Terminal(io.StringIO):
    """A person, as far as anybody can see."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def server() -> Iterator[ExchangeThread]:
    """A broker whose clock is ours and whose account numbers are those of real money."""
    venue = Venue(small_world(EngineMatcher(), rate_per_minute=10_000, other_environment_prefixes=()), {KEY: SECRET})
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as running:
        yield running


@pytest.fixture
def live_market(monkeypatch: pytest.MonkeyPatch, server: ExchangeThread, tmp_path: Path) -> pytest.MonkeyPatch:
    """Everything as live trading wants it, but that the broker is the practice exchange."""
    for name in [name for name in os.environ if name.startswith(("TRADETUI_", "APCA_"))]:
        monkeypatch.delenv(name)
    stream = server.url.replace("http", "ws")
    number = server.call(lambda venue: venue.exchange.account.id.replace("-", "").upper()[5:9])
    for name, value in {
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TRADETUI_STATE_FOLDER": str(tmp_path / "state"),
        "TRADETUI_LOG_FOLDER": str(tmp_path / "log"),
        "TRADETUI_ENVIRONMENT": "live",
        "TRADETUI_LIVE_ALLOWED": "true",
        "TRADETUI_LIVE_ACCOUNT": number,
        "TRADETUI_TRADING_URL": server.url,
        "TRADETUI_DATA_URL": server.url,
        "TRADETUI_DATA_STREAM_URL": stream,
        "TRADETUI_ALPACA_KEY_ID": KEY,
        "TRADETUI_ALPACA_SECRET_KEY": SECRET,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tradetui.engine.interlocks.LIVE_ORIGIN", ("http", server.url.removeprefix("http://")))
    monkeypatch.setattr("tradetui.engine.gateways.alpaca.account_state.PAPER_PREFIX", "no such prefix")
    monkeypatch.setattr("tradetui.engine.operations.account_check.clock_skew_s", lambda desk: 0.2)
    monkeypatch.setattr("tradetui.engine.operations.account_check.SETTLE_S", 0.0)
    return monkeypatch


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Said]:
    """The program at a terminal where somebody types; what it prints holds neither half of the keys."""
    from tradetui.tui.cli import main

    def do(*options: str, typed: str = "", terminal: bool = True, limits: tuple[str, ...] = LIMITS) -> Said:
        arguments = ["live", "--symbol", "ACME", "--sessions", str(tmp_path / "sessions"), *options]
        for limit in limits:
            arguments += ["--limit", limit]
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["tradetui", *arguments])
            patch.setattr(sys, "stdin", Terminal(typed) if terminal else io.StringIO(typed))
            patch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
            with pytest.raises(SystemExit) as left:
                main()
        said = capsys.readouterr()
        assert SECRET not in said.out + said.err
        assert KEY not in said.out + said.err
        return Said(int(left.value.code or 0), said.out, said.err)

    return do


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Snapshot]:
    """In place of the screen: the session runs until its account was compared, and its pictures are kept."""
    pictures: list[Snapshot] = []

    def run_screen(session: LiveSession, make: object, name: str, *_: Any) -> None:
        assert (make, name) == (None, "live"), "F5 must not begin another one without its interlocks"
        session.start()
        end = monotonic() + WAIT_S
        while session.snapshot().reconciliation is None and not session.snapshot().error and monotonic() < end:
            Event().wait(0.02)
        pictures.append(session.snapshot())
        session.stop()

    monkeypatch.setattr("tradetui.tui.cli.live_screen.run_screen", run_screen)
    return pictures


def words(server: ExchangeThread) -> str:
    return f"LIVE {server.call(lambda venue: venue.exchange.account.id.replace('-', '').upper()[5:9])}\n"


def test_it_trades_where_everything_holds_and_shows_what_the_broker_answered(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], shown: list[Snapshot], server: ExchangeThread
) -> None:
    done = run(typed=words(server))
    assert (done.code, done.err) == (0, "")
    assert "REAL MONEY" in done.out
    (picture,) = shown
    assert (picture.mode, picture.error) == ("LIVE", "")
    assert picture.account_label == f"****{words(server).split()[1]}"
    assert picture.reconciliation is not None
    assert not picture.reconciliation.differences


BROKEN: list[tuple[str, dict[str, str], list[str]]] = [
    ("environment", {"TRADETUI_ENVIRONMENT": "paper"}, ["ENVIRONMENT"]),
    ("flag", {"TRADETUI_LIVE_ALLOWED": "false"}, ["FLAG"]),
    ("account", {"TRADETUI_LIVE_ACCOUNT": "0000"}, ["ACCOUNT"]),
    ("keys refused", {"TRADETUI_ALPACA_SECRET_KEY": "wrong"}, ["KEYS", "ACCOUNT", "BOOKS"]),
    (
        "no keys",
        {"TRADETUI_ALPACA_KEY_ID": "", "TRADETUI_ALPACA_SECRET_KEY": ""},
        ["KEYS", "ACCOUNT", "CLOCK", "BOOKS"],
    ),
    (
        "address",
        {"TRADETUI_TRADING_URL": "https://api.alpaca.markets.example.com"},
        ["ADDRESS", "KEYS", "ACCOUNT", "CLOCK", "BOOKS"],
    ),
]


@pytest.mark.parametrize(("variables", "codes"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_each_setting_alone_stops_it_and_is_named(
    live_market: pytest.MonkeyPatch,
    run: Callable[..., Said],
    shown: list[Snapshot],
    server: ExchangeThread,
    variables: dict[str, str],
    codes: list[str],
) -> None:
    for name, value in variables.items():
        live_market.setenv(name, value)
    done = run(typed=words(server))
    assert done.code == 2
    assert [code for code in done.codes() if code != "TYPED"] == codes
    assert shown == []


def test_the_account_being_of_paper_stops_it(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], shown: list[Snapshot], server: ExchangeThread
) -> None:
    live_market.setattr("tradetui.engine.gateways.alpaca.account_state.PAPER_PREFIX", "PA")
    done = run(typed=words(server))
    assert done.codes() == ["TYPED", "KEYS"]
    assert "the broker says that this is a paper account" in done.err
    assert shown == []


def test_a_blocked_account_stops_it(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], shown: list[Snapshot], server: ExchangeThread
) -> None:
    live_market.setattr("tradetui.engine.gateways.alpaca.account_state.MAY_TRADE", ("NO SUCH STATUS",))
    assert run(typed=words(server)).codes() == ["TYPED", "BLOCKED"]
    assert shown == []


@pytest.mark.parametrize("skew_s", [None, 1.5, -1.5])
def test_a_clock_that_is_off_or_unknown_stops_it(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], server: ExchangeThread, skew_s: float | None
) -> None:
    live_market.setattr("tradetui.engine.operations.account_check.clock_skew_s", lambda desk: skew_s)
    assert run(typed=words(server)).codes() == ["TYPED", "CLOCK"]


def test_a_kill_that_stands_stops_it_until_it_is_unlocked(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], tmp_path: Path, server: ExchangeThread
) -> None:
    HaltLatch(tmp_path / "state", "live").set(Halt("quotes look wrong", "tradetui kill", 1))
    done = run(typed=words(server))
    assert done.codes() == ["TYPED", "HALTED"]
    assert "quotes look wrong" in done.err


def test_orders_of_somebody_else_in_the_account_stop_it(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], server: ExchangeThread
) -> None:
    by_hand = {
        "symbol": "ACME",
        "side": "buy",
        "qty": "5",
        "type": "limit",
        "limit_price": "90",
        "time_in_force": "day",
    }
    server.call(lambda venue: venue.exchange.submit(by_hand))
    done = run(typed=words(server))
    assert done.codes() == ["TYPED", "BOOKS"]
    assert "differ in 1 things" in done.err


@pytest.mark.parametrize("left_out", range(4))
def test_every_limit_is_demanded(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], server: ExchangeThread, left_out: int
) -> None:
    limits = tuple(limit for number, limit in enumerate(LIMITS) if number != left_out)
    done = run(typed=words(server), limits=limits)
    assert done.codes() == ["TYPED", "LIMITS"]
    assert LIMITS[left_out].partition("=")[0] in done.err


@pytest.mark.parametrize("typed", ["", "\n", "live 1234\n", "LIVE\n", "LIVE 0000\n", "yes\n"])
def test_nothing_but_the_exact_words_starts_it(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], shown: list[Snapshot], typed: str
) -> None:
    done = run(typed=typed)
    assert (done.code, done.codes()) == (2, ["TYPED"])
    assert shown == []


@pytest.mark.parametrize("how", [{"terminal": False}, {"headless": True}], ids=["pipe", "headless"])
def test_no_script_starts_it(
    live_market: pytest.MonkeyPatch, run: Callable[..., Said], shown: list[Snapshot], how: dict[str, bool]
) -> None:
    settings, config = load_settings(), live_config(None, None, None, None, None, list(LIMITS))
    facts = facts_of(config, settings, not how.get("headless", False) and how.get("terminal", True), None)
    assert [one.code for one in missing(facts)] == ["TYPED", "TERMINAL"]
    with pytest.raises(UsageError, match="2 of its interlocks do not hold"):
        demand_interlocks(facts)
    if "terminal" in how:
        assert run(typed="LIVE 1234\n", terminal=False).codes() == ["TYPED", "TERMINAL"]
    assert shown == []


def test_with_nothing_set_everything_that_is_missing_is_said_at_once(
    run: Callable[..., Said], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith(("TRADETUI_", "APCA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TRADETUI_STATE_FOLDER", str(tmp_path / "state"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    done = run(limits=(), terminal=False)
    assert done.codes() == [
        "ENVIRONMENT", "FLAG", "ADDRESS", "TYPED", "TERMINAL", "LIMITS", "KEYS", "ACCOUNT", "CLOCK", "BOOKS",
    ]  # fmt: skip
    assert "keys of real money go to no other address" in done.err

"""A desk that plays scripted snapshots and records what the screen asks of it, and the workstation running on one."""

from __future__ import annotations

import math
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import msgspec
import plotext  # noqa: F401  # what charts wait for: else a screen is looked at before they are drawn
import pytest
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip

from tradetui.engine.model.commands import Command
from tradetui.engine.model.snapshot import (
    AccountView,
    AlertView,
    BookView,
    CurveView,
    FillView,
    LogView,
    Marker,
    OrderView,
    PositionView,
    Snapshot,
    SymbolView,
)
from tradetui.tui.app import Workstation

NS = 1_000_000_000
START = 1_772_443_800 * NS  # 2026-03-02 09:30 UTC
END = START + 23_400 * NS
NOW = START + 16_200 * NS  # 14:00
SECTIONS = ("account", "symbols", "books", "fills", "positions", "orders", "alerts", "log", "curve")
GOLDEN = Path(__file__).parents[1] / "golden" / "screen"
TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "strategies/ma_crossover.py", line 48, in on_market_data\n'
    "    ratio = fast / slow\n"
    "            ~~~~~^~~~~~\n"
    "ZeroDivisionError: float division by zero"
)


class FakeDesk:
    """A small real object in the place of a session: it shows scripted snapshots and records what it is asked."""

    def __init__(self, *script: Snapshot) -> None:
        self.script = list(script) or [Snapshot()]
        self.sent: list[Command] = []
        self.asked: list[tuple[str, float]] = []

    def snapshot(self) -> Snapshot:
        return self.script[0]

    def show(self, **changes: object) -> Snapshot:
        """Put a changed snapshot on, with a new version of every section."""
        before = self.script[0]
        versions = {name: before.versions.get(name, 0) + 1 for name in SECTIONS}
        changes = {"version": before.version + 1, "versions": versions, **changes}
        self.script[0] = msgspec.structs.replace(before, **changes)
        return self.script[0]

    def next(self) -> None:
        if len(self.script) > 1:
            self.script.pop(0)

    def send(self, command: Command) -> None:
        self.sent.append(command)

    def play(self) -> None:
        self.asked.append(("play", 0))

    def pause(self) -> None:
        self.asked.append(("pause", 0))

    def step(self, events: int = 1) -> None:
        self.asked.append(("step", events))

    def skip(self, seconds: float) -> None:
        self.asked.append(("skip", seconds))

    def set_speed(self, speed: float) -> None:
        self.asked.append(("speed", speed))

    def start(self) -> None:
        self.asked.append(("start", 0))

    def stop(self) -> None:
        self.asked.append(("stop", 0))


class Running:
    """A workstation on a fake desk and a fake clock."""

    pilot: Pilot[None]

    def __init__(self, app: Workstation, desk: FakeDesk) -> None:
        self.app, self.desk = app, desk
        self.seconds = 0.0
        app.view.now = lambda: self.seconds

    async def settle(self) -> None:
        """Let a second pass, pull the snapshot and draw it."""
        self.seconds += 1
        self.app.workspace.pull()
        await self.pilot.pause()

    async def press(self, *keys: str) -> None:
        """Press keys and let the screen catch up."""
        await self.pilot.press(*keys)
        await self.settle()

    def strips(self) -> list[Strip]:
        return self.app.screen._compositor.render_strips(self.app.size)

    def text(self) -> str:
        """The whole screen as text."""
        return "\n".join(strip.text.rstrip() for strip in self.strips())

    def pane_text(self, name: str) -> str:
        """One pane with its frame as text."""
        region: Region = self.app.workspace.stage.plan.regions[name]
        rows = self.strips()[region.y : region.bottom]
        return "\n".join(row.crop(region.x, region.right).text.rstrip() for row in rows)


StartRunning = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def running() -> StartRunning:
    """`async with running(desk, size=(80, 24)) as screen:`"""

    @asynccontextmanager
    async def start(
        desk: FakeDesk, size: tuple[int, int] = (80, 24), *, theme: str = "midnight", ascii: bool = False
    ) -> AsyncIterator[Running]:
        app = Workstation(desk, theme=theme, ascii=ascii)
        screen = Running(app, desk)
        async with app.run_test(size=size, notifications=True) as screen.pilot:
            await screen.settle()
            yield screen

    return start


@pytest.fixture
def fake_desk() -> type[FakeDesk]:
    """The class, to be given scripted snapshots."""
    return FakeDesk


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compare with a file in tests/golden/screen; TRADETUI_UPDATE_GOLDEN=1 writes it instead."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / f"{name}.txt"
        if os.environ.get("TRADETUI_UPDATE_GOLDEN") == "1":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n", encoding="utf-8")
        assert path.exists(), f"{path} is missing; TRADETUI_UPDATE_GOLDEN=1 writes it"
        assert text + "\n" == path.read_text(encoding="utf-8")

    return compare


@pytest.fixture
def picture() -> Snapshot:
    """Half past a busy session: every section has something in it."""
    curve = tuple(100_000 + 900 * math.sin(at / 30) + 4 * at for at in range(240))
    peaks = [max(curve[: at + 1]) for at in range(240)]
    fills = tuple(_fill(number) for number in range(1, 25))
    return Snapshot(
        version=1,
        mode="REPLAY",
        phase="running",
        paused=False,
        speed=10.0,
        clock_ns=NOW,
        start_ns=START,
        end_ns=END,
        events=62_310,
        events_total=90_000,
        events_per_s=1240.0,
        strategy="ma_crossover",
        journal="sessions/2026-03-02.db",
        account=AccountView(
            equity=100_482.30,
            cash=54_593.30,
            realized=318.20,
            unrealized=164.10,
            fees=12.40,
            start_equity=100_000.0,
            drawdown=-0.0041,
            drawdown_max=-0.0132,
            drawdown_limit=0.05,
        ),
        symbols=(
            SymbolView("AAPL", 229.41, 229.41, 229.42, 0.0014, 1_643_200.0, NOW),
            SymbolView("MSFT", 412.07, 412.05, 412.09, -0.0032, 912_400.0, NOW - 2 * NS),
            SymbolView("NVDA", None, None, None, None, 0.0, 0),
        ),
        books={"AAPL": _book()},
        fills=fills,
        fills_total=len(fills),
        positions=(
            PositionView("AAPL", 200.0, 228.59, 229.41, 164.10, 0.0, NOW - 3700 * NS, 0.82),
            PositionView("MSFT", -50.0, 412.07, None, None, 318.2, NOW - 61 * NS, None),
        ),
        orders=(
            OrderView(41, NOW - 90 * NS, "AAPL", 1, 100.0, 0.0, "limit", 229.39, "open", "sent"),
            OrderView(
                42,
                NOW - 60 * NS,
                "AAPL",
                -1,
                200.0,
                50.0,
                "stop",
                227.1,
                "stop_loss",
                "partially_filled",
                "stop at -1.5%",
            ),
            OrderView(43, NOW - 5 * NS, "MSFT", 1, 50.0, 0.0, "market", None, "close", "queued"),
        ),
        alerts=(
            AlertView(1, NOW - 900 * NS, "info", "SPREAD", "AAPL", "spread > 3 ticks for 4.1 s"),
            AlertView(2, NOW - 600 * NS, "warning", "POSITION", "AAPL", "position 82% of limit (410/500)"),
            AlertView(3, NOW - 62 * NS, "critical", "STRATEGY", "", "ma_crossover raised ZeroDivisionError", TRACEBACK),
        ),
        alerts_total=3,
        log=tuple(
            LogView(at, NOW - (30 - at) * NS, ("fill", "order", "risk")[at % 3], f"line {at} of the log")
            for at in range(1, 31)
        ),
        log_total=30,
        curve=CurveView(
            ts_ns=tuple(START + at * 67 * NS for at in range(240)),
            equity=curve,
            drawdown=tuple(value / peak - 1 for value, peak in zip(curve, peaks, strict=True)),
            version=1,
        ),
        markers=(
            Marker(START + 1000 * NS, "buy"),
            Marker(START + 5000 * NS, "sell"),
            Marker(START + 9000 * NS, "alert"),
            Marker(START + 15_000 * NS, "buy"),
        ),
        versions=dict.fromkeys(SECTIONS, 1),
    )


def _fill(number: int) -> FillView:
    buy = number % 2 == 1
    return FillView(
        number=number,
        ts_ns=NOW - (25 - number) * 60 * NS,
        symbol="AAPL" if number % 3 else "MSFT",
        side=1 if buy else -1,
        quantity=100.0,
        price=229.0 + number / 100,
        fee=0.35,
        liquidity="maker" if number % 4 else "taker",
        role="open" if buy else "close",
        pnl=None if buy else round((-1) ** (number // 2) * number * 1.25, 2),
        reason="fast mean crossed above the slow one" if buy else "fast mean crossed below the slow one",
    )


def _book() -> BookView:
    return BookView(
        symbol="AAPL",
        bids=tuple((round(229.41 - at / 100, 2), float(300 + 170 * (at * 7 % 11))) for at in range(12)),
        asks=tuple((round(229.42 + at / 100, 2), float(200 + 190 * (at * 5 % 13))) for at in range(12)),
        last=229.41,
        last_size=100.0,
        tick=0.01,
        ts_ns=NOW,
        mine=((1, 229.39, 100.0), (-1, 229.44, 50.0)),
        version=1,
    )

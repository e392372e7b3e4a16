"""The command line as a script uses it: in this process or in one of its own, on a small market that trades."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for zigzag, which tests share

from zigzag import rows, write_csv


class Ran(NamedTuple):
    """What a command left: its exit code and what it said on both streams."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ran]


@pytest.fixture
def market(tmp_path: Path) -> Path:
    """A CSV file of 300 daily bars of ZIG."""
    return write_csv(tmp_path / "ZIG.csv", rows())


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs `tradetui` with arguments in this process."""
    from tradetui.tui.cli import main

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["tradetui", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Ran(int(left.value.code or 0), said.out, said.err)

    return run


@pytest.fixture
def backtest(cli: Cli, market: Path) -> Cli:
    """Runs a headless backtest over the small market, with more arguments."""
    return lambda *arguments: cli("--headless", "backtest", "--data", market, "--quantity", 10, *arguments)


@pytest.fixture
def process() -> Cli:
    """Runs `tradetui` with arguments in a process of its own."""

    def run(*arguments: object, env: dict[str, str] | None = None, cwd: Path | None = None) -> Ran:
        command = [sys.executable, "-m", "tradetui", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env, cwd=cwd, timeout=60)
        return Ran(done.returncode, done.stdout, done.stderr)

    return run

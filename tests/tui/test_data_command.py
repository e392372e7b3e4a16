"""`tradetui data sample` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tradetui.data.market_files import read_session
from tradetui.tui.cli.data import app


def test_help_shows_examples() -> None:
    result = CliRunner().invoke(app, ["sample", "--help"])
    assert result.exit_code == 0
    assert "tradetui data sample --out my-samples --seed 42" in result.stdout


@pytest.mark.slow
def test_it_writes_the_files_and_prints_their_paths_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    result = CliRunner().invoke(app, ["sample", "--out", str(out), "--seed", "5"])
    assert result.exit_code == 0
    assert result.stderr == ""
    assert sorted(result.stdout.split()) == sorted(str(path) for path in out.iterdir())
    assert read_session(out).symbols == ("ACME", "BOREAL", "CORVUS")


def test_a_seed_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["sample", "--out", str(tmp_path), "--seed", "-1"]).exit_code == 2
    assert list(tmp_path.iterdir()) == []

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tree import ROOT, imported_modules, is_third_party, module_name, project, source_files

CORE = ("model", "market", "trading", "step")
NO_CORE_IMPORT = {"asyncio", "socket", "threading", "time", "random", "logging", "pathlib"}  # I/O, clocks and chance
NOT_HEADLESS = {"textual", "plotext", "plotly", "pandas", "alpaca"}
NOT_FOR_HELP = {"numpy", "polars", "textual", "numba"}  # each costs a good part of the 0.3 s that --help may take
NOT_IMPORTED_BY_NAME = {"tzdata"}  # the standard library's zoneinfo reads it where the system has no time zones


def test_the_core_imports_no_clock_no_chance_and_no_io() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in source_files()
        if module_name(path).startswith(tuple(f"tradetui.engine.{part}" for part in CORE))
        for line, name in imported_modules(path)
        if name.partition(".")[0] in NO_CORE_IMPORT
    ]
    assert wrong == []


def test_everything_imported_is_declared_and_everything_declared_is_imported() -> None:
    imported = {
        name.partition(".")[0] for p in source_files() for _, name in imported_modules(p) if is_third_party(name)
    }
    required = {module_of(line) for line in project()["project"]["dependencies"]}
    optional = {m for extra, lines in extras().items() if extra not in ("dev", "bench") for m in map(module_of, lines)}
    assert imported - required - optional == set()
    assert required - imported - NOT_IMPORTED_BY_NAME == set()


def extras() -> dict[str, list[str]]:
    found: dict[str, list[str]] = project()["project"]["optional-dependencies"]
    return found


def module_of(requirement: str) -> str:
    name = re.match(r"[A-Za-z0-9_-]+", requirement)
    assert name is not None, requirement
    return {"alpaca-py": "alpaca"}.get(name[0], name[0].replace("-", "_"))


def test_the_lock_pins_every_dependency_once_and_within_its_range() -> None:
    from packaging.requirements import Requirement

    of_users = [line for extra, lines in extras().items() if extra not in ("dev", "bench") for line in lines]
    for lock, wanted in (("requirements.lock", of_users), ("requirements-dev.lock", [*of_users, *extras()["dev"]])):
        lines = [line for line in (ROOT / lock).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        pins = dict(line.split("==") for line in lines)
        assert len(pins) == len(lines)
        assert [line for line in lines if not re.fullmatch(r"[a-z0-9.-]+==[A-Za-z0-9.+!]+", line)] == []  # no index
        for requirement in map(Requirement, [*project()["project"]["dependencies"], *wanted]):
            assert pins[requirement.name.lower()] in requirement.specifier, f"{lock}: {requirement}"


def test_importing_the_package_loads_neither_arrays_nor_frames() -> None:
    assert loaded_by("import tradetui", []) & {"numpy", "polars", "textual", "msgspec"} == set()


PUBLIC = [
    "Strategy", "MarketEvent", "SignalEvent", "FillEvent", "RiskLimits", "run_backtest",
    "BestMoved", "ImbalanceBeyond", "Timer", "TimerEvent", "TwoSidedQuote",
]  # fmt: skip


@pytest.mark.parametrize("name", PUBLIC)
def test_the_public_names_are_there_and_listed(name: str) -> None:
    import tradetui

    assert getattr(tradetui, name).__name__ == name
    assert name in tradetui.__all__


def test_a_name_that_the_package_does_not_have_is_an_attribute_error() -> None:
    import tradetui

    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(tradetui, "no_such_name")  # noqa: B009  # type checkers refuse the plain form, rightly


def test_help_loads_nothing_heavy() -> None:
    assert loaded_by("from tradetui.tui.cli import main; main()", ["--help"]) & NOT_FOR_HELP == set()


@pytest.mark.slow
def test_a_headless_backtest_loads_no_screen_no_pictures_and_no_broker(tmp_path: Path) -> None:
    arguments = ["--headless", "backtest", "--json", "--quiet", "--out", str(tmp_path / "run")]
    loaded = loaded_by("from tradetui.tui.cli import main; main()", arguments)
    assert loaded & NOT_HEADLESS == set()
    assert "tradetui.engine.step" in loaded


def loaded_by(code: str, arguments: Sequence[str]) -> set[str]:
    """Names of the modules, and of their top packages, that a new interpreter has loaded after running `code`."""
    probe = "\n".join(
        [
            "import atexit, json, sys",
            "atexit.register(lambda: print('\\n' + json.dumps(sorted(sys.modules)), file=sys.stderr))",
            f"sys.argv = ['tradetui', *{list(arguments)!r}]",
            code,
        ]
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    names = json.loads(done.stderr.strip().splitlines()[-1])
    return {*names, *(name.partition(".")[0] for name in names)}

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tradetui.engine.errors import UsageError
from tradetui.engine.settings import Settings, load

PASSWORD = "canary-pw-5c1e"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("TRADETUI_", "APCA_")):
            monkeypatch.delenv(name)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_without_anything_it_is_paper_and_nothing_is_switched_on(tmp_path: Path) -> None:
    settings = load(tmp_path / "none.toml")
    assert (settings.environment, settings.live_allowed, settings.metrics_port) == ("paper", False, 0)
    assert settings.trading == "https://paper-api.alpaca.markets"
    assert settings.database_url is None


def test_a_variable_comes_before_the_file_and_a_table_before_what_holds_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, 'stock_feed = "sip"\nlog_files = 3\n[live]\nlog_files = 9\n[paper]\nlog_files = 7\n')
    assert load(path).log_files == 7
    assert load(path, "live").log_files == 9
    assert load(path, "dev").log_files == 3
    monkeypatch.setenv("TRADETUI_LOG_FILES", "11")
    assert load(path).log_files == 11
    assert load(path).stock_feed == "sip"


def test_the_command_line_chooses_the_environment_before_a_variable_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRADETUI_ENVIRONMENT", "live")
    path = written(tmp_path, "[paper]\nlog_files = 7\n")
    assert load(path).environment == "live"
    assert load(path, "paper").environment == "paper"
    assert load(path, "paper").log_files == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("databse_url = 'x'", "no setting 'databse_url'; did you mean database_url?"),
        ("[paper]\nlog_filse = 3", r"\[paper\] no setting 'log_filse'; did you mean log_files?"),
        ("log_files = 0", "log_files: input should be greater than or equal to 1"),
        ("environment = 'prod'", "environment: input should be 'dev', 'paper' or 'live'"),
        ("[live]\nenvironment = 'paper'", "a table cannot choose another"),
        ("paper = 1", r"expected a table, as \[paper\]"),
        ("alpaca_secret_key = 'x'", "keys do not belong into this file"),
        ("log_files = ", "cannot be read"),
        ("trading_url = 'https://me:pw@host'", "without a name or password"),
        ("live_account = 'PA3EXAMPLE01'", "live_account"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place_and_what_is_allowed(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said.replace("?", r"\?")) as fault:
        load(written(tmp_path, text))
    assert "settings.toml" in str(fault.value)


@pytest.mark.parametrize(
    ("name", "near"), [("TRADETUI_DATABSE_URL", "TRADETUI_DATABASE_URL"), ("TRADETUI_REDIS", "TRADETUI_REDIS_URL")]
)
def test_an_unknown_variable_is_refused_with_the_nearest(
    name: str, near: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(UsageError, match=f"{name} is no setting; did you mean {near}"):
        load(tmp_path / "none.toml")


def test_a_wrong_variable_is_named_without_what_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRADETUI_METRICS_PORT", PASSWORD)
    with pytest.raises(UsageError, match="TRADETUI_METRICS_PORT") as fault:
        load(tmp_path / "none.toml")
    assert PASSWORD not in str(fault.value)
    assert fault.value.__suppress_context__


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="chmod 600"):
        load(written(tmp_path, "log_files = 3", 0o644))


def test_an_address_may_come_from_a_file_and_is_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "database_url"
    secret.write_text(f"postgresql://trader:{PASSWORD}@db/tradetui\n")
    monkeypatch.setenv("TRADETUI_DATABASE_URL_FILE", str(secret))
    settings = load(tmp_path / "none.toml")
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == f"postgresql://trader:{PASSWORD}@db/tradetui"
    assert PASSWORD not in f"{settings!r}{settings}{settings.model_dump()}{settings.model_dump_json()}"
    monkeypatch.setenv("TRADETUI_DATABASE_URL", "sqlite://")
    with pytest.raises(UsageError, match="both set"):
        load(tmp_path / "none.toml")


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load(tmp_path / "none.toml")
    with pytest.raises(ValueError, match="frozen"):
        settings.environment = "live"
    assert isinstance(settings, Settings)

"""Settings of this machine: which environment, where things are kept, which servers. Keys are not among them.

They come from TRADETUI_* variables, then from settings.toml; a table [dev], [paper] or [live] of the file holds for its
environment alone. Needs pydantic-settings, which the extras `paper` and `practice` bring; runs without a broker do not.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args

from platformdirs import user_config_path, user_log_path, user_state_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from tradetui.engine import keys
from tradetui.engine.errors import UsageError
from tradetui.engine.gateways.alpaca.config import DATA_STREAM_URL

PREFIX = "TRADETUI_"
SETTINGS_FILE = "settings.toml"
ENVIRONMENTS: tuple[str, ...] = get_args(keys.Environment)
FROM_FILES = ("database_url", "redis_url")  # may come as NAME_FILE, because they may hold a password
NOT_OURS = frozenset({"TRADETUI_SHARED", "TRADETUI_UPDATE_GOLDEN", "TRADETUI_SETTINGS"})  # of tests, and of this module
LOG_BYTES_LEAST = 10_000


class Settings(BaseSettings):
    """Frozen. Addresses that may hold a password are secret: their `repr` is stars."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="forbid", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    environment: keys.Environment = "paper"
    live_allowed: bool = False  # one interlock of several: engine/interlocks.py
    live_account: str = Field(default="", pattern=r"^([A-Z0-9]{4})?$")  # last four signs of the account number

    trading_url: str = ""  # empty: that of the environment
    trading_stream_url: str = ""
    data_url: str = ""
    data_stream_url: str = ""
    stock_feed: Literal["iex", "sip"] = "iex"

    database_url: SecretStr | None = None
    redis_url: SecretStr | None = None

    state_folder: Path = Field(default_factory=lambda: user_state_path("tradetui"))
    log_folder: Path = Field(default_factory=lambda: user_log_path("tradetui"))
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_bytes_max: int = Field(default=5_000_000, ge=LOG_BYTES_LEAST)
    log_files: int = Field(default=5, ge=1, le=100)
    metrics_port: int = Field(default=0, ge=0, le=65_535)  # 0: no endpoint

    @field_validator("trading_url", "trading_stream_url", "data_url", "data_stream_url")
    @classmethod
    def _no_password(cls, value: str) -> str:
        if "@" in value:
            raise ValueError("expected an address without a name or password in it")
        return value.rstrip("/")

    @property
    def trading(self) -> str:
        """Where orders go."""
        return self.trading_url or keys.TRADING_URLS[self.environment]

    @property
    def stock_stream(self) -> str:
        """Where stocks are streamed from."""
        host = self.data_stream_url or ("ws" + self.trading.removeprefix("http") if self.environment == "dev" else "")
        return f"{host or DATA_STREAM_URL}/v2/{self.stock_feed}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables before the file, whose values are passed in; no .env, which nobody would look for."""
        return env_settings, init_settings


def load(path: Path | None = None, environment: str | None = None) -> Settings:
    """The settings of this machine; `environment` is the command line's word. Raises UsageError for what is wrong.

    A variable that names the environment, and the command line before it, choose the table of the file that holds.
    """
    _refuse_unknown_variables()
    path = path or Path(os.environ.get("TRADETUI_SETTINGS") or user_config_path("tradetui") / SETTINGS_FILE)
    if environment is not None and environment not in ENVIRONMENTS:
        raise UsageError(_unknown(f"environment {environment!r}", environment, ENVIRONMENTS))
    told = environment or os.environ.get(f"{PREFIX}ENVIRONMENT")
    values = _of_file(path, told)
    for name in FROM_FILES:
        variable = f"{PREFIX}{name.upper()}{keys.FILE}"
        if named := os.environ.get(variable):
            if os.environ.get(variable.removesuffix(keys.FILE)):
                raise UsageError(f"{variable.removesuffix(keys.FILE)} and {variable} are both set; keep one")
            values[name] = keys.read_secret(variable, named)
    try:
        settings = Settings(**values)
    except ValidationError as error:
        raise UsageError(_first_fault(error, path)) from None
    if environment is not None and settings.environment != environment:  # a variable said another
        return settings.model_copy(update={"environment": environment})
    return settings


def _of_file(path: Path, told: str | None) -> dict[str, Any]:
    """What the file says for the environment, its own default or the one that was told."""
    try:
        with path.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & 0o077:
                raise UsageError(f"{path}: others may read it, and it may hold a password; do: chmod 600 {path}")
            values = tomllib.load(opened)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from None
    tables = {name: values.pop(name) for name in ENVIRONMENTS if name in values}
    _refuse_unknown_names(path, values, "")
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(f"{path}: {name}: expected a table, as [{name}]")
        _refuse_unknown_names(path, table, f"[{name}] ")
        if "environment" in table:
            raise UsageError(f"{path}: [{name}] environment: a table cannot choose another")
    environment = told or values.get("environment", "paper")
    return {**values, **tables.get(environment, {})} if isinstance(environment, str) else values


def _refuse_unknown_names(path: Path, values: dict[str, Any], table: str) -> None:
    for name in values:
        if any(word in name.lower() for word in ("secret", "key_id", "password", "token")):
            raise UsageError(f"{path}: {table}{name}: keys do not belong into this file; see tradetui keys --help")
        if name not in Settings.model_fields:
            raise UsageError(f"{path}: {table}{_unknown(f'no setting {name!r}', name, Settings.model_fields)}")


def _refuse_unknown_variables() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}{keys.FILE}" for name in FROM_FILES}
    known |= NOT_OURS | keys.variables()
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known:
            raise UsageError(_unknown(f"the variable {name} is no setting", name, known))


def _unknown(what: str, name: str, known: Any) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"{what}; did you mean {near[0]}?" if near else f"{what}; allowed are {', '.join(sorted(known))}"


def _first_fault(error: ValidationError, path: Path) -> str:
    """Its first line, without the value: that could be a password."""
    fault = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in fault["loc"])
    variable = f"{PREFIX}{name.upper()}"
    where = variable if variable in os.environ else f"{path}: {name}"
    return f"{where}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"

"""What commands about running sessions begin with: settings, keys and where sessions leave their files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tradetui.engine import keys
from tradetui.engine.errors import UsageError

if TYPE_CHECKING:
    from tradetui.engine.live.opening import OpenStore
    from tradetui.engine.settings import Settings

STORED = "trades.sqlite"  # what all sessions of a folder did, where no other database is named


def load_settings(environment: str | None = None) -> Settings:
    """The settings; raises UsageError for what is wrong, and where the extra is absent that reads them."""
    try:
        from tradetui.engine.settings import load
    except ImportError as error:
        if not (error.name or "").startswith(("pydantic", "dotenv")):
            raise
        raise UsageError("settings need pydantic-settings; add it with: pip install 'tradetui[paper]'") from None
    return load(environment=environment)


def credentials(environment: keys.Environment) -> keys.Found:
    """The keys of an environment; raises UsageError that says where they may be kept."""
    return keys.required(environment, os.environ, keys.keyring_ask())


def storing(environment: str, folder: Path) -> OpenStore:
    """How a session's storage is opened: where the settings say, else in a file beside the sessions in `folder`.

    Raises UsageError for an address that cannot be one, before anything is started.
    """
    from tradetui.engine.storage.opening import open_storage
    from tradetui.engine.storage.urls import parse_database_url, parse_redis_url

    settings = load_settings(environment)
    database = settings.database_url.get_secret_value() if settings.database_url else ""
    redis = settings.redis_url.get_secret_value() if settings.redis_url else ""
    database = database or f"sqlite:///{folder.absolute() / STORED}"
    parse_database_url(database)
    if redis:
        parse_redis_url(redis)
    return lambda journal, info: open_storage(database, redis, journal=journal, session=info)


def halt_of(environment: keys.Environment) -> Callable[[], bool]:
    """What tells whether a halt of that environment stands: one system call."""
    from tradetui.engine.operations.halt import HaltLatch

    return HaltLatch(load_settings(environment).state_folder, environment).standing


def default_state_folder() -> Path:
    """Where sessions leave their files when no settings can be read."""
    from platformdirs import user_state_path

    return Path(os.environ.get("TRADETUI_STATE_FOLDER") or user_state_path("tradetui"))

"""What runs beside every live session: log, run file, obedience to halts from other terminals, metrics if wanted."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tradetui.engine import keys
    from tradetui.engine.operations.companion import Watched


class Surroundings(NamedTuple):
    """What others are told of a session: the exchange that it was given, if any, and a port for metrics, 0 for none."""

    practice_url: str = ""
    metrics_port: int | None = None  # that of the settings


ALONE = Surroundings()


@contextmanager
def beside(session: Callable[[], Watched], mode: str, others: Surroundings = ALONE) -> Iterator[None]:
    """Between its begin and end the session is seen from other terminals. `session` gives the one that runs now."""
    from tradetui.engine.operations.companion import ENVIRONMENTS, Companion
    from tradetui.engine.operations.logs import Logs, logger
    from tradetui.engine.operations.redaction import Redactor
    from tradetui.engine.operations.run_files import RunFile, born
    from tradetui.tui.cli.surroundings import load_settings

    environment = ENVIRONMENTS[mode.upper()]
    settings = load_settings(environment)
    urls: dict[keys.Environment, str] = {"dev": others.practice_url, "paper": load_settings("paper").trading}
    if environment == "live":
        urls["live"] = settings.trading
    file = RunFile(
        pid=os.getpid(),
        born=born(os.getpid()),
        mode=mode,
        environment=environment,
        paper=None,
        account="",
        trading_url=urls[environment],
        journal="",
        started_ns=time.time_ns(),
    )
    redactor = Redactor(_secrets(environment))
    with ExitStack() as stack:
        stack.enter_context(
            Logs(
                settings.log_folder,
                redactor,
                level=settings.log_level,
                bytes_max=settings.log_bytes_max,
                files=settings.log_files,
            )
        )
        log = logger("session")
        companion = stack.enter_context(Companion(settings.state_folder, file, session, urls))
        port = settings.metrics_port if others.metrics_port is None else others.metrics_port
        if port:
            from tradetui.engine.operations.metrics import MetricsEndpoint

            stack.enter_context(MetricsEndpoint(port, companion.picture))
        log.info("started", extra={"mode": mode})
        try:
            yield
        finally:
            last = session().snapshot()
            log.info("ended", extra={"phase": last.phase, "journal": last.journal, "fault": last.error})


def _secrets(environment: keys.Environment) -> list[str]:
    """Both halves of the keys there are; the rest is known by how it looks."""
    from tradetui.engine import keys
    from tradetui.engine.errors import UsageError

    try:
        found = keys.find(environment, os.environ, keys.keyring_ask())
    except UsageError:
        return []
    return [found.credentials.key_id, found.credentials.secret] if found else []

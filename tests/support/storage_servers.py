"""Servers of our own that may be killed, stopped and started again, on free ports and in folders of their own."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

POSTGRES_FOLDERS = (*sorted(Path("/usr/lib/postgresql").glob("1[5-9]/bin")), Path("/usr/local/bin"), Path("/usr/bin"))
PATIENCE_S, LOOK_EVERY_S = 30.0, 0.02


def eventually(true: Callable[[], bool], what: str = "it") -> None:
    """Wait for another thread or process; fails after a long while."""
    for _ in range(round(PATIENCE_S / LOOK_EVERY_S)):
        if true():
            return
        Event().wait(LOOK_EVERY_S)
    raise AssertionError(f"{what} did not happen within {PATIENCE_S:g} s")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class OwnServer:
    """One server process. `kill` is kill -9, `hang` stops it without closing anything."""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="tradetui-server-"))
        self.process: subprocess.Popen[bytes] | None = None
        self.user: str | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        eventually(self._started, f"the start of {self.command()[0]}")

    def kill(self) -> None:
        assert self.process is not None
        children = self._children()
        self.process.kill()
        self.process.wait()
        for child in children:
            with suppress(ProcessLookupError):  # it saw its parent die
                os.kill(child, signal.SIGKILL)

    def hang(self) -> None:
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def remove(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.go_on()
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        for child in [self.process.pid, *self._children()]:
            with suppress(ProcessLookupError):
                os.kill(child, number)

    def _children(self) -> list[int]:
        assert self.process is not None
        return [int(n) for n in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()]

    def _started(self) -> bool:
        """Start it where it does not run (what was killed may still be letting go), and see whether it answers."""
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(
                self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, user=self.user, cwd=self.folder
            )
        return self.answers()

    def answers(self) -> bool:
        raise NotImplementedError


class OwnPostgres(OwnServer):
    def __init__(self, binaries: Path) -> None:
        super().__init__()
        self._binaries = binaries
        self._data = self.folder / "data"
        if os.geteuid() == 0:  # the server refuses to run as root
            self.user = "postgres"
            shutil.chown(self.folder, self.user)
        options = ["-A", "trust", "-U", "postgres", "--no-sync", "-E", "UTF8"]
        subprocess.run(
            [str(binaries / "initdb"), "-D", str(self._data), *options],
            user=self.user,
            cwd=self.folder,
            check=True,
            capture_output=True,
        )

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        settings = [f"port={self.port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=20"]
        return [str(self._binaries / "postgres"), "-D", str(self._data), *(f"--{setting}" for setting in settings)]

    def answers(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(self.url, connect_timeout=2):
                return True
        except psycopg.Error:
            return False


class OwnRedis(OwnServer):
    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [
            "redis-server",
            "--port",
            str(self.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(self.folder),
        ]

    def answers(self) -> bool:
        import redis

        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


def postgres_binaries() -> Path | None:
    found = [folder for folder in POSTGRES_FOLDERS if (folder / "initdb").exists() and (folder / "postgres").exists()]
    return found[0] if found else None

"""The log of the shell: JSON lines in a private folder, rotated by size, without secrets. The core does not log.

A line is handed to a thread of its own, so that who logs never waits for the disk: docs/decisions/0020.
"""

from __future__ import annotations

import io
import json
import logging
import time
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Self

from tradetui.engine.operations.private import open_private, private_folder
from tradetui.engine.operations.redaction import Redactor

NAME = "tradetui"
FILE = "tradetui.log"
MESSAGE_CHARS_MAX = 20_000  # a frame of a venue can be a megabyte
CUT_CHARS = 300  # longer than any secret
_ORDINARY = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def logger(part: str) -> logging.Logger:
    """The log of a part of the shell; what is passed as `extra` becomes fields of the line."""
    return logging.getLogger(f"{NAME}.{part}")


class Logs:
    """The log of this process between `with` and its end."""

    def __init__(
        self, folder: Path, redactor: Redactor, *, level: str = "info", bytes_max: int = 5_000_000, files: int = 5
    ) -> None:
        self.path = private_folder(folder) / FILE
        self._writer = _Writer(self.path, bytes_max, files)
        self._writer.setFormatter(JsonLines(redactor))
        queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
        self._handler = _Handing(queue)
        self._listener = QueueListener(queue, self._writer)
        self._level = level.upper()

    def __enter__(self) -> Self:
        root = logging.getLogger(NAME)
        root.setLevel(self._level)
        root.propagate = False
        root.addHandler(self._handler)
        self._listener.start()
        return self

    def __exit__(self, *_: object) -> None:
        """What waits is written first."""
        root = logging.getLogger(NAME)
        root.removeHandler(self._handler)
        root.propagate = True
        self._listener.stop()
        self._writer.close()

    @property
    def lost(self) -> int:
        """Lines that could not be written."""
        return self._writer.lost


class JsonLines(logging.Formatter):
    """One object a line: time in UTC, level, part, message, the fields that were passed, and a traceback."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Each text is cleaned before it is encoded, so that quotes and escapes hide nothing."""
        whole, part = divmod(record.created, 1)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
        line: dict[str, object] = {
            "ts": f"{stamp}.{int(part * 1e6):06d}Z",
            "level": record.levelname.lower(),
            "part": record.name.removeprefix(f"{NAME}."),
            "message": self._clean(record.getMessage()),
            "thread": record.threadName,
        }
        for name, value in vars(record).items():
            if name not in _ORDINARY:
                text = self._field(name, value)
                line[name] = value if text == str(value) and isinstance(value, bool | int | float | None) else text
        if record.exc_info:
            line["traceback"] = self._clean(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)

    def _field(self, name: str, value: object) -> str:
        """A field whose name says that it is secret is hidden whole."""
        return self._clean(f"{name}={value}").removeprefix(f"{name}=")

    def _clean(self, text: str) -> str:
        """Cut behind what is kept and again after: half a secret at a cut would not be known for one."""
        if len(text) <= MESSAGE_CHARS_MAX:
            return self._redactor.clean(text)
        cleaned = self._redactor.clean(self._redactor.hide_known(text)[: MESSAGE_CHARS_MAX + CUT_CHARS])
        return f"{cleaned[:-CUT_CHARS]}... ({len(text)} characters)"


class _Handing(QueueHandler):
    """Hands a record over as it is; the standard one formats it first, traceback and all, and loses the fields."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        record.message = record.getMessage()  # now: an argument may change meanwhile
        record.msg, record.args = record.message, None
        return record


class _Writer(RotatingFileHandler):
    """Its files are ours alone, and a full disk costs lines, never the program."""

    def __init__(self, path: Path, bytes_max: int, files: int) -> None:
        super().__init__(path, maxBytes=bytes_max, backupCount=files - 1 or 1, encoding="utf-8")
        self.lost = 0

    def _open(self) -> io.TextIOWrapper:
        opened = open(self.baseFilename, self.mode, encoding=self.encoding, opener=open_private)  # noqa: SIM115  # emit closes it
        assert isinstance(opened, io.TextIOWrapper), "a text mode"
        return opened

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # the library's name
        self.lost += 1

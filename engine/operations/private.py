"""Files that are nobody else's business: folders 0700, files 0600, and a file is always whole."""

from __future__ import annotations

import os
from pathlib import Path

FILE_MODE, FOLDER_MODE = 0o600, 0o700


def private_folder(path: Path) -> Path:
    """The folder, made where it is missing, and those above it; one that others may enter is closed to them."""
    missing = [path, *path.parents]
    for folder in reversed(missing[: next((n for n, one in enumerate(missing) if one.exists()), None)]):
        folder.mkdir(mode=FOLDER_MODE, exist_ok=True)  # `parents=True` would leave those above open to all
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)  # raises where it is no folder
    if path.stat().st_mode & 0o077:
        path.chmod(FOLDER_MODE)
    return path


def open_private(path: str, flags: int) -> int:
    """An opener for `open`: new files are ours alone."""
    return os.open(path, flags, FILE_MODE)


def write_private(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Replace the file in one step; `durable`: it survives a loss of power once this returns."""
    private_folder(path.parent)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(part, "wb", opener=open_private) as opened:  # Path.open takes no opener
            opened.write(data)
            if durable:
                opened.flush()
                os.fsync(opened.fileno())
        part.replace(path)
        if durable:
            _sync_folder(path.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _sync_folder(path: Path) -> None:
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)

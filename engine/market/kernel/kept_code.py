"""Machine code on disk, in place of numba's own files: what is damaged or not for this machine is as good as absent.

numba reads whatever it finds: a truncated file ends the program, a changed byte may run, and as its index names a file
before that is written, a full disk leaves the code of an older text under the name of a newer one. Here a file bears
the digest of what it holds and the key for which that was compiled, and its name is that of the key: programs that
compile at the same time never write different things to one file.
"""

from __future__ import annotations

import os
import pickle
from hashlib import sha256
from typing import Any, cast
from uuid import uuid4
from warnings import warn

import numba
from numba.core import serialize

DIGEST_BYTES = 32
SUFFIX = "code"


class KeptCode:
    """The files of one entry, as a numba cache asks for them: `load` and `save` by a key that says all that matters."""

    def __init__(self, folder: str, name: str) -> None:
        self._stem = os.path.join(folder, name)  # noqa: PTH118  # not pathlib, as in `warm`

    def load(self, key: object) -> Any:
        """What was compiled for `key`, None where it was not; a damaged file is told of, and is none."""
        path = self._path(key)
        try:
            with open(path, "rb") as file:  # noqa: PTH123
                data = file.read()
        except OSError:
            return None
        digest, body = data[:DIGEST_BYTES], data[DIGEST_BYTES:]
        if sha256(body).digest() != digest:
            _tell(f"{path} is damaged; compiling it anew")
            return None
        kept_for, kept = pickle.loads(body)  # noqa: S301  # ours: no more to be trusted than the program beside it
        return kept if kept_for == _said(key) else None

    def save(self, key: object, compiled: object) -> None:
        """Keep it; where the disk does not take it, that is told, and the next start compiles again."""
        body: bytes = cast(Any, serialize).dumps((_said(key), compiled))
        path = self._path(key)
        written = f"{path}.{uuid4().hex[:8]}"
        try:
            with open(written, "wb") as file:  # noqa: PTH123
                file.write(sha256(body).digest() + body)
            os.replace(written, path)  # noqa: PTH105
        except OSError as error:
            _tell(f"{path} cannot be written ({error.strerror}); the next start compiles again")
            if os.path.exists(written):  # noqa: PTH110
                os.unlink(written)  # noqa: PTH108

    def _path(self, key: object) -> str:
        return f"{self._stem}.{sha256(_said(key).encode()).hexdigest()[:16]}.{SUFFIX}"


def _said(key: object) -> str:
    return f"{numba.__version__} {key!r}"


def _tell(what: str) -> None:
    warn(f"the market kernel's machine code: {what}", RuntimeWarning, stacklevel=2)

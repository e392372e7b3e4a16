"""A practice exchange in a process of its own, for one session: started on a free port, asked what it trades, ended."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from tempfile import TemporaryFile
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from tradetui.engine.errors import RunFailed
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.keys import without_keys

ANSWER_S = 10.0
END_ANSWER_S = 0.5  # asked by a thread that writes a recording meanwhile
END_S = 1.0
RATE_PER_MINUTE = 10_000  # nobody else is there to be protected from us


class PracticeExchange:
    """The child process; its keys are made here and reach it by its environment, which no list of processes shows."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self.credentials = Credentials(f"PK{secrets.token_hex(9).upper()}", secrets.token_urlsafe(30))
        environment = without_keys(os.environ) | {
            "TRADETUI_PRACTICE_KEY": self.credentials.key_id,
            "TRADETUI_PRACTICE_SECRET": self.credentials.secret,
        }
        command = [sys.executable, "-m", "tradetui", "exchange", "--port", "0", "--json", "--with-parent", *arguments]
        command += ["--set", f"rate_per_minute={RATE_PER_MINUTE}"]
        said = TemporaryFile()  # noqa: SIM115  # a pipe that nobody reads would stop it one day; read if it does not start
        self._process = subprocess.Popen(  # noqa: S603  # our own program
            command,
            stdin=subprocess.PIPE,  # never written to: that it ends tells the child of our end, however that comes
            stdout=subprocess.PIPE,
            stderr=said,
            env=environment,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.communicate(timeout=ANSWER_S)
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
            raise RunFailed(f"the practice exchange did not start: {words or 'it said nothing'}")
        said.close()
        self.places: dict[str, Any] = json.loads(line)

    def symbols(self) -> list[str]:
        """What it trades."""
        return symbols_at(self.places["trading"], self.credentials)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.communicate(timeout=END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


def symbols_at(address: str, credentials: Credentials) -> list[str]:
    """What an exchange on this machine trades, in the order of names."""
    try:
        assets = _answer(f"{address}/v2/assets", credentials, ANSWER_S)
    except (URLError, OSError, ValueError) as error:
        raise RunFailed(f"{address}: the exchange does not say what it trades ({error})") from None
    return sorted(asset["symbol"] for asset in assets if asset.get("tradable") and asset["symbol"] != "FAKEPACA")


def over_at(address: str, credentials: Credentials) -> str:
    """Whether the market of an exchange on this machine has ended, in words; empty while it goes on, or is not told."""
    try:
        status = _answer(f"{address}/_practice/status", credentials, END_ANSWER_S)
        end = datetime.fromisoformat(status["end"]) if status["over"] else None
    except (URLError, OSError, ValueError, KeyError, TypeError):
        return ""  # an older one does not tell; and whoever does not answer may answer the next time
    return "" if end is None else f"the practice market is over at {end:%H:%M{'' if end.second == 0 else ':%S'}}"


def market_ns_at(address: str, credentials: Credentials) -> int:
    """Where the market of an exchange on this machine stands; 0 where it does not tell."""
    try:
        moment = datetime.fromisoformat(_answer(f"{address}/_practice/status", credentials, ANSWER_S)["now"])
    except (URLError, OSError, ValueError, KeyError, TypeError):
        return 0
    return round(moment.timestamp() * 1_000_000) * 1_000


def _answer(url: str, credentials: Credentials, patience_s: float) -> Any:
    headers = {"APCA-API-KEY-ID": credentials.key_id, "APCA-API-SECRET-KEY": credentials.secret}
    with urlopen(Request(url, headers=headers), timeout=patience_s) as answer:  # noqa: S310  # an address of ours
        return json.load(answer)

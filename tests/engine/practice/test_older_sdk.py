"""The SDK before alpaca-py, in its own environment: other code, other habits (a slash after /stream, floats in JSON).

python3 -m venv older && older/bin/pip install -r .ci/older-sdk.lock
TRADETUI_OLDER_SDK=older/bin/python pytest tests/engine/practice/test_older_sdk.py
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from sdk import KEY, SECRET

from practice_market import MINUTE_NS, NANO, OPEN_NS
from tradetui.engine.practice import data_stream, trade_stream
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

PROGRAM = Path(__file__).with_name("older_sdk.py")
LIMIT_S = 60
PYTHON = os.environ.get("TRADETUI_OLDER_SDK")


def advanced_to(ts_ns: int) -> Callable[[Venue], None]:
    return lambda venue: venue.advance(ts_ns)


@pytest.mark.slow
@pytest.mark.skipif(PYTHON is None, reason="TRADETUI_OLDER_SDK names no interpreter that has alpaca-trade-api 3.2")
def test_it_trades_reads_and_listens_unmodified(server: ExchangeThread) -> None:
    assert PYTHON is not None
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("APCA_", "COVERAGE"))}
    environ |= {"APCA_API_DATA_URL": server.url, "APCA_RETRY_MAX": "0"}
    program = subprocess.Popen(
        [PYTHON, str(PROGRAM), server.url, KEY, SECRET],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environ,
        text=True,
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "listening\n"
        server.until(lambda app: app[trade_stream.STREAMS].listening > 0)
        server.until(
            lambda app: any(all(client.subscriptions.channels[name] for name in ("bars", "quotes", "trades"))
                            for client in app[data_stream.STREAMS].clients)
        )  # fmt: skip
        server.call(advanced_to(OPEN_NS + 2 * MINUTE_NS + 2 * NANO))
        said, _ = program.communicate("go on\n", timeout=LIMIT_S)
    told = json.loads(said)
    cash = Decimal(told.pop("cash after")) - Decimal(told.pop("cash before"))
    assert told == {
        "quote": [100.01, 100.03],  # the first that came after it had subscribed
        "trade": 100.02,
        "bar": 100.02,
        "events": ["pending_new", "new", "fill"],
        "fill": {"qty": "10", "price": "100.04", "id": True},
        "found": "filled",
        "position": {"qty": "10", "avg_entry_price": "100.04", "side": "long"},
        "bracket": ["limit", "stop_limit"],
        "replaced": ["3", "92", True],
        "cancelled": "canceled",
        "trailing": ["5", "95.038"],
        "refused": {"status": 403, "code": 40310000, "message": "insufficient buying power"},
        "open": 4,  # the bracket, its two legs, and what trails
        "left": 0,
        "positions": 0,
        "fills": 2,
        "clock": True,
        "calendar": "2026-04-01",
        "asset": True,
        "assets": 4,  # GONE is not active
        "bars": 2,
        "quotes": 3,
        "trades": 3,
        "snapshot": 100.04,
        "latest": [100.04, 100.04],
        "coin": 50_004.0,
        "history": 1,
    }
    assert cash == Decimal("-0.2")  # ten bought at the ask and sold at the bid

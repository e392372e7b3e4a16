"""The stream of orders, said by a server that may say anything; and that no secret comes out anywhere."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from quotation_board import opened
from trading_floor import Inbox, Trader, made
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.practice.in_thread import ExchangeThread

CANARY = Credentials("PKCANARYCANARY", "canary-secret-canary")
YES = {"stream": "authorization", "data": {"status": "authorized", "action": "authenticate"}}
LISTENING = {"stream": "listening", "data": {"streams": ["trade_updates"]}}


@contextmanager
def saying(*answers: Any, frames: Sequence[str | bytes] = ()) -> Iterator[str]:
    """A stream that gives an answer to each message, and then says its frames."""

    def talk(ws: ServerConnection) -> None:
        try:
            for answer in answers:
                ws.recv(timeout=5)
                for frame in answer if isinstance(answer, list) else [answer]:
                    ws.send(frame if isinstance(frame, str | bytes) else json.dumps(frame).encode())
            for frame in frames:
                ws.send(frame)
            ws.recv(timeout=5)
        except (ConnectionClosed, TimeoutError):
            return

    with serve(talk, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/stream"
        finally:
            server.shutdown()
            thread.join(5)


def event(**order: Any) -> dict[str, Any]:
    body = {"id": "v1", "client_order_id": "by hand", "symbol": "ACME", "side": "buy", "qty": "5", "status": "new"}
    return {"stream": "trade_updates", "data": {"event": "new", "timestamp": "x", "order": {**body, **order}}}


@contextmanager
def trading(server: ExchangeThread, url: str) -> Iterator[Trader]:
    one = made(server, Inbox(), stream_url=url, wait=False)
    try:
        yield one
    finally:
        one.stop()


def test_garbage_and_unknown_words_do_not_end_it(server: ExchangeThread) -> None:
    frames: list[str | bytes] = [
        "not json",
        b"\x00\xff",
        "[]",
        "[" * 100_000,
        json.dumps({"stream": "trade_updates"}),
        json.dumps({"stream": "trade_updates", "data": {"event": "new"}}),
        json.dumps({"stream": "trade_updates", "data": {"event": 5, "order": {"id": "x"}}}),
        json.dumps({"stream": "news", "data": {"text": "x" * (1 << 20)}}),
        json.dumps(event(status="never_heard_of", surprise=[1], qty="5", type=7)),
    ]
    with saying(YES, LISTENING, frames=frames) as url, trading(server, url) as one:
        foreign = one.inbox.report("foreign")
        assert (foreign.client_order_id, foreign.quantity) == ("by hand", 5)
        assert one.executor.health().state == "OK"
        one.inbox.until(lambda _: "not readable, left out" in one.executor.health().message)


def test_an_update_that_overtakes_the_greeting_is_not_lost(server: ExchangeThread) -> None:
    with saying(YES, [event(), LISTENING]) as url, trading(server, url) as one:
        assert one.inbox.report("foreign").client_order_id == "by hand"


@pytest.mark.parametrize(
    ("answers", "said", "state"),
    [
        (
            ({"stream": "authorization", "data": {"status": "unauthorized"}},),
            "check that the keys are right",
            "REFUSED",
        ),
        (("garbage",), "nothing readable", "REFUSED"),
        ((YES, {"stream": "listening", "data": {"streams": []}}), "does not tell what happens to orders", "DOWN"),
    ],
    ids=["refused", "garbage", "left out"],
)
def test_a_greeting_that_goes_wrong_is_told(
    server: ExchangeThread, answers: Sequence[Any], said: str, state: str
) -> None:
    with saying(*answers) as url, trading(server, url) as one:
        one.inbox.until(lambda _: said in one.executor.health().message)
        one.inbox.until(lambda _: one.executor.health().state == state)
        one.inbox.until(lambda _: one.inbox.stream() == ["DOWN"])


@pytest.mark.parametrize("known", [True, False], ids=["right keys", "wrong keys"])
def test_no_secret_comes_out_anywhere(
    server: ExchangeThread, known: bool, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    if known:
        server.call(lambda venue: venue.keys._pairs.update({CANARY.key_id: CANARY.secret}))
    one = made(server, Inbox(), keys=CANARY, wait=False)
    board = opened(server.url, ["ACME"], server, keys=CANARY)
    one.send()
    one.executor.ask_state()
    one.inbox.report("accepted" if known else "rejected")
    board.told("FRESH" if known else "DOWN", "")
    healths = f"{one.executor.health()}{board.gateway.health()}"
    board.gateway.stop(5)
    one.stop()
    told = f"{one.inbox.items}{board.inbox.items}{healths}{one.executor!r}{board.gateway!r}{CANARY!r}"
    shown = f"{told}{caplog.text}{capfd.readouterr()}{vars(one.executor)}{vars(board.gateway)}"
    assert CANARY.key_id not in shown
    assert CANARY.secret not in shown

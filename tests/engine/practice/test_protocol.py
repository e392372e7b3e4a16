"""The protocol byte by byte, with a plain websocket and a plain HTTP client: what no SDK does by itself."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from practice_market import ACME, OPEN_NS, small_world
from tradetui.engine.practice.data_stream import STREAMS
from tradetui.engine.practice.exchange import Exchange
from tradetui.engine.practice.in_thread import ExchangeThread
from tradetui.engine.practice.venue import Venue

HEADERS = {"APCA-API-KEY-ID": "PKTEST", "APCA-API-SECRET-KEY": "test-secret"}
AUTH = {"action": "auth", "key": "PKTEST", "secret": "test-secret"}
Request = Any


@pytest.fixture
def strict() -> Iterator[ExchangeThread]:
    """A venue with little patience and small limits."""
    config = {"auth_timeout_s": 0.05, "symbols_max": 2, "books_max": 1, "sip": False}
    venue = Venue(small_world(None, **config), {"PKTEST": "test-secret"})
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as running:
        yield running


def ask(
    server: ExchangeThread, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, Any, Any]:
    """Status, JSON and headers of an answer."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
    try:
        connection.request(method, path, body, {**HEADERS, **headers} if "bare" not in headers else {})
        response = connection.getresponse()
        raw = response.read()
        return response.status, json.loads(raw) if raw else None, response.headers
    finally:
        connection.close()


def socket(server: ExchangeThread, path: str, **headers: str) -> ClientConnection:
    return connect(f"ws://{server.host}:{server.port}{path}", additional_headers=headers, proxy=None)


def say(ws: ClientConnection, message: Any) -> Any:
    """Send something and read the answer."""
    ws.send(message if isinstance(message, (str, bytes)) else json.dumps(message))
    return read(ws)


def read(ws: ClientConnection) -> Any:
    return json.loads(ws.recv(timeout=5))


@contextmanager
def data_socket(server: ExchangeThread, path: str = "/v2/iex") -> Iterator[ClientConnection]:
    with socket(server, path) as ws:
        assert read(ws) == [{"T": "success", "msg": "connected"}]
        yield ws


def closed(ws: ClientConnection) -> int:
    """The code that the server closed with."""
    try:
        while True:
            ws.recv(timeout=5)
    except ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else 1006


def test_every_answer_has_an_id_a_type_and_what_is_left_of_the_minute(server: ExchangeThread) -> None:
    status, _, headers = ask(server, "GET", "/v2/clock")
    assert status == 200
    assert headers["Content-Type"] == "application/json; charset=UTF-8"
    assert len(headers["X-Request-ID"]) == 32
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("10000", "9999")
    assert int(headers["X-RateLimit-Reset"]) > 0


@pytest.mark.parametrize(
    "authorization", ["Bearer test-secret", "Basic UEtURVNUOnRlc3Qtc2VjcmV0"], ids=["bearer", "basic"]
)
def test_keys_may_come_in_other_headers(server: ExchangeThread, authorization: str) -> None:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
    connection.request("GET", "/v2/account", headers={"Authorization": authorization})
    assert connection.getresponse().status == 200
    connection.close()


def test_without_keys_nothing_is_told(server: ExchangeThread) -> None:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
    connection.request("GET", "/_practice/ledger")
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())) == (401, {"message": "unauthorized."})
    connection.close()


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b'"x"', b"\xff\xfe", b"[" * 100_000], ids=["cut", "list", "text", "bytes", "deep"]
)
def test_a_body_that_is_no_object_is_refused(server: ExchangeThread, body: bytes) -> None:
    status, answer, _ = ask(server, "POST", "/v2/orders", body)
    assert (status, answer) == (400, {"code": 40010000, "message": "request body format is invalid"})


def test_a_body_that_is_too_large_is_refused(server: ExchangeThread) -> None:
    status, answer, _ = ask(server, "POST", "/v2/orders", b" " * (2 << 20))
    assert (status, answer["code"]) == (413, 41310000)


def test_an_unknown_path_and_a_wrong_method_have_bodies_too(server: ExchangeThread) -> None:
    assert ask(server, "GET", "/v2/nothing")[:2] == (404, {"code": 40410000, "message": "endpoint not found"})
    assert ask(server, "PUT", "/v2/account")[0] == 405


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "t", "1"])
def test_switches_are_read_as_go_reads_them(server: ExchangeThread, text: str) -> None:
    assert ask(server, "GET", f"/v2/orders?nested={text}")[0] == 200


def test_a_switch_that_is_none_is_refused(server: ExchangeThread) -> None:
    assert ask(server, "GET", "/v2/orders?nested=yes")[0] == 422


@pytest.mark.parametrize("name", ["BTC/USD", "BTC%2FUSD", "BTCUSD", "btcusd"])
def test_a_coin_is_found_however_its_slash_is_written(server: ExchangeThread, name: str) -> None:
    assert ask(server, "GET", f"/v2/assets/{name}")[1]["symbol"] == "BTC/USD"


def test_a_cancelled_order_is_answered_with_nothing(server: ExchangeThread) -> None:
    body = {"symbol": ACME, "qty": "1", "side": "buy", "type": "limit", "limit_price": "99", "time_in_force": "day"}
    order = ask(server, "POST", "/v2/orders", json.dumps(body).encode())[1]
    assert ask(server, "DELETE", f"/v2/orders/{order['id']}")[:2] == (204, None)
    assert ask(server, "DELETE", "/v2/orders")[:2] == (207, [])


@pytest.mark.parametrize("path", ["/stream", "/stream/"])
@pytest.mark.parametrize(
    "message",
    [
        {"action": "authenticate", "data": {"key_id": "PKTEST", "secret_key": "test-secret"}},
        {"action": "auth", "key": "PKTEST", "secret": "test-secret"},
    ],
    ids=["older form", "newer form"],
)
def test_both_forms_of_a_first_message_are_taken(server: ExchangeThread, path: str, message: Any) -> None:
    with socket(server, path) as ws:
        assert say(ws, message) == {
            "stream": "authorization",
            "data": {"status": "authorized", "action": "authenticate"},
        }
        listen = {"action": "listen", "data": {"streams": ["trade_updates", "unknown"]}}
        assert say(ws, listen) == {"stream": "listening", "data": {"streams": ["trade_updates"]}}
        listen["data"] = {"streams": []}
        assert say(ws, listen) == {"stream": "listening", "data": {"streams": []}}


def test_trade_updates_are_json_in_binary_frames(server: ExchangeThread) -> None:
    with socket(server, "/stream") as ws:
        ws.send(json.dumps(AUTH))
        assert isinstance(ws.recv(timeout=5), bytes)


def test_trade_updates_are_packed_if_the_handshake_asks_for_it(server: ExchangeThread) -> None:
    with socket(server, "/stream", **{"Content-Type": "application/msgpack"}) as ws:
        ws.send(msgspec.msgpack.encode(AUTH))
        answer = ws.recv(timeout=5)
        assert isinstance(answer, bytes)
        assert msgspec.msgpack.decode(answer)["data"]["status"] == "authorized"


def test_wrong_keys_and_listening_too_early_are_told(server: ExchangeThread) -> None:
    with socket(server, "/stream") as ws:
        early = say(ws, {"action": "listen", "data": {"streams": ["trade_updates"]}})
        assert early["data"] == {"status": "unauthorized", "action": "listen"}
        wrong = say(ws, {**AUTH, "secret": "nope"})
        assert wrong["data"]["status"] == "unauthorized"


@pytest.mark.parametrize("garbage", ["{", "[]", "\x00", b"\xc1", '{"action": 7}', '{"action": "listen", "data": []}'])
def test_garbage_does_not_end_a_trading_stream(server: ExchangeThread, garbage: str | bytes) -> None:
    with socket(server, "/stream") as ws:
        assert "data" in say(ws, garbage)
        assert say(ws, AUTH)["data"]["status"] == "authorized"


def test_keys_in_the_handshake_are_enough(server: ExchangeThread) -> None:
    ws = socket(server, "/v2/iex", **HEADERS)
    with ws:
        assert read(ws) == [{"T": "success", "msg": "connected"}]
        assert read(ws) == [{"T": "success", "msg": "authenticated"}]


def test_subscriptions_add_up_and_are_told_in_full(server: ExchangeThread) -> None:
    with data_socket(server) as ws:
        assert say(ws, AUTH) == [{"T": "success", "msg": "authenticated"}]
        say(ws, {"action": "subscribe", "trades": [ACME]})
        (told,) = say(ws, {"action": "subscribe", "quotes": [ACME], "bars": ["*"]})
        assert told == {
            "T": "subscription",
            "trades": [ACME],
            "quotes": [ACME],
            "bars": ["*"],
            "updatedBars": [],
            "dailyBars": [],
            "statuses": [],
            "lulds": [],
            "corrections": [ACME],
            "cancelErrors": [ACME],
        }
        (left,) = say(ws, {"action": "unsubscribe", "trades": [ACME]})
        assert (left["trades"], left["corrections"], left["quotes"]) == ([], [], [ACME])


def test_json_streams_are_text_with_times_as_text(server: ExchangeThread) -> None:
    with data_socket(server) as ws:
        say(ws, AUTH)
        say(ws, {"action": "subscribe", "trades": [ACME]})
        server.call(lambda venue: venue.advance(OPEN_NS + 2 * 10**9))
        frame = ws.recv(timeout=5)
        assert isinstance(frame, str)
        assert json.loads(frame)[0]["t"] == "2026-04-01T13:30:01Z"


@pytest.mark.parametrize(
    "garbage", ["{", "[]", b"\xc1\xc1", '{"action": "dance"}', '{"action": "subscribe", "trades": 7}']
)
def test_garbage_is_answered_with_400_and_the_stream_goes_on(server: ExchangeThread, garbage: str | bytes) -> None:
    with data_socket(server) as ws:
        say(ws, AUTH)
        assert say(ws, garbage) == [{"T": "error", "code": 400, "msg": "invalid syntax"}]
        assert say(ws, {"action": "subscribe"})[0]["T"] == "subscription"


def test_the_errors_of_the_data_stream(strict: ExchangeThread) -> None:
    with data_socket(strict) as ws:
        assert say(ws, {"action": "subscribe", "trades": [ACME]}) == error(401, "not authenticated")
        say(ws, AUTH)
        assert say(ws, AUTH) == error(403, "already authenticated")
        assert say(ws, {"action": "subscribe", "orderbooks": [ACME]}) == error(
            410, "invalid subscribe action for this feed"
        )
        assert say(ws, {"action": "subscribe", "trades": ["A", "B", "C"]}) == error(405, "symbol limit exceeded")
        assert say(ws, {"action": "subscribe"})[0]["trades"] == []  # subscriptions stay as before


def test_wrong_keys_are_told_and_the_stream_ends(strict: ExchangeThread) -> None:
    with data_socket(strict) as ws:
        assert say(ws, {**AUTH, "secret": "nope"}) == error(402, "auth failed")
        assert closed(ws) == 1000


def test_who_says_nothing_is_sent_away(strict: ExchangeThread) -> None:
    with data_socket(strict) as ws:
        assert read(ws) == error(404, "auth timeout")
        assert closed(ws) == 1000


def test_a_feed_that_is_not_in_the_plan_is_refused_when_keys_are_known(strict: ExchangeThread) -> None:
    with data_socket(strict, "/v2/sip") as ws:
        assert say(ws, AUTH) == error(409, "insufficient subscription")


def test_a_second_connection_to_one_endpoint_is_refused(server: ExchangeThread) -> None:
    with data_socket(server) as first, data_socket(server) as second, data_socket(server, "/v2/sip") as other:
        say(first, AUTH)
        assert say(second, AUTH) == error(406, "connection limit exceeded")
        assert say(other, AUTH) == [{"T": "success", "msg": "authenticated"}]
        assert say(first, {"action": "subscribe"})[0]["T"] == "subscription"


@pytest.mark.parametrize("path", ["/stream", "/v2/iex"])
def test_a_message_of_more_than_a_megabyte_ends_its_connection_alone(server: ExchangeThread, path: str) -> None:
    with socket(server, path) as ws:
        ws.send("x" * ((1 << 20) + 1))
        assert closed(ws) == 1009
    assert ask(server, "GET", "/v2/clock")[0] == 200


def test_a_client_that_does_not_read_is_cut_off() -> None:
    venue = Venue(small_world(None, queue_max=3), {"PKTEST": "test-secret"})
    venue.advance(OPEN_NS)
    with ExchangeThread(venue) as server, data_socket(server) as ws:
        say(ws, AUTH)
        say(ws, {"action": "subscribe", "trades": [ACME]})
        server.call(lambda v: v.advance(OPEN_NS + 10 * 60 * 10**9))
        assert read(ws) == error(407, "slow client")
        assert closed(ws) == 1000


def test_pings_are_answered(server: ExchangeThread) -> None:
    with socket(server, "/stream") as ws:
        assert ws.ping().wait(5)


def test_streams_agree_to_compress(server: ExchangeThread) -> None:
    with socket(server, "/stream") as ws:
        assert ws.response is not None
        assert "permessage-deflate" in ws.response.headers.get("Sec-WebSocket-Extensions", "")


def test_the_older_address_of_coins_is_known(server: ExchangeThread) -> None:
    with data_socket(server, "/v1beta2/crypto") as ws:
        say(ws, AUTH)
        (told,) = say(ws, {"action": "subscribe", "orderbooks": ["BTC/USD"]})
        assert sorted(told) == ["T", "bars", "dailyBars", "orderbooks", "quotes", "trades", "updatedBars"]
        assert read(ws)[0]["r"] is True


def test_nobody_is_forgotten_when_a_client_leaves(server: ExchangeThread) -> None:
    with data_socket(server) as ws:
        say(ws, AUTH)
    server.until(lambda app: not app[STREAMS].clients and not app[STREAMS].open)


def error(code: int, text: str) -> list[dict[str, Any]]:
    return [{"T": "error", "code": code, "msg": text}]


class FullDisk:
    """Nothing that changed can be written down."""

    def write(self, exchange: Exchange) -> None:
        if exchange.desk.touched:
            raise OSError("no space left on device")


def test_an_order_that_could_not_be_written_down_is_not_acknowledged() -> None:
    venue = Venue(small_world(None), {"PKTEST": "test-secret"}, keeper=FullDisk())
    venue.advance(OPEN_NS)
    body = {"symbol": ACME, "qty": "1", "side": "buy", "type": "limit", "limit_price": "99", "time_in_force": "day"}
    with ExchangeThread(venue) as server:
        status, answer, _ = ask(server, "POST", "/v2/orders", json.dumps(body).encode())
        assert (status, answer["code"]) == (500, 50010000)
        assert ask(server, "GET", "/v2/clock")[0] == 500

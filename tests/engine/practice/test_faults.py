"""Faults on demand, as a client meets them, and the same ones again from the same seed."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest
from test_protocol import AUTH, HEADERS, ask, closed, read, say, socket
from websockets.sync.client import ClientConnection

from practice_market import ACME, order
from tradetui.engine.practice.faults import Chance, FaultPlan, Rule
from tradetui.engine.practice.in_thread import ExchangeThread

LISTEN = {"action": "listen", "data": {"streams": ["trade_updates"]}}


def control(server: ExchangeThread, what: str, body: dict[str, Any]) -> Any:
    status, answer, _ = ask(server, "POST", f"/_practice/{what}", json.dumps(body).encode())
    assert status == 200, answer
    return answer


def fault(server: ExchangeThread, kind: str, **more: Any) -> None:
    control(server, "faults", {"kind": kind, **more})


def post(server: ExchangeThread, **more: Any) -> tuple[int, Any, Any]:
    body = order(kind="limit", limit_price="100.02", client_order_id="mine", **more)
    return ask(server, "POST", "/v2/orders", json.dumps(body).encode())


def known(server: ExchangeThread) -> bool:
    """Whether the venue has the order."""
    return ask(server, "GET", "/v2/orders:by_client_order_id?client_order_id=mine")[0] == 200


def listening(server: ExchangeThread) -> ClientConnection:
    return socket(server, "/stream")


def events(ws: ClientConnection, count: int) -> list[str]:
    return [read(ws)["data"]["event"] for _ in range(count)]


def start(ws: ClientConnection) -> None:
    say(ws, AUTH)
    say(ws, LISTEN)


def test_a_500_before_acceptance_leaves_no_order(server: ExchangeThread) -> None:
    fault(server, "500_before", method="POST")
    assert post(server)[:2] == (500, {"code": 50010000, "message": "internal server error occurred"})
    assert not known(server)


def test_a_500_after_acceptance_leaves_one(server: ExchangeThread) -> None:
    fault(server, "500_after", method="POST")
    assert post(server)[0] == 500
    assert known(server)


def test_a_429_leaves_no_order_and_the_next_one_is_taken(server: ExchangeThread) -> None:
    fault(server, "429", method="POST")
    assert post(server)[:2] == (429, {"code": 42910000, "message": "rate limit exceeded"})
    assert post(server)[0] == 200


def test_a_timeout_after_acceptance_answers_nothing_though_the_order_lives(server: ExchangeThread) -> None:
    fault(server, "timeout_after", method="POST")
    connection = http.client.HTTPConnection(server.host, server.port, timeout=0.05)
    body = json.dumps(order(client_order_id="mine")).encode()
    connection.request("POST", "/v2/orders", body, HEADERS)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    assert known(server)


def test_a_dropped_request_was_never_seen(server: ExchangeThread) -> None:
    fault(server, "drop", method="POST")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        post(server)
    assert not known(server)


def test_a_rule_waits_its_turn_and_acts_as_often_as_it_says(server: ExchangeThread) -> None:
    fault(server, "500_before", path="/v2/clock", after=1, count=2)
    assert [ask(server, "GET", "/v2/clock")[0] for _ in range(4)] == [200, 500, 500, 200]
    injected = ask(server, "GET", "/_practice/faults")[1]["injected"]
    assert injected == [{"kind": "500_before", "target": "rest", "what": "GET /v2/clock"}] * 2


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("drop", ["new", "fill"]),
        ("duplicate", ["pending_new", "pending_new", "new", "fill"]),
        ("reorder", ["new", "pending_new", "fill"]),
    ],
)
def test_frames_are_lost_doubled_and_overtaken(server: ExchangeThread, kind: str, told: list[str]) -> None:
    with listening(server) as ws:
        start(ws)
        fault(server, kind, target="trade_updates")
        post(server)
        assert events(ws, len(told)) == told


def test_a_delayed_frame_comes_late(server: ExchangeThread) -> None:
    with listening(server) as ws:
        start(ws)
        fault(server, "delay", target="trade_updates", event="new", delay_s=0.03)
        post(server)
        assert events(ws, 3) == ["pending_new", "fill", "new"]


def test_one_lost_fill_is_all_that_is_lost(server: ExchangeThread) -> None:
    with listening(server) as ws:
        start(ws)
        fault(server, "lost_fill", target="trade_updates")
        post(server)
        assert events(ws, 2) == ["pending_new", "new"]
        assert ask(server, "GET", f"/v2/positions/{ACME}")[1]["qty"] == "10"


def test_a_fill_may_be_told_before_the_order_is_acknowledged(server: ExchangeThread) -> None:
    with listening(server) as ws:
        start(ws)
        fault(server, "fill_before_ack", method="POST", delay_s=0.02)
        connection = http.client.HTTPConnection(server.host, server.port, timeout=5)
        connection.request("POST", "/v2/orders", json.dumps(order()).encode(), HEADERS)
        assert events(ws, 3)[-1] == "fill"
        assert json.loads(connection.getresponse().read())["status"] == "pending_new"
        connection.close()


def test_a_socket_breaks_off_in_the_middle_of_a_frame(server: ExchangeThread) -> None:
    with listening(server) as ws:
        start(ws)
        fault(server, "disconnect_mid_frame", target="trade_updates")
        post(server)
        assert closed(ws) == 1006


def test_a_half_open_socket_says_nothing_and_answers_no_ping(server: ExchangeThread) -> None:
    with listening(server) as ws:
        start(ws)
        fault(server, "half_open", target="trade_updates")
        post(server)
        assert not ws.ping().wait(0.05)
        with pytest.raises(TimeoutError):
            ws.recv(timeout=0.01)


def test_data_frames_go_wrong_too(server: ExchangeThread) -> None:
    with socket(server, "/v2/iex", **HEADERS) as ws:
        assert [read(ws)[0]["T"], read(ws)[0]["T"]] == ["success", "success"]
        say(ws, {"action": "subscribe", "trades": [ACME]})
        fault(server, "drop", target="data")
        control(server, "advance", {"seconds": 120})
        assert read(ws)[0]["i"] == 2  # the first one was dropped


def test_an_order_appears_that_no_client_sent(server: ExchangeThread) -> None:
    with listening(server) as ws:
        start(ws)
        made = control(server, "manual_order", {**order(), "client_order_id": "by hand"})
        assert read(ws)["data"]["order"]["id"] == made["id"]


def test_the_account_is_restricted_set_free_and_its_key_revoked(server: ExchangeThread) -> None:
    control(server, "account", {"restricted": True})
    assert post(server)[0] == 403
    control(server, "account", {"restricted": False, "cash": "1000"})
    assert post(server)[0] == 200
    assert ask(server, "GET", "/v2/account/activities/JNLC")[1][0]["net_amount"] == "1000"
    control(server, "account", {"revoke_key": "PKTEST"})
    assert ask(server, "GET", "/v2/account")[0] == 401


def test_a_halt_is_told_and_holds_orders_back(server: ExchangeThread) -> None:
    control(server, "asset", {"symbol": ACME, "halted": True})
    assert post(server)[1]["message"] == 'asset "ACME" is not tradable'
    control(server, "asset", {"symbol": ACME, "halted": False, "shortable": False, "easy_to_borrow": False})
    assert ask(server, "GET", "/v2/assets/ACME")[1]["borrow_status"] == "hard_to_borrow"


@pytest.mark.parametrize(
    "body", [{"kind": "nonsense"}, {"kind": "drop", "count": 0}, {"seed": "x"}, {"kind": "drop", "colour": 1}, {}]
)
def test_a_fault_that_is_none_is_refused_with_words(server: ExchangeThread, body: dict[str, Any]) -> None:
    status, answer, _ = ask(server, "POST", "/_practice/faults", json.dumps(body).encode())
    assert status == 400
    assert answer["message"]


def test_faults_by_a_seed_are_the_same_every_time_and_stop_when_told() -> None:
    def run(seed: int) -> list[str]:
        plan = FaultPlan()
        plan.set_chance(Chance(seed=seed, every=3))
        for number in range(200):
            plan.request("POST" if number % 2 else "GET", "/v2/orders")
            plan.frame("trade_updates", "fill" if number % 3 else "new")
        seen = [hit.kind for hit in plan.log]
        plan.clear()
        assert plan.request("POST", "/v2/orders") is None
        return seen

    assert run(1) == run(1) != run(2)
    assert set(run(1)) == {
        "429", "500_before", "500_after", "timeout_after", "delay", "drop", "fill_before_ack", "duplicate", "reorder",
        "disconnect_mid_frame", "half_open", "lost_fill",
    }  # fmt: skip


def test_a_lost_fill_never_loses_anything_else() -> None:
    plan = FaultPlan()
    plan.add(Rule(kind="lost_fill", target="trade_updates"))
    assert plan.frame("trade_updates", "new") is None
    assert plan.frame("trade_updates", "partial_fill") is not None

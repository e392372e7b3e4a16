"""The small parts: credentials, numbers and times, bodies, waits, the budget of requests."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from decimal import Decimal
from random import Random
from socket import gaierror
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trading_floor import limit, order

from tradetui.engine.backoff import Backoff
from tradetui.engine.gateways.alpaca.account_state import state_of
from tradetui.engine.gateways.alpaca.budget import Budget
from tradetui.engine.gateways.alpaca.config import RestConfig, Waits
from tradetui.engine.gateways.alpaca.credentials import Credentials
from tradetui.engine.gateways.alpaca.models import fill_of, order_of, orders_of, update_of
from tradetui.engine.gateways.alpaca.order_body import body_of
from tradetui.engine.gateways.alpaca.rest import Answer, Clocks, Rest, said
from tradetui.engine.gateways.alpaca.socket import fault_words
from tradetui.engine.gateways.alpaca.wire import amount, instant, real, text_of, timestamp

CANARY = Credentials("PKCANARY", "canary-secret")


def test_credentials_are_not_seen_anywhere(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger().warning("%s %r", CANARY, CANARY)
    shown = f"{CANARY} {CANARY!r} {[CANARY]} {caplog.text}"
    assert "CANARY" not in shown
    assert "canary" not in shown
    for steal in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="not to be copied"):
            steal(CANARY)
    assert CANARY.redact("key PKCANARY and canary-secret") == "key *** and ***"
    assert Credentials("a", "b") == Credentials("a", "b") != CANARY
    assert len({Credentials("a", "b"), Credentials("a", "b")}) == 1


def test_a_venue_that_says_our_keys_back_is_not_quoted() -> None:
    rest = Rest("http://127.0.0.1:9", CANARY, RestConfig(), Budget(1, 0), Clocks(), threading.Event())
    response = SimpleNamespace(status_code=401, text='{"message": "unknown key PKCANARY with canary-secret"}')
    assert rest._refusal(SimpleNamespace(response=response)).said == "unknown key *** with ***"


@pytest.mark.parametrize(("key", "secret"), [("", "x"), ("x", ""), ("", "")])
def test_half_a_pair_is_refused(key: str, secret: str) -> None:
    with pytest.raises(ValueError, match="credentials without a"):
        Credentials(key, secret)


@settings(deadline=None)
@given(st.integers(0, 2**62))
def test_times_keep_every_nanosecond(ts_ns: int) -> None:
    assert instant(timestamp(ts_ns)) == ts_ns


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:01Z", 10**9),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1969-12-31T19:00:01-05:00", 10**9),
        ("1969-12-31T19:00:01.25-05:00", 1_250_000_000),
        ("1970-01-01T00:00:01", None),
        ("1970-13-01T00:00:01Z", None),
        ("1970-01-01T00:00:01.0000000001Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (5, None),
        ("9" * 100, None),
    ],
)
def test_times_are_read_or_are_none(text: object, ns: int | None) -> None:
    assert instant(text) == ns


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("0.057436865", "0.057436865"),
        (1, "1"),
        (0.1, "0.1"),
        ("1e3", "1000"),
        *[(none, None) for none in ("NaN", "Infinity", True, None, "x", "1" * 100, [], {})],
    ],
)
def test_numbers_are_exact_or_none(value: object, number: str | None) -> None:
    found = amount(value)
    assert (None if found is None else text_of(found)) == number


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1", True, None, []])
def test_a_float_is_a_finite_number(value: object) -> None:
    assert real(value) is None


def test_a_body_has_its_numbers_as_text() -> None:
    wanted = order(3, **limit("99.10", quantity=Decimal("1E+1")))
    assert body_of(wanted, "s-3") == {
        "symbol": "ACME",
        "qty": "10",
        "side": "buy",
        "type": "limit",
        "time_in_force": "day",
        "client_order_id": "s-3",
        "limit_price": "99.1",
    }


def test_coins_know_no_day() -> None:
    body = body_of(order(symbol="BTC/USD"), "s-1")
    assert isinstance(body, dict)
    assert body["time_in_force"] == "gtc"


@pytest.mark.parametrize(("symbol", "force"), [("ACME", "day"), ("BTC/USD", "gtc")])
def test_a_quote_rests_as_a_plain_limit_where_nothing_is_post_only(symbol: str, force: str) -> None:
    body = body_of(order(symbol=symbol, role="quote", time_in_force="gtx", **limit("99")), "s-1")
    assert isinstance(body, dict)
    assert (body["type"], body["time_in_force"], body["limit_price"]) == ("limit", force, "99")


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ({"quantity": Decimal(0)}, "quantity above 0"),
        ({"quantity": Decimal("NaN")}, "quantity above 0"),
        ({"side": 0}, "side 0"),
        ({"time_in_force": "gtx"}, "post-only"),
        ({"type": "limit"}, "without a limit price"),
        ({"type": "stop"}, "without a stop price"),
        ({"type": "stop_limit", "limit_price": Decimal(1)}, "without a stop price"),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(more: dict[str, Any], seen: str) -> None:
    fault = body_of(order(**more), "s-1")
    assert isinstance(fault, str)
    assert seen in fault
    assert "too long" in str(body_of(order(), "x" * 129))


def test_waits_double_up_to_the_longest_and_half_of_each_is_chance() -> None:
    backoff = Backoff(Waits(first_s=1, longest_s=8), Random(7))
    waits = [backoff.next_s() for _ in range(100)]
    for wait, whole in zip(waits, [1, 2, 4] + [8] * 97, strict=True):
        assert whole / 2 <= wait <= whole
    assert len(set(waits[3:])) > 90
    backoff.reset()
    assert backoff.next_s() <= 1
    assert backoff.next_s(longest=True) >= 4


def test_cancels_have_a_reserve() -> None:
    budget = Budget(10, 0.2)
    assert [budget.spend(0.0) for _ in range(8)] == [0.0] * 8
    assert budget.spend(1.0) == 59.0
    assert [budget.spend(1.0, cancel=True) for _ in range(2)] == [0.0] * 2
    assert budget.spend(1.0, cancel=True) == 59.0
    assert budget.left(1.0) == 0
    assert budget.left(60.0) == 6
    assert budget.spend(60.0) == 0.0


def test_a_venue_that_asks_for_quiet_gets_it() -> None:
    budget = Budget(10, 0.2)
    budget.quiet(5.0)
    assert budget.spend(1.0, cancel=True) == 4.0
    assert budget.spend(5.0) == 0.0


def test_cancels_are_tried_sooner_where_the_venue_asks_for_a_minute_of_quiet() -> None:
    budget = Budget(10, 0.2)
    budget.quiet(60.0, 1.0)
    assert budget.spend(0.5, cancel=True) == 0.5
    assert budget.spend(1.0, cancel=True) == 0
    assert budget.spend(1.0) == 59.0


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_whatever_the_venue_says_is_read_or_left(value: Any) -> None:
    assert order_of(value) is None
    assert update_of({"event": "fill", "order": value}) is None
    assert fill_of(value) is None
    assert orders_of([value]) == []
    assert isinstance(state_of(value, value, [], lambda name, _: name, 0, 0), str)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"code":40310000,"message":"insufficient buying power","buying_power":"0","cost_basis":"5"}',
         "insufficient buying power (buying_power 0, cost_basis 5)"),
        ('{"message":"unauthorized."}', "unauthorized."),
        ("<html>\n<b>401</b>", "<html> <b>401</b>"),
        ("", ""),
        ("[1]", "[1]"),
    ],
)  # fmt: skip
def test_the_venues_words_are_kept(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize("status", [0, 408, 500, 502, 503, 504, 302])
def test_an_answer_that_says_nothing_is_unclear(status: int) -> None:
    assert Answer(status).unclear


@pytest.mark.parametrize("status", [200, 204, 207, 400, 401, 403, 404, 422, 429])
def test_an_answer_that_says_yes_or_no_is_clear(status: int) -> None:
    assert not Answer(status).unclear


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (gaierror(-2, "data.example?key=SECRET"), "no such name, or no network"),
        (ConnectionRefusedError("10.0.0.1:443"), "nobody listens there"),
        (OSError("wss://name:SECRET@host"), "OSError"),
    ],
)
def test_why_there_is_no_connection_is_said_without_the_address(fault: OSError, words: str) -> None:
    assert fault_words(fault) == words

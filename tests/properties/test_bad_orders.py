"""R11: whatever a strategy writes into a signal, it is refused or becomes a sound order; no book moves."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tradetui.engine.bar_loop import every_bar
from tradetui.engine.build import build_core
from tradetui.engine.config import RunConfig
from tradetui.engine.market.bars import Bars, bars_from_floats
from tradetui.engine.model.events import FillEvent, OrderEvent, RefusalEvent, SignalEvent
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy
from tradetui.engine.trading.moment import Moment

DAY_NS = 86_400 * 10**9
BAD = [
    float("nan"),
    float("inf"),
    float("-inf"),
    0.0,
    -0.0,
    -1.0,
    -1e-9,
    1e-300,
    1e300,
    1.7976931348623157e308,
    5e-324,
    Decimal("NaN"),
    Decimal("sNaN"),
    Decimal("Infinity"),
    Decimal(-1),
    Decimal("1e-999"),
    Decimal("1e999"),
    Decimal("1." + "1" * 100),
    Decimal("0.00000000001"),
    10**400,
    "ten",
    "",
    [],
    True,
]
bad = st.one_of(
    st.sampled_from(BAD),
    st.floats(max_value=0.0),
    st.decimals(max_value=0),
    st.floats(min_value=1e10),
)
FIELDS = ("quantity", "limit_price", "stop_price", "stop_loss", "take_profit", "fraction")


class Silent(Strategy):
    """Buys ten on its first bar and is silent then; its own sizes and levels are what the test says."""

    size: Any = None
    levels: tuple[Any, Any] = (None, None)
    said = False

    def on_market_data(self, event: Any) -> list[SignalEvent]:
        said, self.said = self.said, True
        return [] if said else [SignalEvent(event.symbol, 1, quantity=10)]

    def calculate_position_size(self, signal: SignalEvent, capital: Decimal) -> Any:
        return self.size

    def get_stop_loss(self) -> Any:
        return self.levels[0]

    def get_take_profit(self) -> Any:
        return self.levels[1]


def holding(quantity: int) -> tuple[Core, Bars]:
    """A core after two bars at 100, flat or holding ten."""
    ts = DAY_NS * np.arange(1, 5)
    bars = bars_from_floats("X", ts, [100] * 4, [101] * 4, [99] * 4, [100] * 4, [1e6] * 4)
    strategy = Silent()
    strategy.said = not quantity
    config = RunConfig(cash=Decimal(100_000), commission_fixed=Decimal("0.01"), allow_short=True)
    core = build_core(config, strategy, ["X"])
    every_bar(core, bars, 0, 2, DAY_NS)
    assert core.portfolio.quantity("X") == quantity
    core.take()
    return core, bars


def ask(core: Core, signal: SignalEvent) -> list[Any]:
    """What the order manager makes of one signal."""
    return core.orders.on_signal(signal, Moment(2 * DAY_NS, 1, 100.0, core.free(), core.state))


def untouched(core: Core, events: list[Any], held: int) -> None:
    """Refused in one event that says why, and nothing else is different."""
    assert [type(event) for event in events] == [RefusalEvent]
    assert events[0].check
    assert events[0].message
    assert core.orders.open_orders() == []
    assert core.portfolio.quantity("X") == held
    assert core.orders.counts.sent == (1 if held else 0)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.sampled_from(FIELDS), bad, st.sampled_from([0, 10]), st.sampled_from([1, -1]))
def test_one_bad_number_in_any_field_refuses_the_whole_wish(field: str, value: Any, held: int, side: int) -> None:
    core, _ = holding(held)
    values: dict[str, Any] = {"quantity": 20, "type": "stop_limit", "limit_price": 100, "stop_price": 100}
    if field == "fraction":
        del values["quantity"]
        if held and side == 1:
            return  # already on the wanted side: only a stated quantity is a wish for more
    untouched(core, ask(core, SignalEvent("X", side, **{**values, field: value})), held)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(bad.filter(lambda size: size is not BAD[17]), st.sampled_from([1, -1]))  # sizes are cut to whole lots
def test_a_bad_size_from_the_strategy_refuses_the_wish(value: Any, side: int) -> None:
    core, _ = holding(0)
    core.strategy.size = value  # type: ignore[attr-defined]
    untouched(core, ask(core, SignalEvent("X", side)), 0)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.one_of(bad.filter(lambda v: not isinstance(v, str | list)), st.just("x")), st.sampled_from([1, -1]))
def test_a_bad_level_of_the_strategy_refuses_the_wish(value: Any, side: int) -> None:
    """The distance that lies below the entry: the stop of a long, the target of a short."""
    core, _ = holding(0)
    core.strategy.levels = (value, None) if side > 0 else (None, value)  # type: ignore[attr-defined]
    untouched(core, ask(core, SignalEvent("X", side, quantity=1)), 0)


def test_what_is_no_type_no_time_in_force_and_no_direction_is_refused() -> None:
    for signal in (
        SignalEvent("X", 1, quantity=1, type="wish"),  # type: ignore[arg-type]
        SignalEvent("X", 1, quantity=1, type=None),  # type: ignore[arg-type]
        SignalEvent("X", 1, quantity=1, time_in_force="never"),  # type: ignore[arg-type]
        SignalEvent("X", 2, quantity=1),
        SignalEvent("X", 0.5, quantity=1),  # type: ignore[arg-type]
        SignalEvent("X", float("nan"), quantity=1),  # type: ignore[arg-type]
        SignalEvent("X", None, quantity=1),  # type: ignore[arg-type]
        SignalEvent("?", 1, quantity=1),
    ):
        core, _ = holding(0)
        untouched(core, ask(core, signal), 0)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from([1, -1, np.int8(1), np.float64(-1), 1.0]),
    st.one_of(st.integers(1, 500), st.floats(1, 500), st.decimals(1, 500, places=3)),
    st.sampled_from(["market", "limit", "stop", "stop_limit"]),
    st.floats(1, 200),
)
def test_what_is_sent_is_always_whole_lots_at_sound_prices_on_a_plain_side(
    side: Any, quantity: Any, kind: Any, price: float
) -> None:
    core, bars = holding(0)
    limit = price if kind in ("limit", "stop_limit") else None
    stop = price if kind in ("stop", "stop_limit") else None
    events = ask(core, SignalEvent("X", side, quantity=quantity, type=kind, limit_price=limit, stop_price=stop))
    core.route(events, 1)
    every_bar(core, bars, 2, 4, DAY_NS)
    for event in core.take():
        if isinstance(event, OrderEvent | FillEvent):
            assert type(event.side) is int
            assert event.quantity > 0
            assert event.quantity == int(event.quantity)
    assert core.portfolio.imbalance(core.marks()) == 0

"""From a run's description to a player of a live market. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import msgspec

from tradetui.engine.build import fee_schedule, instruments, set_up
from tradetui.engine.config import RunConfig
from tradetui.engine.live.outbox import OutboxVenue
from tradetui.engine.live.player import LivePlayer
from tradetui.engine.live.view import LiveView
from tradetui.engine.model.instrument import Instrument
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy
from tradetui.engine.strategy_forms import event_driven, require_form
from tradetui.engine.subscriptions import subscription_of
from tradetui.engine.trading.risk import RiskManager

NS_PER_S = 1_000_000_000
CENT = Decimal("0.01")
Mode = Literal["practice", "paper", "live"]


def build_live(
    config: RunConfig, strategy: Strategy, symbols: Sequence[str], session_id: str, mode: Mode
) -> LivePlayer:
    """A player ready for its first input. It has no money until the venue has told what the account holds.

    The time of a practice exchange is that of its market, whatever it is here; elsewhere the two are one.
    """
    require_form(strategy)
    known = {symbol: _with_tick(found, config) for symbol, found in instruments(config, symbols).items()}
    fees, limits = fee_schedule(config), set_up(event_driven(strategy), config)
    view = LiveView(symbols, round(config.simulation.bar_seconds * NS_PER_S))
    venue = OutboxVenue(session_id, view.cost)
    core = Core(strategy, known, venue, RiskManager(limits), fees, Decimal(0), view=view)
    core.orders.deal_with(venue.market_price, sets_aside=True)
    return LivePlayer(
        core, view, subscription_of(strategy), wall_is_market=mode != "practice", real_money=mode == "live"
    )


def _with_tick(found: Instrument, config: RunConfig) -> Instrument:
    """A broker takes whole cents: what a strategy thinks in shares of a price is brought onto them."""
    told = config.instruments.get(found.symbol)
    return found if told is not None and told.tick is not None else msgspec.structs.replace(found, tick=CENT)

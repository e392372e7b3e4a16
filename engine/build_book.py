"""From a run's description to a player in a market of ticks and books. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

from tradetui.engine.book_loop import BookPlayer, wake_bits
from tradetui.engine.build import fee_schedule, instruments, set_up
from tradetui.engine.config import DEFAULT_VOLUME_CAP, RunConfig
from tradetui.engine.errors import RunFailed, UsageError
from tradetui.engine.gateways.book_venue import BookVenue
from tradetui.engine.market.session_tape import PIECE_ROWS, SessionTape, traded_symbols
from tradetui.engine.market.simulated_view import SimulatedView
from tradetui.engine.market.simulation import MarketSimulation, SimulationRules
from tradetui.engine.market.tape import MarketSession
from tradetui.engine.model.instrument import Instrument, nanos_from_decimal
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy
from tradetui.engine.strategy_forms import event_driven, require_form
from tradetui.engine.subscriptions import subscription_of
from tradetui.engine.trading.risk import RiskManager

NS_PER_MS, NS_PER_S = 1_000_000, 1_000_000_000

MakeMarket = Callable[[SimulationRules, int], MarketSimulation]  # rules and number of symbols
P = TypeVar("P", bound=BookPlayer)
Latencies = tuple[tuple[int, ...], tuple[int, ...]]  # of orders and of reports, recorded, in ns


def build_book_player(
    config: RunConfig,
    strategy: Strategy,
    session: MarketSession,
    make_market: MakeMarket,
    kind: type[P],
    latencies: Latencies | None = None,
    piece_rows: int = PIECE_ROWS,
) -> P:
    """A player ready for its first row, of the wanted kind. `latencies` are those of the run's latency file.

    Raises UsageError for options that mean nothing in a market of ticks and books.
    """
    require_form(strategy)
    symbols = session.symbols
    known = instruments(config, symbols)
    tape = SessionTape(session)
    if not len(tape):
        raise RunFailed("there are no quotes, trades, depth changes or order events to trade on")
    trades_alone = "trades" in tape.sources
    refuse_options_of_bars(config, trades_alone)
    asked = subscription_of(strategy)
    limits = set_up(event_driven(strategy), config)
    slip_nanos, slip_bps = _slippage(config, known)
    entry_ns, report_ns = latencies or _constant(config)
    bar_ns = round(config.simulation.bar_seconds * NS_PER_S)
    rules = SimulationRules(
        sources=tape.sources,
        bar_ns=(bar_ns,) * len(symbols),
        entry_ns=entry_ns,
        report_ns=report_ns,
        cancel_ahead=config.simulation.cancel_ahead,
        touch=config.fill == "touch",
        fill_chance=config.chance.fill,
        slip_nanos=slip_nanos,
        slip_bps=slip_bps,
        self_trade=config.simulation.self_trade,
        seed=config.seed,
        timer_ns=asked.timer_ns,
        wake=wake_bits(asked, limits, trades_alone),
        imbalance=1.0 if asked.imbalance is None else asked.imbalance,
        # these limits act at every wake
        answers_wake=limits.max_drawdown is not None or limits.max_orders_per_second is not None,
        trade_symbols=traded_symbols(session),
    )
    market = make_market(rules, len(symbols))
    fees = fee_schedule(config)
    venue = BookVenue(market, symbols, known, fees, slip_nanos, slip_bps, strategy.allow_short)
    view = SimulatedView(market, symbols, tape.sources, bar_ns)
    core = Core(strategy, known, venue, RiskManager(limits), fees, config.cash, view=view)
    core.orders.deal_with(venue.market_price, at_once=not (any(entry_ns) or any(report_ns)), guards_shorts=True)
    return kind(core, tape, asked, view, piece_rows)


def refuse_options_of_bars(config: RunConfig, trades_alone: bool) -> None:
    """Raise UsageError for what only a market made of bars can do, with what does it here."""
    refused = (
        ("form", config.form == "vectorised", "a strategy decides event by event here"),
        ("same_close", config.same_close, "an order meets the book after its decision"),
        ("intrabar", config.intrabar != "stop_first", "the order of prices is known here"),
        ("spread", bool(config.spread), "the book has its own spread"),
        ("slippage.impact", bool(config.slippage.impact), "the book has its own impact"),
        ("volume_cap", config.volume_cap not in (DEFAULT_VOLUME_CAP, None), "the book shows what can be had"),
        ("chance.partial", bool(config.chance.partial), "the book decides how much fills"),
        ("chance.cancel", bool(config.chance.cancel), "give simulation.entry_ms for a slower venue"),
        ("fill", config.fill == "touch" and not trades_alone, "queues are known here; fill is for trades alone"),
    )
    for name, given, why in refused:
        if given:
            raise UsageError(f"{name} was given; it means nothing over quotes, depth and orders: {why}")


def _constant(config: RunConfig) -> Latencies:
    told = config.simulation
    return (round(told.entry_ms * NS_PER_MS),), (round(told.report_ms * NS_PER_MS),)


def _slippage(config: RunConfig, known: Mapping[str, Instrument]) -> tuple[int, float]:
    """Nanos and basis points that each fill of a market order is worse."""
    ticks = config.slippage.ticks
    if not ticks:
        return 0, config.slippage_bps or config.slippage.bps or 0.0
    steps = {instrument.tick for instrument in known.values()}
    if len(steps) > 1:
        told = ", ".join(f"{symbol} {instrument.tick}" for symbol, instrument in known.items())
        raise UsageError(f"slippage.ticks: symbols of several ticks ({told}) trade here; give slippage.bps")
    return round(Decimal(str(ticks)) * nanos_from_decimal(steps.pop())), 0.0

"""From a run's description to its parts: instruments, venue rules, fees, limits, core. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

from tradetui.engine.config import InstrumentConfig, RunConfig, SimulationConfig
from tradetui.engine.errors import RunFailed, TradetuiError, UsageError
from tradetui.engine.gateways.simulated import SimulatedExecutor, VenueRules
from tradetui.engine.market.bars import Bars, Int64
from tradetui.engine.model.instrument import Instrument
from tradetui.engine.model.limits import RiskLimits
from tradetui.engine.settling import BarCore
from tradetui.engine.step import Core
from tradetui.engine.strategy import Strategy
from tradetui.engine.subscriptions import subscription_of
from tradetui.engine.trading.fees import FeeSchedule, PerShare, Regulatory
from tradetui.engine.trading.risk import RiskManager
from tradetui.engine.trading.slippage import BasisPoints, FixedTicks, NoSlippage, Slippage, VolumeShare

DAY_NS = 86_400 * 10**9
TIMES_LONGER = 3  # a symbol may well have every second bar only
DAYS_TO_TELL, STEPS_TO_TELL = 2, 20  # fewer steps may be multiples of one another by chance


def build_core(config: RunConfig, strategy: Strategy, symbols: Iterable[str]) -> BarCore:
    """A core ready for its first input."""
    known = instruments(config, symbols)
    fees = fee_schedule(config)
    rules = VenueRules(
        fees=fees,
        slippage=slippage(config),
        spread=config.spread,
        touch=config.fill == "touch",
        volume_cap=config.volume_cap,
        intrabar=config.intrabar,
        chance=config.chance,
    )
    limits = set_up(strategy, config)
    venue = SimulatedExecutor(rules, known, config.seed)
    return Core(strategy, known, venue, RiskManager(limits), fees, config.cash, config.same_close)


def set_up(strategy: Strategy, config: RunConfig) -> RiskLimits:
    """Hand the run's settings to the strategy; returns the limits that bind it."""
    if config.quantity is not None:  # a strategy that sizes itself keeps its own
        strategy.quantity = config.quantity
    strategy.allow_short = config.allow_short
    return stricter(config.limits, _own_limits(strategy))


def instruments(config: RunConfig, symbols: Iterable[str]) -> dict[str, Instrument]:
    """The instruments of a run; raises UsageError when the run file describes a symbol that the data does not have."""
    names = list(symbols)
    for name in names:
        if not name.isascii() and any("\ud800" <= letter <= "\udfff" for letter in name):
            shown = name.encode("utf-8", "backslashreplace").decode()
            raise UsageError(f"symbol {shown} is no valid text; name the symbol with --symbol, or rename its file")
    for symbol in config.instruments:
        if symbol not in names:
            raise UsageError(f"[instruments.{symbol}] is not in the data; its symbols are {', '.join(names)}")
    found = {}
    for name in names:
        told = config.instruments.get(name, InstrumentConfig())
        set_values = {f: v for f in told.__struct_fields__ if (v := getattr(told, f)) is not None}
        found[name] = Instrument(symbol=name, **{"timezone": config.timezone, **set_values})
        for field in ("tick", "lot"):
            value = getattr(found[name], field)
            if not (value.is_finite() and value >= Decimal("1e-9")):
                raise UsageError(f"instruments.{name}.{field}: {value} was given; allowed is 1e-9 or more")
        if config.quantity is not None and not found[name].on_lot(config.quantity):
            lot = found[name].lot
            raise UsageError(
                f"quantity: {config.quantity} was given; allowed is a multiple of {name}'s lot of {lot} "
                f"(a run file sets it: [instruments.{name}] lot)"
            )
    return found


def fee_schedule(config: RunConfig) -> FeeSchedule:
    """Every fee that the run asks for."""
    fees = config.fees
    per_share = None
    if fees.per_share is not None:
        per_share = PerShare(
            rate=fees.per_share, minimum=fees.per_share_minimum, maximum_fraction=fees.per_share_maximum
        )
    return FeeSchedule(
        commission=config.commission,
        fixed=config.commission_fixed,
        maker=fees.maker,
        taker=fees.taker,
        per_share=per_share,
        regulatory=Regulatory() if fees.us_regulatory else None,
    )


def slippage(config: RunConfig) -> Slippage:
    """The one slippage model that the run asks for."""
    told = config.slippage
    if config.slippage_bps or told.bps:
        return BasisPoints(config.slippage_bps or told.bps or 0.0)
    if told.ticks:
        return FixedTicks(told.ticks)
    if told.impact:
        return VolumeShare(told.impact)
    return NoSlippage()


_HARDER = ("reduce", "halt").index


def stricter(ours: RiskLimits, theirs: RiskLimits) -> RiskLimits:
    """The tighter of two sets of limits, limit by limit; every one is "at most" but the capital buffer."""
    values = {}
    for field in RiskLimits.__struct_fields__:
        a, b = getattr(ours, field), getattr(theirs, field)
        if field == "capital_buffer":
            values[field] = max(a, b)
        elif field == "position_action":
            values[field] = "reject" if "reject" in (a, b) else "reduce"
        elif field == "drawdown_action":
            values[field] = (
                a if theirs.max_drawdown is None else b if ours.max_drawdown is None else max(a, b, key=_HARDER)
            )
        else:
            values[field] = a if b is None else b if a is None else min(a, b)
    return RiskLimits(**values)


def require_bars_only(config: RunConfig, strategy: Strategy) -> None:
    """Raise UsageError for what bars alone cannot do: simulated latency, and waking a strategy that no bar wakes."""
    for name in SimulationConfig.__struct_fields__:
        if getattr(config.simulation, name) != getattr(SimulationConfig(), name):
            raise UsageError(f"simulation.{name} was given; it means something over ticks and books, not over bars")
    if not subscription_of(strategy).bar:
        raise UsageError(
            f"{strategy_name(strategy)} subscribes to {strategy.subscribes!r}; these data are bars alone, so that it "
            "would never be asked: give quotes, trades, depth or orders as --data"
        )


def require_one_length(bars: Bars) -> None:
    """Raise UsageError where one symbol's bars are longer than another's: they would be read before they have closed.

    Rows stand at the start of their bar, so a day's close would come before the first minute of that day. Bars that are
    merely rare (a minute in which nothing traded has none) are told apart by their times, which lie on no coarser grid.
    """
    lengths = {}
    for code, symbol in enumerate(bars.symbols if len(bars.symbols) > 1 else ()):
        ts = bars.ts_ns[bars.symbol == code]
        steps = np.diff(ts)
        steps = steps[steps > 0]
        if len(steps):
            lengths[symbol] = (int(steps.min()), _on_one_grid(ts, steps))
    if not lengths:
        return
    finest = min(lengths, key=lambda symbol: lengths[symbol][0])
    for symbol, (length, regular) in lengths.items():
        if regular and length >= TIMES_LONGER * lengths[finest][0]:
            raise UsageError(
                f"bars of {symbol} come every {timedelta(microseconds=length // 1000)} and those of {finest} every "
                f"{timedelta(microseconds=lengths[finest][0] // 1000)}; expected one length in one run, since the "
                "longer would be known before they end"
            )


def _on_one_grid(ts_ns: Int64, steps: Int64) -> bool:
    """Whether these are bars as long as their shortest step, and not shorter ones of which most lack."""
    shortest = int(steps.min())
    if 2 * shortest >= DAY_NS:  # days differ by an hour where the clocks change
        return len(steps) >= DAYS_TO_TELL and len(np.unique(ts_ns % DAY_NS)) <= 2
    return len(steps) >= STEPS_TO_TELL and not np.any(steps % shortest)


def decision_delay_ns(bars: Bars) -> int:
    """How long after a bar's start its decision is dated: the shortest step, so that none falls into the next bar.

    Steps are those of each symbol: where the bars of several begin at different seconds, the shortest step of all of
    them together would date a decision before the bar that it was made on has closed.
    """
    alone = len(bars.symbols) == 1
    shortest = []
    for code in range(len(bars.symbols)):
        steps = np.diff(bars.ts_ns if alone else bars.ts_ns[bars.symbol == code])
        steps = steps[steps > 0]
        if len(steps):
            shortest.append(int(steps.min()))
    return min(shortest, default=bars.interval_ns)


def canonical(config: RunConfig, strategy: Strategy) -> str:
    """The text that is hashed as the run's description: everything that decides it, and no path."""
    plain = msgspec.structs.replace(config, data=(), strategy=strategy_name(strategy), parameters=parameters(strategy))
    told = msgspec.to_builtins(plain)
    if config.simulation == SimulationConfig():  # it says nothing about a run over bars
        del told["simulation"]
    return msgspec.json.encode(told, order="deterministic").decode()


def strategy_name(strategy: Strategy) -> str:
    """What the strategy is called in reports and in the journal."""
    return strategy.name or type(strategy).__name__


def parameters(strategy: Strategy) -> dict[str, Any]:
    """The strategy's parameters as plain values; raises UsageError for one that no report could print."""
    found = _asked(strategy, "get_parameters")
    if not isinstance(found, dict):
        raise UsageError(
            f"{strategy_name(strategy)}.get_parameters returned {found!r}; expected a dict of names and values"
        )
    plain = {}
    for name, value in found.items():
        try:
            plain[str(name)] = msgspec.to_builtins(value, enc_hook=_plain)
            msgspec.json.encode(plain[str(name)])
        except (TypeError, ValueError):
            raise UsageError(
                f"{strategy_name(strategy)}: parameter {name!r} is a {type(value).__name__}; expected a number, "
                "a text, or a list or dict of them, because reports show it. Leave it out of get_parameters"
            ) from None
    return plain


def _own_limits(strategy: Strategy) -> RiskLimits:
    limits = _asked(strategy, "get_risk_limits")
    if not isinstance(limits, RiskLimits):
        raise UsageError(f"{strategy_name(strategy)}.get_risk_limits returned {limits!r}; expected RiskLimits")
    return limits


def _asked(strategy: Strategy, question: str) -> object:
    """The strategy's answer before the run begins; whatever it raises, sys.exit too, is a run that failed."""
    try:
        return getattr(strategy, question)()
    except TradetuiError:
        raise
    except (Exception, SystemExit) as error:
        said = f"{type(error).__name__}: {error}"
        raise RunFailed(f"{strategy_name(strategy)}.{question} raised {said}") from error


def _plain(value: object) -> object:
    """A number of numpy as Python's own."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(type(value).__name__)

"""One frozen, typed description of a run: the same names as the command line and the run file."""

from __future__ import annotations

import difflib
from decimal import Decimal
from typing import Any, Literal, get_args, get_type_hints

import msgspec

from tradetui.engine.errors import UsageError
from tradetui.engine.model.limits import RiskLimits

DEFAULT_CASH = Decimal(100_000)
LATENCY_MS_MAX = 60_000  # a minute: more was meant in microseconds
DEFAULT_VOLUME_CAP = Decimal("0.1")  # of a bar's volume: more would have moved the market

Parameter = bool | int | float | str
Profile = Literal["tradetui", "empyrical", "quantstats", "backtesting.py"]


class InstrumentConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run file may say about one symbol; what it leaves out keeps its default."""

    tick: Decimal | None = None
    lot: Decimal | None = None
    currency: str | None = None
    calendar: str | None = None
    timezone: str | None = None


class SlippageConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most one of the models: basis points, ticks, or square-root impact with this coefficient."""

    bps: float | None = None
    ticks: float | None = None
    impact: float | None = None


class FeeConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fees beyond `commission` and `commission_fixed`."""

    maker: Decimal | None = None
    taker: Decimal | None = None
    per_share: Decimal | None = None
    per_share_minimum: Decimal = Decimal(0)
    per_share_maximum: Decimal | None = None  # fraction of the value
    us_regulatory: bool = False


class ChanceConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seeded randomness of the simulated venue: probabilities between 0 and 1."""

    fill: float = 1.0  # that an order that could fill does
    partial: float = 0.0  # that a fill is only a part, uniformly chosen
    cancel: float = 0.0  # that the venue cancels a working order at a bar


class SimulationConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A market of ticks and books: how long messages take, where queues shrink, how long its bars are."""

    bar_seconds: float = 60.0  # of the bars built from trades
    entry_ms: float = 0.0  # how long an order takes to the venue
    report_ms: float = 0.0  # and its report back
    latency_file: str = ""  # recorded times instead: CSV with the columns entry_ms and report_ms
    cancel_ahead: Literal["back", "proportional", "front"] = "back"  # where a level shrinks without a trade
    self_trade: Literal["cancel_newest", "cancel_oldest", "cancel_both", "decrement"] = "cancel_newest"


class RunConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"from_": "from"}):
    """Everything that decides the outcome of a run, apart from the data itself."""

    strategy: str = "ma_crossover"
    parameters: dict[str, Parameter] = {}
    data: tuple[str, ...] = ()
    symbol: str = ""
    from_: str = ""
    to: str = ""
    timezone: str = "UTC"
    cash: Decimal = DEFAULT_CASH
    quantity: Decimal | None = None
    commission: Decimal = Decimal(0)
    commission_fixed: Decimal = Decimal(0)
    spread: Decimal = Decimal(0)
    slippage_bps: float = 0.0
    slippage: SlippageConfig = SlippageConfig()
    fees: FeeConfig = FeeConfig()
    fill: Literal["through", "touch"] = "through"
    intrabar: Literal["stop_first", "target_first", "adaptive"] = "stop_first"
    same_close: bool = False
    volume_cap: Decimal | None = DEFAULT_VOLUME_CAP
    chance: ChanceConfig = ChanceConfig()
    simulation: SimulationConfig = SimulationConfig()
    allow_short: bool = False
    form: Literal["auto", "event", "vectorised"] = "auto"
    seed: int = 0
    rf: float = 0.0
    profile: Profile = "tradetui"
    limits: RiskLimits = RiskLimits()
    instruments: dict[str, InstrumentConfig] = {}

    def __post_init__(self) -> None:
        """Refuse values that no run can mean, with what was seen and what is allowed."""
        _require(self.cash.is_finite() and self.cash > 0, "cash", self.cash, "a positive amount")
        if self.quantity is not None:
            _require(self.quantity.is_finite() and self.quantity > 0, "quantity", self.quantity, "a positive quantity")
        for name in ("commission", "commission_fixed", "spread"):
            value = getattr(self, name)
            _require(value.is_finite() and value >= 0, name, value, "zero or more")
        _require(self.commission < 1, "commission", self.commission, "a fraction below 1 (0.001 is 0.1 %)")
        _require(self.spread < 1, "spread", self.spread, "a fraction below 1 (0.0001 is 0.01 %)")
        _require(0 <= self.slippage_bps < 10_000, "slippage-bps", self.slippage_bps, "0 to 10,000 basis points")
        if self.volume_cap is not None:
            _require(
                self.volume_cap.is_finite() and 0 < self.volume_cap <= 1,
                "volume-cap",
                self.volume_cap,
                'a fraction of the bar\'s volume above 0 and up to 1, or "none"',
            )
        _require(
            abs(self.rf) <= 0.5, "rf", self.rf, "an annual fraction up to 0.5 (0.04 is 4 %); was a percentage meant?"
        )
        self._check_slippage()
        for name in ("fill", "partial", "cancel"):
            chance = getattr(self.chance, name)
            _require(0 <= chance <= 1, f"chance.{name}", chance, "a probability between 0 and 1")
        self._check_simulation()
        for name in FeeConfig.__struct_fields__:
            fee = getattr(self.fees, name)
            if isinstance(fee, Decimal):
                least = Decimal(-1) if name == "maker" else Decimal(0)  # a maker's fee may be a rebate
                _require(fee.is_finite() and least <= fee, f"fees.{name}", fee, f"{least} or more")

    def _check_simulation(self) -> None:
        told = self.simulation
        for name in ("entry_ms", "report_ms"):
            value = getattr(told, name)
            _require(0 <= value <= LATENCY_MS_MAX, f"simulation.{name}", value, f"0 to {LATENCY_MS_MAX:,} ms")
        seconds = told.bar_seconds
        _require(0.001 <= seconds <= 86_400, "simulation.bar_seconds", seconds, "0.001 to 86,400 seconds")
        if told.latency_file and (told.entry_ms or told.report_ms):
            raise UsageError("simulation: latency_file and entry_ms or report_ms were given; expected one or the other")

    def _check_slippage(self) -> None:
        models = {name: getattr(self.slippage, name) for name in SlippageConfig.__struct_fields__}
        told = [f"slippage.{name}" for name, value in models.items() if value is not None]
        told += ["slippage-bps"] if self.slippage_bps else []
        _require(len(told) <= 1, "slippage", " and ".join(told), "one model at a time")
        for name, value in models.items():
            _require(value is None or 0 <= value < 10_000, f"slippage.{name}", value, "0 to 10,000")


def run_config(values: dict[str, Any], where: str) -> RunConfig:
    """A RunConfig from plain values, as of a run file; `where` names their origin in messages.

    Raises UsageError for an unknown key (with the nearest known one) and for a value of the wrong kind.
    """
    _refuse_unknown(values, RunConfig, where)
    for section, kind in _SECTIONS.items():
        if section in values:
            _refuse_unknown(values[section], kind, where, section)
    for section in ("parameters", "instruments"):
        if not isinstance(values.get(section, {}), dict):
            raise UsageError(f"{where}: {section} is {values[section]!r}; expected a table of names and values")
    for symbol, entry in values.get("instruments", {}).items():
        _refuse_unknown(entry, InstrumentConfig, where, f"instruments.{symbol}")
    try:
        return msgspec.convert(values, RunConfig, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"{where}: {_in_words(str(error), values)}") from None


_SECTIONS: dict[str, type[msgspec.Struct]] = {
    "limits": RiskLimits,
    "fees": FeeConfig,
    "slippage": SlippageConfig,
    "chance": ChanceConfig,
    "simulation": SimulationConfig,
}


def _refuse_unknown(values: Any, kind: type[msgspec.Struct], where: str, section: str = "") -> None:
    at = f"{where} [{section}]" if section else where
    known = list(kind.__struct_encode_fields__)
    if not isinstance(values, dict):
        raise UsageError(f"{at}: {values!r} was given; expected a table with {', '.join(known)}")
    for key in values:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            raise UsageError(f"{at}: unknown key {key!r}; {hint}")


def _in_words(fault: str, values: dict[str, Any]) -> str:
    """msgspec's "Expected `int`, got `str` - at `$.seed`" as "seed: 'x' was given; ..."."""
    what, found, path = fault.partition(" - at `$.")
    if not found:
        return fault
    names = path.rstrip("`").split(".")
    seen: Any = values
    for name in names:
        seen = seen.get(name) if isinstance(seen, dict) else None
    allowed = _ALLOWED.get(names[-1])
    if allowed is None and what == "Invalid decimal string":
        what = "expected a number"
    return f"{'.'.join(names)}: {seen!r} was given; {allowed or what[:1].lower() + what[1:]}"


def _words_of(name: str, kind: type[msgspec.Struct] = RunConfig) -> str:
    return "expected one of " + ", ".join(get_args(get_type_hints(kind)[name]))


_ALLOWED = {name: _words_of(name) for name in ("fill", "intrabar", "form", "profile")}
_ALLOWED |= {name: _words_of(name, SimulationConfig) for name in ("cancel_ahead", "self_trade")}
_ALLOWED |= {
    "volume_cap": 'expected a fraction of the bar\'s volume, or "none"',
    "position_action": "expected one of reduce, reject",
}


def _require(holds: bool, name: str, seen: object, allowed: str) -> None:
    if not holds:
        raise UsageError(f"{name}: {seen} was given; allowed is {allowed}")

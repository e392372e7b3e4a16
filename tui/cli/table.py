"""The table that a headless run prints: plain text of one width, the same bytes on a terminal and in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradetui.engine.analytics.trades import OpenTrade
    from tradetui.engine.result import BacktestResult, Holding

WIDTH = 80
SECONDS_PER_DAY = 86_400
INSTRUMENT = {"LOT": 'lot = "0.001"', "TICK": 'tick = "0.001"'}  # what makes a check refuse and can be told


def print_result(result: BacktestResult, out: Path | None) -> None:
    """Print the run's figures to stdout."""
    sys.stdout.write("\n".join(lines(result, out)) + "\n")


def lines(result: BacktestResult, out: Path | None = None) -> Iterator[str]:
    """The table, line by line."""
    from tradetui.engine.journal.words import iso_utc

    yield from _head(result)
    yield _rule("result")
    yield from _columns(_figures(result))
    yield _rule("orders")
    counts = result.counts
    yield (
        f"  sent {counts.sent:,} = filled {counts.filled:,} + cancelled {counts.cancelled:,} "
        f"+ rejected {counts.rejected:,} + working {counts.working:,};   partly filled {counts.partially_filled:,}"
    )
    if counts.refused:
        yield "  refused  " + "   ".join(f"{check} {n:,}" for check, n in sorted(counts.refused.items()))
    for refusal in sorted(result.refusals, key=lambda refusal: refusal.check):
        yield f"  first    {refusal.check} at {iso_utc(refusal.ts_ns)[:19]}Z: {refusal.symbol} {refusal.message}"
        if refusal.check in INSTRUMENT:
            yield f"           a run file says otherwise: [instruments.{refusal.symbol}] {INSTRUMENT[refusal.check]}"
    for trade in result.open_trades:
        holding = result.holdings[trade.symbol]
        yield (
            f"  open     {trade.symbol} {trade.side} {_plain(f'{trade.quantity:,.9f}', 0)} "
            f"from {_price(holding.average_price)}, now {_price(holding.mark)}{_already(trade, holding)}"
        )
    for control in result.controls:
        yield f"  state    {control.state.value} since {iso_utc(control.ts_ns)}: {control.reason}"
    if result.curve.equity.size and result.curve.equity.min() <= 0:
        yield "  warning  equity fell to zero or below: ratios and rates mean nothing after that"
    yield _rule("proof")
    yield f"  journal  {result.journal_sha256}"
    yield f"  events   {result.events:,} in {result.seconds:.3f} s"
    if out is not None:
        yield f"  files    {out}"


def _already(trade: OpenTrade, holding: Holding) -> str:
    """What a position that was made smaller and never closed has earned: in `realised`, and in no trade."""
    sign = 1 if trade.side == "long" else -1
    earned = float(trade.cash + trade.fees) + sign * float(trade.quantity) * holding.average_price
    return f"; realised in it {_money(earned)}" if abs(earned) >= 0.005 else ""


def _head(result: BacktestResult) -> Iterator[str]:
    from tradetui.engine.journal.words import iso_utc

    parameters = " ".join(f"{name}={value}" for name, value in result.parameters.items())
    yield f"{result.strategy} {parameters}".rstrip()
    widest = max((len(source.kind) for source in result.sources), default=0)
    for source in result.sources:
        span = _span(iso_utc(source.first_ns), iso_utc(source.last_ns))
        yield f"  {source.symbol:<12} {source.rows:>10,} {source.kind:<{widest}}   {span}"


def _figures(result: BacktestResult) -> list[tuple[str, str]]:
    m = result.metrics
    return [
        ("start equity", _money(m.start_equity)),
        ("final equity", _money(m.final_equity)),
        ("total return", _percent(m.total_return)),
        ("CAGR", _percent(m.cagr)),
        ("volatility, annual", _percent(m.annual_volatility)),
        ("Sharpe", _ratio(m.sharpe)),
        ("Sortino", _ratio(m.sortino)),
        ("Calmar", _ratio(m.calmar)),
        ("max drawdown", _percent(m.max_drawdown)),
        ("longest drawdown", _lasted(m.max_drawdown_duration_s)),
        ("average drawdown", _lasted(m.average_drawdown_duration_s)),
        ("recovery time", _lasted(m.recovery_time_s)),
        ("exposure", _percent(m.exposure)),
        ("trades", f"{m.trades:,}"),
        ("win rate", _percent(m.win_rate)),
        ("profit factor", "no losses" if m.profit_factor is None and m.trades else _ratio(m.profit_factor)),
        ("average win", _money(m.average_win)),
        ("average loss", _money(m.average_loss)),
        ("realised", _money(m.realized_pnl)),
        ("unrealised", _money(m.unrealized_pnl)),
        ("fees", _money(m.fees)),
        ("fill rate", _percent(m.fill_rate)),
        ("slippage", "n/a" if m.average_slippage_bps is None else f"{_two(m.average_slippage_bps)} bps"),
        ("ambiguous trades", f"{m.ambiguous_trades:,}"),
        ("periods a year", f"{m.periods_per_year}"),
        ("profile", result.config.profile),
    ]


def _columns(figures: list[tuple[str, str]]) -> Iterator[str]:
    half = (len(figures) + 1) // 2
    for row in range(half):
        cells = [figures[row], *([figures[row + half]] if row + half < len(figures) else [])]
        yield "  " + "    ".join(f"{name:<18} {value:>17}" for name, value in cells)


def _rule(title: str) -> str:
    return f"-- {title} " + "-" * (WIDTH - len(title) - 4)


def _span(first: str, last: str) -> str:
    """From when to when; seconds are told of what lies inside one day."""
    if first[:10] == last[:10] and first[11:19] != last[11:19]:
        return f"{first[:10]} {first[11:19]} to {last[11:19]}"
    return f"{first[:16]} to {last[:16]}".replace("T", " ")


def _money(value: float | None) -> str:
    return "n/a" if value is None else _two(value)


def _percent(value: float | None) -> str:
    return "n/a" if value is None else _two(value * 100) + "%"


def _price(value: float) -> str:
    return _plain(f"{value:,.6f}", 2)


def _two(value: float) -> str:
    """Two decimals; four where two would show nothing of what there is; no sign before a zero."""
    for decimals in (2, 4):
        text = f"{value:,.{decimals}f}"
        if text.strip("-0."):
            return text
    return "0.00"


def _plain(digits: str, at_least: int) -> str:
    """A number without the zeros that end it, but for so many decimals."""
    whole, _, part = digits.partition(".")
    part = part.rstrip("0").ljust(at_least, "0")
    return f"{whole}.{part}" if part else whole


def _ratio(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _lasted(seconds: float | None) -> str:
    if seconds is None:
        return "n/a"
    for unit, name in ((SECONDS_PER_DAY, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= unit:
            return f"{seconds / unit:,.1f} {name}"
    return f"{seconds:,.1f} seconds" if seconds else "none"

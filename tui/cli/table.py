"""The table that a headless run prints: plain text of one width, the same bytes on a terminal and in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradetui.engine.result import BacktestResult

WIDTH = 80
SECONDS_PER_DAY = 86_400


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
    for trade in result.open_trades:
        holding = result.holdings[trade.symbol]
        yield (
            f"  open     {trade.symbol} {trade.side} {trade.quantity:,f} from {holding.average_price:,.6f}, "
            f"now {holding.mark:,.6g}"
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


def _head(result: BacktestResult) -> Iterator[str]:
    from tradetui.engine.journal.words import iso_utc

    parameters = " ".join(f"{name}={value}" for name, value in result.parameters.items())
    yield f"{result.strategy} {parameters}".rstrip()
    for source in result.sources:
        span = f"{iso_utc(source.first_ns)[:16]} to {iso_utc(source.last_ns)[:16]}".replace("T", " ")
        yield f"  {source.symbol:<12} {source.rows:>10,} bars   {span}"


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
        ("longest drawdown", _days(m.max_drawdown_duration_s)),
        ("average drawdown", _days(m.average_drawdown_duration_s)),
        ("recovery time", _days(m.recovery_time_s)),
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
        ("slippage", "n/a" if m.average_slippage_bps is None else f"{m.average_slippage_bps:.2f} bps"),
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


def _money(value: float | None) -> str:
    return "n/a" if value is None else f"{value:,.2f}"


def _percent(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.2%}"


def _ratio(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _days(seconds: float | None) -> str:
    if seconds is None:
        return "n/a"
    if seconds >= SECONDS_PER_DAY:
        return f"{seconds / SECONDS_PER_DAY:,.1f} days"
    return f"{seconds / 3600:,.1f} hours"

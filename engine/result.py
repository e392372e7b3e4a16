"""What came of a run: figures, trades and tables, as objects, as the JSON that scripts read, and as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from tradetui.engine.analytics.curve import Curve
from tradetui.engine.analytics.metrics import Metrics
from tradetui.engine.analytics.trades import OpenTrade, Trade
from tradetui.engine.config import RunConfig
from tradetui.engine.journal.words import iso_utc
from tradetui.engine.market.bars import Bars
from tradetui.engine.model.events import ControlEvent, FillEvent, OrderEvent, RefusalEvent, StrategyErrorEvent
from tradetui.engine.trading.order_counts import OrderCounts

SCHEMA_VERSION = 1


class Source(msgspec.Struct, frozen=True):
    """One symbol of the run's data: where it came from and what proves it."""

    symbol: str
    path: str
    rows: int
    first_ns: int
    last_ns: int
    sha256: str
    kind: str = "bars"  # what the rows are, in words

    @classmethod
    def of(cls, bars: Bars, symbol: str) -> Source:
        """The source of bars that were made in memory: the hash is of their columns."""
        import hashlib

        own = bars if len(bars.symbols) == 1 else bars.of(symbol)
        digest = hashlib.sha256()
        for column in (own.ts_ns, own.open, own.high, own.low, own.close, own.volume):
            digest.update(column.tobytes())
        first, last = (int(own.ts_ns[0]), int(own.ts_ns[-1])) if len(own) else (0, 0)
        return cls(symbol, "", len(own), first, last, digest.hexdigest())


class Holding(msgspec.Struct, frozen=True):
    """What the ledger says of one open position at the end; average cost is its truth, whatever was closed before."""

    average_price: float
    mark: float
    unrealized_pnl: float


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """A finished run. Money in `trades` and `fills` is exact, in `metrics` and `curve` it is float."""

    config: RunConfig
    strategy: str
    parameters: dict[str, Any]
    sources: tuple[Source, ...]
    metrics: Metrics
    trades: list[Trade]
    open_trades: list[OpenTrade]
    holdings: dict[str, Holding]
    fills: list[FillEvent]
    orders_sent: list[OrderEvent]
    curve: Curve
    counts: OrderCounts
    errors: Sequence[StrategyErrorEvent]
    controls: Sequence[ControlEvent]  # changes of the trading state
    refusals: Sequence[RefusalEvent]  # the first of each check
    config_sha256: str
    journal_sha256: str
    events: int
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The object that `--json` prints; numbers are numbers, times are ISO 8601 UTC."""
        from tradetui import __version__

        counts = self.counts
        run_id = f"{self.strategy}-{self.config_sha256[:6]}{self.journal_sha256[:6]}"
        return {
            "schema_version": SCHEMA_VERSION,
            "run": {
                "id": run_id,
                "mode": "backtest",
                "strategy": self.strategy,
                "parameters": self.parameters,
                "seed": self.config.seed,
                "data": [
                    {
                        "symbol": s.symbol,
                        "kind": s.kind,
                        "rows": s.rows,
                        "first": iso_utc(s.first_ns),
                        "last": iso_utc(s.last_ns),
                        "sha256": s.sha256,
                    }
                    for s in self.sources
                ],
                "config_sha256": self.config_sha256,
                "journal_sha256": self.journal_sha256,
                "events": self.events,
                "seconds": round(self.seconds, 6),
                "version": __version__,
            },
            "metrics": msgspec.to_builtins(self.metrics),
            "orders": {
                "sent": counts.sent,
                "filled": counts.filled,
                "partially_filled": counts.partially_filled,
                "cancelled": counts.cancelled,
                "rejected": counts.rejected,
                "refused": counts.refused,
            },
            "trades": [_trade(trade) for trade in self.trades],
            "open_positions": [self._open(trade) for trade in self.open_trades],
        }

    def to_json(self) -> str:
        """`to_dict` as one line of text."""
        return msgspec.json.encode(self.to_dict()).decode()

    def write(self, folder: Path) -> None:
        """Write run.json and the tables beside the session file; each appears whole or not at all."""
        from tradetui.engine.result_files import write_result

        write_result(self, folder)

    def _open(self, trade: OpenTrade) -> dict[str, Any]:
        holding = self.holdings[trade.symbol]
        return {
            "symbol": trade.symbol,
            "side": trade.side,
            "quantity": float(trade.quantity),
            "entry_ts": iso_utc(trade.entry_ts_ns),
            "entry_price": holding.average_price,
            "mark": holding.mark,
            "unrealized_pnl": holding.unrealized_pnl,
            "fees": float(trade.fees),
        }


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "symbol": trade.symbol,
        "side": trade.side,
        "quantity": float(trade.quantity),
        "entry_ts": iso_utc(trade.entry_ts_ns),
        "entry_price": float(trade.entry_price),
        "exit_ts": iso_utc(trade.exit_ts_ns),
        "exit_price": float(trade.exit_price),
        "pnl": float(trade.pnl),
        "fees": float(trade.fees),
        "ambiguous": trade.ambiguous,
    }

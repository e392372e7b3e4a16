"""Options that several commands share: what is traded, with what money, over which market."""

from __future__ import annotations

from typing import Annotated

import typer

Strategy = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE.py:CLASS",
        help="ma_crossover (default), momentum, mean_reversion, market_maker or yours.",
    ),
]
Parameters = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A strategy parameter; repeatable.")
]
From = Annotated[str | None, typer.Option("--from", metavar="TIME", help="First time, included.")]
DataPaths = Annotated[
    list[str] | None, typer.Option(metavar="PATH", help="Bars (CSV, Parquet, feather, .gz) or ticks; repeatable.")
]
Symbol = Annotated[
    str | None, typer.Option(help="Symbol of files that name none; of files with several, the one to use.")
]
To = Annotated[str | None, typer.Option(metavar="TIME", help="Last time, not included; a bare date includes its day.")]
Timezone = Annotated[str | None, typer.Option(help="Zone of times without an offset, and of the trading day. [UTC]")]
Cash = Annotated[str | None, typer.Option(help="Starting cash. [100000]")]
Quantity = Annotated[str | None, typer.Option(help="Units per entry; without it, an even share of equity.")]
Commission = Annotated[str | None, typer.Option(help="Fraction of each execution's value. [0]")]
Bars = Annotated[
    str | None, typer.Option(metavar="LENGTH", help="Length of bars built from trades: 500ms, 30s, 1min. [1min]")
]
EntryMs = Annotated[
    float | None, typer.Option(metavar="MS", help="Time of an order to the venue, over ticks and books. [0]")
]
ReportMs = Annotated[float | None, typer.Option(metavar="MS", help="Time of the report back. [0]")]
LatencyFile = Annotated[
    str | None, typer.Option(metavar="FILE.csv", help="Recorded times instead: columns entry_ms, report_ms.")
]
CancelAhead = Annotated[
    str | None,
    typer.Option(metavar="back|proportional|front", help="Where a level shrinks without a trade. [back]"),
]
SelfTrade = Annotated[
    str | None,
    typer.Option(
        metavar="cancel_newest|cancel_oldest|cancel_both|decrement", help="Own orders that meet. [cancel_newest]"
    ),
]
AllowShort = Annotated[bool, typer.Option("--allow-short", help="-1 sells short.")]
LongOnly = Annotated[bool, typer.Option("--long-only", help="-1 only closes; the default.")]
Limit = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="A risk limit, such as max_drawdown=0.1; repeatable.")
]

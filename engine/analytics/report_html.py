"""A run as one self-contained HTML page: figures, curve, drawdown and trades. No script, nothing from a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from tradetui.engine.analytics.curve import Curve

POINTS_MAX = 1_000  # a line of more is no finer on a screen, only larger as a file
TRADES_SHOWN = 1_000  # newest; trades.parquet has all of them
WIDTH, EQUITY_HEIGHT, FALL_HEIGHT, GAP, LEFT = 960, 260, 90, 26, 84

Floats = npt.NDArray[np.float64]
Row = Iterable[tuple[str, object]]  # class of the cell, what it shows


def report_html(run: Mapping[str, Any], curve: Curve) -> str:
    """The page of a finished run. `run` is the object that `--json` prints."""
    facts = run["run"]
    title = f"{facts['strategy']} {' '.join(f'{k}={v}' for k, v in facts['parameters'].items())}".strip()
    data = "; ".join(f"{d['symbol']}, {d['rows']:,} bars, {d['first']} to {d['last']}" for d in facts["data"])
    trades = run["trades"]
    shown = trades[-TRADES_SHOWN:]
    told = f"{len(trades):,} trades" + (f", the newest {len(shown):,} shown" if len(shown) < len(trades) else "")
    return "\n".join(
        (
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1><p>{escape(data)}</p>",
            _picture(curve),
            "<h2>Figures</h2>",
            _table(
                (("name", name.replace("_", " ")), ("number", _figure(value))) for name, value in run["metrics"].items()
            ),
            f"<h2>{told}</h2>",
            _table((_trade(trade) for trade in shown), _TRADE_HEAD) if shown else "<p>No trade was closed.</p>",
            f"<h2>Open positions</h2>{_table((_open(p) for p in run['open_positions']), _OPEN_HEAD)}"
            if run["open_positions"]
            else "",
            f"<p class=proof>journal {escape(facts['journal_sha256'])}<br>",
            f"run {escape(facts['id'])}, tradetui {escape(facts['version'])}</p></body></html>",
            "",
        )
    )


_TRADE_HEAD = ("symbol", "side", "quantity", "entered", "at", "left", "at", "profit, net", "fees")
_OPEN_HEAD = ("symbol", "side", "quantity", "entered", "at", "now", "unrealised", "fees")
_STYLE = (
    "body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "body{color:#1b1f24;background:#fff}"
    "h1{font-size:1.4rem;margin:0}h2{font-size:1.05rem;margin:1.6rem 0 .4rem}svg{width:100%;height:auto}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "td,th{padding:.1rem .7rem .1rem 0;text-align:left}"
    ".number{text-align:right}th{font-weight:600;border-bottom:1px solid #8c959f}.proof{color:#59636e;font-size:.8rem}"
    ".equity{fill:none;stroke:#0969da;stroke-width:1.5}.fall{fill:#cf222e;fill-opacity:.35;stroke:#cf222e;stroke-width:1}"
    "text{font-size:12px;fill:#59636e}.axis{stroke:#d1d9e0}"
    "@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}text,.proof{fill:#9198a1;color:#9198a1}}"
)


def _picture(curve: Curve) -> str:
    """Equity above, drawdown below, on one axis of time."""
    n = len(curve.ts_ns)
    if n == 0:
        return "<p>The curve has no point.</p>"
    fall = curve.equity / np.maximum.accumulate(np.maximum(curve.equity, curve.start_equity)) - 1
    rows = _rows_shown(curve.equity, fall)
    span = max(1, int(curve.ts_ns[-1] - curve.ts_ns[0]))
    x = LEFT + (curve.ts_ns[rows] - curve.ts_ns[0]) / span * (WIDTH - LEFT)
    equity, fall = curve.equity[rows], fall[rows]
    low, high = min(float(equity.min()), curve.start_equity), max(float(equity.max()), curve.start_equity)
    deepest = min(float(fall.min()), -1e-9)
    top, bottom = EQUITY_HEIGHT + GAP, EQUITY_HEIGHT + GAP + FALL_HEIGHT
    line = _points(x, EQUITY_HEIGHT - (equity - low) / ((high - low) or 1.0) * (EQUITY_HEIGHT - 12))
    area = _points(x, top + fall / deepest * FALL_HEIGHT)
    first, last = (np.datetime_as_string(np.datetime64(int(t), "ns"), "D") for t in curve.ts_ns[[0, -1]])
    return (
        f'<svg viewBox="0 0 {WIDTH} {bottom + 20}" role="img" aria-label="Equity and drawdown">'
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH}" y1="{top}" y2="{top}"/>'
        f'<polyline class="equity" points="{line}"/>'
        f'<polygon class="fall" points="{x[0]:.1f},{top} {area} {x[-1]:.1f},{top}"/>'
        f'<text x="0" y="12">{high:,.2f}</text><text x="0" y="{EQUITY_HEIGHT}">{low:,.2f}</text>'
        f'<text x="0" y="{top + 4}">drawdown</text><text x="0" y="{bottom}">{deepest:.2%}</text>'
        f'<text x="{LEFT}" y="{bottom + 16}">{first}</text>'
        f'<text x="{WIDTH}" y="{bottom + 16}" text-anchor="end">{last}</text></svg>'
    )


def _rows_shown(equity: Floats, fall: Floats) -> npt.NDArray[np.int64]:
    """Evenly spread rows, with the highest, the lowest and the deepest among them, so that no extreme is left out."""
    n = len(equity)
    spread = np.linspace(0, n - 1, min(n, POINTS_MAX)).astype(np.int64)
    return np.unique(np.concatenate((spread, [equity.argmax(), equity.argmin(), fall.argmin()])))


def _points(x: Floats, y: Floats) -> str:
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _trade(trade: Mapping[str, Any]) -> Row:
    side = trade["side"] + (" (ambiguous)" if trade["ambiguous"] else "")
    return (
        ("name", trade["symbol"]),
        ("name", side),
        ("number", _amount(trade["quantity"])),
        ("name", trade["entry_ts"]),
        ("number", _amount(trade["entry_price"])),
        ("name", trade["exit_ts"]),
        ("number", _amount(trade["exit_price"])),
        ("number", f"{trade['pnl']:,.2f}"),
        ("number", f"{trade['fees']:,.2f}"),
    )


def _open(position: Mapping[str, Any]) -> Row:
    gain = position["unrealized_pnl"]
    return (
        ("name", position["symbol"]),
        ("name", position["side"]),
        ("number", _amount(position["quantity"])),
        ("name", position["entry_ts"]),
        ("number", _amount(position["entry_price"])),
        ("number", "n/a" if position["mark"] is None else _amount(position["mark"])),
        ("number", "n/a" if gain is None else f"{gain:,.2f}"),
        ("number", f"{position['fees']:,.2f}"),
    )


def _table(rows: Iterable[Row], head: Sequence[str] = ()) -> str:
    top = f"<tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr>" if head else ""
    body = "".join(
        f"<tr>{''.join(f'<td class={kind}>{escape(str(cell))}</td>' for kind, cell in row)}</tr>" for row in rows
    )
    return f"<table>{top}{body}</table>"


def _figure(value: object) -> str:
    if value is None:
        return "n/a"
    return (
        f"{value:,}"
        if isinstance(value, int)
        else f"{value:,.6g}"
        if isinstance(value, float) and abs(value) < 1000
        else f"{value:,.2f}"
    )


def _amount(value: float) -> str:
    return f"{value:,.10g}"

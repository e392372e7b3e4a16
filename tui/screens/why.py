"""What is known about one row: a fill, an order, a position, an alert with its traceback, a line of the log."""

from __future__ import annotations

from rich.text import Text

from tradetui.engine.model.snapshot import AlertView, FillView, LogView, OrderView, PositionView, SymbolView
from tradetui.tui import format as fmt
from tradetui.tui.screens.dialogue import Detail
from tradetui.tui.view import View

Row = FillView | OrderView | PositionView | AlertView | LogView | SymbolView


def why(view: View, row: Row) -> Detail:
    """The row as label and value, then its reason or traceback as it is."""
    title, pairs, body = _described(view, row)
    styles = view.styles
    text = Text()
    width = max(len(name) for name, _ in pairs)
    for name, value in pairs:
        text.append(f"{name:<{width}}  ", styles.muted)
        text.append(f"{fmt.clean(value)}\n", styles.text)
    if body.strip():
        text.append("\n")
        lines = [fmt.clean(line) for line in body.expandtabs(4).rstrip().splitlines()]
        text.append("\n".join(lines), styles.text)
    text.rstrip()
    return Detail(view.look, title, text)


def _described(view: View, row: Row) -> tuple[str, list[tuple[str, str]], str]:
    if isinstance(row, FillView):
        return f"Fill {row.number}", _fill(view, row), _more(row.reason)
    if isinstance(row, OrderView):
        return f"Order {row.order_id}", _order(view, row), _more(row.reason)
    if isinstance(row, PositionView):
        return f"Position {fmt.clean(row.symbol)}", _position(view, row), ""
    if isinstance(row, AlertView):
        pairs = [
            ("Time", _time(row.ts_ns)),
            ("Severity", row.severity),
            ("Check", row.check),
            ("Symbol", row.symbol or fmt.NONE_TEXT),
            ("What", row.message),
        ]
        return f"Alert {row.number}", pairs, row.detail
    if isinstance(row, LogView):
        return f"Log {row.number}", [("Time", _time(row.ts_ns)), ("Kind", row.kind)], row.message
    return f"Symbol {fmt.clean(row.symbol)}", _symbol(view, row), ""


def _more(reason: str) -> str:
    return reason if "\n" in reason else ""


def _side(side: int) -> str:
    return "buy" if side > 0 else "sell"


def _time(ts_ns: int) -> str:
    return f"{fmt.day(ts_ns)} {fmt.clock_millis(ts_ns)} UTC"


def _fill(view: View, row: FillView) -> list[tuple[str, str]]:
    decimals = view.decimals(row.symbol, row.price)
    return [
        ("Time", _time(row.ts_ns)),
        ("Symbol", row.symbol),
        ("Side", _side(row.side)),
        ("Quantity", fmt.quantity(row.quantity)),
        ("Price", fmt.price(row.price, decimals)),
        ("Value", fmt.number(row.quantity * row.price)),
        ("Fee", fmt.number(row.fee, 0, 4)),
        ("Liquidity", row.liquidity),
        ("Role", row.role.replace("_", " ")),
        ("Realised", fmt.number(row.pnl, sign=True) if row.pnl is not None else "opens a position"),
        ("Why", row.reason.splitlines()[0] if row.reason else "the strategy gave no reason"),
    ]


def _order(view: View, row: OrderView) -> list[tuple[str, str]]:
    decimals = view.decimals(row.symbol, row.price)
    return [
        ("Time", _time(row.ts_ns)),
        ("Symbol", row.symbol),
        ("Side", _side(row.side)),
        ("Quantity", fmt.quantity(row.quantity)),
        ("Filled", fmt.quantity(row.filled)),
        ("Type", row.type.replace("_", " ")),
        ("Price", "at the market" if row.price is None else fmt.price(row.price, decimals)),
        ("Role", row.role.replace("_", " ")),
        ("Status", row.status.replace("_", " ")),
        ("Why", row.reason.splitlines()[0] if row.reason else "the strategy gave no reason"),
    ]


def _position(view: View, row: PositionView) -> list[tuple[str, str]]:
    decimals = view.decimals(row.symbol, row.average_price)
    value = None if row.mark is None else row.quantity * row.mark
    return [
        ("Symbol", row.symbol),
        ("Quantity", fmt.quantity(row.quantity)),
        ("Average", fmt.price(row.average_price, decimals)),
        ("Mark", fmt.price(row.mark, decimals)),
        ("Value", fmt.number(value)),
        ("Unrealised", fmt.number(row.unrealized, sign=True)),
        ("Realised", fmt.number(row.realized, sign=True)),
        ("Limit used", fmt.percent(row.limit_use, 1) if row.limit_use is not None else "no limit set"),
        ("Opened", _time(row.opened_ns)),
    ]


def _symbol(view: View, row: SymbolView) -> list[tuple[str, str]]:
    decimals = view.decimals(row.symbol, row.last)
    return [
        ("Symbol", row.symbol),
        ("Last", fmt.price(row.last, decimals)),
        ("Bid", fmt.price(row.bid, decimals)),
        ("Ask", fmt.price(row.ask, decimals)),
        ("Change", fmt.percent(row.change, sign=True)),
        ("Volume", fmt.quantity(row.volume)),
        ("At", _time(row.ts_ns)),
    ]

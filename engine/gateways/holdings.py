"""What the simulated venue has filled, so that its exits only ever reduce. Nanos of quantity; no money."""

from __future__ import annotations

from tradetui.engine.market.bar_fills import Resting


class Holdings:
    """Signed units of each symbol, and what of each entry its bracket may still close."""

    def __init__(self) -> None:
        self.units: dict[str, int] = {}
        self.covers: dict[str, dict[int, int]] = {}  # by symbol, then entry

    def closable(self, order: Resting) -> int:
        """How much an exit may close: never more than is held, a bracket leg never more than its entry brought."""
        held = max(0, -order.side * self.units.get(order.symbol, 0))
        cover = self.covers.get(order.symbol, {}).get(order.parent, held) if order.parent else held
        return min(order.left, held, cover)

    def reducible(self, order: Resting) -> int:
        """What `order` could reduce of the position before it opened one."""
        return max(0, -order.side * self.units.get(order.symbol, 0))

    def fill(self, order: Resting, quantity: int) -> None:
        """Book an execution."""
        symbol = order.symbol
        before = self.units.get(symbol, 0)
        self.units[symbol] = held = before + order.side * quantity
        if held == 0 or held * before < 0:  # closed, or turned round by a quote
            self.covers.pop(symbol, None)
        elif order.role == "open":
            covers = self.covers.setdefault(symbol, {})
            covers[order.order_id] = covers.get(order.order_id, 0) + quantity
        elif order.parent in (covers := self.covers.get(symbol, {})):
            covers[order.parent] -= quantity

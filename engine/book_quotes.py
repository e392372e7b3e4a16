"""The common quote from a strategy to a simulated book in few steps: numbered, journaled and sent in one go.

What `Core.signals` does with such a wish, event for event; anything else is left to it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import force_setattr

from tradetui.engine.gateways.book_venue import BookVenue
from tradetui.engine.model.events import TradingState, TwoSidedQuote, Wish
from tradetui.engine.step import Core
from tradetui.engine.trading.quick_quotes import Asked
from tradetui.engine.trading.quote_pair import ZERO


class BookQuotes:
    """Brings plain wishes to the venue of one core."""

    def __init__(self, core: Core[BookVenue]) -> None:
        self._core, self._venue, self._portfolio = core, core.venue, core.portfolio
        self._touch = core.view.quote
        self._pairs, self._quick = core.orders.quotes.pairs, core.orders.quotes.quick
        self._cash = ZERO  # the cash seen last
        self._cash_float = 0.0

    def bring(self, wishes: Sequence[Wish], ts_ns: int, cause: int) -> None:
        """Do what `Core.signals` does with wishes whose fields have been checked."""
        for wish in wishes:
            if type(wish) is not TwoSidedQuote or not self.quote(wish, ts_ns, cause):
                self._core.signals((wish,), ts_ns, cause)
                if self._core.stopped:  # it raised when it was asked for more about this one
                    return

    def quote(self, wish: TwoSidedQuote, ts_ns: int, cause: int) -> bool:
        """Bring the resting quotes to `wish`; False, and nothing has happened, where that takes a closer look."""
        core, symbol = self._core, wish.symbol
        pair = self._pairs.get(symbol)
        if wish.seq or core.state is not TradingState.ACTIVE or pair is None:
            return False
        changes = self._quick.changes(pair, wish)
        if changes is None:
            return False
        if not changes.sides:
            return True
        bid, ask = self._touch(symbol)
        if not (bid and ask):
            return False
        portfolio = self._portfolio
        if portfolio.cash is not self._cash:
            self._cash, self._cash_float = portfolio.cash, float(portfolio.cash)
        free = amounts = self._cash_float
        for name in portfolio.short:  # the proceeds of a short are not ours, and as much again backs it
            mark = ask if name == symbol else self._touch(name)[1]
            if not mark:
                return False
            tied = 2 * float(portfolio.open[name].quantity) * mark
            free, amounts = free + tied, amounts - tied
        price, seq = (bid + ask) / 2, core.seq + 1
        requote = self._quick.renew(pair, changes, wish.reason, Asked(ts_ns, seq, price, free, abs(amounts)))
        if requote is None:
            return False
        force_setattr(wish, "ts_ns", ts_ns)
        force_setattr(wish, "seq", seq)
        force_setattr(wish, "cause", cause)
        core.put_out(wish, requote)
        self._venue.requote(requote, price)
        return True

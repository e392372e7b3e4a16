"""The simulated market that runs use: the compiled one, loaded when a run needs it and not before."""

from __future__ import annotations

from collections.abc import Callable

from tradetui.engine.market.simulation import MarketSimulation, SimulationRules

Tell = Callable[[str], None]


def unheard(what: str) -> None:  # nobody listens
    """What is told where nobody asked to be told."""


def warm_up(tell: Tell) -> None:
    """Load it before the first market is made; where it must be compiled first, `tell` hears so."""
    from tradetui.engine.market.kernel.warm import warm

    warm(tell)


def simulated_market(rules: SimulationRules, symbols: int) -> MarketSimulation:
    """A market ready for its first tape. The first use after an install compiles it: see `warm_up`."""
    from tradetui.engine.market.kernel.market import KernelMarket

    return KernelMarket(rules, symbols)

"""The simulated market that runs use: the compiled one, loaded when a run needs it and not before."""

from __future__ import annotations

from tradetui.engine.market.simulation import MarketSimulation, SimulationRules


def simulated_market(rules: SimulationRules, symbols: int) -> MarketSimulation:
    """A market ready for its first tape. The first use after an install compiles it, which takes seconds."""
    from tradetui.engine.market.kernel.market import KernelMarket

    return KernelMarket(rules, symbols)

"""Every scenario is played by the plain-Python reference and by the compiled kernel."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import pytest

from market_scene import Scene, Scenes

KERNEL = "tradetui.engine.market.kernel.market"
PROGRAMS = {"reference": ("reference_market", "ReferenceMarket")}
if find_spec(KERNEL):
    PROGRAMS["kernel"] = (KERNEL, "KernelMarket")


@pytest.fixture(params=PROGRAMS)
def scene(request: pytest.FixtureRequest) -> Scenes:
    """Makes a Scene of one of the two programs: its source, its rules."""
    module, name = PROGRAMS[request.param]
    make = getattr(import_module(module), name)
    return lambda *source, **rules: Scene(make, *source, **rules)

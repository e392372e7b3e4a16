"""Every scenario is played by the plain-Python reference and by the compiled kernel."""

from __future__ import annotations

from typing import Any

import pytest

from market_scene import Scene, Scenes
from reference_market import ReferenceMarket


def program(name: str) -> Any:
    """The class of one of the two; the kernel's module compiles or reads its cache, so only where it is asked for."""
    if name == "reference":
        return ReferenceMarket
    from tradetui.engine.market.kernel.market import KernelMarket

    return KernelMarket


@pytest.fixture(params=["reference", "kernel"])
def scene(request: pytest.FixtureRequest) -> Scenes:
    """Makes a Scene of one of the two programs: its source, its rules."""
    make = program(request.param)
    return lambda *source, **rules: Scene(make, *source, **rules)


@pytest.fixture(scope="session")
def kernel() -> Any:
    return program("kernel")

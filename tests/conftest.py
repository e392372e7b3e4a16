"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real market data and known answers; a test that needs it is skipped where it is absent.

    In CI it must be there: a silent skip would hide that the known answers were not checked.
    """
    if not SHARED.is_dir():
        if os.environ.get("CI") == "true" and os.environ.get("TRADETUI_SHARED") != "absent":
            pytest.fail(f"{SHARED} is absent; set TRADETUI_SHARED=absent to run CI without the known answers")
        pytest.skip(f"{SHARED} is absent")
    return SHARED

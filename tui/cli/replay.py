"""`tradetui replay`: the screen on a recorded or bundled session, at any speed."""

from __future__ import annotations

import typer


def replay(context: typer.Context) -> None:
    """placeholder"""

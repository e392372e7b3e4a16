"""What the options before a command say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shell:
    """`headless`: without a screen."""

    headless: bool = False

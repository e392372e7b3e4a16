"""What a live session without a screen says on stderr while it runs: its alerts, and what holds new risk back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradetui.engine.model.snapshot import Snapshot

NUMBERS = re.compile(r"\d[\d.,]*")  # a reason that counts on is the same reason


class Narration:
    """Tells each thing once, in the order in which it came."""

    def __init__(self) -> None:
        self._alert = 0
        self._held: set[str] = set()

    def lines(self, snapshot: Snapshot) -> list[str]:
        """What is new since the last picture."""
        alerts = [alert for alert in snapshot.alerts if alert.number > self._alert]
        holds = {NUMBERS.sub("#", reason): reason for reason in snapshot.holds}
        new = [reason for name, reason in holds.items() if name not in self._held]
        if alerts:
            self._alert = alerts[-1].number
        self._held = set(holds)
        said = [f"{alert.symbol + ': ' if alert.symbol else ''}{alert.message}" for alert in alerts]
        return said + [f"new risk is held back: {why}" for why in new if not any(why in line for line in said)]

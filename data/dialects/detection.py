"""What was found about a file: findings with their evidence, doubts with the option that settles each."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tradetui.data.dialects.words import Dialect
from tradetui.engine.errors import UsageError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was taken for something, and why."""

    what: str
    taken_for: str
    because: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that the file cannot tell, and the option that settles it."""

    seen: str
    option: str


@dataclass(slots=True)
class Detection:
    """What was found about a file. `dialect` holds a default wherever there is a doubt."""

    path: Path
    dialect: Dialect
    findings: list[Finding] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)

    def settled(self) -> Dialect:
        """The dialect; UsageError with every option that is needed, if something is in doubt."""
        if self.doubts:
            asked = "; ".join(f"{doubt.seen}: give {doubt.option}" for doubt in self.doubts)
            raise UsageError(f"{self.path}: {asked}")
        return self.dialect

    def lines(self) -> list[str]:
        """What was taken for what, as a person reads it."""
        width = max((len(f.what) for f in self.findings), default=0)
        told = [f"  {f.what:<{width}}  {f.taken_for}  ({f.because})" for f in self.findings]
        return told + [f"  in doubt: {doubt.seen}; give {doubt.option}" for doubt in self.doubts]

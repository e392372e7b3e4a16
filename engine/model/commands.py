"""What an operator can ask of the core, imperative and frozen. The core answers with events."""

from __future__ import annotations

import msgspec


class Kill(msgspec.Struct, frozen=True, tag_field="command", tag="kill"):
    """Block new orders and cancel every working one; positions stay."""

    actor: str = "operator"
    reason: str = "kill"


class CancelAll(msgspec.Struct, frozen=True, tag_field="command", tag="cancel_all"):
    """Cancel every working order; trading goes on."""

    actor: str = "operator"
    reason: str = "cancel all"


class PauseTrading(msgspec.Struct, frozen=True, tag_field="command", tag="pause"):
    """Allow only orders that reduce positions."""

    actor: str = "operator"
    reason: str = "pause"


class ResumeTrading(msgspec.Struct, frozen=True, tag_field="command", tag="resume"):
    """Back to active after a pause; does nothing to a halt."""

    actor: str = "operator"
    reason: str = "resume"


class Unlock(msgspec.Struct, frozen=True, tag_field="command", tag="unlock"):
    """Leave HALTED for REDUCING, or REDUCING for ACTIVE: one step, with a reason."""

    reason: str
    actor: str = "operator"


class ClosePosition(msgspec.Struct, frozen=True, tag_field="command", tag="close"):
    """Close one symbol's position at the market."""

    symbol: str
    actor: str = "operator"
    reason: str = "close"


Command = Kill | CancelAll | PauseTrading | ResumeTrading | Unlock | ClosePosition

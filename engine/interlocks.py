"""What must all hold before real money may trade; each of them alone stops it. Pure: it is told the facts."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from tradetui.engine.model.limits import RiskLimits

LIVE_ORIGIN = ("https", "api.alpaca.markets")
CLOCK_SKEW_MAX_S = 1.0  # stamps and the venue's session times mean nothing beyond
LIMITS_NEEDED = ("max_position_value", "max_order_value", "max_orders_per_second", "max_drawdown")


class LiveFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is so, as settings, the operator and the broker said it. None: the broker did not say."""

    environment: str
    allowed: bool  # the flag in the settings
    expected_account: str  # its last four signs in the settings
    trading_url: str
    answered_paper: bool | None  # by the broker
    answered_account: str  # its last four signs by the broker
    answered_fault: str = ""  # why the broker did not say something
    answered_blocked: str  # why it may not trade; empty where it may
    typed: str  # what the operator typed now
    on_terminal: bool  # by a person: not from a script or a pipe
    limits: RiskLimits
    clock_skew_s: float | None
    halted: str  # why an earlier kill still stands; empty without one
    differences: int | None  # between the books and the broker; None: not compared


class Missing(msgspec.Struct, frozen=True):
    """An interlock that does not hold: its code, what was seen and what to do."""

    code: str
    seen: str
    do: str


def confirmation(account: str) -> str:
    """What the operator must type."""
    return f"LIVE {account}"


def is_live_address(url: str) -> bool:
    """Whether orders sent there trade real money at the broker, and keys reach nobody else."""
    address = urlsplit(url)
    return (address.scheme, address.netloc) == LIVE_ORIGIN


def missing(facts: LiveFacts) -> tuple[Missing, ...]:
    """Every interlock that does not hold, in a fixed order; live trading may start only where this is empty."""
    return (*_told(facts), *_answered(facts), *_state(facts))


def _told(facts: LiveFacts) -> list[Missing]:
    found = []
    if facts.environment != "live":
        found.append(Missing("ENVIRONMENT", f"the environment is {facts.environment}", "set TRADETUI_ENVIRONMENT=live"))
    if facts.allowed is not True:
        found.append(Missing("FLAG", "the settings do not allow it", "set live_allowed = true under [live]"))
    if not is_live_address(facts.trading_url):
        seen = f"orders would go to {facts.trading_url or 'nowhere'}"
        found.append(Missing("ADDRESS", seen, f"expected {'://'.join(LIVE_ORIGIN)}; unset trading_url"))
    expected = confirmation(facts.answered_account)
    if not facts.answered_account or facts.typed != expected:
        found.append(Missing("TYPED", "it was not confirmed by typing", "type LIVE and the account's last four signs"))
    if facts.on_terminal is not True:
        found.append(Missing("TERMINAL", "no person is at the terminal", "start it by hand in a terminal"))
    unset = [name for name in LIMITS_NEEDED if getattr(facts.limits, name) is None]
    if unset:
        found.append(Missing("LIMITS", f"without limit are {', '.join(unset)}", "give each with --limit NAME=VALUE"))
    return found


def _answered(facts: LiveFacts) -> list[Missing]:
    found = []
    if facts.answered_paper is not False:
        silent = f"the broker did not answer: {facts.answered_fault}" if facts.answered_fault else "nobody answered"
        seen = "the broker says that this is a paper account" if facts.answered_paper else silent
        found.append(Missing("KEYS", seen, "use keys of the live account"))
    if not facts.answered_account or facts.answered_account != facts.expected_account:
        seen = f"{_ends(facts.answered_account)}, the settings name {facts.expected_account or 'no account'}"
        found.append(Missing("ACCOUNT", seen, "set live_account to the last four signs of the account's number"))
    if facts.answered_blocked:
        found.append(Missing("BLOCKED", f"the broker says: {facts.answered_blocked}", "ask the broker"))
    return found


def _state(facts: LiveFacts) -> list[Missing]:
    found = []
    if facts.clock_skew_s is None or not abs(facts.clock_skew_s) <= CLOCK_SKEW_MAX_S:
        off = facts.clock_skew_s
        seen = "the broker's time is not known" if off is None else f"this machine's clock is off by {off:+.1f} s"
        found.append(Missing("CLOCK", seen, "have this machine's clock synchronised"))
    if facts.halted:
        do = "tradetui unlock --environment live --reason ..."
        found.append(Missing("HALTED", f"trading was halted: {facts.halted}", do))
    if facts.differences != 0:
        seen = "were not compared" if facts.differences is None else f"differ in {facts.differences} things"
        found.append(Missing("BOOKS", f"books and broker {seen}", "look at: tradetui reconcile"))
    return found


def _ends(account: str) -> str:
    return f"the account ends in {account}" if account else "the broker told no account"

"""All rules in the order in which they run, and the choice among them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import msgspec

from tradetui.data.clean.actions import ACTION_RULES
from tradetui.data.clean.bars import BAR_RULES
from tradetui.data.clean.fill import FILL_RULES
from tradetui.data.clean.order import ORDER_RULES
from tradetui.data.clean.rules import RANGES, Rule, Settings
from tradetui.data.clean.sessions import SESSION_RULES
from tradetui.data.clean.ticks import TICK_RULES
from tradetui.data.dialects.words import Kind
from tradetui.data.times import zone
from tradetui.engine.errors import UsageError

LAST = ("merge", "fill")  # what makes rows of rows runs when all faults are out
_ALL = (*ORDER_RULES, *TICK_RULES, *BAR_RULES, *FILL_RULES, *SESSION_RULES, *ACTION_RULES)
RULES: tuple[Rule, ...] = (
    *(rule for rule in _ALL if rule.name not in LAST),
    *(rule for rule in _ALL if rule.name in LAST),
)


def rules_for(kind: Kind) -> tuple[Rule, ...]:
    """The rules that judge tables of one kind."""
    return tuple(rule for rule in RULES if kind in rule.kinds)


def chosen(
    kind: Kind, more: Sequence[str] = (), less: Sequence[str] = (), only: Sequence[str] = ()
) -> tuple[Rule, ...]:
    """The rules to run: the default ones and `more` without `less`, or `only` those named.

    Raises UsageError with the nearest known name for an unknown one, and for a rule of another kind of table.
    """
    known = {rule.name: rule for rule in RULES}
    for name in (*more, *less, *only):
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"did you mean {near[0]}?" if near else "see: tradetui data clean --rules"
            raise UsageError(f"there is no rule {name!r}; {meant}")
    for name in (*more, *only):
        if kind not in known[name].kinds:
            raise UsageError(
                f"the rule {name!r} is for {' and '.join(known[name].kinds)}, and this is a table of {kind}"
            )
    if only:
        return tuple(rule for rule in rules_for(kind) if rule.name in only)
    return tuple(rule for rule in rules_for(kind) if (rule.default or rule.name in more) and rule.name not in less)


def settings_of(pairs: Sequence[str], calendar: str = "", timezone: str = "") -> Settings:
    """Settings from NAME=VALUE texts; a calendar's zone parts the days where none is named.

    Raises UsageError with the nearest known name for an unknown one.
    """
    fields: dict[str, str] = {}
    for text in pairs:
        name, equals, value = text.partition("=")
        if not equals or name not in Settings.__struct_fields__:
            near = difflib.get_close_matches(name, Settings.__struct_fields__, 1)
            meant = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(Settings.__struct_fields__)}"
            raise UsageError(f"--set {text!r}: {meant}" if equals else f"--set {text!r}: expected NAME=VALUE")
        fields[name] = value
    fields |= {name: value for name, value in (("calendar", calendar), ("timezone", timezone)) if value}
    if fields.get("calendar") and "timezone" not in fields:
        from tradetui.data.calendars import timezone_of

        fields["timezone"] = timezone_of(fields["calendar"])
    try:
        settings = msgspec.convert(fields, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise UsageError(f"--set: {error}") from None
    for name, allowed in RANGES.items():
        if not allowed.holds(value := getattr(settings, name)):
            raise UsageError(f"--set {name}={value:g}: expected a number {allowed}")
    zone(settings.timezone)
    return settings

"""Takes out of a text what is a secret, and what looks like one."""

from __future__ import annotations

import re
from collections.abc import Iterable

HIDDEN = "***"
SECRET_CHARS_MIN = 6  # a known secret shorter than this would blank ordinary words

# Every repetition has an end: a venue's garbage must not cost more than its length.
_PATTERNS = (
    (re.compile(r"(://[^/\s:@]{0,200}:)[^/\s@]{1,200}@"), rf"\1{HIDDEN}@"),  # the password of an address
    (re.compile(r"(?i)\b(bearer|basic)\s{1,4}[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"(?i)((?:secret|password|passwd|token|api[_-]?key|key[_-]?id)[\w-]{0,40}[\"']?\s{0,4}[:=]\s{0,4})"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,;}\])]+)"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b(?:PK|AK|CK)[A-Z0-9]{14,30}\b"), HIDDEN),  # key ids of Alpaca
)
_LONG_WORD = re.compile(r"(?<![\w+/])[A-Za-z0-9+/]{36,64}(?![\w+/])")


class Redactor:
    """Knows some secrets by name; the rest by how they look. Cannot be printed with them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = sorted({s for s in secrets if len(s) >= SECRET_CHARS_MIN}, key=len, reverse=True)

    def __repr__(self) -> str:
        return f"Redactor({len(self._secrets)} hidden)"

    def clean(self, text: str) -> str:
        """The text without them."""
        text = self.hide_known(text)
        for pattern, instead in _PATTERNS:
            text = pattern.sub(instead, text)
        return _LONG_WORD.sub(_hidden_if_mixed, text)

    def hide_known(self, text: str) -> str:
        """The text without those known by name: for one too long to look for others."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text


def _hidden_if_mixed(found: re.Match[str]) -> str:
    """Stars for what has small letters, capitals and digits, as secrets do and hashes and words do not."""
    word = found[0]
    return HIDDEN if all(re.search(kind, word) for kind in ("[a-z]", "[A-Z]", "[0-9]")) else word

"""HTTP answers that mean the same from every vendor, made into faults with words. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from tradetui.data.download.pages import Transient, shortened
from tradetui.data.download.patience import retry_after_s
from tradetui.engine.errors import DataError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
BUSY = (418, 429)  # 418 is Binance's ban of an address that went on after 429


def is_local(url: str) -> bool:
    """Whether an address is of this machine: no proxy is asked for it, and nobody reads along."""
    return urlsplit(url).hostname in LOOPBACK


def refuse_status(where: str, status: int, headers: Mapping[str, str], text: str, now_ns: int) -> None:
    """Raises Transient or DataError for a status that is no success; 400 and 404 are left to the vendor's module."""
    if status in BUSY:
        raise Transient(f"HTTP {status}, too many requests", retry_after_s(headers.get("Retry-After"), now_ns))
    if status >= 500 or status == 408:
        wait = retry_after_s(headers.get("Retry-After"), now_ns)
        raise Transient(f"HTTP {status} ({shortened(text) or 'no words'})", wait)
    if status == 451:
        hint = "The vendor does not serve this place: use another source, or its address for your country with --url"
        raise DataError(where, None, "HTTP 451, not available here", "HTTP 200", hint)
    if status in (401, 403):
        said = shortened(text) or "no words"
        hint = "Check the keys, and that your plan includes these data"
        raise DataError(where, None, f"HTTP {status} ({said})", "to be let in", hint)
    if not 200 <= status < 300 and status not in (400, 404):
        raise DataError(where, None, f"HTTP {status} ({shortened(text) or 'no words'})", "HTTP 200", "Check --url")

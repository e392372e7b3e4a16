"""Where every pane goes at every size. Pure arithmetic: the stage asks, the widgets obey."""

from __future__ import annotations

from dataclasses import dataclass

from textual.geometry import Region

TABS = (
    "fills",
    "positions",
    "equity",
    "risk",
    "orders",
    "log",
    "watch",
    "health",
)  # what shares one place on a small screen
MAIN = ("book", *TABS)

WIDE_FROM = (150, 38)  # from here on everything is on the screen at once
MEDIUM_FROM = (108, 30)  # from here on equity and risk have places of their own
TWO_COLUMNS_FROM = 60  # below that the book is a tab like the others
ACCOUNT_ROWS = 16
CORNER = ("log", "health")  # these share a place on a wide screen of a replay
BOOK_MAX = 72


@dataclass(frozen=True)
class Plan:
    """The region of every pane that is shown, and which panes share the tabbed place."""

    regions: dict[str, Region]
    tabs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wish:
    """What the operator and the session ask of the layout."""

    tab: str = "fills"
    zoomed: str = ""
    banner: bool = False
    symbols: int = 1
    live: bool = False  # the session is connected to something: its health has a place of its own
    corner: str = "log"  # which of log and health a wide screen of a replay shows


def plan(width: int, height: int, wish: Wish) -> Plan:
    """Every cell between the status bar and the key bar belongs to exactly one pane."""
    regions: dict[str, Region] = {}
    top = _put(regions, "status", Region(0, 0, width, 1)).bottom
    if wish.banner and height >= 8:
        top = _put(regions, "banner", Region(0, top, width, 1)).bottom
    bottom = height - 1
    if bottom > top:
        regions["keys"] = Region(0, bottom, width, 1)
    else:
        bottom = height
    scrubber = 5 if height >= 36 else 4 if height >= 23 else 3 if height >= 16 else 0
    if scrubber:
        bottom -= scrubber
        regions["scrubber"] = Region(0, bottom, width, scrubber)
    body = Region(0, top, width, max(0, bottom - top))
    if wish.zoomed in MAIN:
        regions[wish.zoomed] = body
        return Plan(regions)
    if width >= WIDE_FROM[0] and height >= WIDE_FROM[1]:
        return Plan({**regions, **_wide(body, wish)}, () if wish.live else CORNER)
    if width >= MEDIUM_FROM[0] and height >= MEDIUM_FROM[1]:
        found, tabs = _medium(body, wish)
    else:
        found, tabs = _small(body, wish)
    return Plan({**regions, **found}, tabs)


def _put(regions: dict[str, Region], name: str, region: Region) -> Region:
    regions[name] = region
    return region


def _small(body: Region, wish: Wish) -> tuple[dict[str, Region], tuple[str, ...]]:
    """Book and one tabbed place side by side, the newest alerts below."""
    regions: dict[str, Region] = {}
    if body.height >= 14:
        strip = 3 if body.height < 17 else 4 if body.height < 26 else 6
        body, regions["strip"] = _split_bottom(body, strip)
    if body.width < TWO_COLUMNS_FROM:
        tab = wish.tab if wish.tab in MAIN else "book"
        regions[tab] = body
        return regions, MAIN
    book = max(26, min(45, round(body.width * 0.44)))
    regions["book"], rest = _split_left(body, book)
    tab = wish.tab if wish.tab in TABS else TABS[0]
    regions[tab] = rest
    return regions, TABS


def _medium(body: Region, wish: Wish) -> tuple[dict[str, Region], tuple[str, ...]]:
    """Book at the left, equity above the tabbed place at the right, risk along the bottom."""
    regions: dict[str, Region] = {}
    body, regions["risk"] = _split_bottom(body, max(8, round(body.height * 0.26)))
    regions["book"], right = _split_left(body, max(46, min(BOOK_MAX, round(body.width * 0.40))))
    regions["equity"], rest = _split_top(right, max(8, round(right.height * 0.45)))
    tabs = tuple(name for name in TABS if name not in ("equity", "risk"))
    regions[wish.tab if wish.tab in tabs else tabs[0]] = rest
    return regions, tabs


def _wide(body: Region, wish: Wish) -> dict[str, Region]:
    """Watchlist and account, book, equity with positions and orders; fills, risk, health and log below."""
    regions: dict[str, Region] = {}
    upper, lower = _split_top(body, body.height - max(11, round(body.height * 0.36)))
    left, rest = _split_left(upper, max(36, min(52, round(body.width * 0.23))))
    regions["watch"], regions["account"] = _split_top(left, max(min(wish.symbols + 3, 5), upper.height - ACCOUNT_ROWS))
    regions["book"], right = _split_left(rest, max(48, min(BOOK_MAX, round(body.width * 0.32))))
    regions["equity"], right = _split_top(right, max(9, round(right.height * 0.50)))
    regions["positions"], regions["orders"] = _split_top(right, (right.height + 1) // 2)
    if wish.live:
        regions["fills"], rest = _split_left(lower, round(body.width * 0.30))
        regions["risk"], rest = _split_left(rest, round(rest.width * 0.34))
        regions["health"], regions["log"] = _split_left(rest, max(40, round(rest.width * 0.55)))
    else:
        regions["fills"], rest = _split_left(lower, round(body.width * 0.36))
        corner = wish.corner if wish.corner in CORNER else CORNER[0]
        regions["risk"], regions[corner] = _split_left(rest, round(rest.width * 0.52))
    return regions


def _split_left(region: Region, width: int) -> tuple[Region, Region]:
    width = min(width, region.width)
    return (
        Region(region.x, region.y, width, region.height),
        Region(region.x + width, region.y, region.width - width, region.height),
    )


def _split_top(region: Region, height: int) -> tuple[Region, Region]:
    height = max(0, min(height, region.height))
    return (
        Region(region.x, region.y, region.width, height),
        Region(region.x, region.y + height, region.width, region.height - height),
    )


def _split_bottom(region: Region, height: int) -> tuple[Region, Region]:
    return _split_top(region, region.height - height)

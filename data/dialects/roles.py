"""Which column of a file means what, by its name and, where names are missing, by the few values that prove it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tradetui.data.dialects.words import BOOK_KINDS, IGNORED, Kind, Roles

# Each role's names in lower case without blanks, dots, dashes and underscores; the first found wins.
NAMES: dict[str, tuple[str, ...]] = {
    "time": ("tsns", "tsus", "tsms", "ts", "datetime", "timestamp", "date", "time", "epoch", "opentime", "tradingday"),
    "symbol": ("symbol", "ticker", "sym", "instrument", "symroot"),
    "open": ("open", "o", "openprice"),
    "high": ("high", "h", "highprice"),
    "low": ("low", "l", "lowprice"),
    "close": ("close", "c", "closeprice", "last"),
    "volume": ("volume", "vol", "v", "tickvolume"),
    "adj_close": ("adjclose", "adjustedclose"),
    "dividend": ("exdividend", "dividend", "dividends"),
    "split_ratio": ("splitratio", "stocksplits", "split"),
    "price": ("price", "tradeprice", "px"),
    "size": ("size", "amount", "quantity", "qty", "tradesize", "volume", "vol"),
    "side": ("side", "type", "aggressor", "takerside", "isbuyermaker"),
    "id": ("id", "tradeid", "tid", "trid"),
    "exchange": ("ex", "exchange", "venue"),
    "condition": ("cond", "condition", "conditions", "trscond"),
    "correction": ("corr", "correction", "trcorr"),
    "bid": ("bid", "bidprice", "bestbid", "bidpx"),
    "bid_size": ("bidsiz", "bidsize", "bidqty", "bestbidsize", "bidvolume"),
    "ask": ("ask", "ofr", "offer", "askprice", "bestask", "askpx", "ofrprice"),
    "ask_size": ("ofrsiz", "asksize", "asksiz", "offersize", "askqty", "bestasksize", "askvolume"),
}
# Of files of books, where the same words mean other things.
BOOK_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("orderid", "oid", "orderno", "ordernumber", "orderref", "orderreference", "id"),
    "action": ("action", "eventtype", "event", "updatetype", "msgtype", "messagetype", "type"),
    "side": ("side", "direction", "buysell", "bidask", "bs"),
    "size": ("size", "amount", "quantity", "qty", "shares", "volume", "vol"),
    "price": ("price", "px", "limitprice"),
    "snapshot": ("issnapshot", "snapshot"),
}
ROLES_OF: dict[Kind, tuple[str, ...]] = {
    "bars": ("open", "high", "low", "close", "volume", "adj_close", "dividend", "split_ratio"),
    "trades": ("price", "size", "side", "id", "exchange", "condition", "correction"),
    "quotes": ("bid", "bid_size", "ask", "ask_size", "exchange", "condition"),
    "orders": ("id", "action", "side", "price", "size"),
    "depth": ("side", "price", "size", "snapshot"),
}
NEEDED: dict[Kind, tuple[str, ...]] = {
    "bars": ("open", "high", "low", "close"),
    "trades": ("price", "size"),
    "quotes": ("bid", "ask"),
    "orders": ("id", "action", "side", "price", "size"),
    "depth": ("side", "price", "size"),
}
MESSAGE_NAMES = {"action", "orderid", "eventtype", "updatetype"}  # of changes of an order book, which are no trades
INDEX_NAMES = ("", "unnamed0", "index")
CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


def unique_names(names: Sequence[str]) -> tuple[str, ...]:
    """A file's names with blanks cut off, those that are empty or repeated made different."""
    seen: dict[str, int] = {}
    made = []
    for name in (name.strip() for name in names):
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(made)


def roles_by_name(columns: Sequence[str], said: Roles, kind: Kind | None) -> tuple[Roles, Kind | None]:
    """The columns that are recognised, and what kind of table they make; None if none is complete.

    What the user said of a role stands. An unnamed first column is the time if no other is.
    """
    plain = {name: re.sub(r"[\s._-]+", "", name.lower()) for name in columns}
    fixed = said.used()
    kinds: tuple[Kind, ...] = ("bars", "quotes", "trades") if kind is None else (kind,)
    if kind is None and set(plain.values()) & MESSAGE_NAMES:
        return Roles(**fixed), None
    for candidate in kinds:
        found = dict(fixed)
        words = NAMES | BOOK_NAMES if candidate in BOOK_KINDS else NAMES
        for role in ("time", "symbol", *ROLES_OF[candidate]):
            free = {name: word for name, word in plain.items() if name not in found.values()}
            if role not in found and (name := _first(free, words[role])) is not None:
                found[role] = name
        if "time" not in found and columns and plain[columns[0]] in INDEX_NAMES and columns[0] not in fixed.values():
            found["time"] = columns[0]
        if "clock" not in found and "time" in found and plain.get(found["time"]) in ("date", "day"):
            clock = [name for name, word in plain.items() if word in ("time", "clock") and name not in found.values()]
            if clock:
                found["clock"] = clock[0]
        only_closes = candidate == "bars" and "close" in fixed and not {"open", "high", "low"} & set(found)
        if only_closes or all(role in found for role in NEEDED[candidate]):
            return Roles(**found), candidate
    return Roles(**fixed), None


def roles_listed(text: str) -> tuple[tuple[str, ...], Roles]:
    """The columns of a list of roles in the file's order; a name that is no role is a column that is not used."""
    names = unique_names(text.split(","))
    roles = {name: name for name in names if name in Roles.__struct_fields__ and name != IGNORED}
    return names, Roles(**roles)


def looks_like_values(fields: Sequence[str]) -> bool:
    """Whether a line holds values and not the names of columns: most of its fields are numbers."""
    numbers = sum(1 for field in fields if NUMBER.fullmatch(field.strip()))
    return len(fields) > 1 and numbers * 2 > len(fields)


def _first(names: dict[str, str], wanted: Sequence[str]) -> str | None:
    for word in wanted:
        for name, plain in names.items():
            if plain == word:
                return name
    return None

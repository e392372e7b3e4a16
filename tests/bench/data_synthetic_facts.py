"""Stylised facts of the real files: the ranges in which the invented market must lie, and which file gave each end.

Reads ../shared/data and prints every fact of every source. With --json DIR/ranges.json it writes the ranges that
tests/data/test_synthetic_facts.py compares the invented market with. A range is the least and the greatest value found:
nothing is widened.

    python tests/bench/data_synthetic_facts.py ../shared/data
    python tests/bench/data_synthetic_facts.py ../shared/data --json tests/data/synthetic_ranges.json
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tradetui.data.synthetic import TICK_NANOS as CENT
from tradetui.data.synthetic import session_open_ns
from tradetui.data.synthetic_market import facts
from tradetui.data.synthetic_market.bars import minute_bars
from tradetui.data.synthetic_market.market import Market, MarketPiece
from tradetui.data.synthetic_market.prices import common_factor
from tradetui.data.synthetic_market.symbols import market_symbols
from tradetui.engine.market.tape import ADD, MODIFY, OrderEvents

MINUTE = 60 * 10**9
NEAR, FAR = slice(0, 5), slice(10, 20)  # ticks from the best price, whose mean sizes are compared
LAGS = ("1-1", "2-10", "11-30", "31-60")
Found = Iterator[tuple[str, str, float]]  # fact, source, value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder with l2, l3, ticks, minute and daily")
    parser.add_argument("--json", type=Path, help="write the ranges there; - prints them and nothing else")
    parser.add_argument("--invented", type=int, nargs="+", metavar="SEED", help="compare invented markets with them")
    options = parser.parse_args()
    ranges = measured(options.data)
    if options.invented is not None:
        return compare(ranges, options.invented)
    text = json.dumps(ranges, indent=1, sort_keys=True) + "\n"
    if options.json and str(options.json) == "-":
        print(text, end="")
        return 0
    for fact, sources in sorted(ranges.items()):
        values = ", ".join(f"{source} {value:.3f}" for source, value in sources.items())
        print(f"{fact:34} {min(sources.values()):8.3f} .. {max(sources.values()):8.3f}   {values}")
    if options.json:
        options.json.write_text(text)
    return 0


def compare(ranges: dict[str, dict[str, float]], seeds: list[int]) -> int:
    """Prints each fact's range and the invented markets' values; gives 1 if any lies outside."""
    markets = [invented(seed) for seed in seeds]
    outside = 0
    for fact, sources in sorted(ranges.items()):
        values = [market[name] for market in markets for name in (fact, f"bars: {fact}") if name in market]
        low, high = min(sources.values()), max(sources.values())
        wrong = sum(not low <= value <= high for value in values)
        outside += wrong
        told = " ".join(f"{value:.3f}" for value in values)
        print(f"{fact:34} {low:7.3f} .. {high:7.3f}   {told}{'   OUTSIDE ' + str(wrong) if wrong else ''}")
    return int(outside > 0)


def measured(data: Path) -> dict[str, dict[str, float]]:
    """Every fact's value in every source that has it, to four digits."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for part in (lobster, nvda, bitstamp, taq, crypto_trades, binance, minutes, correlation, nights):
        for fact, source, value in part(data):
            found[fact][source] = float(f"{value:.4g}")
    return dict(found)


def lobster(data: Path) -> Found:
    """LOBSTER's 500 messages of MSFT with the book after each."""
    stem = data / "l3" / "lobster_MSFT_2012-06-21_{}_50_rows_0001-0500.csv.gz"
    messages = _csv(Path(str(stem).format("message")), ["time", "type", "id", "size", "price", "side"])
    book = _csv(Path(str(stem).format("orderbook"))).to_numpy()
    ask, ask_size, bid, bid_size = book[:, 0::4], book[:, 1::4], book[:, 2::4], book[:, 3::4]
    source = "MSFT 2012"
    spread = facts.spread_facts(bid[:, 0], ask[:, 0], 100)
    yield from (("spread median", source, spread.median), ("spread mean", source, spread.mean))
    for side, prices, sizes in (("bids", bid, bid_size), ("asks", ask, ask_size)):
        away = np.abs(prices - prices[:, :1]) // 100
        on_ticks = np.stack([np.where(away == k, sizes, 0).sum(axis=1) for k in range(20)], 1).astype(np.float64)
        yield "depth near to far", f"{source} {side}", _near_to_far(on_ticks)
    kinds = messages["type"].to_numpy()
    yield from _actions(source, int((kinds == 1).sum()), int(np.isin(kinds, (2, 3)).sum()), int((kinds == 4).sum()))
    rows = np.flatnonzero(kinds[1:] == 1) + 1
    price, signs = (messages[name].to_numpy()[rows] for name in ("price", "side"))
    behind = np.where(signs == 1, bid[rows - 1, 0] - price, price - ask[rows - 1, 0])
    yield "adds at best or better", source, float((behind <= 0).mean())
    yield from _arrivals("order", source, np.rint(messages["time"].to_numpy() * 1e9).astype(np.int64))


def nvda(data: Path) -> Found:
    """Nasdaq's messages of NVDA, from the open on; the resting book comes first."""
    source, open_ms = "NVDA 2010", 34_200_000
    rows = _csv(data / "l3" / "nasdaq_NVDA_2010-06-08_messages.csv.gz", skip=1)
    live: dict[int, tuple[int, int, bool]] = {}
    levels: dict[bool, dict[int, int]] = {True: defaultdict(int), False: defaultdict(int)}
    counts = {"A": 0, "C": 0, "T": 0, "R": 0}
    spreads: list[int] = []
    profiles: dict[bool, list[list[int]]] = {True: [], False: []}
    behind: list[int] = []

    def change(order: int, size: int) -> None:
        price, old, bid = live[order]
        levels[bid][price] += size - old
        if not levels[bid][price]:
            del levels[bid][price]
        live[order] = (price, size, bid)

    for count, (kind, ms, order, price, size, side) in enumerate(rows.iter_rows()):
        opened = ms >= open_ms
        counts[kind] += opened
        if opened and count % 20 == 0:
            best, ask = max(levels[True]), min(levels[False])
            spreads.append(ask - best)
            profiles[True].append([levels[True].get(best - k, 0) for k in range(20)])
            profiles[False].append([levels[False].get(ask + k, 0) for k in range(20)])
        if kind == "A":
            ticks, bid = round(price * 100), side == "BID"
            if opened:
                behind.append(max(levels[True]) - ticks if bid else ticks - min(levels[False]))
            live[order] = (ticks, 0, bid)
            change(order, size)
        elif kind == "R":
            change(order, int(price))  # these rows are one column short
        elif kind == "C" and order in live:
            change(order, 0)
            del live[order]
    yield "spread median", source, float(np.median(spreads))
    yield "spread mean", source, float(np.mean(spreads))
    for bid, name in ((True, "bids"), (False, "asks")):
        yield "depth near to far", f"{source} {name}", _near_to_far(np.array(profiles[bid], np.float64))
    # An execution is told twice: as T, and as the R or C of the order that was met.
    yield from _actions(source, counts["A"], counts["C"] + counts["R"] - counts["T"], counts["T"])
    yield "adds at best or better", source, float((np.array(behind) <= 0).mean())
    times = rows.to_series(1).to_numpy()
    yield from _arrivals("order", source, np.sort(times[times >= open_ms]) * 10**6)


def bitstamp(data: Path) -> Found:
    """Half an hour of Bitstamp's order feed; the snapshot at its start and the deletes at its end are left out."""
    orders = pl.read_csv(gzip.decompress((data / "l3" / "bitstamp_BTCUSD_2026-05-02_orders.csv.gz").read_bytes()))
    meta = json.loads((data / "l3" / "bitstamp_BTCUSD_2026-05-02_meta.json").read_text())
    flow = orders[meta["synthetic_created"] : -meta["synthetic_deleted"]]
    yield from _arrivals("order", "BTC Bitstamp 2026", flow["exchange_timestamp"].sort().to_numpy() * 10**6)


def taq(data: Path) -> Found:
    """A US stock's day on TAQ: the package's cleaned trades and quotes of its home exchange, and all its trades."""
    source = "XXX 2018"
    quotes = pl.read_parquet(data / "ticks" / "taq_XXX_quotes_cleaned_2018-01-02.parquet")
    trades = pl.read_parquet(data / "ticks" / "taq_XXX_trades_cleaned_2018-01-02.parquet")
    raw = pl.read_parquet(data / "ticks" / "taq_XXX_trades_2018-01-02.parquet")
    bid, ask = (np.rint(quotes[name].to_numpy() * 100).astype(np.int64) for name in ("BID", "OFR"))
    spread = facts.spread_facts(bid, ask, 1)
    yield from (("spread median", source, spread.median), ("spread mean", source, spread.mean))
    quoted, traded = (frame["ts_us"].to_numpy() * 1000 for frame in (quotes, trades))
    yield from _arrivals("quote", source, quoted)
    yield from _signs(source, traded, _lee_ready(traded, trades["PRICE"].to_numpy() * 200, quoted, bid + ask))
    open_ns = int(quoted[0]) // MINUTE * MINUTE
    yield from _returns(source, facts.clock_returns(quoted, bid + ask, open_ns, open_ns + 390 * MINUTE, MINUTE))
    printed = raw.with_columns(minute=(pl.col("ts_us") * 1000 - open_ns) // MINUTE)
    call = pl.col("COND").str.contains("[6MOQ]")
    during = printed.filter(pl.col("minute").is_between(0, 389) & ~call)
    yield from _ends(
        source, np.bincount(during["minute"].to_numpy(), during["SIZE"].to_numpy(), 390).astype(np.float64)
    )
    calls = printed.filter((pl.col("EX") == "N") & pl.col("COND").str.contains("[6O]"))["SIZE"].to_list()
    yield "opening call share", source, calls[0] / float(during["SIZE"].sum())
    yield "closing call share", source, calls[1] / float(during["SIZE"].sum())


def crypto_trades(data: Path) -> Found:
    """Two days of XRP/ETH on Binance, and a day of BTC/USD on Mt. Gox."""
    xrp = pl.read_ipc(io.BytesIO((data / "ticks" / "XRP_ETH_trades_2019-10-11_13.feather").read_bytes()))
    yield from _signs("XRP/ETH 2019", xrp["timestamp"].to_numpy() * 10**6, _signed(xrp["side"] == "buy"))
    gox = pl.read_csv(data / "ticks" / "mtgox_BTCUSD_trades_2013-01-01.csv")
    yield from _signs("BTC Mt. Gox 2013", gox["id"].to_numpy() * 1000, _signed(gox["type"] == "bid"))


def binance(data: Path) -> Found:
    """Binance's streams of best quotes and trades, spot and perpetual."""
    for source, stem in (("BTC spot 2024", "spot_BTCUSDT"), ("BTC perpetual 2024", "coinm_BTCUSD_PERP")):
        quoted, traded, sides = [], [], []
        with gzip.open(data / "l2" / f"binance_{stem}_2024-08-08.jsonl.gz", "rt") as lines:
            for line in lines:
                received, _, text = line.partition(" ")
                message = json.loads(text)
                stream = message.get("stream", "")
                if stream.endswith("bookTicker"):
                    quoted.append(int(received))
                elif stream.endswith("trade"):
                    traded.append(message["data"]["T"] * 10**6)
                    sides.append(-1 if message["data"]["m"] else 1)
        yield from _arrivals("quote", source, np.array(quoted))
        yield from _signs(source, np.array(traded), np.array(sides, np.int8))


def minutes(data: Path) -> Found:
    """Minute bars of regular New York sessions: SPY, the S&P index, and a future on it."""
    folder = data / "minute"
    spy = _csv(folder / "SPY_1min_2011-01_utc_endstamped.csv.gz", [*"tohlc", "v"], separator=";")
    stamp = pl.col("t").str.to_datetime("%Y%m%d %H%M%S").dt.replace_time_zone("UTC") - pl.duration(minutes=1)
    yield from _sessions("SPY 2011", spy.with_columns(t=stamp.dt.convert_time_zone("America/New_York")))
    future = pl.read_csv(gzip.decompress((folder / "XYZ_1min_2020-01_02_early_closes.csv.gz").read_bytes()))
    named = future.select(t=pl.col("time").str.to_datetime() - pl.duration(minutes=1), c="close", v="volume")
    yield from _sessions("S&P future 2020", named)
    etf = pl.read_csv(gzip.decompress((folder / "SPY_1min_extended_2020-01-06_09.csv.gz").read_bytes()))
    local = pl.col("time").str.slice(0, 19).str.to_datetime("%Y-%m-%d %H:%M:%S")
    yield from _sessions("SPY 2020", etf.select(t=local, c="close", v="volume"))
    index = pl.read_csv(folder / "SPX_index_1min_2019-11-05_08.csv")
    local = pl.col("Date").str.slice(0, 19).str.to_datetime()
    yield from _sessions("SPX 2019", index.select(t=local, c="Close", v=pl.lit(0)))


def correlation(data: Path) -> Found:
    """A stock and a market proxy, minute by minute, each day."""
    frame = pl.read_parquet(data / "minute" / "STOCK_MARKET_1min_closes_2001-08.parquet")
    day = pl.from_epoch("ts_us", time_unit="us").dt.date()
    names = [name for name in frame.columns if name != "ts_us"]
    for (at,), part in frame.with_columns(day=day).group_by("day", maintain_order=True):
        moves = [np.diff(np.log(part[name].to_numpy())) for name in names]
        yield "correlation of symbols", f"stock and market {at}", float(np.corrcoef(moves)[0, 1])


def nights(data: Path) -> Found:
    """Daily bars: how large the moves over night are beside those of a session, and their kurtosis."""
    for source, name in (
        ("GOOG", "GOOG_2004-2013.csv"),
        ("SPY", "SPY_2008-2017.csv.gz"),
        ("ORCL", "ORCL_1995-2014.csv.gz"),
        ("YHOO", "YHOO_1996-2014.csv.gz"),
    ):
        raw = (data / "daily" / name).read_bytes()
        frame = pl.read_csv(gzip.decompress(raw) if name.endswith("gz") else raw)
        opens, closes = (frame[column].cast(pl.Float64).to_numpy() for column in ("Open", "Close"))
        night, session = np.log(opens[1:] / closes[:-1]), np.log(closes / opens)
        yield "night to session deviation", source, float(np.std(night) / np.std(session))


def invented(seed: int, symbols: int = 8, days: int = 5, events: int = 40_000) -> dict[str, float]:
    """The same facts of an invented market: of each symbol and day, their mean; of returns and volume, all together."""
    market = Market(seed, market_symbols(seed, symbols), date(2026, 3, 2), days)
    found: dict[str, list[float]] = defaultdict(list)
    moves, volumes, closes, opens = [], [], [], []
    for day in range(days):
        piece = market.whole(day, events)
        session, open_ns = piece.session, session_open_ns(market.days[day])
        rows = [_of_symbol(piece, code, open_ns) for code in range(symbols)]
        for facts_of_symbol, _, volume, _ in rows:
            for fact, value in facts_of_symbol.items():
                found[fact].append(value)
            volumes.append(volume)
        moves.append([returns for _, returns, _, _ in rows])
        opens.append([ends[0] for _, _, _, ends in rows])
        closes.append([ends[1] for _, _, _, ends in rows])
        assert len(session.symbols) == symbols
    result = {fact: float(np.median(values)) for fact, values in found.items()}
    by_symbol = [np.concatenate([day[code] for day in moves]) for code in range(symbols)]
    for returns in by_symbol:
        for fact, _, value in _returns("", returns):
            found[fact].append(value)
    for fact in ("kurtosis", "tail index", "returns lag 1", *(f"absolute returns lag {x}" for x in LAGS)):
        result[fact] = float(np.median(found[fact]))
    result |= {fact: value for fact, _, value in _ends("", np.mean(volumes, axis=0))}
    result |= invented_bars(seed)
    proxy = np.mean(by_symbol, axis=0)
    result["correlation of symbols"] = float(np.mean([np.corrcoef(own, proxy)[0, 1] for own in by_symbol]))
    return result


def invented_bars(seed: int, symbols: int = 3, days: int = 1_200) -> dict[str, float]:
    """Facts that need many days, of minute bars that were made without books."""
    found: dict[str, list[float]] = defaultdict(list)
    factor = common_factor(seed, days)
    for index, symbol in enumerate(market_symbols(seed, symbols)):
        bars = minute_bars(seed, index, symbol, date(2026, 3, 2), factor)
        opens, closes = np.log(bars.open[::390]), np.log(bars.close[389::390])
        found["night to session deviation"].append(np.std(opens[1:] - closes[:-1]) / np.std(closes - opens))
        inside = np.diff(np.log(bars.close.reshape(days, 390)), axis=1)
        for fact, _, value in (*_returns("", inside.reshape(-1)), *_ends("", bars.volume.reshape(days, 390).mean(0))):
            found[f"bars: {fact}"].append(value)
    return {fact: float(np.median(values)) for fact, values in found.items()}


def _of_symbol(piece: MarketPiece, code: int, open_ns: int) -> Any:
    """Facts of one symbol's day; its minute returns and volumes; its first and last middle price."""
    quotes, trades, orders = piece.session.quotes, piece.session.trades, piece.orders
    quoted, traded, own = (np.flatnonzero(table.symbol == code) for table in (quotes, trades, orders))
    bid, ask = quotes.bid[quoted] // CENT, quotes.ask[quoted] // CENT
    spread = facts.spread_facts(bid, ask, 1)
    side = trades.side[traded]
    during = traded[side != 0]
    volume = np.bincount((trades.ts_ns[during] - open_ns) // MINUTE, trades.size[during] / 1e9, 390)
    actions = np.bincount(orders.action[own][orders.ts_ns[own] > open_ns], minlength=5)
    near_to_far, at_best = _replayed(piece.orders, own, open_ns)
    values = [
        ("spread median", "", spread.median),
        ("spread mean", "", spread.mean),
        ("depth near to far", "", near_to_far),
        ("adds at best or better", "", at_best),
        *_actions("", int(actions[1]), int(actions[2] + actions[3]), int(actions[4])),
        *_arrivals("order", "", orders.ts_ns[own]),
        *_arrivals("quote", "", quotes.ts_ns[quoted]),
        *_signs("", trades.ts_ns[during], trades.side[during]),
    ]
    calls = trades.size[traded[side == 0]] / 1e9 / volume.sum()
    values += [("opening call share", "", float(calls[0])), ("closing call share", "", float(calls[-1]))]
    returns = facts.clock_returns(quotes.ts_ns[quoted], bid + ask, open_ns, open_ns + 390 * MINUTE, MINUTE)
    return {fact: value for fact, _, value in values}, returns, volume, ((bid + ask)[0], (bid + ask)[-1])


def _replayed(orders: OrderEvents, own: npt.NDArray[np.int64], open_ns: int) -> tuple[float, float]:
    """Mean size near the best price over that farther away, and the share of new orders at or inside the best price."""
    levels: dict[int, dict[int, int]] = {1: defaultdict(int), -1: defaultdict(int)}
    sizes: dict[int, int] = {}
    profiles, at_best = [], []
    columns = [getattr(orders, name)[own].tolist() for name in ("ts_ns", "action", "order_id", "side", "price", "size")]
    for count, (ts, action, order, side, price, size) in enumerate(zip(*columns, strict=True)):
        level, tick = levels[side], price // CENT
        if action == ADD:
            if ts > open_ns:
                at_best.append((tick - (max(level) if side > 0 else min(level))) * side >= 0)
            change, sizes[order] = size, size
        elif action == MODIFY:
            change = size - sizes[order]
            sizes[order] = size
        else:
            change = -size
            sizes[order] -= size
        level[tick] += change
        if not level[tick]:
            del level[tick]
        if ts > open_ns and count % 1000 == 0:
            bid, ask = max(levels[1]), min(levels[-1])
            profiles.append([levels[1].get(bid - k, 0) for k in range(20)])
            profiles.append([levels[-1].get(ask + k, 0) for k in range(20)])
    return _near_to_far(np.array(profiles, np.float64)), float(np.mean(at_best))


def _sessions(source: str, bars: pl.DataFrame) -> Found:
    """Facts of the whole sessions among bars stamped at their start in New York."""
    minute = pl.col("t").dt.hour().cast(pl.Int32) * 60 + pl.col("t").dt.minute()
    inside = bars.filter((minute >= 570) & (minute < 960)).with_columns(day=pl.col("t").dt.date())
    days = [part for _, part in inside.group_by("day", maintain_order=True) if len(part) == 390]
    yield from _returns(source, np.concatenate([np.diff(np.log(day["c"].to_numpy())) for day in days]))
    volume = np.mean([day["v"].to_numpy() for day in days], axis=0)
    if volume.any():
        yield from _ends(source, volume)


def _returns(source: str, returns: npt.NDArray[np.float64]) -> Found:
    tails, size = facts.tail_facts(returns), np.abs(returns)
    yield from (("kurtosis", source, tails.kurtosis), ("tail index", source, tails.hill))
    yield "returns lag 1", source, facts.autocorrelation(returns, 1)
    for lags in LAGS:
        first, last = map(int, lags.split("-"))
        yield f"absolute returns lag {lags}", source, facts.mean_autocorrelation(size, first, last)


def _ends(source: str, volume: npt.NDArray[np.float64]) -> Found:
    first, last = facts.ends_to_middle(volume)
    yield from (("volume first half hour", source, first), ("volume last half hour", source, last))


def _arrivals(what: str, source: str, ts_ns: npt.NDArray[np.int64]) -> Found:
    """Of distinct instants, because feeds stamp with different precision."""
    found = facts.arrival_facts(np.unique(ts_ns))
    yield from ((f"{what} variation", source, found.variation), (f"{what} memory", source, found.memory))


def _signs(source: str, ts_ns: npt.NDArray[np.int64], side: npt.NDArray[np.int8]) -> Found:
    first = facts.market_orders(ts_ns, side)
    yield from _arrivals("trade", source, ts_ns[first])
    if first.sum() < 2_000:
        return  # too few for lags of fifty
    for low, high in ((1, 1), (2, 5), (6, 20), (21, 50)):
        yield f"signs lag {low}-{high}", source, facts.mean_autocorrelation(side[first], low, high)


def _actions(source: str, adds: int, cancels: int, executions: int) -> Found:
    whole = adds + cancels + executions
    yield from (("share of adds", source, adds / whole), ("share of executions", source, executions / whole))


def _near_to_far(sizes: npt.NDArray[np.float64]) -> float:
    return float(sizes[:, NEAR].mean() / sizes[:, FAR].mean())


def _signed(buys: pl.Series) -> npt.NDArray[np.int8]:
    return np.where(buys.to_numpy(), 1, -1).astype(np.int8)


def _lee_ready(ts: Any, price: Any, quoted: Any, middle: Any) -> npt.NDArray[np.int8]:
    """Who came: the side of the last quote's middle, at it the direction of the last change (Lee, Ready 1991)."""
    row = np.maximum(np.searchsorted(quoted, ts) - 1, 0)
    tick = np.sign(np.diff(price, prepend=price[0]))
    changed = np.maximum.accumulate(np.where(tick != 0, np.arange(len(tick)), 0))
    side = np.sign(np.rint(price - middle[row]))
    signs: npt.NDArray[np.int8] = np.where(side == 0, tick[changed], side).astype(np.int8)
    return signs


def _csv(path: Path, names: list[str] | None = None, separator: str = ",", skip: int = 0) -> pl.DataFrame:
    raw = gzip.decompress(path.read_bytes())
    return pl.read_csv(raw, has_header=False, new_columns=names, separator=separator, skip_rows=skip)


if __name__ == "__main__":
    sys.exit(main())

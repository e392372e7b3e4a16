"""Yahoo's bars through yfinance: prices adjusted for splits, not for dividends. Brings pandas, which stays in here.

Yahoo lets only browsers in: yfinance imitates one down to its handshake and carries cookies, which plain HTTP does not.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from tradetui.data.download.answers import BUSY, is_local, refuse_status
from tradetui.data.download.pages import NS_PER_S, Page, Row, Transient, number_text, shape_fault, shortened
from tradetui.data.download.patience import http_date_ns
from tradetui.data.times import DAY_NS, EPOCH, time_text
from tradetui.engine.errors import DataError, UsageError

URL = "https://query2.finance.yahoo.com"
INTERVALS = {"1min": "1m", "5min": "5m", "15min": "15m", "1hour": "1h", "1day": "1d"}
DAYS_A_PAGE = {"1min": 7, "5min": 30, "15min": 30, "1hour": 180, "1day": 3650}
DAYS_KEPT = {"1min": 30, "5min": 60, "15min": 60, "1hour": 730}  # older ones are not served
COLUMNS = ("Open", "High", "Low", "Close", "Volume")
ONE_AT_A_TIME = threading.Lock()  # yfinance keeps one session, one crumb and one settings object a process
ASKED = count(
    1
)  # and the answers about the past, empty ones too, by what was asked: a timeout never used before is new


class YahooSource:
    """Bars by windows of time."""

    name = "yahoo"
    gapless = False
    cost = 1.0

    def __init__(self, url: str, now_ns: Callable[[], int], timeout_s: float) -> None:
        self._url = url
        self._now_ns = now_ns
        self._timeout_s = timeout_s
        self._session: Any = None

    def page(self, symbol: str, timeframe: str, start_ns: int, stop_ns: int, cursor: str | None) -> Page:
        """As Source.page; the cursor is the start of a window. UsageError for bars older than Yahoo keeps."""
        self._refuse_too_old(symbol, timeframe, start_ns)
        begin_ns = start_ns if cursor is None else int(cursor)
        end_ns = min(stop_ns, (begin_ns // DAY_NS + DAYS_A_PAGE[timeframe]) * DAY_NS)
        with ONE_AT_A_TIME:
            if self._session is None:
                self._session = _new_session(self._url, self._timeout_s, self._now_ns)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pandas tells yfinance which of its calls will go
                frame = self._history(symbol, timeframe, begin_ns, end_ns)
            as_of_ns = http_date_ns(self._session.heard.get("Date"))
        rows = [] if frame is None else list(self._rows(symbol, timeframe, frame))
        rows = [row for row in rows if begin_ns <= row.ts_ns < end_ns]
        return Page(rows, None if end_ns >= stop_ns else str(end_ns), end_ns, as_of_ns)

    def close(self) -> None:
        """As Source.close."""
        if self._session is not None:
            self._session.close()

    def _refuse_too_old(self, symbol: str, timeframe: str, start_ns: int) -> None:
        kept = DAYS_KEPT.get(timeframe)
        if kept is not None and start_ns < self._now_ns() - kept * DAY_NS:
            oldest = time_text((self._now_ns() // DAY_NS - kept + 1) * DAY_NS)
            raise UsageError(
                f"yahoo {symbol}: bars of {timeframe} from {time_text(start_ns)} are too old: Yahoo keeps {kept} days. "
                f"Expected --from {oldest[:10]} or later, or a longer --timeframe"
            )

    def _history(self, symbol: str, timeframe: str, begin_ns: int, end_ns: int) -> Any:  # a pandas frame, or None
        import yfinance  # type: ignore[import-untyped]
        from curl_cffi.requests.exceptions import RequestException
        from yfinance.exceptions import (  # type: ignore[import-untyped]
            YFException,
            YFPricesMissingError,
            YFRateLimitError,
            YFTzMissingError,
        )

        yfinance.config.debug.hide_exceptions = False
        logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # every fault is told by us, once and with what to do
        moments = [EPOCH + timedelta(seconds=ts_ns // NS_PER_S) for ts_ns in (begin_ns, end_ns)]
        if timeframe == "1day":  # dates are read in the exchange's own zone
            moments = [moment.replace(tzinfo=None) for moment in moments]
        try:
            return yfinance.Ticker(symbol, session=self._session).history(
                interval=INTERVALS[timeframe],
                start=moments[0],
                end=moments[1],
                auto_adjust=False,
                actions=False,
                keepna=True,
                timeout=self._timeout_s + next(ASKED) / 1000,
            )
        except YFRateLimitError:
            refuse_status(f"{self.name} {symbol}", 429, self._session.heard, "", self._now_ns())
        except (YFTzMissingError, YFPricesMissingError) as error:
            return self._absent(symbol, error)
        except RequestException as error:
            raise Transient(f"the connection failed ({shortened(str(error), 80)})") from error
        except (YFException, KeyError, TypeError, IndexError, AttributeError, ValueError) as error:
            seen = f"an answer that yfinance cannot read ({type(error).__name__}: {shortened(str(error), 80)})"
            raise shape_fault(self.name, symbol, seen, "a chart with times, prices and volumes") from error

    def _absent(self, symbol: str, error: Any) -> None:
        """None for a window without bars; DataError where Yahoo knows no such symbol."""
        said = shortened(str(getattr(error, "yahoo_reason", None) or ""))
        if self._session.status < 400 or said.startswith("Data doesn't exist"):
            return
        hint = "Symbols are as on Yahoo's pages: BRK-B, ^GSPC, BTC-USD, EURUSD=X"
        seen = f"HTTP {self._session.status} ({said or 'no words'})"
        raise DataError(f"{self.name} {symbol}", None, seen, "a symbol it lists", hint) from error

    def _rows(self, symbol: str, timeframe: str, frame: Any) -> Any:  # an iterator of rows
        missing = [name for name in COLUMNS if name not in frame.columns]
        if missing:
            seen = f"no column {', '.join(missing)} among {', '.join(map(str, frame.columns))}"
            raise shape_fault(self.name, symbol, seen, ", ".join(COLUMNS))
        for stamp, *values in zip(frame.index, *(frame[name].tolist() for name in COLUMNS), strict=True):
            texts = [number_text(value) for value in values]
            if not any(texts[:4]):
                continue  # Yahoo's row for a time at which nothing traded
            if timeframe == "1day":
                stamp = datetime(stamp.year, stamp.month, stamp.day, tzinfo=UTC)
            yield Row(int(stamp.timestamp()) * NS_PER_S, *(text or "" for text in texts))


def _new_session(url: str, timeout_s: float, now_ns: Callable[[], int]) -> Any:  # a session as yfinance takes it
    import yfinance  # noqa: F401  # sets filters for warnings when it is imported, so before ours
    from curl_cffi import requests

    home, there = urlsplit(URL), urlsplit(url)

    class Session(requests.Session[requests.Response]):
        """A browser's session that goes to `url`, remembers what it heard, and lets no broken answer into yfinance.

        yfinance remembers answers about the past for the life of the process, a server's fault as well.
        """

        status = 0
        heard: Any = {}  # noqa: RUF012  # replaced, never changed

        def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
            kwargs["timeout"] = timeout_s
            parts = urlsplit(url)
            if there.netloc != home.netloc:
                url = urlunsplit(parts._replace(scheme=there.scheme, netloc=there.netloc))
            response = super().request(method, url, *args, **kwargs)
            if "/v8/finance/chart/" in parts.path:
                self.status, self.heard = response.status_code, response.headers
                _refuse_broken(parts.path.rpartition("/")[2], response, now_ns())
            return response

    return Session(impersonate="chrome", trust_env=not is_local(url))


def _refuse_broken(symbol: str, response: Any, now_ns: int) -> None:
    told_to_wait = response.status_code in BUSY and "Retry-After" in response.headers
    if response.status_code >= 500 or told_to_wait:  # else yfinance first tries again with other cookies
        refuse_status(f"yahoo {symbol}", response.status_code, response.headers, response.text, now_ns)
    if response.status_code == 200:
        try:
            body = response.json()
        except ValueError:
            raise Transient(f"an answer that is not JSON ({shortened(response.text, 60)})") from None
        if not isinstance(body, dict) or not isinstance(body.get("chart"), dict) or "result" not in body["chart"]:
            raise shape_fault("yahoo", symbol, f"an answer {shortened(response.text, 60)}", "a chart with a result")

"""Daily bars, splits and dividends from the v8 chart of Yahoo Finance: no key, not an official interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import partial
from typing import ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.feeds.provider import Ask, Common, Domain, Reading, Row, Target, Window
from ingestion.fetch.answers import Flaw
from ingestion.fetch.archive import Fetch
from ingestion.landing.cells import CellError
from ingestion.providers.bars import Bars, dividend, split
from ingestion.providers.pages import busy, local_date, moment, number, opened_json, parse_json, refused, unknown, wrong

BEYOND = timedelta(days=7)
"""How far past the window is asked: a split that took effect after its last session restates the window, too."""
ARRAYS = {"open_usd": "open", "high_usd": "high", "low_usd": "low", "close_usd": "close", "volume": "volume"}
# Callers without a name are said to get 429; this one is true.
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; hashwatt)"}


@dataclass(frozen=True)
class _Chart:
    """The parts of a chart: `times` in seconds since 1970, one array for each column of a bar, all of one length."""

    zone: tzinfo
    times: list[object]
    columns: Mapping[str, list[object]]
    last_trade: object
    dividends: Mapping[str, object]
    splits: Mapping[str, object]


@dataclass(frozen=True)
class Yahoo(Common):
    """Prices, dividends and volumes are restated for all splits up to the answer, not for dividends.

    A session without a value stands as null in all arrays: no bar. While a session is under way its row shows the
    latest trade.
    """

    name: ClassVar[str] = "yahoo"
    domain: ClassVar[Domain] = "market"
    base_url: ClassVar[str] = "https://query1.finance.yahoo.com"
    hosts: ClassVar[tuple[str, ...]] = ("query1.finance.yahoo.com",)
    requests: ClassVar[int] = 2
    seconds: ClassVar[float] = 1.0
    is_split_adjusted: ClassVar[bool] = True
    reaches_to_now: ClassVar[bool] = True
    parser_version: ClassVar[str] = "yahoo-chart-1"

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        # A day more on both sides, since no time zone is a day away from UTC; what is outside is not read.
        params = {
            "interval": "1d",
            "period1": str(_seconds(window.first - timedelta(days=1))),
            "period2": str(_seconds(window.last + BEYOND)),
            "events": "div,splits",
            "includeAdjustedClose": "false",
        }
        path = f"/v8/finance/chart/{quote(target.symbol, safe='')}"
        ask(path, kind="json", params=params, headers=HEADERS, check=partial(_check, target.symbol))

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        chart = opened_json(fetch, content, _chart)
        bars = Bars(fetch, target, window, closes)

        def on(value: object) -> date:
            return local_date(moment(value, "s", fetch.fetched_at_utc), chart.zone)

        last = len(chart.times) - 1
        for place, time in enumerate(chart.times):
            cells: Row = {"time": time, **{column: values[place] for column, values in chart.columns.items()}}
            if cells["close_usd"] is None or (place == last - 1 and _is_superseded(chart, on)):
                continue
            bars.add(place + 1, cells, partial(on, time))
        for place, event in enumerate(chart.dividends.values(), start=1):
            cells = _cells(event)
            bars.act(place, cells, partial(_dividend, cells, on))
        for place, event in enumerate(chart.splits.values(), start=1):
            cells = _cells(event)
            bars.act(place, cells, partial(_split, cells, on))
        return bars.reading()


def _is_superseded(chart: _Chart, on: Callable[[object], date]) -> bool:
    """Whether the last row is the latest trade of the day of the row before it, which it replaces then."""
    try:
        return chart.times[-1] == chart.last_trade and on(chart.times[-1]) == on(chart.times[-2])
    except CellError:
        return False


def _dividend(cells: Row, on: Callable[[object], date]) -> Row:
    return dividend(on(cells.get("date")), number(cells.get("amount"), "amount"))


def _split(cells: Row, on: Callable[[object], date]) -> Row:
    after, before = (number(cells.get(name), name) for name in ("numerator", "denominator"))
    return split(on(cells.get("date")), after / before if after and before else None)


def _cells(event: object) -> Row:
    return event if isinstance(event, dict) else {"event": event}


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _check(symbol: str, content: bytes) -> None:
    _chart(content, symbol)


def _chart(content: bytes, symbol: str | None = None) -> _Chart:
    """The chart of `symbol`; without one, of whatever it is a chart of. Raises Flaw."""
    document = parse_json(content)
    body = document.get("chart", document.get("finance")) if isinstance(document, dict) else None
    if not isinstance(body, dict):
        raise wrong(f"no chart; the body begins {content[:40]!r}")
    if isinstance(body.get("error"), dict):
        raise _told(str(body["error"].get("code")), str(body["error"].get("description")))
    results = body.get("result")
    result = results[0] if isinstance(results, list) and len(results) == 1 else None
    meta = _object(result.get("meta")) if isinstance(result, dict) else {}
    if not isinstance(result, dict) or not meta:
        raise wrong("a chart without a result")
    if symbol is not None and str(meta.get("symbol")).upper() != symbol.upper():
        raise unknown(f"asked about {symbol}, Yahoo tells of {meta.get('symbol')}")
    if meta.get("currency") not in ("USD", None):
        raise unknown(f"{meta.get('symbol')} is priced in {meta.get('currency')}, not in US dollars")
    if meta.get("dataGranularity") != "1d":
        raise wrong(f"bars of {meta.get('dataGranularity')}, asked for days")
    times, quotes = result.get("timestamp", []), _object(result.get("indicators")).get("quote")
    given = _object(quotes[0]) if isinstance(quotes, list) and quotes else {}
    columns: dict[str, list[object]] = {}
    for column, name in ARRAYS.items():
        values = given.get(name, [])
        if not isinstance(times, list) or not isinstance(values, list) or len(values) != len(times):
            raise wrong("arrays of different lengths, so that no value can be told to belong to a day")
        columns[column] = values
    events = _object(result.get("events"))
    return _Chart(
        _zone(meta.get("exchangeTimezoneName")),
        times,
        columns,
        meta.get("regularMarketTime"),
        _object(events.get("dividends")),
        _object(events.get("splits")),
    )


def _object(value: object) -> Mapping[str, object]:
    """The object; an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def _told(code: str, description: str) -> Flaw:
    """An error in its own words. The second wording stands for a time before the first bar."""
    words = f"Yahoo says {code}: {description}"
    if code == "Not Found" or description.startswith("Data doesn't exist for startDate"):
        return unknown(words)
    if code in ("Too Many Requests", "Internal Server Error", "internal-error"):  # assumed to come in this form, too
        return busy(words)
    return refused(words)


def _zone(name: object) -> tzinfo:
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise wrong(f"{name!r} is no time zone, so that no bar can be given a day") from None

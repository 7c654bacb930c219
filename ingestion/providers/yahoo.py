"""Daily bars, splits and dividends from the v8 chart of Yahoo Finance: no key, not an official interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingestion.fetch.http import own_name
from ingestion.fetch.http_errors import FetchError
from ingestion.landing.batch import CellError
from ingestion.providers.pages import busy, local_date, moment, number, parse_object, refused, unknown, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import BAR_COLUMNS, Rows, Target, Window

BEYOND = timedelta(days=7)
"""How far past the window is asked: a split that took effect after its last session restates the window, too."""
ARRAYS = {"open_usd": "open", "high_usd": "high", "low_usd": "low", "close_usd": "close", "volume": "volume"}
# Callers that do not write their name as browsers do are said to get 429; this one is true.
HEADERS = {"User-Agent": f"Mozilla/5.0 (compatible; {own_name()})"}

Chart = tuple[Mapping[str, object], tzinfo, Mapping[str, list[object]], Mapping[str, object]]
"""What the chart says of itself, the time zone of its days, one array for each column of a bar and the `time` in seconds since
1970, all of one length, and events by their kind."""


class Yahoo(Provider[Chart]):
    """Prices, dividends and volumes are restated for all splits up to the answer, not for dividends.

    A session without a value stands as null in all arrays: no bar. While a session is under way its row shows the
    latest trade. The volume of a coin is in dollars, of all venues together, and is not read.
    """

    name = "yahoo"
    base_url = "https://query1.finance.yahoo.com"
    requests, seconds = 1, 2.5  # faster callers are shut out by address, for minutes to hours
    is_spent_by_429 = True
    is_split_adjusted = True
    parser_version = "yahoo-chart-3"

    def gives(self, target: Target) -> Sequence[str]:
        return BAR_COLUMNS[:-1] if target.calendar == "UTC" else BAR_COLUMNS

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        # A day more on both sides, since no time zone is a day away from UTC; what is outside is not read.
        params = {
            "interval": "1d",
            "period1": str(_seconds(window.first - timedelta(days=1))),
            "period2": str(_seconds(window.last + BEYOND)),
            "events": "div,splits",
            "includeAdjustedClose": "false",
        }
        return Request(f"/v8/finance/chart/{quote(target.symbol, safe='')}", params, HEADERS)

    def parse(self, content: bytes) -> Chart:
        document = parse_object(content, "chart")
        body = document.get("chart", document.get("finance"))
        if not isinstance(body, dict):
            raise wrong(f"no chart; the body begins {content[:40]!r}")
        if isinstance(body.get("error"), dict):
            raise _told(str(body["error"].get("code")), str(body["error"].get("description")))
        results = body.get("result")
        result = _object(results[0]) if isinstance(results, list) and len(results) == 1 else {}
        meta = _object(result.get("meta"))
        if not meta:
            raise wrong("a chart without a result")
        if meta.get("currency") not in ("USD", None):
            raise unknown(f"{meta.get('symbol')} is priced in {meta.get('currency')}, not in US dollars")
        if meta.get("dataGranularity") != "1d":
            raise wrong(f"bars of {meta.get('dataGranularity')}, asked for days")
        quotes = _object(result.get("indicators")).get("quote")
        given = _object(quotes[0]) if isinstance(quotes, list) and quotes else {}
        arrays = {
            "time": result.get("timestamp", []),
            **{column: given.get(name, []) for column, name in ARRAYS.items()},
        }
        columns = {column: values for column, values in arrays.items() if isinstance(values, list)}
        if len(columns) < len(arrays) or len({len(values) for values in columns.values()}) > 1:
            raise wrong("arrays of different lengths, so that no value can be told to belong to a day")
        events = result.get("events") or {}
        if not isinstance(events, dict) or not all(isinstance(kind or {}, dict) for kind in events.values()):
            raise wrong("events that are no objects, so that nobody can tell what the prices are restated for")
        return meta, _zone(meta.get("exchangeTimezoneName")), columns, events

    def check(self, document: Chart, target: Target) -> None:
        told = str(document[0].get("symbol"))
        if told.upper() != target.symbol.upper():
            raise unknown(f"asked about {target.symbol}, Yahoo tells of {told}")

    def read(self, document: Chart, rows: Rows) -> None:
        meta, zone, columns, events = document

        def on(value: object) -> date:
            return local_date(moment(value, "s", rows.fetch.fetched_at_utc), zone)

        times, is_coin = columns["time"], rows.target.calendar == "UTC"
        for place, values in enumerate(zip(*columns.values(), strict=True)):
            with rows.line(place + 1, list(values), list(columns)) as cells:
                is_latest = place == len(times) - 2 and times[-1] == meta.get("regularMarketTime")
                # The last row may be the latest trade of the day of the row before it, which it replaces then.
                if cells["close_usd"] is not None and not (is_latest and _is_same_day(on, *times[-2:])):
                    rows.bar(on(cells["time"]), {**cells, "volume": None} if is_coin else cells)
        for place, event in enumerate(_object(events.get("dividends")).values(), start=1):
            with rows.line(place, event) as cells:
                rows.dividend(on(cells.get("date")), number(cells.get("amount"), "amount"))
        for place, event in enumerate(_object(events.get("splits")).values(), start=1):
            with rows.line(place, event, is_split=True) as cells:
                ex_date = rows.dated(on(cells.get("date")))
                after, before = (number(cells.get(name), name) for name in ("numerator", "denominator"))
                rows.split(ex_date, after / before if after and before else None)


def _is_same_day(on: Callable[[object], date], one: object, other: object) -> bool:
    try:
        return on(one) == on(other)
    except CellError:
        return False


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _object(value: object) -> Mapping[str, object]:
    """The object; an empty one where there is none."""
    return value if isinstance(value, dict) else {}


def _told(code: str, description: str) -> FetchError:
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

"""Macro series from FRED of the Federal Reserve Bank of St. Louis: as CSV without a key, as JSON with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.feeds.provider import Ask, Common, Domain, Reading, Row, Target, Window
from ingestion.fetch import http_errors as errors
from ingestion.fetch.answers import Flaw
from ingestion.fetch.archive import Fetch
from ingestion.landing.cells import CellError
from ingestion.landing.delimited import read_rows
from ingestion.providers.daily import Daily
from ingestion.providers.pages import busy, day, number, opened_json, parse_json, refused, unknown, wrong

CSV_PATH = "/graph/fredgraph.csv"
JSON_PATH = "/fred/series/observations"
DATE_COLUMNS = ("observation_date", "DATE")
"""What they call it, and what they called it."""
MISSING = ("", ".")
NO_SUCH_SERIES = b"series does not exist"
MOST_OBSERVATIONS = 100_000
FOREVER = "9999-12-31"
REVISED = frozenset({"M2SL", "WALCL", "GFDEBTN"})
"""Symbols whose vintages are asked for. For a daily series there are more of them than one question may cover, and for
one that its owner has not let into the archive of vintages the question would be refused."""
LOOK = "Look at the archived answer: if it stays so, FRED has changed its format and the provider's module must follow"


@dataclass(frozen=True)
class Fred(Common):
    """The CSV behind the graphs. It says what the values are now and not since when."""

    name: ClassVar[str] = "fred"
    domain: ClassVar[Domain] = "macro"
    base_url: ClassVar[str] = "https://fred.stlouisfed.org"
    hosts: ClassVar[tuple[str, ...]] = ("fred.stlouisfed.org",)
    requests: ClassVar[int] = 2
    seconds: ClassVar[float] = 1.0
    parser_version: ClassVar[str] = "fred-csv-1"

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        params = {"id": target.symbol, "cosd": window.first.isoformat(), "coed": window.last.isoformat()}

        def check(content: bytes) -> None:
            _header(content, target.symbol)

        try:
            ask(CSV_PATH, kind="document", params=params, check=check)
        except errors.NotFound as error:
            problem = f"there is no series {target.symbol} ({error.status})"
            remedy = "Check the symbol in ingestion/ledger/feed.csv"
            raise errors.UnknownSubject(error.source, problem, remedy, status=error.status) from error

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        days = Daily(fetch, window, "observation_date")
        for line, cells in _lines(fetch, content, target.symbol):
            on, value = cells.values()
            days.add(line, cells, lambda on=on: day(on, "observation_date"), lambda value=value: _value(value))  # type: ignore[misc]
        return days.reading()


@dataclass(frozen=True)
class FredApi(Common):
    """The API. Of the series in REVISED it says from which day each value stood; of the others what it is now."""

    name: ClassVar[str] = "fred_api"
    domain: ClassVar[Domain] = "macro"
    base_url: ClassVar[str] = "https://api.stlouisfed.org"
    hosts: ClassVar[tuple[str, ...]] = ("api.stlouisfed.org",)
    requests: ClassVar[int] = 90  # of the 120 that are said to be allowed
    seconds: ClassVar[float] = 60.0
    key_setting: ClassVar[str | None] = "HASHWATT_FRED_KEY"
    secret_params: ClassVar[tuple[str, ...]] = ("api_key",)
    parser_version: ClassVar[str] = "fred-api-1"

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        if not key:
            raise ValueError(f"{self.key_setting} is not set")
        params = {
            "series_id": target.symbol,
            "api_key": key,
            "file_type": "json",
            "observation_start": window.first.isoformat(),
            "observation_end": window.last.isoformat(),
            "sort_order": "asc",
            "limit": str(MOST_OBSERVATIONS),
        }
        if target.symbol in REVISED:
            params |= {"realtime_start": window.first.isoformat(), "realtime_end": FOREVER}
        offset = 0
        while True:
            asked = params | ({"offset": str(offset)} if offset else {})
            _, content = ask(JSON_PATH, kind="json", params=asked, check=_check)
            document, rows = _page(content)
            offset += len(rows)
            count = document.get("count")
            if not rows or not isinstance(count, int) or offset >= count:
                return

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        days = Daily(fetch, window, "observation_date")
        document, rows = opened_json(fetch, content, _page)
        asked_since = document.get("realtime_start")
        for line, found in enumerate(rows, start=1):
            cells = found if isinstance(found, dict) else {"row": found}

            def on(cells: Mapping[str, object] = cells) -> date:
                return day(cells.get("date"), "observation_date")

            def values(cells: Mapping[str, object] = cells) -> Row | None:
                return _vintage(cells, asked_since, fetch.fetched_at_utc.date())

            days.add(line, cells, on, values, by="realtime_date")
        return days.reading()


def _value(text: object) -> Row | None:
    """The value as a row; None where there is none on the day."""
    if isinstance(text, str) and text.strip() in MISSING:
        return None
    value = number(text, "value")
    if value is None:
        raise CellError("null", "value", "an observation has a value or a mark for none")
    return {"value": value}


def _vintage(cells: Mapping[str, object], asked_since: object, today: date) -> Row | None:
    """The value and since when it stood. Their period of a value begins no earlier than the one asked about: where both
    begin on one day, that day says nothing."""
    row = _value(cells.get("value"))
    if row is None or cells.get("realtime_start") == asked_since:
        return row
    since = day(cells.get("realtime_start"), "realtime_date")
    if since > today:
        raise CellError("future", "realtime_date", f"{since} is later than the answer of {today}")
    return {**row, "realtime_date": since}


def _header(content: bytes, symbol: str) -> tuple[str, str]:
    """The two columns; raises Flaw."""
    first = content[:200].removeprefix(b"\xef\xbb\xbf").splitlines()[0].decode("utf-8", "replace")
    columns = [name.strip().strip('"') for name in first.split(",")]
    if len(columns) != 2 or columns[0] not in DATE_COLUMNS or columns[1] != symbol:
        raise wrong(f"no values of {symbol}; the body begins {content[:40]!r}")
    return columns[0], columns[1]


def _lines(fetch: Fetch, content: bytes, symbol: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        columns: Sequence[str] = _header(content, symbol)
    except (Flaw, IndexError):
        columns = (DATE_COLUMNS[0], symbol)  # the reader says what stands there instead
    try:
        yield from read_rows(fetch.source, content, columns, may_be_empty=True)
    except (SourceDamaged, SourceDrifted, SourceEmpty) as error:
        raise type(error)(error.source, error.problem, LOOK) from error


def _check(content: bytes) -> None:
    _page(content)


def _page(content: bytes) -> tuple[dict[str, object], list[object]]:
    """The document and its observations; raises Flaw, also for what their error pages say."""
    if NO_SUCH_SERIES in content[:1000]:  # as JSON or as XML
        raise unknown("FRED says that the series does not exist")
    document = parse_json(content)
    if isinstance(document, dict) and "error_message" in document:
        said = f"FRED says {document.get('error_code')}: {document['error_message']}"
        if document.get("error_code") in (429, 500, 503):
            raise busy(said)
        raise refused(said)
    rows = document.get("observations") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(rows, list):
        raise wrong(f"no observations; the body begins {content[:40]!r}")
    return document, rows

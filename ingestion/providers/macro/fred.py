"""Macro series from FRED of the Federal Reserve Bank of St. Louis: as CSV without a key, as JSON with one."""

from __future__ import annotations

from datetime import date

from ingestion.landing.batch import CellError
from ingestion.providers.pages import busy, day, number, parse_csv, parse_object, refused, unknown, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Row, Rows, Target, Window

DATE_COLUMNS = ("observation_date", "DATE")
"""What they call it, and what they called it."""
MISSING = ("", ".")
NO_SUCH_SERIES = b"series does not exist"
MOST_OBSERVATIONS = 100_000
FOREVER = "9999-12-31"
REVISED = frozenset({"M2SL", "WALCL", "GFDEBTN", "CPIAUCSL", "UNRATE"})
"""Symbols whose vintages are asked for. For a daily series there are more of them than one question may cover, and for
one that its owner has not let into the archive of vintages the question would be refused."""


class Fred(Provider[list[list[str]]]):
    """The CSV behind the graphs. It says what the values are now and not since when. To the addresses of clouds it says
    nothing at all until time is up, or 403."""

    name = "fred"
    base_url = "https://fred.stlouisfed.org"
    requests, seconds = 2, 1.0
    is_asked_once = True
    kind = "document"
    knows_by_status = True
    parser_version = "fred-csv-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        days = {"cosd": window.first.isoformat(), "coed": window.last.isoformat()}
        return Request("/graph/fredgraph.csv", {"id": target.symbol, **days})

    def parse(self, content: bytes) -> list[list[str]]:
        """The lines with their header, two cells each."""
        return parse_csv(content, "values of a series", lambda line: line[0] in DATE_COLUMNS and len(line) == 2)

    def check(self, document: list[list[str]], target: Target) -> None:
        if document[0][1] != target.symbol:
            raise wrong(f"no values of {target.symbol}, but of {document[0][1]}")

    def read(self, document: list[list[str]], rows: Rows) -> None:
        self.check(document, rows.target)
        for place, line in enumerate(document[1:], start=2):
            with rows.line(place, line, document[0]):
                on = day(line[0], "observation_date")
                if rows.wants(on) and (value := _value(line[1])) is not None:
                    rows.add(on, {"value": value})


class FredApi(Provider[Row]):
    """The API. Of the series in REVISED it says from which day each value stood; of the others what it is now."""

    name = "fred_api"
    base_url = "https://api.stlouisfed.org"
    requests, seconds = 90, 60.0  # of the 120 that are said to be allowed
    key_setting = "HASHWATT_FRED_KEY"
    secret_params = ("api_key",)
    parser_version = "fred-api-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
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
        return Request("/fred/series/observations", params)

    def following(self, document: Row, request: Request) -> Request | None:
        rows, count = _observations(document), document.get("count")
        offset = int(request.params.get("offset", 0)) + len(rows)
        if not rows or not isinstance(count, int) or offset >= count:
            return None
        return Request(request.path, {**request.params, "offset": str(offset)})

    def parse(self, content: bytes) -> Row:
        if NO_SUCH_SERIES in content[:1000]:  # as JSON or as XML
            raise unknown("FRED says that the series does not exist")
        document = parse_object(content, "observations")
        if "error_message" in document:
            said = f"FRED says {document.get('error_code')}: {document['error_message']}"
            if document.get("error_code") in (429, 500, 503):
                raise busy(said)
            raise refused(said, self.key_setting)
        if not isinstance(document.get("observations"), list):
            raise wrong(f"no observations; the body begins {content[:40]!r}")
        return document

    def read(self, document: Row, rows: Rows) -> None:
        for place, found in enumerate(_observations(document), start=1):
            with rows.line(place, found) as cells:
                on = day(cells.get("date"), "observation_date")
                if not rows.wants(on) or (value := _value(cells.get("value"))) is None:
                    continue
                if cells.get("realtime_start") == document.get("realtime_start"):
                    # The period of a value begins no earlier than the one asked about, which then says nothing.
                    rows.add(on, {"value": value})
                    continue
                since, today = day(cells.get("realtime_start"), "realtime_date"), rows.fetch.fetched_at_utc.date()
                if since > today:
                    raise CellError("future", "realtime_date", f"{since} is later than the answer of {today}")
                rows.add(on, {"value": value, "realtime_date": since}, vintage=since.isoformat())


def _observations(document: Row) -> list[object]:
    found = document["observations"]
    return found if isinstance(found, list) else []


def _value(text: object) -> float | None:
    """The value; None where there is none on the day."""
    if isinstance(text, str) and text.strip() in MISSING:
        return None
    value = number(text, "value")
    if value is None:
        raise CellError("null", "value", "an observation has a value or a mark for none")
    return value

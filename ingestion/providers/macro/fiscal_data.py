"""The federal debt to the penny from the Treasury's Fiscal Data: no key, public domain."""

from __future__ import annotations

from datetime import date, timedelta

from ingestion.providers.pages import day, number, parse_object, refused, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Row, Rows, Target, Window

MOST_ROWS = 10_000
USD_IN_MILLION = 1e6
QUARTER = timedelta(days=100)
"""Longer than any quarter: the days of the one that begins last in a window lie so far behind its end."""
OUT = timedelta(days=5)
"""By so long after its end the last business day of a quarter is out: it is published on the next one."""


class FiscalData(Provider[list[object]]):
    """A day's debt in US dollars for each business day. A quarter is dated by its first day and has the debt of its last."""

    name = "fiscal_data"
    base_url = "https://api.fiscaldata.treasury.gov"
    requests, seconds = 2, 1.0
    parser_version = "fiscal-data-debt-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        last = min(window.last + QUARTER, today)
        params = {
            "fields": f"record_date,{target.symbol}",
            "filter": f"record_date:gte:{window.first},record_date:lte:{last}",
            "sort": "record_date",
            "page[number]": "1",
            "page[size]": str(MOST_ROWS),
        }
        return Request("/services/api/fiscal_service/v2/accounting/od/debt_to_penny", params)

    def parse(self, content: bytes) -> list[object]:
        document = parse_object(content, "rows")
        if "error" in document:
            raise refused(f"Fiscal Data says {document['error']}: {document.get('message')}")
        if not isinstance(rows := document.get("data"), list):
            raise wrong(f"no rows; the body begins {content[:40]!r}")
        meta = document.get("meta")
        total = meta.get("total-count") if isinstance(meta, dict) else None
        if isinstance(total, int) and total > len(rows):
            raise wrong(f"{len(rows)} of {total} rows, so that the last day of a quarter may be missing")
        return rows

    def read(self, document: list[object], rows: Rows) -> None:
        ends: dict[date, tuple[date, int, object]] = {}
        for place, found in enumerate(document, start=1):
            with rows.line(place, found) as cells:
                on = day(cells.get("record_date"), "observation_date")
                first = date(on.year, on.month - (on.month - 1) % 3, 1)
                if first not in ends or on > ends[first][0]:
                    ends[first] = on, place, found
        for first, (on, place, found) in sorted(ends.items()):
            following = (first + QUARTER).replace(day=1)
            is_last = following - on <= OUT and rows.fetch.fetched_at_utc.date() >= following + OUT
            with rows.line(place, found) as cells:
                value = _usd(cells, rows.target.symbol) if is_last and rows.wants(first) else None
                if value is not None:
                    rows.add(first, {"value": value / USD_IN_MILLION})


def _usd(cells: Row, symbol: str) -> float | None:
    told = cells.get(symbol)
    return None if told in (None, "null", "") else number(told, "value")

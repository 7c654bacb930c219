"""Daily bars, splits and dividends of shares from Tiingo: with a key, for internal use."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from ingestion.providers.pages import day, number, parse_json, picked, quota, refused, unknown, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Rows, Target, Window

SPENT = b"You have run over your"
MOST_NOTICE = 300
FIELDS = {"open_usd": "open", "high_usd": "high", "low_usd": "low", "close_usd": "close", "volume": "volume"}


class Tiingo(Provider[list[object]]):
    """Prices and dividends as traded; what takes effect on a day stands in the row of the day."""

    name = "tiingo"
    base_url = "https://api.tiingo.com"
    requests, seconds = 40, 3600.0  # below the fifty an hour of the free plan
    is_spent_by_429 = True
    key_setting = "HASHWATT_TIINGO_KEY"
    parser_version = "tiingo-daily-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        path = f"/tiingo/daily/{quote(target.symbol, safe='')}/prices"
        params = {"startDate": str(window.first), "endDate": str(window.last), "format": "json"}
        return Request(path, params, {"Authorization": f"Token {key}"})

    def parse(self, content: bytes) -> list[object]:
        if SPENT in content[:MOST_NOTICE]:  # as text or as JSON, under 200 or 429, of the hour, the day or the month
            raise quota(f"Tiingo says {content[:MOST_NOTICE].decode(errors='replace').strip()!r}")
        document = parse_json(content)
        if isinstance(document, list):
            return document
        detail = document.get("detail") if isinstance(document, dict) else None
        if not isinstance(detail, str):
            raise wrong(f"neither rows nor a reason; the body begins {content[:40]!r}")
        words = f"Tiingo says {detail!r}"
        if "not found" in detail.lower():
            raise unknown(words)
        raise refused(words, self.key_setting)

    def read(self, document: list[object], rows: Rows) -> None:
        for line, row in enumerate(document, start=1):
            with rows.line(line, row) as cells:
                rows.bar(day(cells.get("date"), "date"), picked(cells, FIELDS))
            with rows.line(line, row) as cells:
                if amount := number(cells.get("divCash"), "divCash"):
                    rows.dividend(day(cells.get("date"), "date"), amount)
            with rows.line(line, row) as cells:
                ratio = number(cells.get("splitFactor"), "splitFactor")
                if ratio not in (None, 1.0):
                    rows.split(day(cells.get("date"), "date"), ratio)

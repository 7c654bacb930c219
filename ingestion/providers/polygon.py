"""Daily bars of shares from Polygon (now Massive): with a key."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import parse_qsl, quote, urlsplit

from ingestion.providers.pages import busy, local_date, moment, parse_object, picked, refused, unknown, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import NEW_YORK, Rows, Target, Window

FIELDS = {"open_usd": "o", "high_usd": "h", "low_usd": "l", "close_usd": "c", "volume": "v"}


class Polygon(Provider[Mapping[str, object]]):
    """Bars as traded, asked for without adjustment; each dated by the start of its day in New York."""

    name = "polygon"
    base_url = "https://api.polygon.io"
    mirrors = ("https://api.massive.com",)
    requests, seconds = 5, 60.0
    key_setting = "HASHWATT_POLYGON_KEY"
    secret_params = ("apiKey", "apikey")
    # The free plan gives two years. That of a paid plan is not asked for, since an answer without a plan is an error.
    newest_days = 729
    parser_version = "polygon-aggregates-1"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        path = f"/v2/aggs/ticker/{quote(target.symbol, safe='')}/range/1/day/{window.first}/{window.last}"
        params = {"adjusted": "false", "sort": "asc", "limit": "50000"}
        return Request(path, params, {"Authorization": f"Bearer {key}"})

    def following(self, document: Mapping[str, object], request: Request) -> Request | None:
        if not document.get("next_url"):
            return None
        # Only its path and cursor: the host stays the one that we ask, and the key stays in the header.
        parts = urlsplit(str(document["next_url"]))
        params = {name: text for name, text in parse_qsl(parts.query) if name not in self.secret_params}
        return Request(parts.path, params, request.headers)

    def parse(self, content: bytes) -> Mapping[str, object]:
        """A page of bars; without `results` where there are none in its window."""
        document = parse_object(content, "object")
        status = document.get("status")
        if status in ("OK", "DELAYED"):  # the latter on plans whose data are fifteen minutes late
            if document.get("adjusted") is True:
                raise wrong("bars restated for splits, asked for as traded")
            if not isinstance(document.get("results", []), list):
                raise wrong("results that are no list")
            return document
        words = f"Polygon says {status}: {document.get('error') or document.get('message')}"
        if status == "NOT_FOUND":
            raise unknown(words)
        if "maximum requests" in words:
            raise busy(words)
        if status in ("ERROR", "NOT_AUTHORIZED"):
            raise refused(words, self.key_setting)
        raise wrong(words)

    def check(self, document: Mapping[str, object], target: Target) -> None:
        if document.get("ticker") != target.symbol:
            raise unknown(f"asked about {target.symbol}, Polygon tells of {document.get('ticker')}")

    def read(self, document: Mapping[str, object], rows: Rows) -> None:
        results = document.get("results")
        for number, bar in enumerate(results if isinstance(results, list) else [], start=1):
            with rows.line(number, bar) as cells:
                on = local_date(moment(cells.get("t"), "ms", rows.fetch.fetched_at_utc), NEW_YORK)
                rows.bar(on, picked(cells, FIELDS))

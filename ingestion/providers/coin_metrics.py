"""Days of the bitcoin network from the community data of Coin Metrics: no key, CC BY-NC 4.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qs, urlsplit

from ingestion.fetch import http_errors as errors
from ingestion.fetch.answers import AGAIN_LATER
from ingestion.landing.batch import CellError
from ingestion.providers.pages import busy, moment, number, parse_object, refused, unknown, wrong
from ingestion.providers.provider import Provider, Request
from ingestion.providers.rows import Row, Rows, Target, Window

METRICS = ("BlkCnt", "FeeTotNtv", "HashRate", "AssetEODCompletionTime")
"""The mean difficulty is no longer among the community data; it follows from the first and the third."""
TH_IN_EH = 1_000_000.0
H_IN_TH = 1e12
SECONDS = 86_400
HASHES_PER_DIFFICULTY = 2**32
FINAL_LAG = timedelta(days=1)
"""A day is final before the next one ends: the completion times that were seen lie from 02:27 to 12:05 UTC of the next day."""
# The start of the day in nanoseconds, which Python's own parser does not read on all versions we support.
MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00(\.0{1,9})?Z", re.ASCII)

Page = tuple[list[object], str | None]
"""The rows, and the cursor of the next page."""


class CoinMetrics(Provider[Page]):
    """One row a day, in which a metric is a number as text, null, or left out where it is not among the community data: in
    silence. Pages follow each other by a cursor.

    Their hashrate is what the blocks of the day took at their difficulty, so that the mean difficulty is
    hashrate * 86400 s / (blocks * 2^32 hashes), of the day of an adjustment, too.
    """

    name = "coin_metrics"
    base_url = "https://community-api.coinmetrics.io"
    requests, seconds = 9, 6.0  # ten in any six seconds are allowed
    parser_version = "coin-metrics-v4-2"

    def request(self, target: Target, window: Window, key: str, today: date) -> Request:
        params = {
            "assets": target.symbol,
            "metrics": ",".join(METRICS),
            "frequency": "1d",
            "start_time": window.first.isoformat(),
            "end_time": window.last.isoformat(),
            "paging_from": "start",
            "page_size": "10000",
            # A metric that is taken out of the community data must not take the others with it.
            "ignore_forbidden_errors": "true",
        }
        return Request("/v4/timeseries/asset-metrics", params)

    def following(self, document: Page, request: Request) -> Request | None:
        _, token = document
        return None if token is None else Request(request.path, {**request.params, "next_page_token": token})

    def parse(self, content: bytes) -> Page:
        document = parse_object(content, "page of metrics")
        problem, rows = document.get("error"), document.get("data")
        if isinstance(problem, dict):
            raise _told(str(problem.get("type")), str(problem.get("message")))
        if not isinstance(rows, list):
            raise wrong(f"no page of metrics; the body begins {content[:40]!r}")
        token, address = document.get("next_page_token"), document.get("next_page_url")
        if token is None and isinstance(address, str):
            token = parse_qs(urlsplit(address).query).get("next_page_token", [None])[0]
            if token is None:
                raise wrong("there is a next page, and its address names no token")
        return rows, None if token is None else str(token)

    def read(self, document: Page, rows: Rows) -> None:
        for place, found in enumerate(document[0], start=1):
            with rows.line(place, found) as cells:
                on = _day(cells, rows.target.symbol)
                values = _values(cells) if rows.wants(on) else {}
                if any(value is not None for value in values.values()):
                    rows.add(on, {**values, "final_at_utc": _final(cells, on, rows.fetch.fetched_at_utc)})


def _day(cells: Row, symbol: str) -> date:
    if cells.get("asset") != symbol:
        raise CellError("other_subject", "asset", f"{cells.get('asset')!r} is not {symbol}, which was asked for")
    found = MIDNIGHT.fullmatch(str(cells.get("time")))
    try:
        return date.fromisoformat(found[1] if found else "")
    except ValueError:
        raise CellError("type", "utc_date", f"{cells.get('time')!r} is not the start of a UTC day") from None


def _values(cells: Row) -> Mapping[str, object]:
    blocks = number(cells.get("BlkCnt"), "blocks")
    if blocks is not None and not blocks.is_integer():
        raise CellError("type", "blocks", f"{cells.get('BlkCnt')!r} is no count of blocks")
    hashrate_th_s = number(cells.get("HashRate"), "hashrate_eh_s")
    difficulty = None
    if blocks and hashrate_th_s is not None:
        difficulty = hashrate_th_s * H_IN_TH * SECONDS / (blocks * HASHES_PER_DIFFICULTY)
    return {
        "blocks": None if blocks is None else int(blocks),
        "fees_btc": number(cells.get("FeeTotNtv"), "fees_btc"),
        "difficulty": difficulty,
        "hashrate_eh_s": None if hashrate_th_s is None else hashrate_th_s / TH_IN_EH,
    }


def _final(cells: Row, on: date, fetched_at_utc: datetime) -> datetime:
    """When the day `on` became final as they tell it; where they do not, the end of the day after it."""
    told = number(cells.get("AssetEODCompletionTime"), "known_at_utc")
    midnight = datetime.combine(on, time.min) + timedelta(days=1)
    if told is None:
        return midnight + FINAL_LAG
    found = moment(told, "s", fetched_at_utc, "known_at_utc")
    if found < midnight:
        raise CellError("future", "known_at_utc", f"{on} is said to have been final at {found}, before it was over")
    return found


def _told(kind: str, message: str) -> errors.FetchError:
    """What an error of theirs means; their 403 is about a metric and shuts nobody out."""
    said = f"Coin Metrics says {kind!r}: {message}"
    if "too_many" in kind or "rate" in kind:
        return busy(said)
    if "internal" in kind or "unavailable" in kind or "timeout" in kind:
        return errors.Unavailable("", said, AGAIN_LATER, status=200)
    if "'assets'" in message:
        return unknown(said)
    return refused(said)

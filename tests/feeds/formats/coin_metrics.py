"""Coin Metrics community v4 as it answers: pages behind a cursor, numbers as text, nanoseconds, errors with type and words."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from werkzeug import Request, Response

from tests.feeds.formats.market import json_response
from tests.feeds.server import Handler

PATH = "/v4/timeseries/asset-metrics"
MOST = 10_000
METRICS = ("BlkCnt", "FeeTotNtv", "HashRate", "AssetEODCompletionTime")
FINAL = timedelta(days=1, hours=5, minutes=25)
"""A day is final so long after it began."""


@dataclass(frozen=True)
class NetworkDay:
    """A UTC day of the network; None is what a provider does not give."""

    utc_date: date
    blocks: int | None
    fees_btc: float | None
    difficulty: float | None
    hashrate_eh_s: float | None


def body(rows: Iterable[dict[str, object]], token: str | None = None, address: str | None = None) -> bytes:
    """A page of rows as they are."""
    page: dict[str, object] = {"data": list(rows)}
    page |= {"next_page_token": token} if token else {}
    page |= {"next_page_url": address} if address else {}
    return json.dumps(page).encode()


def row(day: NetworkDay, metrics: Collection[str] = METRICS) -> dict[str, object]:
    """One day as it stands in a page: everything text, TH/s, a metric that is not public left out."""
    text = {
        "BlkCnt": None if day.blocks is None else str(day.blocks),
        "FeeTotNtv": None if day.fees_btc is None else f"{day.fees_btc:.8f}",
        "HashRate": None if day.hashrate_eh_s is None else repr(day.hashrate_eh_s * 1e6),
        "AssetEODCompletionTime": str(int((datetime.combine(day.utc_date, time.min, UTC) + FINAL).timestamp())),
    }
    return {
        "asset": "btc",
        "time": f"{day.utc_date}T00:00:00.000000000Z",
        **{name: value for name, value in text.items() if name in metrics},
    }


def error(status: int, kind: str, message: str) -> Response:
    return json_response({"error": {"type": kind, "message": message}}, status)


def too_many(_: Request, __: bytes) -> Response:
    """429 with the headers that tell the limit."""
    response = error(429, "too_many_requests", "Too many requests. Please retry later.")
    response.headers.update({"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "6"})
    return response


def coin_metrics(days: Sequence[NetworkDay], *, most: int = MOST, forbidden: Collection[str] = ()) -> Handler:
    """Answers with those of `days` that are asked for, at most `most` a page; `forbidden` metrics are not public.

    `days` may be changed at any time.
    """

    def handle(path: str, request: Request) -> Response:
        asked = request.args
        metrics = asked["metrics"].split(",")
        assert path == PATH and asked["assets"] == "btc"
        public = [name for name in metrics if name in METRICS and name not in forbidden]
        assert public == metrics or asked["ignore_forbidden_errors"] == "true"
        first, last = (date.fromisoformat(asked[name]) for name in ("start_time", "end_time"))
        known = sorted(days, key=lambda day: day.utc_date)
        wanted = [row(day, public) for day in known if first <= day.utc_date <= last]
        start = int(asked.get("next_page_token", "0"))
        end = start + min(most, int(asked.get("page_size", "100")))
        token = str(end) if end < len(wanted) else None
        address = f"https://community-api.coinmetrics.io{PATH}?next_page_token={token}" if token else None
        return Response(body(wanted[start:end], token, address), content_type="application/json")

    return handle

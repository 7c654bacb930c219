"""Days of the bitcoin network from the community data of Coin Metrics: no key, CC BY-NC 4.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from ingestion.bundle.network import CONFIRMATION_LAG
from ingestion.feeds.provider import Ask, Common, Domain, Reading, Row, Target, Window
from ingestion.fetch import http_errors as errors
from ingestion.fetch.answers import AGAIN_LATER, Flaw
from ingestion.fetch.archive import Fetch
from ingestion.landing.cells import CellError
from ingestion.providers.daily import Daily
from ingestion.providers.pages import busy, number, opened_json, parse_json, refused, unknown, wrong

PATH = "/v4/timeseries/asset-metrics"
METRICS = ("BlkCnt", "FeeTotNtv", "DiffMean", "HashRate")
PAGE_SIZE = 10_000
MOST_PAGES = 50
TH_IN_EH = 1_000_000.0
# The start of the day in nanoseconds, which Python's own parser does not read on all versions we support.
MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})T00:00:00(\.0{1,9})?Z", re.ASCII)


@dataclass(frozen=True)
class CoinMetrics(Common):
    """One row a day, in which a metric is a number as text, null, or left out. Pages follow each other by a cursor."""

    name: ClassVar[str] = "coin_metrics"
    domain: ClassVar[Domain] = "network"
    base_url: ClassVar[str] = "https://community-api.coinmetrics.io"
    hosts: ClassVar[tuple[str, ...]] = ("community-api.coinmetrics.io",)
    requests: ClassVar[int] = 9  # ten in any six seconds are allowed
    seconds: ClassVar[float] = 6.0
    parser_version: ClassVar[str] = "coin-metrics-v4-1"

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        params = {
            "assets": target.symbol,
            "metrics": ",".join(METRICS),
            "frequency": "1d",
            "start_time": window.first.isoformat(),
            "end_time": window.last.isoformat(),
            "paging_from": "start",
            "page_size": str(PAGE_SIZE),
            # A metric that is taken out of the community data must not take the others with it.
            "ignore_forbidden_errors": "true",
        }
        tokens: list[str] = []
        while True:
            asked = {**params, "next_page_token": tokens[-1]} if tokens else params
            fetch, content = ask(PATH, kind="json", params=asked, check=_check)
            _, token = _page(content)
            if token is None:
                return
            if token in tokens or len(tokens) == MOST_PAGES:
                raise errors.WrongContent(fetch.source, f"the pages do not end, {len(tokens) + 1} so far", AGAIN_LATER)
            tokens.append(token)

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        days = Daily(fetch, window, "utc_date", lag=CONFIRMATION_LAG)
        rows, _ = opened_json(fetch, content, _page)
        for line, found in enumerate(rows, start=1):
            cells = found if isinstance(found, dict) else {"row": found}
            days.add(
                line,
                cells,
                lambda cells=cells: _day(cells, target.symbol),  # type: ignore[misc]
                lambda cells=cells: _values(cells),  # type: ignore[misc]
            )
        return days.reading()


def _day(cells: Mapping[str, object], symbol: str) -> date:
    if cells.get("asset") != symbol:
        raise CellError("other_subject", "asset", f"{cells.get('asset')!r} is not {symbol}, which was asked for")
    found = MIDNIGHT.fullmatch(str(cells.get("time")))
    try:
        return date.fromisoformat(found[1]) if found else _no_day(cells)
    except ValueError:
        return _no_day(cells)


def _no_day(cells: Mapping[str, object]) -> date:
    raise CellError("type", "utc_date", f"{cells.get('time')!r} is not the start of a UTC day")


def _values(cells: Mapping[str, object]) -> Row | None:
    blocks = number(cells.get("BlkCnt"), "blocks")
    if blocks is not None and not blocks.is_integer():
        raise CellError("type", "blocks", f"{cells.get('BlkCnt')!r} is no count of blocks")
    hashrate_th_s = number(cells.get("HashRate"), "hashrate_eh_s")
    row = {
        "blocks": None if blocks is None else int(blocks),
        "fees_btc": number(cells.get("FeeTotNtv"), "fees_btc"),
        "difficulty": number(cells.get("DiffMean"), "difficulty"),
        "hashrate_eh_s": None if hashrate_th_s is None else hashrate_th_s / TH_IN_EH,
    }
    return row if any(value is not None for value in row.values()) else None


def _check(content: bytes) -> None:
    _page(content)


def _page(content: bytes) -> tuple[list[object], str | None]:
    """The rows, and the cursor of the next page; raises Flaw."""
    document = parse_json(content)
    problem = document.get("error") if isinstance(document, dict) else None
    if isinstance(problem, dict):
        raise _told(str(problem.get("type")), str(problem.get("message")))
    rows = document.get("data") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(rows, list):
        raise wrong(f"no page of metrics; the body begins {content[:40]!r}")
    token, address = document.get("next_page_token"), document.get("next_page_url")
    if token is None and isinstance(address, str):
        token = parse_qs(urlsplit(address).query).get("next_page_token", [None])[0]
        if token is None:
            raise wrong("there is a next page, and its address names no token")
    return rows, None if token is None else str(token)


def _told(kind: str, message: str) -> Flaw:
    """What an error of theirs means; their 403 is about a metric and shuts nobody out."""
    said = f"Coin Metrics says {kind!r}: {message}"
    if "too_many" in kind or "rate" in kind:
        return busy(said)
    if "internal" in kind or "unavailable" in kind or "timeout" in kind:
        return Flaw(errors.Unavailable, said, AGAIN_LATER, status=200)
    if "'assets'" in message:
        return unknown(said)
    return refused(said)

"""Daily bars, splits and dividends of shares from Tiingo: with a key, for internal use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import ClassVar
from urllib.parse import quote

from ingestion.feeds.provider import Ask, Common, Domain, Reading, Row, Target, Window
from ingestion.fetch.archive import Fetch
from ingestion.providers.bars import Bars, dividend, split
from ingestion.providers.pages import day, header, number, opened_json, parse_json, quota, refused, unknown, wrong

FIELDS = {"open_usd": "open", "high_usd": "high", "low_usd": "low", "close_usd": "close", "volume": "volume"}


@dataclass(frozen=True)
class Tiingo(Common):
    """Prices and dividends as traded; what takes effect on a day stands in the row of the day."""

    name: ClassVar[str] = "tiingo"
    domain: ClassVar[Domain] = "market"
    base_url: ClassVar[str] = "https://api.tiingo.com"
    hosts: ClassVar[tuple[str, ...]] = ("api.tiingo.com",)
    requests: ClassVar[int] = 40  # below the fifty an hour of the free plan
    seconds: ClassVar[float] = 3600.0
    key_setting: ClassVar[str | None] = "HASHWATT_TIINGO_KEY"
    parser_version: ClassVar[str] = "tiingo-daily-1"

    def ask(self, ask: Ask, target: Target, window: Window, key: str | None) -> None:
        params = {"startDate": str(window.first), "endDate": str(window.last), "format": "json"}
        path = f"/tiingo/daily/{quote(target.symbol, safe='')}/prices"
        ask(path, kind="json", params=params, headers=header(key, self.key_setting, "Token"), check=_check)

    def read(
        self, fetch: Fetch, content: bytes, target: Target, window: Window, closes: Mapping[date, datetime]
    ) -> Reading:
        bars = Bars(fetch, target, window, closes)
        for line, row in enumerate(opened_json(fetch, content, _rows), start=1):
            given: Row = row if isinstance(row, dict) else {"row": row}
            on = partial(day, given.get("date"), "date")
            bars.add(line, {"date": given.get("date"), **{name: given.get(FIELDS[name]) for name in FIELDS}}, on)
            bars.act(line, given, partial(_dividend, given))
            bars.act(line, given, partial(_split, given))
        return bars.reading()


def _dividend(row: Row) -> Row | None:
    amount = number(row.get("divCash"), "divCash")
    return dividend(day(row.get("date"), "date"), amount) if amount else None


def _split(row: Row) -> Row | None:
    ratio = number(row.get("splitFactor"), "splitFactor")
    return None if ratio in (None, 1.0) else split(day(row.get("date"), "date"), ratio)


def _check(content: bytes) -> None:
    _rows(content)


def _rows(content: bytes) -> list[object]:
    document = parse_json(content)
    if isinstance(document, list):
        return document
    detail = document.get("detail") if isinstance(document, dict) else None
    if not isinstance(detail, str):
        raise wrong(f"neither rows nor a reason; the body begins {content[:40]!r}")
    if "not found" in detail.lower():
        raise unknown(f"Tiingo says {detail!r}")
    if "allocation" in detail or "limit" in detail:  # assumed wording: "You have run over your ... request allocation"
        raise quota(f"Tiingo says {detail!r}")
    raise refused(f"Tiingo says {detail!r}")

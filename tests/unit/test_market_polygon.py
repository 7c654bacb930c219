"""Polygon: what its pages become, how they follow each other, and its key on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from werkzeug import Response

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors
from ingestion.providers.polygon import Polygon
from ingestion.providers.rows import Window
from tests.edgar import server as edgar
from tests.feeds import days
from tests.feeds.asking import Asking, read_page
from tests.feeds.days import SHARE, WINDOW
from tests.feeds.formats.polygon import PolygonFormat
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

KEY = "canary-0123456789abcdef"
JAN_2 = 1_735_794_000_000  # 2025-01-02T00:00 in New York
DAY = 86_400_000


@pytest.fixture
def told(running_feeds: FeedServer) -> PolygonFormat:
    told = PolygonFormat({"ABC": days.share([days.SPLIT])}, days.NOW, KEY)
    running_feeds.reset().mount("polygon", told)
    return told


@pytest.fixture
def server(running_feeds: FeedServer, told: PolygonFormat) -> FeedServer:
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Polygon(), server, tmp_path, key=KEY)


def bar(time: object = JAN_2, **others: object) -> dict[str, object]:
    return {"v": 700.0, "vw": 10.5, "o": 10.0, "c": 11.0, "h": 12.0, "l": 9.0, "t": time, "n": 82132} | others


def page(*results: object, **others: object) -> dict[str, object]:
    return {"ticker": "ABC", "adjusted": False, "results": results, "status": "OK", "request_id": "1"} | others


def says(server: FeedServer, document: object) -> None:
    server.mount("polygon", lambda path, request: Response(json.dumps(document), content_type="application/json"))


def test_every_session_is_read_as_it_was_traded(asking: Asking, server: FeedServer) -> None:
    reading = asking.read(SHARE, WINDOW)
    assert reading.rows == days.rows(days.share().bars)
    assert not reading.rejected and not reading.actions and not Polygon().is_split_adjusted
    (asked,) = server.requests_of("polygon")
    assert asked.path == "/polygon/v2/aggs/ticker/ABC/range/1/day/2024-02-26/2025-01-03"
    assert parse_qs(asked.query) == {"adjusted": ["false"], "sort": ["asc"], "limit": ["50000"]}


def test_the_day_is_that_of_new_york(asking: Asking, server: FeedServer) -> None:
    says(server, page(bar(JAN_2 + 23 * 3_600_000)))  # four o'clock of the next morning in UTC
    assert days.dates(asking.read(SHARE, WINDOW)) == [date(2025, 1, 2)]


def test_pages_are_followed_by_their_cursor(asking: Asking, server: FeedServer, told: PolygonFormat) -> None:
    told.page_size = 10
    reading = asking.read(SHARE, WINDOW)
    assert reading.rows == days.rows(days.share().bars)
    assert len(asking.fetches) == server.asked("polygon") == 4
    assert [parse_qs(one.query).get("cursor") for one in server.arrivals] == [None, ["10"], ["20"], ["30"]]
    assert all(one.headers["Authorization"] == f"Bearer {KEY}" for one in server.arrivals)


def test_a_key_within_a_next_address_is_not_sent_on(asking: Asking, server: FeedServer) -> None:
    pages = [page(bar(), next_url=f"https://api.polygon.io/v2/aggs/x?cursor=abc&apiKey={KEY}"), page(bar(JAN_2 + DAY))]
    server.mount("polygon", lambda path, request: Response(json.dumps(pages["cursor" in request.args])))
    assert len(asking.read(SHARE, WINDOW).rows) == 2
    assert (server.arrivals[1].path, server.arrivals[1].query) == ("/polygon/v2/aggs/x", "cursor=abc")


def test_a_next_address_at_another_host_is_asked_of_ours(asking: Asking, server: FeedServer) -> None:
    pages = [page(bar(), next_url="https://example.org/v2/aggs/x?cursor=abc"), page(bar(JAN_2 + DAY))]
    server.mount("polygon", lambda path, request: Response(json.dumps(pages["cursor" in request.args])))
    assert len(asking.read(SHARE, WINDOW).rows) == 2
    assert server.asked("polygon") == 2


def test_pages_without_end_are_left(asking: Asking, server: FeedServer) -> None:
    says(server, page(bar(), next_url="https://api.polygon.io/v2/aggs/x?cursor=abc"))
    with pytest.raises(http_errors.WrongContent, match="the pages do not end"):
        asking.read(SHARE, WINDOW)
    assert server.asked("polygon") == 2


def test_days_beyond_the_plan_are_not_asked_for(asking: Asking, server: FeedServer) -> None:
    today = days.NOW.date()
    (window,) = Polygon().windows(Window(date(2020, 1, 1), WINDOW.last), today)
    assert window == Window(today - timedelta(days=729), WINDOW.last)
    assert asking.read(SHARE, window).rows
    assert Polygon().windows(Window(date(2020, 1, 1), date(2022, 12, 31)), today) == []
    with pytest.raises(http_errors.Refused, match="NOT_AUTHORIZED: Your plan doesn't include this data timeframe"):
        asking.read(SHARE, Window(date(2020, 1, 1), WINDOW.last))
    assert asking.read(SHARE, window).rows, "a plan that does not include it shuts nobody out"


def test_an_unknown_ticker_has_no_bars(asking: Asking) -> None:
    reading = asking.read(replace(SHARE, symbol="NONE"), WINDOW)
    assert not reading.rows and not reading.rejected


def test_the_key_goes_in_a_header_and_into_nothing_that_is_kept(
    asking: Asking, server: FeedServer, tmp_path: Path
) -> None:
    asking.read(SHARE, WINDOW)
    body = json.dumps({"status": "ERROR", "request_id": "1", "error": f"Unknown API Key {KEY}"}).encode()
    server.fail("polygon", edgar.status(401, body=body, kind="application/json"))
    with pytest.raises(http_errors.Refused, match="Unknown API Key REDACTED") as caught:
        asking.read(SHARE, Window(date(2025, 1, 2), date(2025, 1, 3)))
    assert KEY not in repr(caught.value.__dict__)
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert kept and not [file for file in kept if KEY.encode() in file.read_bytes()]


def test_a_wrong_key_is_refused(server: FeedServer, tmp_path: Path) -> None:
    with pytest.raises(http_errors.Refused, match="Polygon says ERROR: Unknown API Key"):
        Asking(Polygon(), server, tmp_path, key="wrong").read(SHARE, WINDOW)
    assert server.asked("polygon") == 1
    with pytest.raises(ValueError, match="HASHWATT_POLYGON_KEY is not set"):
        Asking(Polygon(), server, tmp_path).read(SHARE, WINDOW)


@pytest.mark.parametrize(
    ("at", "last"), [("2025-01-02T21:14:59", date(2024, 12, 31)), ("2025-01-02T21:15:00", date(2025, 1, 2))]
)
def test_a_session_under_way_is_no_bar(at: str, last: date, asking: Asking, told: PolygonFormat) -> None:
    told.set_now_utc = datetime.fromisoformat(at)
    reading = asking.read(SHARE, WINDOW, at=told.set_now_utc)
    assert json.loads(asking.fetches[0][1])["status"] == "DELAYED"
    assert days.dates(reading)[-1] == last and not reading.rejected


@pytest.mark.parametrize(
    ("bad", "rule", "reason"),
    [
        (bar(JAN_2 // 1000), "epoch", "time: 1735794000 is no time in ms since 1970 from 1980-01-01 to"),
        (bar(JAN_2 * 1_000_000), "epoch", "is no time in ms since 1970"),
        (bar(str(JAN_2)), "type", "is no count of ms since 1970"),
        (bar(c=None), "null", "a bar has a close"),
        (bar(h="high"), "type", "high_usd: 'high' is no number"),
        (bar(l=float("nan")), "not_finite", "low_usd"),
        ({}, "type", "time: None"),
        (7, "type", "time: None"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_alone(
    bad: object, rule: str, reason: str, asking: Asking, server: FeedServer
) -> None:
    says(server, page(bad, bar(JAN_2 + DAY, l=13.0)))
    reading = asking.read(SHARE, WINDOW)
    assert reading.rows == [
        {
            "session_date": date(2025, 1, 3),
            "open_usd": 10.0,
            "high_usd": 12.0,
            "low_usd": 13.0,  # above the high: for the gate to find
            "close_usd": 11.0,
            "volume": 700.0,
        }
    ]
    (rejected,) = reading.rejected
    assert (rejected.rule, rejected.line) == (rule, 1) and reason in rejected.reason


@pytest.mark.parametrize(
    ("status", "document", "error", "attempts"),
    [
        (401, {"status": "ERROR", "error": "Unknown API Key"}, http_errors.Refused, 1),
        (403, {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}, http_errors.Refused, 1),
        (403, "<html>", http_errors.Blocked, 1),
        (404, {"status": "NOT_FOUND", "message": "Ticker not found."}, http_errors.UnknownSubject, 1),
        (
            429,
            {"status": "ERROR", "error": "You've exceeded the maximum requests per minute, please wait."},
            http_errors.Unavailable,
            3,
        ),
        (
            200,
            {"status": "ERROR", "error": "The parameter 'to' cannot be a time that occurs before 'from'"},
            http_errors.Refused,
            1,
        ),
        (200, page(bar(), adjusted=True), http_errors.WrongContent, 3),
        (200, page(bar(), ticker="ABCD"), http_errors.UnknownSubject, 1),
        (200, {"status": "OK", "ticker": "ABC", "results": {}}, http_errors.WrongContent, 3),
        (200, {"status": "PENDING"}, http_errors.WrongContent, 3),
        (200, [], http_errors.WrongContent, 3),
        (200, "<html>", http_errors.WrongContent, 3),
        (200, "", http_errors.WrongContent, 3),
        (200, '{"status":"OK","results":[{', http_errors.Truncated, 3),
        (500, {"status": "ERROR", "error": "internal"}, http_errors.Unavailable, 3),
    ],
)
def test_errors_have_their_types(
    status: int, document: object, error: type[Exception], attempts: int, asking: Asking, server: FeedServer
) -> None:
    body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
    server.fail("polygon", *[edgar.status(status, body=body)] * attempts)
    with pytest.raises(error) as caught:
        asking.read(SHARE, WINDOW)
    assert type(caught.value) is error and server.asked("polygon") == attempts
    assert not asking.archive.sources("feed")


@pytest.mark.parametrize(("content", "error"), [(b"{", SourceDamaged), (b'{"status":"ERROR"}', SourceDrifted)])
def test_an_archived_page_that_cannot_be_read_is_named(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="feed/market/polygon/x"):
        read_page(Polygon(), content, SHARE, WINDOW, days.NOW, "feed/market/polygon/x")


@pytest.mark.shared
def test_the_recorded_bars_are_dated_in_new_york_and_refused_as_restated(shared: Path) -> None:
    """Recorded with adjustment, and across the night in which clocks went forward."""
    content = (shared / "data/api_samples/polygon/aggs_range_day.json").read_bytes()
    target, window = replace(SHARE, symbol="AAPL"), Window(date(2005, 1, 1), date(2005, 12, 31))
    with pytest.raises(SourceDrifted, match="bars restated for splits"):
        read_page(Polygon(), content, target, window, days.NOW)
    content = content.replace(b'"adjusted": true', b'"adjusted": false')
    reading = read_page(Polygon(), content, target, window, days.NOW)
    assert [(row["session_date"], row["close_usd"], row["low_usd"]) for row in reading.rows] == [
        (date(2005, 4, 1), 1.4604, 1.4489),
        (date(2005, 4, 4), 1.4675, 1.4343),
    ]

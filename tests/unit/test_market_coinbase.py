"""Coinbase: what its candles become, and each way in which it says no."""

from __future__ import annotations

import json
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from werkzeug import Response

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors
from ingestion.providers.coinbase import Coinbase
from ingestion.providers.rows import Window
from tests.edgar import server as edgar
from tests.feeds import days
from tests.feeds.asking import Asking, read_page
from tests.feeds.days import COIN, WINDOW
from tests.feeds.formats.coinbase import CoinbaseFormat
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

JAN_1 = 1_735_689_600  # 2025-01-01T00:00:00Z


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    running_feeds.reset().mount("coinbase", CoinbaseFormat({"BTC-USD": days.coin()}, days.NOW))
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Coinbase(), server, tmp_path)


def candles(server: FeedServer, *rows: object) -> None:
    server.mount("coinbase", lambda path, request: Response(json.dumps(rows), content_type="application/json"))


def test_every_day_is_read_with_low_and_high_in_their_places(asking: Asking, server: FeedServer) -> None:
    expected = [bar for bar in days.coin().bars if bar.day >= date(2024, 10, 28)]
    window = Window(date(2024, 10, 28), WINDOW.last)
    reading = asking.read(COIN, window)
    assert reading.rows == days.rows(expected)
    assert not reading.rejected and not reading.actions
    asked = server.requests_of("coinbase")[0]
    assert asked.path == "/coinbase/products/BTC-USD/candles"
    assert parse_qs(asked.query) == {
        "granularity": ["86400"],
        "start": ["2024-10-28T00:00:00Z"],
        "end": ["2025-01-03T00:00:00Z"],
    }


def test_a_candle_before_the_start_is_not_read(asking: Asking) -> None:
    window = Window(date(2025, 1, 2), date(2025, 1, 3))
    reading = asking.read(COIN, window)
    assert len(json.loads(asking.fetches[0][1])) == 3
    assert days.dates(reading) == [date(2025, 1, 2), date(2025, 1, 3)]


def test_windows_hold_three_hundred_days_at_most_and_miss_none(asking: Asking, server: FeedServer) -> None:
    found = Coinbase().windows(Window(date(2023, 1, 1), date(2025, 1, 3)), date(2025, 1, 6))
    assert [(one.last - one.first).days + 1 for one in found] == [300, 300, 134]
    assert (found[0].first, found[-1].last) == (date(2023, 1, 1), date(2025, 1, 3))
    assert all((later.first - earlier.last).days == 1 for earlier, later in pairwise(found))
    asking.read(COIN, found[0])  # exactly three hundred are not refused
    with pytest.raises(http_errors.Refused, match="granularity too small for the requested time range"):
        asking.read(COIN, Window(found[0].first, date(2023, 10, 28)))


@pytest.mark.parametrize(("at", "is_read"), [("2025-01-01T23:59:59", False), ("2025-01-02T00:00:00", True)])
def test_the_day_under_way_is_no_bar(at: str, is_read: bool, asking: Asking, server: FeedServer) -> None:
    now = datetime.fromisoformat(at)
    server.mount("coinbase", CoinbaseFormat({"BTC-USD": days.coin()}, now))
    reading = asking.read(COIN, Window(date(2024, 12, 31), date(2025, 1, 2)), at=now)
    assert json.loads(asking.fetches[0][1])[0][0] >= JAN_1, "the answer holds the open candle"
    assert days.dates(reading) == [date(2024, 12, 31), date(2025, 1, 1)][: 2 if is_read else 1]
    assert not reading.rejected


@pytest.mark.parametrize(
    ("candle", "rule", "reason"),
    [
        ([JAN_1, 1, 2, 1, "x", 9], "type", "close_usd: 'x' is no number"),
        ([JAN_1, 1, 2, 1, True, 9], "type", "close_usd: True is no number"),
        ([JAN_1, 1, 2, 1, None, 9], "null", "close_usd: a bar has a close"),
        ([JAN_1, 1, float("nan"), 1, 1, 9], "not_finite", "high_usd: nan is not a finite number"),
        ([JAN_1, 1, 2, 1, 10**400, 9], "type", "is no number"),
        ([JAN_1, 1, 2], "null", "close_usd: a bar has a close"),
        ([JAN_1 * 1000, 1, 2, 1, 1, 9], "epoch", "1735689600000 is no time in s since 1970"),
        ([JAN_1 * 10**9, 1, 2, 1, 1, 9], "epoch", "1735689600000000000 is no time in s since 1970"),
        ([JAN_1 // 1000, 1, 2, 1, 1, 9], "epoch", "1735689 is no time in s since 1970"),
        ([str(JAN_1), 1, 2, 1, 1, 9], "type", "time: '1735689600' is no count of s since 1970"),
        ({"time": JAN_1}, "type", "time: None is no count of s since 1970"),
    ],
)
def test_a_candle_that_cannot_be_read_is_rejected_alone(
    candle: object, rule: str, reason: str, asking: Asking, server: FeedServer
) -> None:
    candles(server, [JAN_1 + 86_400, 9.0, 11.0, 10.0, 10.5, 7.0], candle)
    reading = asking.read(COIN, WINDOW)
    assert days.dates(reading) == [date(2025, 1, 2)]
    (rejected,) = reading.rejected
    assert (rejected.rule, rejected.line, rejected.source_sha256) == (rule, 2, asking.fetches[0][0].sha256)
    assert reason in rejected.reason
    json.dumps(dict(rejected.row), default=str)


def test_a_low_above_the_high_is_not_repaired(asking: Asking, server: FeedServer) -> None:
    candles(server, [JAN_1, 12.0, 8.0, 10.0, 11.0, 7.0])
    (row,) = asking.read(COIN, WINDOW).rows
    assert row == {
        "session_date": date(2025, 1, 1),
        "open_usd": 10.0,
        "high_usd": 8.0,
        "low_usd": 12.0,
        "close_usd": 11.0,
        "volume": 7.0,
    }


def test_of_two_different_candles_for_a_day_neither_is_taken(asking: Asking, server: FeedServer) -> None:
    candles(server, [JAN_1, 1, 2, 1, 1.5, 9], [JAN_1, 1, 2, 1, 1.5, 9], [JAN_1 + 86_400, 1, 2, 1, 1.5, 9])
    assert len(asking.read(COIN, WINDOW).rows) == 2, "twice the same is once"
    candles(server, [JAN_1, 1, 2, 1, 1.5, 9], [JAN_1, 1, 2, 1, 1.6, 9], [JAN_1 + 86_400, 1, 2, 1, 1.5, 9])
    reading = asking.read(COIN, WINDOW)
    assert days.dates(reading) == [date(2025, 1, 2)]
    assert [(one.rule, one.line) for one in reading.rejected] == [("duplicate", 1), ("duplicate", 2)]


def test_days_without_trade_are_an_empty_answer(asking: Asking, server: FeedServer) -> None:
    candles(server)
    reading = asking.read(COIN, WINDOW)
    assert not reading.rows and not reading.rejected


@pytest.mark.parametrize(
    ("body", "status", "error", "attempts"),
    [
        (b'{"message":"NotFound"}', 404, http_errors.UnknownSubject, 1),
        (b'{"message":"NotFound"}', 200, http_errors.UnknownSubject, 1),
        (b"<html>gone</html>", 404, http_errors.NotFound, 1),
        (b'{"message":"Unsupported granularity"}', 400, http_errors.Refused, 1),
        (b'{"message":"Public rate limit exceeded"}', 429, http_errors.Unavailable, 3),
        (b'{"message":"Internal server error"}', 500, http_errors.Unavailable, 3),
        (b"<!DOCTYPE html><html>", 200, http_errors.WrongContent, 3),
        (b"", 200, http_errors.WrongContent, 3),
        (b'{"candles": []}', 200, http_errors.WrongContent, 3),
        (b"[[1735689600, 1", 200, http_errors.Truncated, 3),
        (b"[[1735689600, 1, ]]", 200, http_errors.WrongContent, 3),
    ],
)
def test_errors_have_their_types(
    body: bytes, status: int, error: type[Exception], attempts: int, asking: Asking, server: FeedServer
) -> None:
    kind = "application/json" if body[:1] in b"{[" else "text/html"
    server.fail("coinbase", *[edgar.status(status, body=body, kind=kind)] * attempts)
    with pytest.raises(error) as caught:
        asking.read(COIN, WINDOW)
    assert type(caught.value) is error
    assert server.asked("coinbase") == attempts
    assert not asking.archive.sources("feed")
    if isinstance(caught.value, http_errors.UnknownSubject):
        assert asking.refused() == [body]


def test_what_passes_is_asked_again(asking: Asking, server: FeedServer) -> None:
    server.fail("coinbase", edgar.status(503), edgar.page_instead)
    assert asking.read(COIN, Window(date(2025, 1, 2), date(2025, 1, 3))).rows
    assert [one.status for one in server.arrivals] == [503, 200, 200]


@pytest.mark.parametrize(
    ("content", "error"), [(b"[[", SourceDamaged), (b'{"a": 1}', SourceDrifted), (b'"text"', SourceDrifted)]
)
def test_an_archived_page_that_cannot_be_read_is_named(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="feed/market/coinbase/x"):
        read_page(Coinbase(), content, COIN, WINDOW, days.NOW, "feed/market/coinbase/x")

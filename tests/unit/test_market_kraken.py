"""Kraken: what its bars become, and the errors that it tells under status 200."""

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
from ingestion.providers.kraken import MOST_BARS, PAUSE_SECONDS, Kraken
from ingestion.providers.rows import Window
from tests.edgar import server as edgar
from tests.edgar.server import QUICK
from tests.feeds import days
from tests.feeds.asking import Asking, read_page
from tests.feeds.days import COIN, WINDOW
from tests.feeds.formats.kraken import KrakenFormat
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

JAN_1 = 1_735_689_600  # 2025-01-01T00:00:00Z
TARGET = replace(COIN, symbol="XBTUSD")
JANUARY = Window(date(2025, 1, 1), date(2025, 1, 3))
ERROR = b'{"error":["%s"]}'


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    running_feeds.reset().mount("kraken", KrakenFormat({"XBTUSD": days.coin()}, days.NOW))
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Kraken(), server, tmp_path)


def answers(server: FeedServer, *rows: object, last: object = JAN_1 + 10 * 86_400) -> None:
    document = {"error": [], "result": {"XXBTZUSD": rows, "last": last}}
    server.mount("kraken", lambda path, request: Response(json.dumps(document), content_type="application/json"))


def test_every_day_is_read_from_text(asking: Asking, server: FeedServer) -> None:
    reading = asking.read(TARGET, WINDOW)
    assert '"50' in asking.fetches[0][1].decode(), "prices come as text"
    listed = days.coin().bars
    # Kraken gives one decimal of bitcoin prices.
    expected = days.rows(
        [replace(b, **{n: round(getattr(b, n), 1) for n in ("open", "high", "low", "close")}) for b in listed]
    )
    assert reading.rows == expected
    assert not reading.rejected and not reading.actions
    asked = server.requests_of("kraken")[0]
    assert asked.path == "/kraken/0/public/OHLC"
    assert parse_qs(asked.query) == {"pair": ["XBTUSD"], "interval": ["1440"], "since": ["1708905599"]}


def test_days_that_have_left_the_newest_720_bars_are_not_asked_for() -> None:
    today = date(2025, 1, 6)
    (found,) = Kraken().windows(Window(date(2020, 1, 1), date(2025, 1, 5)), today)
    # 720 bars from the first day to today, which is still open.
    assert (today - found.first).days + 1 == MOST_BARS == 720 and found.last == date(2025, 1, 5)
    assert Kraken().windows(Window(date(2020, 1, 1), date(2020, 12, 31)), today) == []
    assert Kraken().windows(JANUARY, today) == [JANUARY]


def test_the_first_day_that_is_asked_for_is_one_that_the_server_still_has(asking: Asking, server: FeedServer) -> None:
    first = date(2022, 1, 1)
    listing = days.coin([first + timedelta(days=n) for n in range(1102)])
    server.mount("kraken", KrakenFormat({"XBTUSD": listing}, days.NOW))
    (window,) = Kraken().windows(Window(first, date(2025, 1, 5)), days.NOW.date())
    reading = asking.read(TARGET, window)
    assert len(reading.rows) == 719
    assert (reading.rows[0]["session_date"], reading.rows[-1]["session_date"]) == (window.first, window.last)


@pytest.mark.parametrize(("at", "is_read"), [("2025-01-01T23:59:59", False), ("2025-01-02T00:00:00", True)])
def test_the_day_under_way_is_no_bar(at: str, is_read: bool, asking: Asking, server: FeedServer) -> None:
    now = datetime.fromisoformat(at)
    server.mount("kraken", KrakenFormat({"XBTUSD": days.coin()}, now))
    reading = asking.read(TARGET, Window(date(2024, 12, 31), date(2025, 1, 2)), at=now)
    assert json.loads(asking.fetches[0][1])["result"]["XXBTZUSD"][-1][0] >= JAN_1, "the answer holds the open bar"
    assert days.dates(reading) == [date(2024, 12, 31), date(2025, 1, 1)][: 2 if is_read else 1]


def test_a_bar_that_kraken_calls_open_is_not_read_although_its_day_is_over(asking: Asking, server: FeedServer) -> None:
    """Told just before midnight, archived just after it."""
    row = ["2.0", "3.0", "1.0", "2.5", "2.2", "7.5", 11]
    answers(server, [JAN_1, *row], [JAN_1 + 86_400, *row], last=JAN_1)
    assert days.dates(asking.read(TARGET, JANUARY)) == [date(2025, 1, 1)]
    answers(server, [JAN_1, *row], [JAN_1 + 86_400, *row], last="")
    assert len(asking.read(TARGET, JANUARY).rows) == 2


@pytest.mark.parametrize(
    ("row", "rule", "reason"),
    [
        ([JAN_1, "1", "2", "1", "1,5", "1", "9", 1], "type", "close_usd: '1,5' is no number"),
        ([JAN_1, "1", "2", "1", "", "1", "9", 1], "type", "close_usd: '' is no number"),
        ([JAN_1, "1", "NaN", "1", "1", "1", "9", 1], "not_finite", "high_usd: 'NaN' is not a finite number"),
        ([JAN_1, "1", "2", "-inf", "1", "1", "9", 1], "not_finite", "low_usd"),
        ([JAN_1, "1", "2", "1", None, "1", "9", 1], "null", "a bar has a close"),
        ([JAN_1, "1"], "null", "a bar has a close"),
        ([JAN_1 * 1000.0, "1", "2", "1", "1", "1", "9", 1], "epoch", "is no time in s since 1970"),
        (["2025-01-01", "1", "2", "1", "1", "1", "9", 1], "type", "is no count of s since 1970"),
        ("row", "type", "time: None is no count of s since 1970"),
    ],
)
def test_a_bar_that_cannot_be_read_is_rejected_alone(
    row: object, rule: str, reason: str, asking: Asking, server: FeedServer
) -> None:
    answers(server, row, [JAN_1 + 86_400, "2.0", "1.5", "3.0", "2.5", "2.2", "7.5", 11])
    reading = asking.read(TARGET, WINDOW)
    assert reading.rows == [
        {
            "session_date": date(2025, 1, 2),
            "open_usd": 2.0,
            "high_usd": 1.5,
            "low_usd": 3.0,  # above the high: for the gate to find
            "close_usd": 2.5,
            "volume": 7.5,
        }
    ]
    (rejected,) = reading.rejected
    assert (rejected.rule, rejected.line) == (rule, 1) and reason in rejected.reason


@pytest.mark.parametrize(
    ("body", "error", "attempts"),
    [
        (ERROR % b"EQuery:Unknown asset pair", http_errors.UnknownSubject, 1),
        (ERROR % b"EGeneral:Invalid arguments", http_errors.Refused, 1),
        (b'{"error":["WGeneral:Deprecated","EGeneral:Permission denied"]}', http_errors.Refused, 1),
        (b'{"error":[],"result":{}}', http_errors.WrongContent, 3),
        (b'{"error":[],"result":{"XXBTZUSD":[],"XETHZUSD":[],"last":1}}', http_errors.WrongContent, 3),
        (b'{"error":[],"result":{"XXBTZUSD":{},"last":1}}', http_errors.WrongContent, 3),
        (b'{"result":{"XXBTZUSD":[],"last":1}}', http_errors.WrongContent, 3),
        (b"[]", http_errors.WrongContent, 3),
        (b"<html>Cloudflare</html>", http_errors.WrongContent, 3),
        (b"", http_errors.WrongContent, 3),
        (b'{"error":[],"result":{"XXBTZUSD":[[1', http_errors.Truncated, 3),
    ],
)
def test_errors_under_status_200_have_their_types(
    body: bytes, error: type[Exception], attempts: int, asking: Asking, server: FeedServer
) -> None:
    server.fail("kraken", *[edgar.status(200, body=body, kind="application/json")] * attempts)
    with pytest.raises(error) as caught:
        asking.read(TARGET, WINDOW)
    assert type(caught.value) is error and server.asked("kraken") == attempts
    assert not asking.archive.sources("feed")
    if error in (http_errors.UnknownSubject, http_errors.Refused):
        assert asking.refused() == [body] and "Kraken says 'E" in str(caught.value)


@pytest.mark.parametrize(
    "said",
    [b"EGeneral:Too many requests", b"EAPI:Rate limit exceeded", b"EService: Throttled: 1735689600", b"EService:Busy"],
)
def test_too_many_requests_under_status_200_pause_all_who_ask(said: bytes, server: FeedServer, tmp_path: Path) -> None:
    asking = Asking(Kraken(), server, tmp_path, bounds=replace(QUICK, attempts=1))
    server.fail("kraken", edgar.status(200, body=ERROR % said, kind="application/json"))
    with pytest.raises(http_errors.Unavailable, match=said.decode()) as caught:
        asking.read(TARGET, WINDOW)
    assert caught.value.retry_after == PAUSE_SECONDS
    hasty = Asking(Kraken(), server, tmp_path, bounds=replace(QUICK, total_seconds=0.5))
    with pytest.raises(http_errors.DeadlineExceeded, match="asked for a pause"):
        hasty.read(TARGET, WINDOW)
    assert server.asked("kraken") == 1


def test_a_warning_beside_the_bars_is_no_error(asking: Asking, server: FeedServer) -> None:
    body = b'{"error":["WGeneral:Deprecated"],"result":{"XXBTZUSD":[[1735689600,"1","2","1","1","1","9",1]],"last":1735689600}}'
    server.fail("kraken", edgar.status(200, body=body, kind="application/json"))
    assert len(asking.read(TARGET, WINDOW).rows) == 1


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", SourceDamaged),
        (b'{"error":[]', SourceDamaged),
        (b'{"error":[]}', SourceDrifted),
        (ERROR % b"E:x", SourceDrifted),
    ],
)
def test_an_archived_page_that_cannot_be_read_is_named(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="feed/market/kraken/x"):
        read_page(Kraken(), content, TARGET, WINDOW, days.NOW, "feed/market/kraken/x")


@pytest.mark.shared
def test_the_recorded_daily_bar_is_read_once_its_day_is_over(shared: Path) -> None:
    content = (shared / "data/api_samples/kraken/ohlc_daily_2021-07-20.json").read_bytes()
    window = Window(date(2021, 7, 1), date(2021, 7, 31))
    at = datetime(2021, 7, 21, 12)
    # The recorded bar was the open one: `last` names the day before it.
    assert read_page(Kraken(), content, TARGET, window, at).rows == []
    closed = content.replace(b'"last":1626652800', b'"last":1626739200')
    assert read_page(Kraken(), closed, TARGET, window, at).rows == [
        {
            "session_date": date(2021, 7, 20),
            "open_usd": 30827.2,
            "high_usd": 31065.9,
            "low_usd": 29500.0,
            "close_usd": 29706.3,
            "volume": 2117.85019820,
        }
    ]


@pytest.mark.shared
def test_the_recorded_answers_pass_the_check(asking: Asking, server: FeedServer, shared: Path) -> None:
    for file in sorted((shared / "data/api_samples/kraken").glob("*.json")):
        server.fail("kraken", edgar.status(200, body=file.read_bytes(), kind="application/json"))
        asking.read(TARGET, WINDOW)
    assert server.asked("kraken") == 2

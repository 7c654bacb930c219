"""Stooq: what its CSV becomes, and the errors that it tells as text under status 200."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from ingestion.errors import SourceDrifted
from ingestion.fetch import http_errors
from ingestion.providers.stooq import Stooq
from tests.edgar import server as edgar
from tests.feeds import days
from tests.feeds.asking import Asking, read_page
from tests.feeds.days import SHARE, WINDOW
from tests.feeds.formats.market import Market
from tests.feeds.formats.stooq import StooqFormat
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

TARGET = replace(SHARE, symbol="abc.us")
HEADER = "Date,Open,High,Low,Close,Volume"
GOOD = "2025-01-02,10,12,9,11,700"


@pytest.fixture
def told(running_feeds: FeedServer) -> StooqFormat:
    told = StooqFormat({"abc.us": days.share([days.DIVIDEND, days.SPLIT])}, days.NOW)
    running_feeds.reset().mount("stooq", told)
    return told


@pytest.fixture
def server(running_feeds: FeedServer, told: Market) -> FeedServer:
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Stooq(), server, tmp_path)


def says(server: FeedServer, *lines: str, end: str = "\r\n") -> None:
    text = end.join(lines) + end
    server.mount("stooq", lambda path, request: Response(text, content_type="text/plain"))


def test_every_session_is_read_as_it_was_traded(asking: Asking, server: FeedServer) -> None:
    reading = asking.read(TARGET, WINDOW)
    assert b"\r\n" in asking.fetches[0][1]
    assert reading.rows == days.rows(days.share().bars)
    assert not reading.rejected and not reading.actions
    asked = server.requests_of("stooq")[0]
    assert asked.path == "/stooq/q/d/l/"
    assert parse_qs(asked.query) == {
        "s": ["abc.us"],
        "i": ["d"],
        "d1": ["20240226"],
        "d2": ["20250103"],
        "o": ["1111111"],
    }


def test_without_being_told_stooq_restates_prices_which_is_why_it_is_told(
    asking: Asking, server: FeedServer, told: StooqFormat
) -> None:
    server.mount("stooq", lambda path, request: told(path, _without_option(request)))
    restated = asking.read(TARGET, WINDOW).rows
    first, last = days.share().bars[0], days.share().bars[-1]
    assert restated[-1]["close_usd"] == last.close
    assert float(str(restated[0]["close_usd"])) == pytest.approx(first.close / 10 * (1 - 0.5 / 101), rel=0.01)
    assert restated[0]["volume"] == first.volume * 10
    assert not Stooq().is_split_adjusted


@pytest.mark.parametrize(
    ("at", "last"),
    [
        ("2024-11-29T17:30:00", date(2024, 11, 27)),  # a half day under way
        ("2024-11-29T18:14:59", date(2024, 11, 27)),  # closed at 18:00, not yet public
        ("2024-11-29T18:15:00", date(2024, 11, 29)),
        ("2024-11-27T21:14:59", date(2024, 11, 26)),  # a winter day closes at 21:00
        ("2024-11-27T21:15:00", date(2024, 11, 27)),
        ("2024-11-01T20:15:00", date(2024, 11, 1)),  # two days before clocks go back, at 20:00
        ("2024-11-04T20:15:00", date(2024, 11, 1)),
    ],
)
def test_a_session_under_way_is_no_bar(at: str, last: date, asking: Asking, told: StooqFormat) -> None:
    told.set_now_utc = datetime.fromisoformat(at)
    reading = asking.read(TARGET, WINDOW, at=told.set_now_utc)
    assert asking.fetches[0][1].rstrip().rpartition(b"\n")[2].startswith(at[:10].encode()), (
        "the answer holds the open bar"
    )
    assert reading.rows == days.rows([bar for bar in days.share().bars if bar.day <= last])
    assert not reading.rejected


def test_columns_may_lack_volume_and_lines_their_carriage_return(asking: Asking, server: FeedServer) -> None:
    says(server, "\ufeffDate,Open,High,Low,Close", "2025-01-02,10,12,9,11", "", end="\n")
    assert asking.read(TARGET, WINDOW).rows == [
        {
            "session_date": date(2025, 1, 2),
            "open_usd": 10.0,
            "high_usd": 12.0,
            "low_usd": 9.0,
            "close_usd": 11.0,
            "volume": None,
        }
    ]
    says(server, HEADER, "2025-01-02,10,12,9,11,")
    assert asking.read(TARGET, WINDOW).rows[0]["volume"] is None


@pytest.mark.parametrize(
    ("line", "rule", "reason"),
    [
        ("2025-01-03,10,12,9,N/D,700", "type", "close_usd: 'N/D' is no number"),
        ("2025-01-03,10,12,9,,700", "type", "close_usd: '' is no number"),
        ("2025-01-03,10,12,9", "null", "close_usd: a bar has a close"),
        ("2025-01-03,10,inf,9,11,700", "not_finite", "high_usd: 'inf' is not a finite number"),
        ("03.01.2025,10,12,9,11,700", "type", "date: '03.01.2025' is no date"),
        ("2025-02-29,10,12,9,11,700", "type", "date: '2025-02-29' is no date"),
        ("2025-01-03T16:00:00,10,12,9,11,700", "type", "is no whole day"),
        ("Warning: mysql_connect()", "type", "is no date"),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_alone(
    line: str, rule: str, reason: str, asking: Asking, server: FeedServer
) -> None:
    says(server, HEADER, line, GOOD)
    reading = asking.read(TARGET, WINDOW)
    assert days.dates(reading) == [date(2025, 1, 2)]
    (rejected,) = reading.rejected
    assert (rejected.rule, rejected.line) == (rule, 2) and reason in rejected.reason


def test_a_low_above_the_high_is_not_repaired(asking: Asking, server: FeedServer) -> None:
    says(server, HEADER, "2025-01-02,10,8,12,11,700")
    (row,) = asking.read(TARGET, WINDOW).rows
    assert (row["low_usd"], row["high_usd"]) == (12.0, 8.0)


def test_the_daily_limit_ends_the_questions(asking: Asking, server: FeedServer, told: StooqFormat) -> None:
    told.hits = 1
    asking.read(TARGET, WINDOW)
    with pytest.raises(http_errors.QuotaExceeded, match="Exceeded the daily hits limit"):
        asking.read(TARGET, WINDOW)
    assert server.asked("stooq") == 2, "not tried again"
    assert asking.refused() == [b"Exceeded the daily hits limit"]


@pytest.mark.parametrize(
    ("body", "error", "attempts"),
    [
        (b"No data", http_errors.UnknownSubject, 1),
        (b"No data\r\n", http_errors.UnknownSubject, 1),
        (b"Brak danych", http_errors.UnknownSubject, 1),
        (b"Exceeded the daily hits limit", http_errors.QuotaExceeded, 1),
        (b"Przekroczony dzienny limit wywolan", http_errors.QuotaExceeded, 1),
        (b"", http_errors.WrongContent, 3),
        (HEADER.encode() + b"\r\n", http_errors.WrongContent, 3),
        (b"<!DOCTYPE html><html><body>Captcha</body></html>", http_errors.WrongContent, 3),
        (b"Get your apikey", http_errors.WrongContent, 3),
        (
            b"Data,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie,Wolumen\r\n2025-01-02,1,1,1,1,1\r\n",
            http_errors.WrongContent,
            3,
        ),
        (b"Date,Open,High,Low,Close,Volume\r\n\xff\xfe,1,1,1,1,1\r\n", http_errors.WrongContent, 3),
        (b'Date,Open,High,Low,Close,Volume\r\n"2025-01-02,1,1,1', http_errors.WrongContent, 3),
    ],
)
def test_errors_under_status_200_have_their_types(
    body: bytes, error: type[Exception], attempts: int, asking: Asking, server: FeedServer
) -> None:
    server.fail("stooq", *[edgar.status(200, body=body)] * attempts)
    with pytest.raises(error) as caught:
        asking.read(TARGET, WINDOW)
    assert type(caught.value) is error and server.asked("stooq") == attempts
    assert not asking.archive.sources("feed")


def test_an_unknown_symbol_has_no_data(asking: Asking) -> None:
    with pytest.raises(http_errors.UnknownSubject, match="No data"):
        asking.read(replace(TARGET, symbol="bitf.us"), WINDOW)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "error"),
    [
        ("error_limit_HTTP200.txt", http_errors.QuotaExceeded),
        ("error_unknown_symbol_HTTP200.txt", http_errors.UnknownSubject),
    ],
)
def test_the_recorded_errors_are_known(
    file: str, error: type[Exception], asking: Asking, server: FeedServer, shared: Path
) -> None:
    body = (shared / "data/api_samples/stooq" / file).read_bytes()
    server.fail("stooq", edgar.status(200, body=body))
    with pytest.raises(error):
        asking.read(TARGET, WINDOW)
    assert asking.refused() == [body] and server.asked("stooq") == 1


def test_an_archived_page_that_cannot_be_read_is_named() -> None:
    with pytest.raises(SourceDrifted, match="feed/market/stooq/x: no bars; the body begins '<html>'"):
        read_page(Stooq(), b"<html>", TARGET, WINDOW, days.NOW, "feed/market/stooq/x")


def _without_option(request: Request) -> Request:
    query = {name: text for name, text in request.args.items() if name != "o"}
    return Request(EnvironBuilder(query_string=query).get_environ())

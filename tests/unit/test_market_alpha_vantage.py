"""Alpha Vantage: what its numbered keys become, the errors under status 200, and its key, which it quotes."""

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
from ingestion.providers.alpha_vantage import PAUSE_SECONDS, AlphaVantage
from ingestion.providers.rows import Window
from tests.edgar import server as edgar
from tests.edgar.server import QUICK
from tests.feeds import days
from tests.feeds.asking import CLOSES, Asking, read_page
from tests.feeds.days import SHARE, WINDOW
from tests.feeds.formats import alpha_vantage as texts
from tests.feeds.formats.alpha_vantage import AlphaVantageFormat
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

KEY = "CANARY0123456789"
SPARINGLY = "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly (1 request per second)."
FREQUENCY = (
    "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day."
)


@pytest.fixture
def told(running_feeds: FeedServer) -> AlphaVantageFormat:
    told = AlphaVantageFormat({"ABC": days.share([days.SPLIT])}, days.NOW, KEY)
    running_feeds.reset().mount("alpha_vantage", told)
    return told


@pytest.fixture
def server(running_feeds: FeedServer, told: AlphaVantageFormat) -> FeedServer:
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(AlphaVantage(), server, tmp_path, key=KEY)


def bar(**others: object) -> dict[str, object]:
    usual: dict[str, object] = {"1. open": "10.0", "2. high": "12.0", "3. low": "9.0", "4. close": "11.0"}
    return usual | {"5. volume": "700"} | others


def series(rows: object, symbol: str = "ABC") -> dict[str, object]:
    return {"Meta Data": {"2. Symbol": symbol, "5. Time Zone": "US/Eastern"}, "Time Series (Daily)": rows}


def says(server: FeedServer, document: object) -> None:
    server.mount("alpha_vantage", lambda path, request: Response(json.dumps(document), content_type="application/json"))


def test_every_session_is_read_as_it_was_traded(asking: Asking, server: FeedServer) -> None:
    reading = asking.read(SHARE, WINDOW)
    assert reading.rows == days.rows(days.share().bars)
    assert not reading.rejected and not reading.actions and not AlphaVantage().is_split_adjusted
    dates = list(json.loads(asking.fetches[0][1])["Time Series (Daily)"])
    assert dates == sorted(dates, reverse=True), "newest first"
    (asked,) = server.requests_of("alpha_vantage")
    assert asked.path == "/alpha_vantage/query"
    assert parse_qs(asked.query) == {
        "function": ["TIME_SERIES_DAILY"],
        "symbol": ["ABC"],
        "outputsize": ["compact"],
        "datatype": ["json"],
        "apikey": [KEY],
    }


def test_the_window_never_reaches_beyond_the_newest_hundred_bars(asking: Asking, told: AlphaVantageFormat) -> None:
    sessions = [day for day in sorted(CLOSES) if date(2023, 1, 1) <= day <= date(2025, 1, 3)]
    told.symbols["ABC"] = days.share(on=sessions)
    (window,) = AlphaVantage().windows(Window(date(2023, 1, 1), WINDOW.last), days.NOW.date())
    reading = asking.read(SHARE, window)
    assert days.dates(reading) == [day for day in sessions if day >= window.first]
    assert len(reading.rows) > 90
    assert AlphaVantage().windows(Window(date(2023, 1, 1), date(2024, 6, 30)), days.NOW.date()) == []
    # With a session of today under way, on whatever day of the week.
    for n in range(400):
        today = date(2023, 7, 1) + timedelta(days=n)
        (window,) = AlphaVantage().windows(Window(date(2023, 1, 1), today), today)
        newest = [day for day in sessions if day <= today][-100:]
        assert min(day for day in sessions if day >= window.first) >= newest[0], today


@pytest.mark.parametrize(
    ("at", "last"), [("2025-01-02T21:14:59", date(2024, 12, 31)), ("2025-01-02T21:15:00", date(2025, 1, 2))]
)
def test_a_session_under_way_is_no_bar(at: str, last: date, asking: Asking, told: AlphaVantageFormat) -> None:
    told.set_now_utc = datetime.fromisoformat(at)
    reading = asking.read(SHARE, WINDOW, at=told.set_now_utc)
    assert b"2025-01-02" in asking.fetches[0][1]
    assert days.dates(reading)[-1] == last and not reading.rejected


@pytest.mark.parametrize(
    ("day", "row", "rule", "reason"),
    [
        ("2025-01-03", bar(**{"4. close": "None"}), "type", "close_usd: 'None' is no number"),
        ("2025-01-03", bar(**{"2. high": "inf"}), "not_finite", "high_usd"),
        ("2025-01-03", {"4a. close (USD)": "1"}, "null", "a bar has a close"),
        ("2025-01-03", "11.0", "null", "a bar has a close"),
        ("2025-01-03 14:56:00", bar(), "type", "is no whole day"),
        ("yesterday", bar(), "type", "date: 'yesterday' is no date"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_alone(
    day: str, row: object, rule: str, reason: str, asking: Asking, server: FeedServer
) -> None:
    says(server, series({day: row, "2025-01-02": bar(**{"3. low": "13.0"})}))
    reading = asking.read(SHARE, WINDOW)
    assert reading.rows == [
        {
            "session_date": date(2025, 1, 2),
            "open_usd": 10.0,
            "high_usd": 12.0,
            "low_usd": 13.0,  # above the high: for the gate to find
            "close_usd": 11.0,
            "volume": 700.0,
        }
    ]
    (rejected,) = reading.rejected
    assert (rejected.rule, rejected.line) == (rule, 1) and reason in rejected.reason


def test_the_daily_limit_quotes_the_key_and_nothing_keeps_it(
    asking: Asking, server: FeedServer, told: AlphaVantageFormat, tmp_path: Path
) -> None:
    told.questions = 1
    asking.read(SHARE, WINDOW)
    with pytest.raises(http_errors.QuotaExceeded, match="standard API rate limit is 25 requests per day") as caught:
        asking.read(SHARE, WINDOW)
    assert server.asked("alpha_vantage") == 2, "not tried again"
    assert KEY not in str(caught.value) and KEY not in repr(caught.value.__dict__)
    (body,) = asking.refused()
    assert b"We have detected your API key as REDACTED" in body
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert kept and not [file for file in kept if KEY.encode() in file.read_bytes()]


def test_a_wrong_key_is_refused(server: FeedServer, tmp_path: Path) -> None:
    with pytest.raises(http_errors.Refused, match="the parameter apikey is invalid or missing"):
        Asking(AlphaVantage(), server, tmp_path, key="wrong").read(SHARE, WINDOW)
    with pytest.raises(ValueError, match="HASHWATT_ALPHA_VANTAGE_KEY is not set"):
        Asking(AlphaVantage(), server, tmp_path).read(SHARE, WINDOW)


def test_an_unknown_symbol_is_told_as_such(asking: Asking) -> None:
    with pytest.raises(http_errors.UnknownSubject, match="Invalid API call"):
        asking.read(replace(SHARE, symbol="NONE"), WINDOW)


def test_asked_too_fast_it_is_asked_again_after_a_pause(server: FeedServer, tmp_path: Path) -> None:
    asking = Asking(AlphaVantage(), server, tmp_path, bounds=replace(QUICK, attempts=1), key=KEY)
    body = json.dumps({"Information": SPARINGLY}).encode()
    server.fail("alpha_vantage", edgar.status(200, body=body, kind="application/json"))
    with pytest.raises(http_errors.Unavailable, match="more sparingly") as caught:
        asking.read(SHARE, WINDOW)
    assert caught.value.retry_after == PAUSE_SECONDS


@pytest.mark.parametrize(
    ("document", "error", "attempts"),
    [
        ({"Error Message": texts.BAD_CALL}, http_errors.UnknownSubject, 1),
        ({"Error Message": texts.BAD_KEY}, http_errors.Refused, 1),
        ({"Note": FREQUENCY}, http_errors.QuotaExceeded, 1),
        ({"Information": texts.SPENT}, http_errors.QuotaExceeded, 1),
        ({"Information": texts.PREMIUM}, http_errors.Refused, 1),
        (series({}, symbol="ABCD"), http_errors.UnknownSubject, 1),
        (series([]), http_errors.WrongContent, 3),
        ({"Meta Data": {}, "Time Series (1min)": {}}, http_errors.WrongContent, 3),
        ({}, http_errors.WrongContent, 3),
        ([], http_errors.WrongContent, 3),
        ("<html>", http_errors.WrongContent, 3),
        ("", http_errors.WrongContent, 3),
        ('{"Meta Data": {', http_errors.Truncated, 3),
    ],
)
def test_errors_under_status_200_have_their_types(
    document: object, error: type[Exception], attempts: int, asking: Asking, server: FeedServer
) -> None:
    body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
    server.fail("alpha_vantage", *[edgar.status(200, body=body)] * attempts)
    with pytest.raises(error) as caught:
        asking.read(SHARE, WINDOW)
    assert type(caught.value) is error and server.asked("alpha_vantage") == attempts
    assert not asking.archive.sources("feed")


@pytest.mark.parametrize(("content", "error"), [(b"{", SourceDamaged), (b'{"Note":"x"}', SourceDrifted)])
def test_an_archived_page_that_cannot_be_read_is_named(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="feed/market/alpha_vantage/x"):
        read_page(AlphaVantage(), content, SHARE, WINDOW, days.NOW, "feed/market/alpha_vantage/x")


@pytest.mark.shared
def test_recorded_bars_of_minutes_are_not_taken_for_days(asking: Asking, server: FeedServer, shared: Path) -> None:
    body = (shared / "data/api_samples/alpha_vantage/mock_time_series.json").read_bytes()
    server.mount("alpha_vantage", lambda path, request: Response(body, content_type="application/json"))
    target, window = replace(SHARE, symbol="MSFT"), Window(date(2017, 12, 18), date(2017, 12, 18))
    with pytest.raises(http_errors.WrongContent, match=r"no daily bars, but Meta Data, Time Series \(1min\)"):
        asking.read(target, window)
    # The newest of them as if it were the day's.
    document = json.loads(body)
    newest = document["Time Series (1min)"]["2017-12-18 14:56:00"]
    content = json.dumps({"Meta Data": document["Meta Data"], "Time Series (Daily)": {"2017-12-18": newest}}).encode()
    reading = read_page(AlphaVantage(), content, target, window, days.NOW)
    assert reading.rows == [
        {
            "session_date": date(2017, 12, 18),
            "open_usd": 86.49,
            "high_usd": 86.5,
            "low_usd": 86.475,
            "close_usd": 86.5,
            "volume": 10494.0,
        }
    ]

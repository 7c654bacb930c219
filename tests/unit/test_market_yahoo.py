"""Yahoo: what its chart becomes, what is no bar, and each way in which it says no."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from werkzeug import Response

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors
from ingestion.providers.rows import Window
from ingestion.providers.yahoo import Yahoo
from tests.edgar import server as edgar
from tests.feeds import days
from tests.feeds.asking import Asking, read_page
from tests.feeds.days import COIN, SHARE, WINDOW
from tests.feeds.formats.yahoo import YahooFormat
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

JAN_2 = 1_735_828_200  # 2025-01-02T14:30:00Z, the opening bell
DAY = 86_400
UNKNOWN = (
    b'{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}'
)
ERROR = b'{"chart":{"result":null,"error":{"code":"%s","description":"%s"}}}'


@pytest.fixture
def told(running_feeds: FeedServer) -> YahooFormat:
    told = YahooFormat({"ABC": days.share([days.DIVIDEND, days.SPLIT]), "BTC-USD": days.coin()}, days.NOW)
    running_feeds.reset().mount("yahoo", told)
    return told


@pytest.fixture
def server(running_feeds: FeedServer, told: YahooFormat) -> FeedServer:
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Yahoo(), server, tmp_path)


def chart(times: list[object], closes: list[object], *, events: object = None, **meta: object) -> dict[str, object]:
    """A chart of ABC with these closes, and other prices around them."""
    usual = {"currency": "USD", "symbol": "ABC", "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d"}
    quote = {"open": closes, "high": closes, "low": closes, "close": closes, "volume": [700] * len(closes)}
    result: dict[str, object] = {"meta": usual | meta, "timestamp": times, "indicators": {"quote": [quote]}}
    return {"chart": {"result": [result | ({} if events is None else {"events": events})], "error": None}}


def says(server: FeedServer, document: object) -> None:
    server.mount("yahoo", lambda path, request: Response(json.dumps(document), content_type="application/json"))


def test_every_session_is_read_as_yahoo_restates_it(asking: Asking, server: FeedServer) -> None:
    reading = asking.read(SHARE, WINDOW)
    before = {bar.day: 10.0 for bar in days.share().bars if bar.day < days.SPLIT.ex_date}
    expected = days.rows(days.share().bars, before)
    assert [row["session_date"] for row in reading.rows] == [row["session_date"] for row in expected]
    for row, other in zip(reading.rows, expected, strict=True):
        assert list(row) == list(other)
        told, meant = list(row.values())[1:], list(other.values())[1:]
        assert told == pytest.approx(meant, rel=1e-7), "within the single precision that Yahoo gives"
    assert Yahoo().is_split_adjusted and Yahoo().reaches_to_now and not reading.rejected
    assert reading.actions == [
        {"ex_date": date(2024, 3, 12), "action": "dividend", "split_ratio": None, "dividend_usd": pytest.approx(0.05)},
        {"ex_date": date(2024, 11, 4), "action": "split", "split_ratio": 10.0, "dividend_usd": None},
    ]
    asked = server.requests_of("yahoo")[0]
    assert asked.path == "/yahoo/v8/finance/chart/ABC"
    assert parse_qs(asked.query) == {
        "interval": ["1d"],
        "period1": ["1708819200"],  # 2024-02-25
        "period2": ["1736467200"],  # 2025-01-10
        "events": ["div,splits"],
        "includeAdjustedClose": ["false"],
    }
    assert "hashwatt" in asked.headers["User-Agent"]


def test_an_index_is_asked_for_under_its_caret(asking: Asking, server: FeedServer, told: YahooFormat) -> None:
    told.symbols["^VIX"] = days.share()
    assert len(asking.read(replace(SHARE, symbol="^VIX"), WINDOW).rows) == len(days.share().bars)


def test_coins_have_utc_days(asking: Asking, server: FeedServer) -> None:
    reading = asking.read(COIN, WINDOW)
    assert reading.rows == days.rows(days.coin().bars)


def test_the_exchange_says_which_day_it_is(asking: Asking, server: FeedServer) -> None:
    """Where the morning bell rings while New York and UTC still have the day before."""
    bell = 1_735_772_400  # 2025-01-01T23:00:00Z, ten o'clock of January 2 in Sydney
    says(server, chart([bell, bell + DAY], [10.0, 11.0], exchangeTimezoneName="Australia/Sydney"))
    assert days.dates(asking.read(SHARE, WINDOW)) == [date(2025, 1, 2), date(2025, 1, 3)]


def test_a_null_is_no_bar_and_no_fault(asking: Asking, told: YahooFormat) -> None:
    hole = date(2024, 11, 6)
    told.edit = lambda symbol, bar: None if bar.day == hole else bar
    reading = asking.read(SHARE, WINDOW)
    assert b"null" in asking.fetches[0][1]
    assert days.dates(reading) == [day for day in days.days("XNYS") if day != hole]
    assert not reading.rejected


def test_without_any_bar_the_answer_is_empty(asking: Asking, server: FeedServer, told: YahooFormat) -> None:
    reading = asking.read(SHARE, Window(date(2024, 4, 1), date(2024, 4, 10)))
    assert b"timestamp" not in asking.fetches[0][1]
    assert not reading.rows and not reading.rejected


@pytest.mark.parametrize(
    ("at", "last"),
    [
        ("2024-11-29T17:30:00", date(2024, 11, 27)),  # a half day under way
        ("2024-11-29T18:14:59", date(2024, 11, 27)),  # closed at 18:00, not yet public
        ("2024-11-29T18:15:00", date(2024, 11, 29)),
        ("2024-03-08T21:15:00", date(2024, 3, 8)),  # the Friday before clocks go forward
        ("2024-03-11T20:14:59", date(2024, 3, 8)),  # the Monday after
        ("2024-03-11T20:15:00", date(2024, 3, 11)),
    ],
)
def test_a_session_under_way_is_no_bar(at: str, last: date, asking: Asking, told: YahooFormat) -> None:
    told.symbols["ABC"] = days.share()
    told.set_now_utc = datetime.fromisoformat(at)
    reading = asking.read(SHARE, WINDOW, at=told.set_now_utc)
    shown = json.loads(asking.fetches[0][1])["chart"]["result"][0]["timestamp"]
    assert len(shown) == len([bar for bar in days.share().bars if bar.day <= told.set_now_utc.date()])
    assert reading.rows == days.rows([bar for bar in days.share().bars if bar.day <= last])
    assert not reading.rejected


def test_a_split_of_today_is_told_with_the_window_that_ended_yesterday(asking: Asking, told: YahooFormat) -> None:
    """Its answer is restated by a split whose own session is not over yet."""
    told.set_now_utc = datetime(2024, 11, 4, 15, 0)
    window = Window(date(2024, 10, 28), date(2024, 11, 1))
    reading = asking.read(SHARE, window, at=told.set_now_utc)
    assert float(str(reading.rows[-1]["close_usd"])) == pytest.approx(days.bar(date(2024, 11, 1)).close / 10)
    assert [row["ex_date"] for row in reading.actions] == [date(2024, 11, 4)]
    told.set_now_utc = datetime(2024, 11, 1, 21, 30)
    reading = asking.read(SHARE, window, at=told.set_now_utc)
    assert float(str(reading.rows[-1]["close_usd"])) == pytest.approx(days.bar(date(2024, 11, 1)).close)
    assert not reading.actions


def test_actions_before_the_window_and_after_today_are_not_taken(asking: Asking, server: FeedServer) -> None:
    events = {
        "dividends": {str(JAN_2 + n * DAY): {"amount": 0.5, "date": JAN_2 + n * DAY} for n in (-1, 0, 1, 5)},
        "splits": {str(JAN_2): {"date": JAN_2, "numerator": 1, "denominator": 25, "splitRatio": "1:25"}},
    }
    says(server, chart([JAN_2], [10.0], events=events))
    # A minute after midnight UTC it is still the day before in New York.
    reading = asking.read(SHARE, Window(date(2025, 1, 2), date(2025, 1, 2)), at=datetime(2025, 1, 3, 0, 1))
    assert reading.actions == [
        {"ex_date": date(2025, 1, 2), "action": "dividend", "split_ratio": None, "dividend_usd": 0.5},
        {"ex_date": date(2025, 1, 2), "action": "split", "split_ratio": 0.04, "dividend_usd": None},
    ]


@pytest.mark.parametrize(
    ("events", "rule", "reason"),
    [
        ({"splits": {"1": {"date": JAN_2, "numerator": 0, "denominator": 1}}}, "positive", "split_ratio"),
        ({"splits": {"1": {"date": JAN_2, "numerator": 4, "denominator": 0}}}, "positive", "split_ratio"),
        ({"splits": {"1": {"date": JAN_2, "numerator": "four"}}}, "type", "numerator: 'four' is no number"),
        ({"splits": {"1": {"date": JAN_2 * 1000, "numerator": 4, "denominator": 1}}}, "epoch", "no time in s"),
        ({"dividends": {"1": {"date": JAN_2, "amount": -0.1}}}, "positive", "dividend_usd: -0.1 is no dividend"),
        ({"dividends": {"1": {"date": JAN_2, "amount": float("inf")}}}, "not_finite", "amount"),
        ({"dividends": {"1": {"amount": 0.1}}}, "type", "time: None"),
        ({"dividends": {"1": 0.1}}, "type", "time: None"),
        (
            {"dividends": {"1": {"date": JAN_2, "amount": 0.1}, "2": {"date": JAN_2 + 60, "amount": 0.2}}},
            "duplicate",
            "2 different rows for 2025-01-02 dividend",
        ),
    ],
)
def test_an_action_that_cannot_be_read_is_rejected_and_the_bars_stay(
    events: Mapping[str, object], rule: str, reason: str, asking: Asking, server: FeedServer
) -> None:
    says(server, chart([JAN_2], [10.0], events=events))
    reading = asking.read(SHARE, WINDOW)
    assert len(reading.rows) == 1 and not reading.actions
    assert {one.rule for one in reading.rejected} == {rule} and reason in reading.rejected[0].reason


@pytest.mark.parametrize(
    ("time", "close", "rule", "reason"),
    [
        (JAN_2, "10", None, ""),  # a number as text is one
        (JAN_2, "ten", "type", "open_usd: 'ten' is no number"),
        (JAN_2, float("nan"), "not_finite", "open_usd: nan is not a finite number"),
        (JAN_2, False, "type", "open_usd: False is no number"),
        (JAN_2, [], "type", "open_usd: [] is no number"),
        (JAN_2 * 1000, 10.0, "epoch", "time: 1735828200000 is no time in s since 1970 from 1980-01-01 to"),
        (JAN_2 * 10**9, 10.0, "epoch", "time: 1735828200000000000 is no time in s since 1970"),
        (JAN_2 // 1000, 10.0, "epoch", "time: 1735828 is no time in s since 1970"),
        (JAN_2 + 10_000 * DAY, 10.0, "epoch", "is no time in s since 1970"),
        (None, 10.0, "type", "time: None is no count of s since 1970"),
        (True, 10.0, "type", "time: True is no count of s since 1970"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_alone(
    time: object, close: object, rule: str | None, reason: str, asking: Asking, server: FeedServer
) -> None:
    says(server, chart([time, JAN_2 + DAY], [close, 11.0]))
    reading = asking.read(SHARE, WINDOW)
    assert days.dates(reading)[-1] == date(2025, 1, 3)
    assert len(reading.rows) == (2 if rule is None else 1)
    assert [(one.rule, one.line) for one in reading.rejected] == ([] if rule is None else [(rule, 1)])
    assert all(reason in one.reason for one in reading.rejected)


def test_a_low_above_the_high_and_a_negative_volume_are_not_repaired(asking: Asking, server: FeedServer) -> None:
    document = chart([JAN_2], [10.0])
    quote = document["chart"]["result"][0]["indicators"]["quote"][0]  # type: ignore[index]
    quote |= {"low": [12.0], "high": [8.0], "volume": [-1]}
    says(server, document)
    (row,) = asking.read(SHARE, WINDOW).rows
    assert (row["low_usd"], row["high_usd"], row["volume"]) == (12.0, 8.0, -1.0)


def test_the_latest_trade_stands_for_the_row_of_its_day(asking: Asking, server: FeedServer) -> None:
    """On some evenings a session stands twice at the end, the second time as of its latest trade."""
    close = JAN_2 + 23_400
    says(server, chart([JAN_2 - DAY * 2, JAN_2, close], [9.0, 10.0, 10.5], regularMarketTime=close))
    reading = asking.read(SHARE, WINDOW)
    assert [row["close_usd"] for row in reading.rows] == [9.0, 10.5] and not reading.rejected
    says(server, chart([JAN_2, close], [10.0, 10.5], regularMarketTime=close + 60))
    reading = asking.read(SHARE, WINDOW)
    assert not reading.rows and [one.rule for one in reading.rejected] == ["duplicate", "duplicate"]


@pytest.mark.parametrize(
    ("status", "body", "error", "attempts"),
    [
        (404, UNKNOWN, http_errors.UnknownSubject, 1),
        (200, UNKNOWN, http_errors.UnknownSubject, 1),
        (404, b"<html>Our engineers are working quickly</html>", http_errors.NotFound, 1),
        (
            400,
            ERROR % (b"Bad Request", b"Data doesn't exist for startDate = 1, endDate = 2"),
            http_errors.UnknownSubject,
            1,
        ),
        (400, ERROR % (b"Bad Request", b"Invalid input - interval"), http_errors.Refused, 1),
        (422, ERROR % (b"Unprocessable Entity", b"Invalid range"), http_errors.Refused, 1),
        (
            401,
            b'{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}',
            http_errors.Refused,
            1,
        ),
        (200, ERROR % (b"internal-error", b"try again"), http_errors.Unavailable, 3),
        (429, b"Too Many Requests\r\n", http_errors.Unavailable, 3),
        (200, b"Too Many Requests\r\n", http_errors.WrongContent, 3),
        (200, b"<!DOCTYPE html><html></html>", http_errors.WrongContent, 3),
        (200, b"", http_errors.WrongContent, 3),
        (200, b'{"chart":{"result":[{"meta":{"curr', http_errors.Truncated, 3),
        (200, b'{"chart":{"result":[],"error":null}}', http_errors.WrongContent, 3),
        (200, b'{"chart":{"result":[{}],"error":null}}', http_errors.WrongContent, 3),
        (200, b'{"quoteResponse":{}}', http_errors.WrongContent, 3),
        (200, b"[]", http_errors.WrongContent, 3),
        (503, b"", http_errors.Unavailable, 3),
    ],
)
def test_errors_have_their_types(
    status: int, body: bytes, error: type[Exception], attempts: int, asking: Asking, server: FeedServer
) -> None:
    server.fail("yahoo", *[edgar.status(status, body=body)] * attempts)
    with pytest.raises(error) as caught:
        asking.read(SHARE, WINDOW)
    assert type(caught.value) is error and server.asked("yahoo") == attempts
    assert not asking.archive.sources("feed")
    assert asking.refused() in ([], [body])
    if error in (http_errors.UnknownSubject, http_errors.Refused):
        assert asking.refused() == [body] and "Yahoo says" in str(caught.value)


def test_an_unknown_symbol_is_told_as_such(asking: Asking, server: FeedServer) -> None:
    with pytest.raises(http_errors.UnknownSubject, match="No data found, symbol may be delisted") as caught:
        asking.read(replace(SHARE, symbol="BITF"), WINDOW)
    assert caught.value.status == 404 and server.asked("yahoo") == 1


def test_too_many_requests_are_waited_for_as_long_as_yahoo_asks(asking: Asking, server: FeedServer) -> None:
    server.fail("yahoo", edgar.status(429, body=b"Too Many Requests\r\n", retry_after="1"))
    began = time.monotonic()
    assert asking.read(SHARE, WINDOW).rows
    assert time.monotonic() - began >= 1.0
    server.fail("yahoo", edgar.status(429, body=b"Too Many Requests\r\n"))
    assert asking.read(SHARE, WINDOW).rows
    assert [one.status for one in server.arrivals] == [429, 200, 429, 200]


@pytest.mark.parametrize(
    ("document", "error", "words"),
    [
        (chart([JAN_2], [1.0], symbol="ABCD"), http_errors.UnknownSubject, "asked about ABC, Yahoo tells of ABCD"),
        (chart([JAN_2], [1.0], currency="CAD"), http_errors.UnknownSubject, "ABC is priced in CAD"),
        (chart([JAN_2], [1.0], dataGranularity="1mo"), http_errors.WrongContent, "bars of 1mo, asked for days"),
        (chart([JAN_2], [1.0], exchangeTimezoneName="EST/Nowhere"), http_errors.WrongContent, "is no time zone"),
        (chart([JAN_2], [1.0], exchangeTimezoneName=None), http_errors.WrongContent, "is no time zone"),
        (chart([JAN_2], [1.0], exchangeTimezoneName="../../etc/passwd"), http_errors.WrongContent, "is no time zone"),
        (chart([JAN_2, JAN_2 + DAY], [1.0]), http_errors.WrongContent, "arrays of different lengths"),
    ],
)
def test_an_answer_about_something_else_is_none(
    document: object, error: type[Exception], words: str, asking: Asking, server: FeedServer
) -> None:
    says(server, document)
    with pytest.raises(error, match=words):
        asking.read(SHARE, WINDOW)
    assert not asking.archive.sources("feed")


def test_a_page_archived_under_a_former_symbol_is_still_read() -> None:
    content = json.dumps(chart([JAN_2], [1.0], symbol="OLD")).encode()
    assert len(read_page(Yahoo(), content, SHARE, WINDOW, days.NOW).rows) == 1


@pytest.mark.parametrize(("content", "error"), [(b"", SourceDamaged), (b"{", SourceDamaged), (UNKNOWN, SourceDrifted)])
def test_an_archived_page_that_cannot_be_read_is_named(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="feed/market/yahoo/x"):
        read_page(Yahoo(), content, SHARE, WINDOW, days.NOW, "feed/market/yahoo/x")


@pytest.mark.shared
def test_recorded_bars_of_minutes_are_not_taken_for_days(asking: Asking, server: FeedServer, shared: Path) -> None:
    body = (shared / "data/api_samples/yahoo/chart_v8_TNX_5m_2026-02-02.json").read_bytes()
    server.mount("yahoo", lambda path, request: Response(body, content_type="application/json"))
    target, window = replace(SHARE, symbol="^TNX"), Window(date(2026, 2, 2), date(2026, 2, 2))
    with pytest.raises(http_errors.WrongContent, match="bars of 5m, asked for days"):
        asking.read(target, window)
    # The same bars as if each were a day, a day apart.
    document = json.loads(body)
    result = document["chart"]["result"][0]
    result["meta"]["dataGranularity"] = "1d"
    result["timestamp"] = [result["timestamp"][0] + n * DAY for n in range(len(result["timestamp"]))]
    content = json.dumps(document).encode()
    window = Window(date(2026, 2, 2), date(2026, 2, 6))
    reading = read_page(Yahoo(), content, target, window, datetime(2026, 2, 7))
    assert [(row["session_date"], row["close_usd"]) for row in reading.rows] == [
        (date(2026, 2, 2 + n), close) for n, close in enumerate(result["indicators"]["quote"][0]["close"])
    ]
    assert len(reading.rows) == 5 and not reading.rejected


@pytest.mark.shared
@pytest.mark.parametrize("status", [404, 200])
def test_the_recorded_error_is_known(status: int, asking: Asking, server: FeedServer, shared: Path) -> None:
    body = (shared / "data/api_samples/yahoo/error_unknown_symbol_HTTP404.json").read_bytes()
    server.fail("yahoo", edgar.status(status, body=body, kind="application/json"))
    with pytest.raises(http_errors.UnknownSubject):
        asking.read(SHARE, WINDOW)
    assert asking.refused() == [body]

"""Tiingo: what its rows become, splits and dividends among them, and its key on the way."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from werkzeug import Response

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors
from ingestion.providers.rows import Window
from ingestion.providers.tiingo import Tiingo
from tests.edgar import server as edgar
from tests.feeds import days
from tests.feeds.asking import Asking, read_page
from tests.feeds.days import SHARE, WINDOW
from tests.feeds.formats.tiingo import TiingoFormat
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

KEY = "canary-0123456789abcdef"


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    listing = days.share([days.DIVIDEND, days.SPLIT])
    running_feeds.reset().mount("tiingo", TiingoFormat({"ABC": listing}, days.NOW, KEY))
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Tiingo(), server, tmp_path, key=KEY)


def row(day: str = "2025-01-02T00:00:00.000Z", **others: object) -> dict[str, object]:
    usual: dict[str, object] = {"date": day, "close": 11.0, "high": 12.0, "low": 9.0, "open": 10.0, "volume": 700}
    return usual | {"adjClose": 1.1, "divCash": 0.0, "splitFactor": 1.0} | others


def says(server: FeedServer, *rows: object) -> None:
    server.mount("tiingo", lambda path, request: Response(json.dumps(rows), content_type="application/json"))


def test_every_session_is_read_as_it_was_traded(asking: Asking, server: FeedServer) -> None:
    reading = asking.read(SHARE, WINDOW)
    assert reading.rows == days.rows(days.share().bars) and not reading.rejected
    assert not Tiingo().is_split_adjusted
    assert reading.actions == [
        {"ex_date": date(2024, 3, 12), "action": "dividend", "split_ratio": None, "dividend_usd": 0.5},
        {"ex_date": date(2024, 11, 4), "action": "split", "split_ratio": 10.0, "dividend_usd": None},
    ]
    asked = server.requests_of("tiingo")[0]
    assert asked.path == "/tiingo/tiingo/daily/ABC/prices"
    assert parse_qs(asked.query) == {"startDate": ["2024-02-26"], "endDate": ["2025-01-03"], "format": ["json"]}


def test_the_key_goes_in_a_header_and_into_nothing_that_is_kept(
    asking: Asking, server: FeedServer, tmp_path: Path
) -> None:
    asking.read(SHARE, WINDOW)
    assert server.requests_of("tiingo")[0].headers["Authorization"] == f"Token {KEY}"
    echo = json.dumps({"detail": f"The key {KEY} has no rights."}).encode()
    server.fail("tiingo", edgar.status(403, body=echo, kind="application/json"))
    with pytest.raises(http_errors.Refused) as caught:
        asking.read(SHARE, Window(date(2025, 1, 2), date(2025, 1, 3)))
    assert KEY not in str(caught.value) and KEY not in repr(caught.value.__dict__)
    kept = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert kept and not [file for file in kept if KEY.encode() in file.read_bytes()]
    assert [json.loads(body)["detail"] for body in asking.refused()] == ["The key REDACTED has no rights."]


def test_without_a_key_nothing_is_asked(server: FeedServer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="HASHWATT_TIINGO_KEY is not set"):
        Asking(Tiingo(), server, tmp_path).read(SHARE, WINDOW)
    assert server.asked() == 0


@pytest.mark.parametrize(
    ("at", "last"), [("2025-01-02T21:14:59", date(2024, 12, 31)), ("2025-01-02T21:15:00", date(2025, 1, 2))]
)
def test_a_session_under_way_is_no_bar(at: str, last: date, asking: Asking, server: FeedServer) -> None:
    now = datetime.fromisoformat(at)
    server.mount("tiingo", TiingoFormat({"ABC": days.share()}, now, KEY))
    reading = asking.read(SHARE, WINDOW, at=now)
    assert b"2025-01-02" in asking.fetches[0][1]
    assert days.dates(reading)[-1] == last and not reading.rejected


@pytest.mark.parametrize(
    ("bad", "rule", "reason"),
    [
        (row("2025-01-03T16:00:00.000Z"), "type", "is no whole day"),
        (row("03/01/2025"), "type", "date: '03/01/2025' is no date"),
        ({**row(), "date": 1735828200}, "type", "date: 1735828200 is no date"),
        (row("2025-01-03T00:00:00.000Z", close=None), "null", "a bar has a close"),
        (row("2025-01-03T00:00:00.000Z", high={}), "type", "high_usd: {} is no number"),
        (row("2025-01-03T00:00:00.000Z", low=float("-inf")), "not_finite", "low_usd"),
        ("row", "type", "date: None is no date"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_alone(
    bad: object, rule: str, reason: str, asking: Asking, server: FeedServer
) -> None:
    says(server, bad, row())
    reading = asking.read(SHARE, WINDOW)
    assert days.dates(reading) == [date(2025, 1, 2)] and not reading.actions
    (rejected,) = reading.rejected
    assert (rejected.rule, rejected.line) == (rule, 1) and reason in rejected.reason


@pytest.mark.parametrize(
    ("others", "rule"),
    [({"splitFactor": 0.0}, "positive"), ({"splitFactor": "x"}, "type"), ({"divCash": -0.2}, "positive")],
)
def test_an_action_that_cannot_be_read_leaves_its_bar(
    others: dict[str, object], rule: str, asking: Asking, server: FeedServer
) -> None:
    says(server, row(**others))
    reading = asking.read(SHARE, WINDOW)
    assert len(reading.rows) == 1 and not reading.actions
    assert [one.rule for one in reading.rejected] == [rule]


def test_a_low_above_the_high_is_not_repaired(asking: Asking, server: FeedServer) -> None:
    says(server, row(low=12.0, high=8.0))
    (one,) = asking.read(SHARE, WINDOW).rows
    assert (one["low_usd"], one["high_usd"]) == (12.0, 8.0)


@pytest.mark.parametrize(
    ("status", "body", "error", "attempts"),
    [
        (404, b'{"detail":"Not found."}', http_errors.UnknownSubject, 1),
        (404, b'{"detail":"Error: Ticker \'ABC\' not found"}', http_errors.UnknownSubject, 1),
        (404, b"<html></html>", http_errors.NotFound, 1),
        (401, b'{"detail":"Invalid token."}', http_errors.Refused, 1),
        (403, b'{"detail":"Please supply a token"}', http_errors.Refused, 1),
        (429, b'{"detail":"Error: You have run over your hourly request allocation."}', http_errors.QuotaExceeded, 1),
        (429, b"slow down", http_errors.Unavailable, 3),
        (200, b'{"detail":"Not found."}', http_errors.UnknownSubject, 1),
        (200, b'{"rows":[]}', http_errors.WrongContent, 3),
        (200, b"<html></html>", http_errors.WrongContent, 3),
        (200, b"", http_errors.WrongContent, 3),
        (200, b'[{"date":', http_errors.Truncated, 3),
        (502, b'{"detail":"Not found."}', http_errors.Unavailable, 3),
    ],
)
def test_errors_have_their_types(
    status: int, body: bytes, error: type[Exception], attempts: int, asking: Asking, server: FeedServer
) -> None:
    server.fail("tiingo", *[edgar.status(status, body=body)] * attempts)
    with pytest.raises(error) as caught:
        asking.read(SHARE, WINDOW)
    assert type(caught.value) is error and server.asked("tiingo") == attempts
    assert not asking.archive.sources("feed")


def test_a_refused_key_shuts_nobody_out(asking: Asking, server: FeedServer) -> None:
    """A 403 that says why is no sign that the address is barred: the limit stays open for other questions."""
    server.fail("tiingo", edgar.status(403, body=b'{"detail":"You do not have permission"}', kind="application/json"))
    with pytest.raises(http_errors.Refused):
        asking.read(SHARE, WINDOW)
    assert asking.read(SHARE, WINDOW).rows


@pytest.mark.parametrize(("content", "error"), [(b"[", SourceDamaged), (b'{"detail":"x"}', SourceDrifted)])
def test_an_archived_page_that_cannot_be_read_is_named(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="feed/market/tiingo/x"):
        read_page(Tiingo(), content, SHARE, WINDOW, days.NOW, "feed/market/tiingo/x")


@pytest.mark.shared
def test_the_recorded_answers_are_read(asking: Asking, server: FeedServer, shared: Path) -> None:
    folder = shared / "data/api_samples/tiingo"
    bodies = {
        name: re.search(r"body: \{string: '(\[.*\])'\}", (folder / f"{name}.yaml").read_text())
        for name in ("ticker_price_with_date", "ticker_price")
    }
    window = Window(date(2015, 1, 1), date(2018, 12, 31))
    found = []
    for name, body in bodies.items():
        assert body is not None, name
        text = body[1]
        server.mount("tiingo", lambda path, request, text=text: Response(text, content_type="application/json"))
        found.append(asking.read(replace(SHARE, symbol="GOOGL"), window))
    assert not any(one.rejected or one.actions for one in found)
    assert [[(row["session_date"], row["close_usd"]) for row in one.rows] for one in found] == [
        [(date(2015, 1, 2), 529.55), (date(2015, 1, 5), 519.46)],
        [(date(2018, 4, 12), 1037.29)],
    ]
    assert found[0].rows[0] == {
        "session_date": date(2015, 1, 2),
        "open_usd": 532.6,
        "high_usd": 535.8,
        "low_usd": 527.88,
        "close_usd": 529.55,
        "volume": 1327870.0,
    }

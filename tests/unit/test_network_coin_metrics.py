"""Coin Metrics over a real server: what is asked, what is read day by day, every way in which an answer can be bad."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors as errors
from ingestion.providers.coin_metrics import METRICS, CoinMetrics
from ingestion.providers.rows import Target, Window
from tests.edgar.server import Fault, empty, half_json, page_instead, status
from tests.feeds.asking import Asking, read_page
from tests.feeds.economy import network_days
from tests.feeds.formats import coin_metrics as format_
from tests.feeds.formats.coin_metrics import NetworkDay, coin_metrics
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

BTC = Target("network", "BTC", "btc", "UTC")
# A leap day and a New Year are inside.
WINDOW = Window(date(2023, 12, 30), date(2024, 3, 2))
DAYS = network_days(date(2023, 12, 1), date(2024, 4, 1))


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    running_feeds.reset().mount("coin_metrics", coin_metrics(DAYS))
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(CoinMetrics(), server, tmp_path)


def expected(day: NetworkDay) -> dict[str, object]:
    hashrate = None if day.hashrate_eh_s is None else pytest.approx(day.hashrate_eh_s)
    return {
        "utc_date": day.utc_date,
        "blocks": day.blocks,
        "fees_btc": day.fees_btc,
        "difficulty": day.difficulty,
        "hashrate_eh_s": hashrate,
    }


def read(content: bytes, fetched_at_utc: datetime = datetime(2026, 1, 1), window: Window = WINDOW):  # type: ignore[no-untyped-def]
    return read_page(CoinMetrics(), content, BTC, window, fetched_at_utc)


def one(**cells: object) -> bytes:
    return format_.body([{"asset": "btc", "time": "2024-01-01T00:00:00.000000000Z", **cells}])


def test_every_day_of_the_window_is_read_in_our_units(asking: Asking, server: FeedServer) -> None:
    reading = asking.read(BTC, WINDOW)
    assert list(reading.rows) == [expected(day) for day in DAYS if WINDOW.first <= day.utc_date <= WINDOW.last]
    assert len(reading.rows) == 64
    assert date(2024, 2, 29) in {row["utc_date"] for row in reading.rows}
    assert (reading.rejected, reading.actions) == ([], [])
    (arrival,) = server.requests_of("coin_metrics")
    assert set(METRICS) == {"BlkCnt", "FeeTotNtv", "DiffMean", "HashRate"}
    assert "page_size=10000" in arrival.query
    assert "start_time=2023-12-30&end_time=2024-03-02" in arrival.query


def test_pages_are_followed_to_the_last(asking: Asking, server: FeedServer) -> None:
    server.mount("coin_metrics", coin_metrics(DAYS, most=10))
    reading = asking.read(BTC, WINDOW)
    assert [row["utc_date"] for row in reading.rows] == [
        day.utc_date for day in DAYS if WINDOW.first <= day.utc_date <= WINDOW.last
    ]
    assert server.asked("coin_metrics") == len(asking.fetches) == 7
    queries = [arrival.query for arrival in server.requests_of("coin_metrics")]
    assert [query.partition("next_page_token=")[2] for query in queries] == ["", "10", "20", "30", "40", "50", "60"]
    assert all("assets=btc" in query for query in queries)


def test_an_address_of_the_next_page_serves_as_well_and_leads_nowhere_else(asking: Asking, server: FeedServer) -> None:
    first = format_.body([format_.row(DAYS[40])], address="https://elsewhere.example/?page=1&next_page_token=abc%3D")
    second = format_.body([format_.row(DAYS[41])])
    server.fail("coin_metrics", status(200, body=first), status(200, body=second))
    assert [row["utc_date"] for row in asking.read(BTC, WINDOW).rows] == [DAYS[40].utc_date, DAYS[41].utc_date]
    assert server.requests_of("coin_metrics")[1].query.endswith("next_page_token=abc%3D")


def test_pages_that_never_end_are_given_up(asking: Asking, server: FeedServer) -> None:
    page = format_.body([format_.row(DAYS[40])], token="again")
    server.fail("coin_metrics", *[status(200, body=page)] * 9)
    with pytest.raises(errors.WrongContent, match="do not end"):
        asking.read(BTC, WINDOW)
    assert server.asked("coin_metrics") == 2


def test_a_metric_that_is_no_longer_public_leaves_the_others(asking: Asking, server: FeedServer) -> None:
    server.mount("coin_metrics", coin_metrics(DAYS, forbidden=["FeeTotNtv"]))
    rows = asking.read(BTC, WINDOW).rows
    assert len(rows) == 64
    assert {row["fees_btc"] for row in rows} == {None}
    assert all(row["blocks"] for row in rows)


@pytest.mark.parametrize(
    ("fault", "error", "attempts", "said"),
    [
        (
            lambda *_: format_.error(400, "bad_parameter", "Bad parameter 'assets'. Value"),
            errors.UnknownSubject,
            1,
            "assets",
        ),
        (lambda *_: format_.error(400, "bad_parameter", "Bad parameter 'frequency'."), errors.Refused, 1, "frequency"),
        (lambda *_: format_.error(401, "unauthorized", "Requires authorization."), errors.Refused, 1, "authorization"),
        (lambda *_: format_.error(403, "forbidden", "Requested metric is not"), errors.Refused, 1, "metric"),
        (format_.too_many, errors.Unavailable, 3, "too_many_requests"),
        (status(429, body=b"slow down"), errors.Unavailable, 3, "429"),
        (lambda *_: format_.error(200, "bad_parameter", "Bad parameter 'assets'."), errors.UnknownSubject, 1, "assets"),
        (lambda *_: format_.error(200, "internal_server_error", "oops"), errors.Unavailable, 3, "internal"),
        (status(500, body=b"<html></html>"), errors.Unavailable, 3, "500"),
        (page_instead, errors.WrongContent, 3, "no JSON"),
        (empty, errors.WrongContent, 3, "empty"),
        (half_json, errors.Truncated, 3, "does not end"),
        (status(200, body=b'{"result": []}'), errors.WrongContent, 3, "no page of metrics"),
        (status(200, body=b"[1, 2]"), errors.WrongContent, 3, "no page of metrics"),
        (status(200, body=b'{"data": [, ]}'), errors.WrongContent, 3, "no readable JSON"),
        (status(200, body=b'{"data": [], "next_page_url": "https://x/?page=2"}'), errors.WrongContent, 3, "no token"),
    ],
)
def test_bad_answers(
    asking: Asking, server: FeedServer, fault: Fault, error: type[Exception], attempts: int, said: str
) -> None:
    server.fail("coin_metrics", *[fault] * attempts)
    with pytest.raises(error, match=said):
        asking.read(BTC, WINDOW)
    assert server.asked("coin_metrics") == attempts
    assert asking.fetches == []
    server.mount("coin_metrics", coin_metrics(DAYS))
    assert len(asking.read(BTC, WINDOW).rows) == 64


def test_their_403_does_not_close_the_limit_for_everybody(asking: Asking, server: FeedServer) -> None:
    server.fail("coin_metrics", lambda *_: format_.error(403, "forbidden", "metric"))
    with pytest.raises(errors.Refused):
        asking.read(BTC, WINDOW)
    assert asking.read(BTC, WINDOW).rows


def test_nothing_of_the_days_is_an_answer_without_rows(asking: Asking) -> None:
    assert asking.read(BTC, Window(date(2022, 1, 1), date(2022, 1, 2))).rows == []


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        ({"asset": "eth"}, "other_subject", "asset"),
        ({"time": "2024-01-01"}, "type", "utc_date"),
        ({"time": "2024-01-01T12:00:00.000000000Z"}, "type", "utc_date"),
        ({"time": "2024-02-30T00:00:00.000000000Z"}, "type", "utc_date"),
        ({"time": 1704067200}, "type", "utc_date"),
        ({"time": None}, "type", "utc_date"),
        ({"BlkCnt": "144.5"}, "type", "blocks"),
        ({"BlkCnt": "many"}, "type", "blocks"),
        ({"FeeTotNtv": "NaN"}, "not_finite", "fees_btc"),
        ({"DiffMean": "1e999"}, "not_finite", "difficulty"),
        ({"HashRate": [1]}, "type", "hashrate_eh_s"),
        ({"HashRate": True}, "type", "hashrate_eh_s"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_alone(cells: dict[str, object], rule: str, column: str) -> None:
    good = format_.row(DAYS[60])
    bad = {**format_.row(NetworkDay(date(2024, 1, 1), 144, 1.0, 7e13, 500.0)), **cells}
    reading = read(format_.body([bad, good]))
    assert [(r.rule, r.column, r.line) for r in reading.rejected] == [(rule, column, 1)]
    assert [row["utc_date"] for row in reading.rows] == [DAYS[60].utc_date]


def test_what_is_no_object_is_rejected_alone() -> None:
    reading = read(json.dumps({"data": [7, format_.row(DAYS[60])]}).encode())
    assert [(r.rule, r.line, r.row) for r in reading.rejected] == [("other_subject", 1, {"row": 7})]
    assert len(reading.rows) == 1


def test_numbers_come_as_text_or_not_at_all() -> None:
    (row,) = read(one(BlkCnt="147", FeeTotNtv=None, HashRate="112929774.504303", DiffMean="13798783827516.4")).rows
    assert row == {
        "utc_date": date(2024, 1, 1),
        "blocks": 147,
        "fees_btc": None,
        "difficulty": 13798783827516.4,
        "hashrate_eh_s": pytest.approx(112.929774504303, rel=1e-15),
    }
    assert isinstance(row["blocks"], int)
    assert read(one()).rows == []
    assert read(one(BlkCnt=None, HashRate=None)).rows == []


def test_a_day_twice_is_one_if_it_says_the_same_and_none_if_not() -> None:
    row = format_.row(DAYS[60])
    assert len(read(format_.body([row, row])).rows) == 1
    reading = read(format_.body([row, {**row, "BlkCnt": "1"}, format_.row(DAYS[61])]))
    assert [(r.rule, r.column, r.line) for r in reading.rejected] == [
        ("duplicate", "utc_date", 1),
        ("duplicate", "utc_date", 2),
    ]
    assert [one["utc_date"] for one in reading.rows] == [DAYS[61].utc_date]


def test_the_day_under_way_and_the_hour_after_it_are_not_read() -> None:
    content = format_.body([format_.row(DAYS[40]), format_.row(DAYS[41])])
    ended = datetime.combine(DAYS[41].utc_date, datetime.min.time()) + timedelta(days=1)
    for late, days in ((timedelta(hours=1), [40, 41]), (timedelta(minutes=59), [40]), (-timedelta(hours=3), [40])):
        assert [row["utc_date"] for row in read(content, ended + late).rows] == [DAYS[n].utc_date for n in days]


def test_today_is_not_read_from_a_server_that_already_has_it(asking: Asking, server: FeedServer) -> None:
    today = datetime.now(UTC).date()
    days = network_days(today - timedelta(days=4), today)
    server.mount("coin_metrics", coin_metrics(days))
    rows = asking.read(BTC, Window(today - timedelta(days=4), today)).rows
    assert rows[0]["utc_date"] == today - timedelta(days=4)
    assert max(str(row["utc_date"]) for row in rows) < today.isoformat()


def test_archived_bytes_that_are_no_page_are_refused_whole() -> None:
    with pytest.raises(SourceDamaged):
        read(b'{"data": [')
    with pytest.raises(SourceDrifted, match="no page of metrics"):
        read(b"{}")


@pytest.mark.shared
def test_the_recorded_shape(shared: Path) -> None:
    content = (shared / "data/api_samples/coinmetrics/shape_note.json").read_bytes()
    window = Window(date(2020, 1, 1), date(2020, 1, 1))
    reading = read(content, window=window)
    assert [dict(row) for row in reading.rows] == [
        {
            "utc_date": date(2020, 1, 1),
            "blocks": None,
            "fees_btc": None,
            "difficulty": None,
            "hashrate_eh_s": pytest.approx(112.929774504303),
        }
    ]
    assert reading.rejected == []

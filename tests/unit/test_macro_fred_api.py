"""FRED's API over a real server: vintages where there are some, pages, errors, and a key that is nowhere to be found."""

from __future__ import annotations

import json
import traceback
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors as errors
from ingestion.providers.fred import REVISED, FredApi
from ingestion.providers.rows import Reading, Target, Window
from tests.edgar.server import Fault, empty, half_json, page_instead, status
from tests.feeds.asking import Asking, read_page
from tests.feeds.formats import fred as format_
from tests.feeds.formats.fred import Vintage, fred_api
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

KEY = "canary7f3a0123456789abcdefcanary"
VIX = Target("macro", "VIX_CLOSE", "VIXCLS", "UTC")
MONEY = Target("macro", "M2", "M2SL", "UTC")
WINDOW = Window(date(2025, 1, 1), date(2025, 6, 30))
VALUES: dict[date, float | None] = {date(2025, 1, 1): None, date(2025, 1, 2): 17.93, date(2025, 1, 3): 16.13}
VINTAGES = [
    Vintage(date(2025, 1, 1), 21_500.5, date(2025, 2, 25), date(2025, 3, 24)),
    Vintage(date(2025, 1, 1), 21_533.8, date(2025, 3, 25)),
    Vintage(date(2025, 2, 1), None, date(2025, 3, 25), date(2025, 3, 31)),
    Vintage(date(2025, 2, 1), 21_600.0, date(2025, 4, 1)),
    Vintage(date(2024, 12, 1), 21_448.3, date(2025, 1, 28)),
]
LATER = datetime(2026, 1, 1)


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    running_feeds.reset().mount("fred_api", fred_api({"VIXCLS": VALUES}, KEY, vintages={"M2SL": VINTAGES}))
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(FredApi(), server, tmp_path, key=KEY)


def read(content: bytes, target: Target = VIX, fetched_at_utc: datetime = LATER, window: Window = WINDOW) -> Reading:
    return read_page(FredApi(), content, target, window, fetched_at_utc)


def test_values_of_now_are_not_dated(asking: Asking, server: FeedServer) -> None:
    """Their period of a value begins with the question: taken for a vintage, everything would become known today."""
    reading = asking.read(VIX, WINDOW)
    assert list(reading.rows) == [
        {"observation_date": date(2025, 1, 2), "value": 17.93},
        {"observation_date": date(2025, 1, 3), "value": 16.13},
    ]
    assert reading.rejected == []
    assert "realtime" not in server.requests_of("fred_api")[0].query


def test_a_revised_series_comes_with_every_value_it_had_and_since_when(asking: Asking, server: FeedServer) -> None:
    assert {"M2SL"} <= REVISED
    reading = asking.read(MONEY, WINDOW)
    assert list(reading.rows) == [
        {"observation_date": date(2025, 1, 1), "value": 21_500.5, "realtime_date": date(2025, 2, 25)},
        {"observation_date": date(2025, 1, 1), "value": 21_533.8, "realtime_date": date(2025, 3, 25)},
        {"observation_date": date(2025, 2, 1), "value": 21_600.0, "realtime_date": date(2025, 4, 1)},
    ]
    assert reading.rejected == []
    assert "realtime_start=2025-01-01&realtime_end=9999-12-31" in server.requests_of("fred_api")[0].query


def test_a_value_that_stood_before_the_question_begins_is_not_dated(asking: Asking) -> None:
    rows = asking.read(MONEY, Window(date(2025, 1, 1), date(2025, 1, 31))).rows
    assert [row.get("realtime_date") for row in rows] == [date(2025, 2, 25), date(2025, 3, 25)]
    page = format_.json_body(
        [format_.observation(date(2025, 1, 1), 1.0, "2025-01-01", "2025-02-01")], "2025-01-01", "9999-12-31"
    )
    assert list(read(page, MONEY).rows) == [{"observation_date": date(2025, 1, 1), "value": 1.0}]


def test_pages_are_followed_to_the_last(asking: Asking, server: FeedServer) -> None:
    days = {date(2025, 1, 1) + timedelta(days=n): float(n) for n in range(7)}
    server.mount("fred_api", fred_api({"VIXCLS": days}, KEY, most=3))
    rows = asking.read(VIX, WINDOW).rows
    assert [row["value"] for row in rows] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    assert [one.query.partition("offset=")[2] for one in server.requests_of("fred_api")] == ["", "3", "6"]


def test_a_count_that_is_never_reached_ends_the_pages(asking: Asking, server: FeedServer) -> None:
    row = format_.observation(date(2025, 1, 2), 1.0, "2026-01-01", "2026-01-01")
    for page in ([row], []):
        body = format_.json_body(page, "2026-01-01", "2026-01-01", count=99)
        server.fail("fred_api", status(200, body=body))
    assert len(asking.read(VIX, WINDOW).rows) == 1
    assert server.asked("fred_api") == 2


@pytest.mark.parametrize(
    ("cells", "rule", "column"),
    [
        ({"date": "2025-13-01"}, "type", "observation_date"),
        ({"date": None}, "type", "observation_date"),
        ({"value": "n/a"}, "type", "value"),
        ({"value": None}, "null", "value"),
        ({"value": "nan"}, "not_finite", "value"),
        ({"realtime_start": "soon"}, "type", "realtime_date"),
        ({"realtime_start": "2026-01-02"}, "future", "realtime_date"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_alone(cells: dict[str, object], rule: str, column: str) -> None:
    good = format_.observation(date(2025, 1, 2), 1.0, "2025-01-05", "9999-12-31")
    bad = {**format_.observation(date(2025, 1, 3), 2.0, "2025-01-05", "9999-12-31"), **cells}
    reading = read(format_.json_body([bad, good], "2025-01-01", "9999-12-31"), MONEY)
    assert [(r.rule, r.column, r.line) for r in reading.rejected] == [(rule, column, 1)]
    assert [row["observation_date"] for row in reading.rows] == [date(2025, 1, 2)]


def test_one_vintage_twice_is_one_if_it_says_the_same_and_none_if_not() -> None:
    one = format_.observation(date(2025, 1, 2), 1.0, "2025-01-05", "2025-02-01")
    other = {**one, "value": "2.0"}
    assert len(read(format_.json_body([one, one], "2025-01-01", "9999-12-31"), MONEY).rows) == 1
    reading = read(format_.json_body([one, other], "2025-01-01", "9999-12-31"), MONEY)
    assert ([r.rule for r in reading.rejected], reading.rows) == (["duplicate", "duplicate"], [])


def test_the_day_under_way_and_days_outside_the_window_are_not_read() -> None:
    rows = [format_.observation(date(2025, 1, day), 1.0, "2025-01-20", "2025-01-20") for day in (1, 2, 3)]
    page = format_.json_body(rows, "2025-01-20", "2025-01-20")
    assert len(read(page, fetched_at_utc=datetime(2025, 1, 3, 23, 59)).rows) == 2
    assert len(read(page, fetched_at_utc=datetime(2025, 1, 4)).rows) == 3
    assert len(read(page, window=Window(date(2025, 1, 2), date(2025, 1, 2))).rows) == 1


XML_ERROR = b'<?xml version="1.0"?>\n<error code="400" message="Bad Request.  The series does not exist."/>'


@pytest.mark.parametrize(
    ("fault", "error", "attempts", "said"),
    [
        (
            lambda *_: format_.error(400, "Bad Request.  The series does not exist."),
            errors.UnknownSubject,
            1,
            "not exist",
        ),
        (status(400, body=XML_ERROR), errors.UnknownSubject, 1, "not exist"),
        (lambda *_: format_.error(400, "Bad Request.  Variable api_key is not set."), errors.Refused, 1, "api_key is"),
        (status(400, body=b"<error/>"), errors.Refused, 1, "400"),
        (lambda *_: format_.error(429, "Too Many Requests.  Exceeded Rate Limit"), errors.Unavailable, 3, "Rate Limit"),
        (status(429, body=b"slow"), errors.Unavailable, 3, "429"),
        (lambda *_: format_.error(500, "Internal Server Error"), errors.Unavailable, 3, "500"),
        (status(503), errors.Unavailable, 3, "503"),
        (status(200, body=XML_ERROR), errors.WrongContent, 3, "no JSON"),
        (page_instead, errors.WrongContent, 3, "no JSON"),
        (empty, errors.WrongContent, 3, "empty"),
        (half_json, errors.Truncated, 3, "does not end"),
        (status(200, body=b'{"observations": {}}'), errors.WrongContent, 3, "no observations"),
        (status(200, body=b"[]"), errors.WrongContent, 3, "no observations"),
    ],
)
def test_bad_answers(
    asking: Asking, server: FeedServer, fault: Fault, error: type[Exception], attempts: int, said: str
) -> None:
    server.fail("fred_api", *[fault] * attempts)
    with pytest.raises(error, match=said):
        asking.read(VIX, WINDOW)
    assert server.asked("fred_api") == attempts
    assert asking.fetches == []
    assert len(asking.read(VIX, WINDOW).rows) == 2


def test_the_key_is_sent_and_nowhere_to_be_found(server: FeedServer, tmp_path: Path) -> None:
    """A wrong key comes back in the page that refuses it; neither the error nor a file of ours shows it."""
    right = Asking(FredApi(), server, tmp_path, key=KEY)
    assert right.read(VIX, WINDOW).rows
    assert f"api_key={KEY}" in server.requests_of("fred_api")[0].query
    wrong = Asking(FredApi(), server, tmp_path / "wrong", key="wrong" + KEY)
    with pytest.raises(errors.Refused) as caught:
        wrong.read(VIX, WINDOW)
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(vars(caught.value))
    assert "is not registered" in shown
    assert KEY not in shown
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any("refused" in str(path) for path in files)
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("key", [None, ""])
def test_without_a_key_nothing_is_sent(server: FeedServer, tmp_path: Path, key: str | None) -> None:
    with pytest.raises(ValueError, match="HASHWATT_FRED_KEY"):
        Asking(FredApi(), server, tmp_path, key=key).read(VIX, WINDOW)
    assert server.asked("fred_api") == 0


def test_archived_bytes_that_are_no_page_are_refused_whole() -> None:
    with pytest.raises(SourceDamaged):
        read(b'{"observations": [')
    with pytest.raises(SourceDrifted, match="no observations"):
        read(b'{"units": "lin"}')


@pytest.mark.shared
def test_the_recorded_observations_of_one_day(shared: Path) -> None:
    content = (shared / "data/api_samples/fred_fmp/fred_cpiaucns.json").read_bytes()
    window = Window(date(2024, 12, 1), date(2026, 7, 1))
    reading = read(content, fetched_at_utc=datetime(2026, 7, 7, 12), window=window)
    assert [(row["observation_date"].isoformat(), row["value"]) for row in reading.rows] == [  # type: ignore[attr-defined]
        ("2024-12-01", 308.5),
        ("2025-03-01", 312.6),
        ("2025-04-01", 312.9),
        ("2025-05-01", 313.5),
        ("2026-03-01", 319.7),
        ("2026-04-01", 320.1),
    ]
    assert not any("realtime_date" in row for row in reading.rows)
    assert reading.rejected == []


@pytest.mark.shared
def test_the_recorded_vintages(shared: Path) -> None:
    content = (shared / "data/api_samples/fred_fmp/alfred_cpiaucns.json").read_bytes()
    recorded = json.loads(content)["observations"]
    window = Window(date(2024, 11, 1), date(2025, 12, 1))
    reading = read(content, fetched_at_utc=datetime(2026, 7, 7, tzinfo=UTC).replace(tzinfo=None), window=window)
    assert [(str(row["observation_date"]), row["value"], str(row["realtime_date"])) for row in reading.rows] == [
        (one["date"], float(one["value"]), one["realtime_start"]) for one in recorded if one["value"] != "."
    ]
    march = [row for row in reading.rows if row["observation_date"] == date(2025, 3, 1)]
    assert [row["value"] for row in march] == [312.4, 312.5]
    assert len(reading.rows) == 9

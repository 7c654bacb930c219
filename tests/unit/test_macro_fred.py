"""FRED without a key over a real server: the CSV in both of its headers, marks for no value, every bad answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors as errors
from ingestion.providers.fred import Fred
from ingestion.providers.rows import Reading, Target, Window
from tests.edgar.server import Fault, empty, page_instead, status
from tests.feeds.asking import Asking, read_page
from tests.feeds.formats.fred import csv_body, fred
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

YIELD = Target("macro", "UST_10Y", "DGS10", "UTC")
WINDOW = Window(date(2023, 12, 28), date(2024, 1, 5))
VALUES: dict[date, float | None] = {
    date(2023, 12, 27): 3.79,
    date(2023, 12, 28): 3.84,
    date(2023, 12, 29): 3.88,
    date(2024, 1, 1): None,
    date(2024, 1, 2): 3.95,
    date(2024, 1, 3): -0.01,
    date(2024, 1, 5): 4.05,
    date(2024, 1, 8): 4.01,
}
EXPECTED = [
    {"observation_date": day, "value": value}
    for day, value in VALUES.items()
    if WINDOW.first <= day <= WINDOW.last and value is not None
]
LATER = datetime(2026, 1, 1)


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    running_feeds.reset().mount("fred", fred({"DGS10": VALUES}))
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Fred(), server, tmp_path)


def read(content: bytes, fetched_at_utc: datetime = LATER, window: Window = WINDOW) -> Reading:
    return read_page(Fred(), content, YIELD, window, fetched_at_utc)


def test_the_window_is_asked_for_and_read_without_the_days_that_have_no_value(
    asking: Asking, server: FeedServer
) -> None:
    reading = asking.read(YIELD, WINDOW)
    assert list(reading.rows) == EXPECTED
    assert [row["value"] for row in EXPECTED] == [3.84, 3.88, 3.95, -0.01, 4.05]
    assert (reading.rejected, reading.actions) == ([], [])
    (arrival,) = server.requests_of("fred")
    assert arrival.query == "id=DGS10&cosd=2023-12-28&coed=2024-01-05"


@pytest.mark.parametrize("column", ["observation_date", "DATE"])
@pytest.mark.parametrize("missing", ["", "."])
def test_the_older_header_and_either_mark_for_no_value(
    asking: Asking, server: FeedServer, column: str, missing: str
) -> None:
    server.mount("fred", fred({"DGS10": VALUES}, column=column, missing=missing))
    assert list(asking.read(YIELD, WINDOW).rows) == EXPECTED


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content.removesuffix(b"\n"),
        lambda content: content.replace(b"observation_date,DGS10", b'"observation_date","DGS10"'),
    ],
    ids=["byte order mark", "carriage returns", "no newline at the end", "quoted header"],
)
def test_the_way_the_text_was_written_does_not_matter(rewrite) -> None:  # type: ignore[no-untyped-def]
    assert list(read(rewrite(csv_body("DGS10", VALUES))).rows) == EXPECTED


def test_more_than_was_asked_for_is_left_out() -> None:
    assert list(read(csv_body("DGS10", VALUES)).rows) == EXPECTED


def test_days_without_any_value_are_an_answer_without_rows(asking: Asking) -> None:
    assert asking.read(YIELD, Window(date(2024, 1, 6), date(2024, 1, 7))).rows == []
    assert asking.read(YIELD, Window(date(2024, 1, 1), date(2024, 1, 1))).rows == []


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        ("2024-01-32,4", "type", "observation_date"),
        ("01/04/2024,4", "type", "observation_date"),
        (",4", "type", "observation_date"),
        ("2024-01-04,four", "type", "value"),
        ("2024-01-04,inf", "not_finite", "value"),
        ("2024-01-04,#N/A", "type", "value"),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_alone(line: str, rule: str, column: str) -> None:
    reading = read(csv_body("DGS10", VALUES) + f"{line}\n".encode())
    assert [(r.rule, r.column, r.line) for r in reading.rejected] == [(rule, column, 10)]
    assert list(reading.rows) == EXPECTED


def test_a_day_twice_is_one_if_it_says_the_same_and_none_if_not() -> None:
    assert list(read(csv_body("DGS10", VALUES) + b"2024-01-02,3.95\n").rows) == EXPECTED
    reading = read(csv_body("DGS10", VALUES) + b"2024-01-02,3.96\n")
    assert [(r.rule, r.line) for r in reading.rejected] == [("duplicate", 6), ("duplicate", 10)]
    assert date(2024, 1, 2) not in {row["observation_date"] for row in reading.rows}


def test_the_day_under_way_is_not_read(asking: Asking, server: FeedServer) -> None:
    content = csv_body("DGS10", VALUES)
    for moment, last in ((datetime(2024, 1, 5, 23, 59), date(2024, 1, 3)), (datetime(2024, 1, 6), date(2024, 1, 5))):
        assert read(content, moment).rows[-1]["observation_date"] == last
    today = datetime.now(UTC).date()
    server.mount("fred", fred({"DGS10": {today - timedelta(days=2): 4.0, today: 4.1}}))
    rows = asking.read(YIELD, Window(today - timedelta(days=2), today)).rows
    assert list(rows) == [{"observation_date": today - timedelta(days=2), "value": 4.0}]


@pytest.mark.parametrize(
    ("fault", "error", "attempts", "said"),
    [
        (page_instead, errors.WrongContent, 3, "no values of"),
        (empty, errors.WrongContent, 3, "empty"),
        (status(200, body=b"observation_date,DGS2\n2024-01-02,4\n"), errors.WrongContent, 3, "no values of"),
        (status(200, body=b"day,DGS10\n2024-01-02,4\n"), errors.WrongContent, 3, "no values|no readable CSV"),
        (status(200, body=b"observation_date,DGS10,DGS2\n"), errors.WrongContent, 3, "no values|no readable CSV"),
        (status(200, body=b"\xff\xfe\x00"), errors.WrongContent, 3, "no values|no readable CSV"),
        (status(404, body=b"<html>Not Found</html>"), errors.UnknownSubject, 1, "there is no DGS10"),
        (status(429), errors.Unavailable, 3, "429"),
        (status(502, body=b"<html></html>"), errors.Unavailable, 3, "502"),
        (status(400, body=b"Bad Request"), errors.Refused, 1, "400"),
    ],
)
def test_bad_answers(
    asking: Asking, server: FeedServer, fault: Fault, error: type[Exception], attempts: int, said: str
) -> None:
    server.fail("fred", *[fault] * attempts)
    with pytest.raises(error, match=said):
        asking.read(YIELD, WINDOW)
    assert server.asked("fred") == attempts
    assert asking.fetches == []
    assert list(asking.read(YIELD, WINDOW).rows) == EXPECTED


def test_a_series_that_does_not_exist_is_no_failure_of_the_provider(asking: Asking) -> None:
    with pytest.raises(errors.UnknownSubject, match="NOPE"):
        asking.read(Target("macro", "UST_10Y", "NOPE", "UTC"), WINDOW)


def test_what_was_refused_under_200_is_kept_apart_from_the_answers(asking: Asking, server: FeedServer) -> None:
    server.fail("fred", *[page_instead] * 3)
    with pytest.raises(errors.WrongContent):
        asking.read(YIELD, WINDOW)
    assert asking.archive.sources("refused/feed/macro/fred") == ["refused/feed/macro/fred/1"]
    assert asking.archive.sources("feed") == []


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"<html></html>", SourceDrifted, "no values"),
        (b"observation_date,DGS10\n2024-01-02\n", SourceDamaged, "line 2 has 1 cells"),
        (b"observation_date,DGS10\n2024-01-02,\xff\n", SourceDamaged, "no readable CSV"),
    ],
)
def test_archived_bytes_that_are_no_page_are_refused_whole(content: bytes, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as caught:
        read(content)
    assert "git" not in str(caught.value)

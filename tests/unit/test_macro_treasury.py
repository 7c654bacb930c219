"""The Treasury's curve over a real server: months, order, nulls, tenors that come and go, and XML that means harm."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.errors import SourceDrifted
from ingestion.fetch import http_errors as errors
from ingestion.providers import treasury as module
from ingestion.providers.rows import Reading, Target, Window
from ingestion.providers.treasury import Treasury
from tests.edgar.server import Fault, empty, page_instead, status
from tests.feeds.asking import Asking, read_page
from tests.feeds.formats import treasury as format_
from tests.feeds.formats.treasury import Tenors, treasury
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

TEN = Target("macro", "UST_10Y", "BC_10YEAR", "UTC")
THREE_MONTHS = Target("macro", "UST_3M", "BC_3MONTH", "UTC")
THIRTY = Target("macro", "UST_30Y", "BC_30YEAR", "UTC")
JANUARY = Window(date(2025, 1, 2), date(2025, 1, 31))
LATER = datetime(2026, 1, 1)
CURVE: dict[date, Tenors] = {
    date(2024, 12, 31): {"BC_3MONTH": 4.37, "BC_10YEAR": 4.58, "BC_30YEAR": 4.78},
    date(2025, 1, 2): {"BC_3MONTH": 4.36, "BC_10YEAR": 4.57, "BC_30YEAR": 4.79},
    date(2025, 1, 3): {"BC_3MONTH": 4.34, "BC_10YEAR": 4.6, "BC_30YEAR": None},
    date(2025, 1, 6): {"BC_1_5MONTH": 4.3, "BC_3MONTH": 4.35, "BC_10YEAR": 4.62, "BC_30YEAR": 4.85},
    date(2025, 2, 3): {"BC_3MONTH": 4.34, "BC_10YEAR": 4.53, "BC_30YEAR": 4.77},
}


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    running_feeds.reset().mount("treasury", treasury(CURVE))
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Treasury(), server, tmp_path)


def read(content: bytes, target: Target = TEN, fetched_at_utc: datetime = LATER, window: Window = JANUARY) -> Reading:
    return read_page(Treasury(), content, target, window, fetched_at_utc)


def found(reading: Reading) -> dict[object, object]:
    return {row["observation_date"]: row["value"] for row in reading.rows}


def test_it_is_a_provider_whose_series_share_an_answer() -> None:
    assert {Treasury().shared(target) for target in (TEN, THREE_MONTHS, THIRTY)} == {"curve"}


@pytest.mark.parametrize(
    ("first", "last", "months"),
    [
        ("2025-01-02", "2025-01-31", ["2025-01-02 2025-01-31"]),
        ("2025-01-31", "2025-02-01", ["2025-01-31 2025-01-31", "2025-02-01 2025-02-01"]),
        ("2024-02-10", "2024-03-01", ["2024-02-10 2024-02-29", "2024-03-01 2024-03-01"]),
        ("2024-11-30", "2025-01-01", ["2024-11-30 2024-11-30", "2024-12-01 2024-12-31", "2025-01-01 2025-01-01"]),
    ],
)
def test_a_window_is_cut_into_months(first: str, last: str, months: list[str]) -> None:
    window = Window(date.fromisoformat(first), date.fromisoformat(last))
    assert [f"{w.first} {w.last}" for w in Treasury().windows(window, date(2026, 1, 1))] == months


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_days_of_the_window_are_read_whatever_their_order(
    asking: Asking, server: FeedServer, newest_first: bool
) -> None:
    server.mount("treasury", treasury(CURVE, newest_first=newest_first))
    reading = asking.read(TEN, JANUARY)
    assert list(reading.rows) == [
        {"observation_date": date(2025, 1, 2), "value": 4.57},
        {"observation_date": date(2025, 1, 3), "value": 4.6},
        {"observation_date": date(2025, 1, 6), "value": 4.62},
    ]
    assert (reading.rejected, reading.actions) == ([], [])
    (arrival,) = server.requests_of("treasury")
    assert arrival.query == "data=daily_treasury_yield_curve&field_tdr_date_value_month=202501"


def test_one_answer_serves_every_series(asking: Asking) -> None:
    asking.read(TEN, JANUARY)
    ((_, content),) = asking.fetches
    assert found(read(content, THREE_MONTHS)) == {
        date(2025, 1, 2): 4.36,
        date(2025, 1, 3): 4.34,
        date(2025, 1, 6): 4.35,
    }
    assert found(read(content, THIRTY)) == {date(2025, 1, 2): 4.79, date(2025, 1, 6): 4.85}


def test_a_month_without_a_day_yet_is_an_answer_without_rows(asking: Asking) -> None:
    assert asking.read(TEN, Window(date(2025, 3, 1), date(2025, 3, 2))).rows == []


def test_a_tenor_that_no_day_has_is_drift_and_one_that_is_always_null_is_not() -> None:
    content = format_.body([format_.entry(date(2025, 1, 3), {"BC_10YEAR": 4.6, "BC_30YEAR": None})])
    assert read(content, THIRTY).rows == []
    with pytest.raises(SourceDrifted, match="none of the 1 days has BC_3MONTH"):
        read(content, THREE_MONTHS)


@pytest.mark.parametrize(
    ("bad", "rule", "column"),
    [
        (format_.entry(date(2025, 1, 7), {"BC_10YEAR": 4.6}).replace(">4.6<", ">N/A<"), "type", "value"),
        (format_.entry(date(2025, 1, 7), {"BC_10YEAR": 4.6}).replace(">4.6<", ">INF<"), "not_finite", "value"),
        (
            format_.entry(date(2025, 1, 7), {"BC_10YEAR": 4.6}).replace("2025-01-07", "7 Jan"),
            "type",
            "observation_date",
        ),
        (
            format_.entry(date(2025, 1, 7), {"BC_10YEAR": 4.6}).replace("d:NEW_DATE", "d:OLD_DATE"),
            "type",
            "observation_date",
        ),
        (
            format_.entry(date(2025, 1, 7), {"BC_10YEAR": 4.6}).replace("T00:00:00<", "T12:00:00<"),
            "type",
            "observation_date",
        ),
    ],
)
def test_a_day_that_cannot_be_read_is_rejected_alone(bad: str, rule: str, column: str) -> None:
    reading = read(format_.body([format_.entry(date(2025, 1, 6), {"BC_10YEAR": 4.62}), bad]))
    assert [(r.rule, r.column, r.line) for r in reading.rejected] == [(rule, column, 2)]
    assert found(reading) == {date(2025, 1, 6): 4.62}


def test_a_value_marked_as_null_is_none_even_with_text_and_an_empty_one_too() -> None:
    entry = format_.entry(date(2025, 1, 6), {"BC_10YEAR": 4.62})
    marked = entry.replace('<d:BC_10YEAR m:type="Edm.Double">', '<d:BC_10YEAR m:null="true">')
    assert read(format_.body([marked])).rows == []
    assert read(format_.body([entry.replace(">4.62<", "> <")])).rows == []


def test_a_day_twice_is_one_if_it_says_the_same_and_none_if_not() -> None:
    six = format_.entry(date(2025, 1, 6), {"BC_10YEAR": 4.62})
    assert found(read(format_.body([six, six]))) == {date(2025, 1, 6): 4.62}
    reading = read(format_.body([six, six.replace("4.62", "4.63")]))
    assert ([r.rule for r in reading.rejected], reading.rows) == (["duplicate", "duplicate"], [])


def test_the_day_under_way_is_not_read(asking: Asking, server: FeedServer) -> None:
    content = format_.body([format_.entry(day, CURVE[day]) for day in CURVE])
    assert list(found(read(content, fetched_at_utc=datetime(2025, 1, 6, 23, 59)))) == [
        date(2025, 1, 2),
        date(2025, 1, 3),
    ]
    assert date(2025, 1, 6) in found(read(content, fetched_at_utc=datetime(2025, 1, 7)))
    today = datetime.now(UTC).date()
    server.mount("treasury", treasury({today - timedelta(days=1): {"BC_10YEAR": 4.0}, today: {"BC_10YEAR": 4.1}}))
    assert found(asking.read(TEN, Window(today - timedelta(days=1), today))) == {today - timedelta(days=1): 4.0}


HARMLESS = format_.entry(date(2025, 1, 6), {"BC_10YEAR": 4.62})
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
BOMB = f'<!DOCTYPE feed [<!ENTITY l0 "ha">{LAUGHS}]>'
FILE = '<!DOCTYPE feed [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
DEEP = b'<feed xmlns="http://www.w3.org/2005/Atom">' + b"<a>" * 100_000 + b"</a>" * 100_000 + b"</feed>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (format_.body([HARMLESS.replace("4.62", "&l8;")], BOMB), "DTDForbidden"),
        (format_.body([HARMLESS.replace("4.62", "&f;")], FILE), "DTDForbidden"),
        (format_.body([HARMLESS], "<!DOCTYPE feed>"), "DTDForbidden"),
        (format_.body([HARMLESS])[:-20], "ParseError"),
        (DEEP, "levels"),
        (b"<rss><channel/></rss>", "no feed but 'rss'"),
        (b'{"data": []}', "no readable XML"),
        (b"Access denied", "no readable XML"),
    ],
    ids=["bomb", "file", "dtd", "cut", "deep", "other", "json", "text"],
)
def test_xml_that_is_none_or_means_harm_is_refused(asking: Asking, server: FeedServer, body: bytes, said: str) -> None:
    server.fail("treasury", *[status(200, body=body, kind="application/xml")] * 3)
    with pytest.raises(errors.WrongContent, match=said):
        asking.read(TEN, JANUARY)
    with pytest.raises(SourceDrifted, match=said):
        read(body)


def test_a_month_that_is_far_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = format_.body([HARMLESS])
    monkeypatch.setattr(module, "MOST_BYTES", len(content))
    assert read(content).rows
    with pytest.raises(SourceDrifted, match="bytes are no month"):
        read(content + b" ")


@pytest.mark.parametrize(
    ("fault", "error", "attempts", "said"),
    [
        (page_instead, errors.WrongContent, 3, "no feed but 'html'"),
        (status(200, body=b"<!DOCTYPE html><html></html>"), errors.WrongContent, 3, "DTDForbidden"),
        (empty, errors.WrongContent, 3, "empty"),
        (status(404, body=b"<html></html>"), errors.NotFound, 1, "404"),
        (status(429), errors.Unavailable, 3, "429"),
        (status(503, body=b"<html></html>"), errors.Unavailable, 3, "503"),
    ],
)
def test_bad_answers(
    asking: Asking, server: FeedServer, fault: Fault, error: type[Exception], attempts: int, said: str
) -> None:
    server.fail("treasury", *[fault] * attempts)
    with pytest.raises(error, match=said):
        asking.read(TEN, JANUARY)
    assert server.asked("treasury") == attempts
    assert asking.fetches == []
    assert len(asking.read(TEN, JANUARY).rows) == 3


@pytest.mark.shared
def test_the_recorded_fragment(shared: Path) -> None:
    content = (shared / "data/api_samples/treasury/daily_treasury_yield_curve_2026_fragment.xml").read_bytes()
    window = Window(date(2026, 1, 1), date(2026, 1, 31))
    assert found(read(content, TEN, datetime(2026, 1, 3), window)) == {date(2026, 1, 2): 4.19}
    assert found(read(content, THIRTY, datetime(2026, 1, 3), window)) == {date(2026, 1, 2): 4.86}

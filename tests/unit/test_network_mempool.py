"""mempool.space over a real server: the period asked for, which day a hashrate is of, where the difficulty is known."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

from ingestion.errors import SourceDamaged, SourceDrifted
from ingestion.fetch import http_errors as errors
from ingestion.providers.mempool import Mempool
from ingestion.providers.rows import Reading, Target, Window
from tests.edgar.server import Fault, empty, half_json, page_instead, status
from tests.feeds.asking import Asking, read_page
from tests.feeds.economy import network_days, network_steps
from tests.feeds.formats import mempool as format_
from tests.feeds.formats.mempool import mempool
from tests.feeds.server import FeedServer

pytestmark = pytest.mark.usefixtures("only_this_machine")

BTC = Target("network", "BTC", "btc", "UTC")
TODAY = datetime.now(UTC).date()
WINDOW = Window(TODAY - timedelta(days=40), TODAY - timedelta(days=3))
FIRST = TODAY - timedelta(days=1500)
DAYS = network_days(FIRST, TODAY)
STEPS = network_steps(FIRST, TODAY)
JANUARY = Window(date(2024, 1, 1), date(2024, 1, 31))
LATER = datetime(2026, 1, 1)


@pytest.fixture
def server(running_feeds: FeedServer) -> FeedServer:
    running_feeds.reset().mount("mempool", mempool(DAYS, STEPS))
    return running_feeds


@pytest.fixture
def asking(server: FeedServer, tmp_path: Path) -> Asking:
    return Asking(Mempool(), server, tmp_path)


def read(content: bytes, fetched_at_utc: datetime = LATER, window: Window = JANUARY) -> Reading:
    return read_page(Mempool(), content, BTC, window, fetched_at_utc)


def january(*days: int) -> list[dict[str, object]]:
    return [format_.hashrate(date(2024, 1, day), 5e20) for day in days]


def test_every_day_of_the_window_is_read_in_our_units(asking: Asking) -> None:
    reading = asking.read(BTC, WINDOW)
    stepped = {moment.date() for moment, _ in STEPS}
    assert list(reading.rows) == [
        {
            "utc_date": day.utc_date,
            "blocks": None,
            "fees_btc": None,
            "difficulty": None if day.utc_date in stepped else pytest.approx(day.difficulty),
            "hashrate_eh_s": pytest.approx(day.hashrate_eh_s),
        }
        for day in DAYS
        if WINDOW.first <= day.utc_date <= WINDOW.last
    ]
    assert len(reading.rows) == 38
    assert 2 <= sum(row["difficulty"] is None for row in reading.rows) <= 3
    assert (reading.rejected, reading.actions) == ([], [])


@pytest.mark.parametrize(
    ("back", "period"),
    [(1, "1m"), (7, "1m"), (8, "3m"), (68, "3m"), (69, "6m"), (344, "1y"), (345, "2y"), (710, "3y"), (1075, "all")],
)
def test_the_shortest_period_that_holds_the_window_and_the_step_before_it(
    asking: Asking, server: FeedServer, back: int, period: str
) -> None:
    day = TODAY - timedelta(days=back)
    reading = asking.read(BTC, Window(day, day))
    assert [arrival.path for arrival in server.requests_of("mempool")] == [f"/mempool{format_.PATH}{period}"]
    if back > 1 or datetime.now(UTC).hour > 0:
        (row,) = reading.rows
        assert row["utc_date"] == day
        stepped = {moment.date() for moment, _ in STEPS}
        assert (row["difficulty"] is None) == (day in stepped)


def test_a_hashrate_bears_the_midnight_that_ended_its_day() -> None:
    midnight = format_.seconds(datetime(2024, 1, 1))
    content = json.dumps({"hashrates": [{"timestamp": midnight, "avgHashrate": 5e20}], "difficulty": []}).encode()
    new_year = Window(date(2023, 12, 30), date(2024, 1, 2))
    assert [row["utc_date"] for row in read(content, window=new_year).rows] == [date(2023, 12, 31)]


def test_hashrates_beyond_64_bits_keep_their_digits() -> None:
    assert 1_112_345_678_901_234_567_890 > 2**63
    rows = [{"timestamp": format_.seconds(datetime(2024, 1, 2)), "avgHashrate": 1_112_345_678_901_234_567_890}]
    (row,) = read(format_.body(rows, [])).rows
    assert row["hashrate_eh_s"] == pytest.approx(1112.3456789012345, rel=1e-15)


def test_the_difficulty_holds_from_the_day_after_a_step_to_the_day_before_the_next() -> None:
    steps = [
        format_.step(datetime(2024, 1, 20, 0, 0, 0), 3e13),
        format_.step(datetime(2024, 1, 6, 23, 59, 59), 2e13),
    ]
    reading = read(format_.body(january(*range(1, 24)), steps))
    found = {row["utc_date"].day: row["difficulty"] for row in reading.rows}  # type: ignore[attr-defined]
    assert found == {
        **dict.fromkeys(range(1, 7), None),
        **dict.fromkeys(range(7, 20), 2e13),
        20: None,
        **dict.fromkeys(range(21, 24), 3e13),
    }
    assert [found[6], found[20]] == [None, None]


def test_a_step_may_be_dated_by_either_name() -> None:
    step = {"timestamp": format_.seconds(datetime(2024, 1, 2, 8)), "height": 1, "difficulty": 2e13}
    assert [row["difficulty"] for row in read(format_.body(january(2, 3), [step])).rows] == [None, 2e13]


@pytest.mark.parametrize(
    "step",
    [
        {"time": 1704182400000, "difficulty": 2e13},
        {"time": "2024-01-02", "difficulty": 2e13},
        {"time": 1704182400, "difficulty": None},
        {"time": 1704182400, "difficulty": 0},
        {"difficulty": 2e13},
    ],
)
def test_a_step_that_cannot_be_read_takes_every_difficulty_and_no_hashrate(step: dict[str, object]) -> None:
    """Otherwise the days after it would bear the difficulty before it."""
    steps = [format_.step(datetime(2023, 12, 20), 1e13), step]
    reading = read(format_.body(january(1, 3), steps))
    assert [(row["difficulty"], row["hashrate_eh_s"]) for row in reading.rows] == [(None, 500.0), (None, 500.0)]
    assert [(r.column, r.line) for r in reading.rejected] == [("difficulty", 4)]


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        ({"timestamp": 1704153600000}, "epoch"),
        ({"timestamp": 1704153600 * 10**9}, "epoch"),
        ({"timestamp": "1704153600"}, "type"),
        ({"timestamp": None}, "type"),
        ({"timestamp": 1704153600 + 3600}, "type"),
        ({"avgHashrate": 0}, "not_positive"),
        ({"avgHashrate": None}, "not_positive"),
        ({"avgHashrate": "fast"}, "type"),
        ({"avgHashrate": {}}, "type"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_alone(cells: dict[str, object], rule: str) -> None:
    """Seconds, milliseconds and nanoseconds are never taken for each other."""
    reading = read(format_.body([{"timestamp": 1704153600, "avgHashrate": 5e20, **cells}, *january(3)], []))
    assert [(r.rule, r.line) for r in reading.rejected] == [(rule, 1)]
    assert [row["utc_date"] for row in reading.rows] == [date(2024, 1, 3)]


def test_the_first_block_of_all_is_no_day_of_the_window() -> None:
    genesis = {"timestamp": 1231006505, "avgHashrate": 7e6}
    reading = read(format_.body([genesis, *january(3)], []))
    assert ([row["utc_date"] for row in reading.rows], reading.rejected) == ([date(2024, 1, 3)], [])


def test_the_day_under_way_and_the_hour_after_it_are_not_read() -> None:
    content = format_.body(january(3, 4), [])
    ended = datetime(2024, 1, 5)
    for late, days in ((timedelta(hours=1), [3, 4]), (timedelta(minutes=59), [3]), (-timedelta(hours=3), [3])):
        assert [row["utc_date"].day for row in read(content, ended + late).rows] == days  # type: ignore[attr-defined]


def test_the_newest_days_of_a_server_are_complete(asking: Asking) -> None:
    rows = asking.read(BTC, Window(TODAY - timedelta(days=3), TODAY)).rows
    last = max(row["utc_date"] for row in rows)  # type: ignore[type-var]
    assert isinstance(last, date)
    assert datetime.combine(last, time.min) + timedelta(days=1, hours=1) <= datetime.now(UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("fault", "error", "attempts", "said"),
    [
        (status(429, body=b"Too many requests"), errors.Unavailable, 3, "429"),
        (status(503, body=b"<html></html>"), errors.Unavailable, 3, "503"),
        (status(404, body=b"Cannot GET"), errors.NotFound, 1, "404"),
        (status(200, body=b"Too many requests, please try again later."), errors.WrongContent, 3, "no JSON"),
        (page_instead, errors.WrongContent, 3, "no JSON"),
        (empty, errors.WrongContent, 3, "empty"),
        (half_json, errors.Truncated, 3, "does not end"),
        (status(200, body=b"[]"), errors.WrongContent, 3, "no history"),
        (status(200, body=b'{"hashrates": []}'), errors.WrongContent, 3, "no history"),
        (status(200, body=b'{"hashrates": {}, "difficulty": []}'), errors.WrongContent, 3, "no history"),
        (status(200, body=b'{"hashrates": [}'), errors.WrongContent, 3, "no readable JSON"),
    ],
)
def test_bad_answers(
    asking: Asking, server: FeedServer, fault: Fault, error: type[Exception], attempts: int, said: str
) -> None:
    server.fail("mempool", *[fault] * attempts)
    with pytest.raises(error, match=said):
        asking.read(BTC, WINDOW)
    assert server.asked("mempool") == attempts
    assert asking.fetches == []
    assert len(asking.read(BTC, WINDOW).rows) == 38


def test_archived_bytes_that_are_no_page_are_refused_whole() -> None:
    with pytest.raises(SourceDamaged):
        read(b'{"hashrates": [')
    with pytest.raises(SourceDrifted, match="no history"):
        read(b'{"hashrates": []}')


@pytest.mark.shared
def test_the_recorded_days(shared: Path) -> None:
    content = (shared / "data/api_samples/mempool/hashrate_3d_doc_example.json").read_bytes()
    reading = read(content, window=Window(date(2022, 5, 1), date(2022, 5, 31)))
    assert [(row["utc_date"], row["hashrate_eh_s"], row["difficulty"]) for row in reading.rows] == [
        (date(2022, 5, 13), pytest.approx(236.4997621087718), None),
        (date(2022, 5, 14), pytest.approx(217.4732767873313), None),
        (date(2022, 5, 15), pytest.approx(189.877203506913), None),
    ]
    assert reading.rejected == []


@pytest.mark.shared
def test_the_recorded_shares_of_pools_are_not_taken_for_it(shared: Path) -> None:
    content = (shared / "data/api_samples/mempool/hashrate_pools_example.json").read_bytes()
    with pytest.raises(SourceDrifted):
        read(content)

"""From archive to lake: in portions or at once, once or twice, after any damage, the same rows; nothing that stood is changed."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts import FEED_REQUEST, MARKET_ACTION, MARKET_BAR, MARKET_COVERAGE, TABLES
from ingestion.providers.coinbase import Coinbase
from ingestion.providers.rows import Window
from ingestion.read import Reader
from ingestion.universe import Series
from tests.feeds.formats.market import SESSIONS, seconds
from tests.feeds.formats.yahoo import chart
from tests.lakes import rows_of
from tests.tables import tables
from tests.unit.feedskit import CLOSES, Home, candles, part_of, universe

DATA = tables(__file__)
FIRST = date(2026, 2, 26)
DAY = timedelta(days=1)
BITCOIN = part_of("market", ["BTC-USD"])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)


def coins(home: Home, first: date, closes: list[float | None], fetched_at_utc: datetime) -> str:
    """An answer about bitcoin: one close for each day from `first` on, None for a hole."""
    told = {first + n * DAY: close for n, close in enumerate(closes) if close is not None}
    window = Window(first, first + (len(closes) - 1) * DAY)
    return home.put("market", "coinbase", "BTC-USD", window, candles(told), fetched_at_utc)


def shares(
    closes: dict[date, float], dividends: dict[date, float], splits: dict[date, float], volumes: list[float]
) -> bytes:
    """Yahoo's chart of MSTR, as it words it."""

    def opened(day: date) -> int:
        return seconds(SESSIONS[day].open_utc)

    events = {
        "dividends": {str(opened(day)): {"amount": amount, "date": opened(day)} for day, amount in dividends.items()},
        "splits": {
            str(opened(day)): {"date": opened(day), "numerator": ratio, "denominator": 1}
            for day, ratio in splits.items()
        },
    }
    told = chart([*map(opened, closes)], [*closes.values()], events=events, quote={"volume": volumes}, symbol="MSTR")
    return json.dumps(told).encode()


@pytest.mark.parametrize("promise", DATA)
def test_what_answers_come_to(promise: str, tmp_path: Path) -> None:
    series = {**(universe().series or {}), "SP500": Series("SP500", "daily", 1, False)}
    home = Home(tmp_path, replace(universe(), series=series))
    for domain, provider, subject, first, last, told, fetched_at_utc in DATA[promise]["answers"]:
        content = told if isinstance(told, str) else json.dumps(told)
        home.put(domain, provider, subject, Window(first, last), content.encode(), fetched_at_utc)
    home.land()
    for name, (columns, *expected) in DATA[promise]["rows"].items():
        assert [list(row) for row in home.rows(TABLES[name], *columns)] == expected


def test_what_is_taken_in_makes_no_batch_and_touches_no_file(home: Home) -> None:
    coins(home, FIRST, [10.0, 11.0], midnight(FIRST + 9 * DAY))
    home.land()
    assert home.batches(MARKET_BAR) == []
    coins(home, FIRST, [10.0, 11.0], midnight(FIRST + 10 * DAY))
    (batch,) = home.batches(MARKET_BAR)
    assert (batch.rows_read, batch.snapshot) == (0, False)
    before = rows_of(home.lake, MARKET_BAR)
    home.land()
    assert rows_of(home.lake, MARKET_BAR).equals(before)
    assert home.batches(MARKET_BAR) == []


closes = st.lists(st.sampled_from([None, 10.0, 10.000001, 11.0, 100.0]), min_size=1, max_size=5)
answers = st.lists(st.tuples(st.integers(0, 6), closes, st.integers(1, 30)), min_size=1, max_size=7)


@pytest.mark.slow
@settings(max_examples=15)
@given(answers, st.sets(st.integers(0, 6)), st.integers(0, 6))
def test_in_portions_at_once_and_again_it_is_the_same_lake(
    told: list[tuple[int, list[float | None], int]], pauses: set[int], cut: int
) -> None:
    """Answers over months and two partitions, some of them contradicting earlier ones, some of holes only."""
    with tempfile.TemporaryDirectory() as folder:
        portions, at_once = Home(Path(folder) / "a", BITCOIN), Home(Path(folder) / "b", BITCOIN)
        now = midnight(FIRST + 12 * DAY)
        before: dict[str, pa.Table] = {}
        for place, (start, values, hours) in enumerate(told):
            now += timedelta(hours=hours)
            coins(portions, FIRST + start * DAY, values, now)
            if place in pauses:
                portions.land()
            if place == cut:
                portions.land()
                before = portions.everything()
        portions.land()
        shutil.copytree(Path(folder) / "a" / "archive", Path(folder) / "b" / "archive")
        at_once.land()
        after = portions.everything()
        for name, rows in at_once.everything().items():
            assert rows.equals(after[name]), name
        for name, rows in before.items():
            known = {json.dumps(row, default=str) for row in after[name].to_pylist()}
            assert {json.dumps(row, default=str) for row in rows.to_pylist()} <= known
        assert all(portions.batches(table) == [] for table in (MARKET_BAR, MARKET_COVERAGE, FEED_REQUEST))
        for manifest in (Path(folder) / "a" / "lake").glob("*/manifest.json"):
            facts = json.loads(manifest.read_bytes())
            manifest.write_text(json.dumps({name: facts[name] for name in facts if name != "applied"}))
        portions.land()
        for name, rows in portions.everything().items():
            assert rows.equals(after[name]), name


@pytest.mark.parametrize("harm", ["torn", "gone", "manifest", "folder"])
def test_a_lake_that_lost_something_is_made_again_from_the_archive(home: Home, harm: str) -> None:
    coins(home, FIRST, [10.0, 11.0, 12.0, 13.0, 14.0], midnight(FIRST + 9 * DAY))
    coins(home, FIRST + DAY, [11.0, 12.5], midnight(FIRST + 10 * DAY))
    home.land()
    before = home.everything()
    table = home.folder / "lake" / MARKET_BAR.name
    file = table / "month=2026-02" / "data.parquet"
    if harm == "torn":
        file.write_bytes(file.read_bytes()[:100])
    elif harm == "gone":
        file.unlink()
    elif harm == "manifest":
        (table / "manifest.json").write_bytes(b"")
    else:
        shutil.rmtree(table)
    home.land()
    assert home.lake.verify(MARKET_BAR) == []
    assert all(rows.equals(before[name]) for name, rows in home.everything().items())


def test_another_parser_reads_everything_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    coins(home, FIRST, [10.0, 11.0], midnight(FIRST + 9 * DAY))
    home.land()
    monkeypatch.setattr(Coinbase, "parser_version", "coinbase-candles-2")
    coins(home, FIRST + DAY, [11.0, 12.0], midnight(FIRST + 10 * DAY))
    home.land()
    assert {row[0] for row in home.rows(MARKET_BAR, "parser_version")} == {"coinbase-candles-2"}
    assert home.rows(MARKET_BAR, "close_usd", "known_at_utc") == [
        (close, midnight(FIRST + (n + 1) * DAY)) for n, close in enumerate([10.0, 11.0, 12.0])
    ]


def test_an_answer_from_before_the_mark_is_found_when_the_clock_was_set_back(home: Home) -> None:
    coins(home, FIRST, [10.0], midnight(FIRST + 9 * DAY))
    home.land()
    source = coins(home, FIRST + DAY, [11.0], midnight(FIRST + 9 * DAY) + timedelta(hours=1))
    (record,) = (home.folder / "archive" / "fetches" / source).iterdir()
    record.rename(record.with_name(f"20200101T000000000000Z{record.name[22:]}"))
    home.land()
    assert home.rows(MARKET_BAR, "close_usd") == [(10.0,), (11.0,)]


def test_an_answer_of_which_a_page_is_missing_is_none(home: Home) -> None:
    window = Window(FIRST, FIRST)
    source = home.put("market", "coinbase", "BTC-USD", window, candles({FIRST: 10.0}), midnight(FIRST + 9 * DAY))
    record = home.folder / "archive" / "fetches" / source
    (record / "page-1").mkdir()
    for file in record.glob("*.json"):
        file.rename(record / "page-1" / file.name)
    home.land()
    assert home.rows(MARKET_BAR, "close_usd") == home.rows(MARKET_COVERAGE, "provider") == []


def test_a_split_and_a_dividend_before_it_are_told_as_they_were(home: Home) -> None:
    days = [date(2026, 3, 5), date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 10)]
    split, paid = {days[2]: 10.0}, {days[1]: 0.05}
    window = Window(days[0], days[1])
    first, later = CLOSES[days[1]] + timedelta(hours=1), CLOSES[days[3]] + timedelta(hours=1)
    before = shares({days[0]: 100.0, days[1]: 110.0}, {days[1]: 0.5}, {}, [1003.0, 2000.0])
    home.put("market", "yahoo", "MSTR", window, before, first)
    home.land()
    restated = dict(zip(days, (10.0, 11.0, 11.5, 12.0), strict=True))
    after = shares(restated, paid, split, [10_030.0, 20_000.0, 30_000.0, 40_000.0])
    home.put("market", "yahoo", "MSTR", Window(days[0], days[3]), after, later)
    home.land()
    assert home.rows(MARKET_BAR, "session_date", "close_usd", "volume") == [
        (days[0], 100.0, 1003.0),
        (days[1], 110.0, 2000.0),
        (days[2], 11.5, 30_000.0),
        (days[3], 12.0, 40_000.0),
    ]
    columns = ("ex_date", "action", "split_ratio", "dividend_usd", "known_at_utc")
    assert home.rows(MARKET_ACTION, *columns) == [
        (days[1], "dividend", None, 0.5, midnight(days[1])),
        (days[2], "split", 10.0, None, midnight(days[2])),
    ]


def test_the_inputs_change_with_every_answer_and_with_nothing_else(home: Home) -> None:
    def inputs() -> dict[str, str]:
        return Reader(home.archive, home.universe, CLOSES).inputs()

    assert inputs() == {}
    coins(home, FIRST, [10.0], midnight(FIRST + 9 * DAY))
    before = inputs()
    assert list(before) == ["feed/market/coinbase"]
    home.land()
    assert inputs() == before
    coins(home, FIRST, [10.0], midnight(FIRST + 10 * DAY))
    assert inputs() != before

"""Which day a bar belongs to, for all providers of prices: whatever the time zone of the process, the clock change, the
half day, the turn of the year; and that no document, however odd, ends in anything but a named error."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.errors import IngestionError
from ingestion.fetch.http_errors import FetchError
from ingestion.providers.rows import Window
from tests.feeds import cases, days
from tests.feeds.asking import Asking, read_page
from tests.feeds.cases import Case
from tests.feeds.days import NOW, WINDOW
from tests.feeds.server import FeedServer
from tests.feeds.world import FORMATS

pytestmark = pytest.mark.usefixtures("only_this_machine")

CASES = [case for case in cases.CASES if case.target.domain == "market"]


@pytest.fixture(scope="module")
def server() -> Iterator[FeedServer]:
    with FeedServer() as server:
        yield server


def mounted(server: FeedServer, case: Case, folder: Path, now: datetime = NOW) -> Asking:
    name = case.provider.name
    listing = days.share() if case.target.calendar == "XNYS" else days.coin()
    server.reset().mount(name, FORMATS[name]({case.target.symbol: listing}, now))
    return Asking(case.provider, server, folder, key="key")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_bar_has_its_own_day_in_every_time_zone(
    case: Case, zone: str, server: FeedServer, tmp_path: Path
) -> None:
    assert datetime(2024, 7, 1).astimezone().tzinfo is not None and os.environ["TZ"] == zone
    asking = mounted(server, case, tmp_path)
    found: list[object] = []
    for window in case.provider.windows(WINDOW, NOW.date()):
        reading = asking.read(case.target, window)
        found += days.dates(reading)
        assert not reading.rejected
        for row in reading.rows:
            level = 100.0 if case.target.calendar == "XNYS" else 50_000.0
            assert isinstance(row["session_date"], date)
            # The numbers of a bar tell its day.
            meant = days.bar(row["session_date"], level).close
            assert float(str(row["close_usd"])) == pytest.approx(meant, abs=0.06 if level > 100 else 1e-9)
    reached = case.provider.windows(WINDOW, NOW.date())[0].first
    assert found == [day for day in days.days(case.target.calendar) if day >= reached]
    assert {date(2024, 11, 29), date(2024, 12, 31), date(2025, 1, 2)} <= set(found)
    if case.provider.name != "alpha_vantage":  # whose answers do not reach back that far
        assert {date(2024, 2, 29), date(2024, 3, 8), date(2024, 3, 11)} <= set(found)


@pytest.mark.parametrize("case", [one for one in CASES if one.target.calendar == "XNYS"], ids=str)
@pytest.mark.parametrize(
    ("closed_utc", "day"),
    [
        ("2024-11-04T21:00:00", date(2024, 11, 4)),  # the Monday after clocks went back
        ("2024-11-29T18:00:00", date(2024, 11, 29)),  # a half day
        ("2024-12-31T21:00:00", date(2024, 12, 31)),
    ],
)
def test_a_bar_is_read_from_a_quarter_of_an_hour_after_its_close(
    closed_utc: str, day: date, case: Case, server: FeedServer, tmp_path: Path
) -> None:
    closed = datetime.fromisoformat(closed_utc)
    window = Window(date(2024, 10, 28), date(2025, 1, 3))
    for minutes, is_read in ((14, False), (15, True)):
        now = closed.replace(minute=minutes)
        reading = mounted(server, case, tmp_path / str(minutes), now).read(case.target, window, at=now)
        assert (day in days.dates(reading)) is is_read
        assert all(row["session_date"] <= day for row in reading.rows)


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([1735828200, 1735689600000, "2025-01-02", "USD", "OK", "1d", "ABC"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _spoil(draw: st.DataObject, value: object, depth: int = 0) -> object:
    """`value` with one of its parts, wherever it lies, replaced or left out."""
    if isinstance(value, dict) and value and (depth == 0 or draw.draw(st.integers(0, 4))):
        name = draw.draw(st.sampled_from(sorted(value)))
        if draw.draw(st.integers(0, 5)) == 0:
            return {key: part for key, part in value.items() if key != name}
        return {**value, name: _spoil(draw, value[name], depth + 1)}
    if isinstance(value, list) and value and draw.draw(st.integers(0, 4)):
        place = draw.draw(st.integers(0, len(value) - 1))
        return [*value[:place], _spoil(draw, value[place], depth + 1), *value[place + 1 :]]
    return draw.draw(JUNK)


@pytest.fixture(scope="module")
def whole(server: FeedServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A good answer of each provider, as a document."""
    found = {}
    for case in CASES:
        asking = mounted(server, case, tmp_path_factory.mktemp("whole"))
        asking.read(case.target, Window(date(2024, 12, 30), date(2025, 1, 3)))
        found[str(case)] = json.loads(asking.fetches[0][1])
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
@settings(max_examples=25)
@given(draw=st.data())
def test_no_document_ends_in_anything_but_rows_rejections_or_a_named_error(
    case: Case, whole: dict[str, object], draw: st.DataObject
) -> None:
    document = _spoil(draw, whole[str(case)])
    content = json.dumps(document).encode()
    try:
        case.provider.check(case.provider.parse(content), case.target)
        is_accepted = True
    except FetchError:
        is_accepted = False
    try:
        reading = read_page(case.provider, content, case.target, WINDOW, NOW)
    except IngestionError:
        assert not is_accepted, "what passes the check can be read"
        return
    found = days.dates(reading)
    assert found == sorted(set(found), key=str)
    for row in reading.rows:
        assert isinstance(row["close_usd"], float) and WINDOW.first <= row["session_date"] <= WINDOW.last

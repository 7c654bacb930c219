"""Which days are asked for: derived from calendar, archive names and bars, after any sleep, in any time zone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import answers, wanted
from ingestion import held as holdings
from ingestion.calendars import known_at, parse_sessions, render_sessions
from ingestion.clock import CLOSE_LAG, MOST_ANSWERS, REACH
from ingestion.contracts import MARKET_BAR
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from ingestion.providers.provider import Provider
from ingestion.providers.rows import Window
from ingestion.wanted import Answered, Gap
from tests.lakes import stage_one
from tests.tables import tables
from tests.unit.rawrows import bar

DATA = tables(__file__)

CLOSES = {one.session_date: one.close_utc for one in parse_sessions("test", render_sessions(date(2026, 12, 31)))}
SESSIONS = sorted(CLOSES)


class Whole(Provider[None]):
    """A provider that brings any window at once."""

    name = "whole"


class ToNow(Whole):
    is_split_adjusted = True


class Recent(Whole):
    """A provider that brings ten days at once and nothing older than a hundred."""

    newest_days, most_days = 100, 10


@pytest.mark.parametrize(("day", "close_hour"), DATA["due"])
def test_a_session_is_due_a_quarter_of_an_hour_after_its_close(zone: str, day: date, close_hour: int) -> None:
    public = datetime(day.year, day.month, day.day, close_hour) + CLOSE_LAG
    assert wanted.expected_days("market", "XNYS", CLOSES, day, public) == [day]
    assert wanted.expected_days("market", "XNYS", CLOSES, day, public - timedelta(seconds=1)) == []


def test_sessions_are_the_same_in_every_zone_and_half_days_are_marked(zone: str) -> None:
    made = parse_sessions("calendar/XNYS", render_sessions(date(2026, 12, 31)))
    assert {one.session_date: one.close_utc for one in made} == CLOSES
    half = [f"{one.session_date:%m-%d}" for one in made if one.is_half_day and one.session_date.year == 2025]
    assert half == ["07-03", "11-28", "12-24"]
    assert known_at("market", "XNYS", date(2025, 11, 28), CLOSES) == datetime(2025, 11, 28, 18, 15)
    assert known_at("market", "UTC", date(2025, 9, 30), CLOSES) == datetime(2025, 10, 1)


def test_days_without_a_session_are_never_due(zone: str) -> None:
    due = wanted.expected_days("market", "XNYS", CLOSES, date(2025, 12, 24), datetime(2026, 1, 3))
    assert [f"{day:%m-%d}" for day in due] == ["12-24", "12-26", "12-29", "12-30", "12-31", "01-02"]


def test_a_utc_day_is_due_when_it_has_ended_and_that_of_the_network_an_hour_later(zone: str) -> None:
    leap, midnight = date(2024, 2, 29), datetime(2024, 3, 1)
    for domain, lag in (("market", timedelta(0)), ("network", timedelta(hours=1))):
        assert wanted.expected_days(domain, "UTC", {}, leap, midnight + lag) == [leap]
        assert wanted.expected_days(domain, "UTC", {}, leap, midnight + lag - timedelta(microseconds=1)) == []
    days = wanted.expected_days("market", "UTC", {}, date(2025, 12, 31), datetime(2026, 1, 2))
    assert days == [date(2025, 12, 31), date(2026, 1, 1)]


def test_a_name_of_the_archive_comes_back_as_it_was_and_nothing_else_is_one(tmp_path: Path) -> None:
    archive, window, asked = Archive(Storage(tmp_path)), Window(date(2024, 2, 29), date(2026, 1, 2)), date(2026, 1, 3)
    source = answers.source_of("market", "yahoo", "RIOT", window, asked)
    assert source == "feed/market/yahoo/RIOT/2024-02-29_2026-01-02_asked_2026-01-03"
    folder = source.rpartition("/")[0]
    others = ("2024-02-30_2026-01-02_asked_2026-01-03", "2026-01-02_2024-02-29_asked_2026-01-03", "other")
    for name in (source, f"{source}/page-2", f"{source}x", *(f"{folder}/{other}" for other in others)):
        archive.put(name, b"{}", fetched_at_utc=datetime(2026, 1, 3))
    (found,) = answers.whole_answers(archive, "market", "yahoo")
    assert (found.shared, found.window, found.asked) == ("RIOT", window, asked)
    assert [page.source for page in found.pages] == [source, f"{source}/page-2"]


@pytest.mark.parametrize("seed", range(3))
def test_the_days_that_the_lake_holds_are_told_by_provider_and_instrument(tmp_path: Path, seed: int) -> None:
    """Of two months, with several vintages of a day, and bars outside the span."""
    draw, lake = random.Random(seed), Lake(Storage(tmp_path))
    first, days = date(2026, 1, 20), [date(2026, 1, 1) + timedelta(days=n) for n in range(59)]
    held: dict[tuple[str, str], list[date]] = {
        (by, of): sorted(draw.sample(days, 30)) for by in ("yahoo", "tiingo") for of in ("RIOT", "MARA")
    }
    rows = [
        bar(day, instrument=of, provider=by, known_at_utc=datetime(2026, 3, 1 + vintage))
        for (by, of), own in held.items()
        for day in own
        for vintage in range(draw.choice((1, 2)))
    ]
    now = datetime(2099, 1, 1)
    lake.promote(stage_one(lake, Batch(MARKET_BAR, rows, snapshot=False), tmp_path / "staging", now))
    found = holdings.held(lake, "market", first, days[-1])
    assert found.keys() == held.keys()
    for pair, own in held.items():
        assert found[pair].newest == own[-1]
        assert holdings.days_of(found[pair].days, first) == [day for day in own if day >= first]
        assert holdings.bits_of([day for day in own if day >= first], first) == found[pair].days
    assert holdings.held(Lake(Storage(tmp_path / "empty")), "market", first, days[-1]) == {}


days = st.integers(0, 400).map(lambda n: SESSIONS[n])
spans = st.lists(
    st.builds(
        lambda first, length, asked, read: Answered(
            Window(SESSIONS[first], SESSIONS[first + length]), SESSIONS[first + length] + timedelta(days=asked), read
        ),
        st.integers(0, 300),
        st.integers(0, 60),
        st.integers(0, 4),
        st.booleans(),
    ),
    max_size=12,
)


@given(spans, st.sets(days), st.integers(1, 400))
def test_every_day_is_answered_or_wanted_however_long_the_sleep(
    answered: list[Answered], held: set[date], slept: int
) -> None:
    expected, today = SESSIONS[:slept], SESSIONS[slept]
    never = wanted.unanswered(expected, answered)
    again = wanted.due([d for d in expected if d not in held], answered, today)
    found = wanted.gaps(expected, never, again, Whole(), reach=REACH)
    asked = [day for day in expected if any(one.window.first <= day <= one.window.last for one in found)]
    for day in expected:
        over = [one for one in answered if one.window.first <= day <= one.window.last]
        if not over:
            assert day in never and day in asked
        assert (day in never) == (not over)
        tries = len({one.asked for one in over})
        is_settled = day in held or tries >= MOST_ANSWERS or today in {one.asked for one in over}
        is_settled = is_settled or not all(one.is_read for one in over)
        assert (day in again) == (bool(over) and not is_settled)
    firsts = [one.window.first for one in found]
    assert firsts == sorted(firsts)
    for before, after in pairwise(found):
        assert before.window.last < after.window.first


@given(spans, st.integers(1, 400), st.sampled_from([Whole(), ToNow(), Recent()]))
def test_what_was_asked_is_not_asked_again(answered: list[Answered], slept: int, provider: Provider[None]) -> None:
    """The day after, with the answers in the archive and without a look into them."""
    expected, today = SESSIONS[:slept], SESSIONS[slept]

    def questions(known: Sequence[Answered]) -> list[tuple[Window, list[str]]]:
        found = wanted.gaps(expected, wanted.unanswered(expected, known), (), provider, reach=0)
        cuts = [wanted.pieces(one.window, [(expected[0], "S")], provider, today) for one in found]
        return [piece for cut in cuts for piece in cut]

    first = questions(answered)
    second = questions([*answered, *(Answered(window, today) for window, _ in first)])
    assert second == []
    if not provider.is_split_adjusted:
        for window, _ in first:
            inside = [day for day in expected if window.first <= day <= window.last]
            assert wanted.unanswered(inside, answered) == inside


def test_a_window_reaches_back_and_what_then_touches_is_one() -> None:
    expected = SESSIONS[:60]
    far = wanted.gaps(expected, [expected[20], expected[40]], [], Whole(), reach=REACH)
    assert far == [Gap(Window(expected[n - REACH], expected[n]), True) for n in (20, 40)]
    near = wanted.gaps(expected, [expected[20]], [expected[26]], Whole(), reach=REACH)
    assert near == [Gap(Window(expected[15], expected[26]), True)]
    assert wanted.gaps(expected, [expected[2]], [], Whole(), reach=REACH)[0].window.first == expected[0]
    assert wanted.gaps(expected, [], [expected[20]], Whole(), reach=0) == [
        Gap(Window(expected[20], expected[20]), False)
    ]


TODAY = date(2026, 5, 10)
SINCE = date(2026, 1, 1)
WEEK = timedelta(days=7)


DAYS = [SINCE + timedelta(days=n) for n in range((TODAY - SINCE).days + 1)]


def series_gaps(answered: Sequence[Answered], newest: date | None) -> list[Gap]:
    found = wanted.gaps(DAYS, wanted.unanswered(DAYS, answered), [], Whole(), reach=0)
    return [wanted.reaching_back(one, DAYS, WEEK, newest) for one in found]


def test_a_series_is_asked_from_its_last_answer_on_and_once_a_day() -> None:
    assert series_gaps([], None) == [Gap(Window(SINCE, TODAY), True)]
    answered = [Answered(Window(SINCE, date(2026, 5, 7)), date(2026, 5, 7))]
    (again,) = series_gaps(answered, date(2026, 5, 6))
    assert again == Gap(Window(date(2026, 5, 1), TODAY), True)
    (late,) = series_gaps(answered, date(2026, 3, 1))
    assert late.window == Window(date(2026, 3, 1), TODAY)
    assert series_gaps([*answered, Answered(again.window, TODAY)], None) == []
    middle = [Answered(Window(date(2026, 3, 1), TODAY), TODAY)]
    assert series_gaps(middle, None) == [Gap(Window(SINCE, date(2026, 2, 28)), True)], "only one that ends today"


def test_a_quarterly_series_reaches_back_over_five_quarters() -> None:
    assert wanted.series_overlap("quarterly", 200) == timedelta(days=5 * 92 + 200)
    assert wanted.series_overlap("daily", 1) == timedelta(days=6)

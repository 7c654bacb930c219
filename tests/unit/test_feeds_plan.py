"""Which days are asked for: derived from calendar, archive names and bars, after any sleep, in any time zone."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.calendars import CLOSE_LAG, parse_sessions, render_sessions
from ingestion.feeds import plan
from ingestion.feeds.plan import MOST_ANSWERS, REACH, Answered, Wanted
from ingestion.feeds.provider import Common, Window

CLOSES = {one.session_date: one.close_utc for one in parse_sessions("test", render_sessions(date(2026, 12, 31)))}
SESSIONS = sorted(CLOSES)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Whole(Common):
    """A provider that brings any window at once."""

    name: ClassVar[str] = "whole"


@dataclass(frozen=True)
class ToNow(Whole):
    reaches_to_now: ClassVar[bool] = True


@dataclass(frozen=True)
class Recent(Whole):
    """A provider that brings ten days at once and nothing older than a hundred."""

    def windows(self, window: Window, today: date) -> list[Window]:
        first, found = max(window.first, today - timedelta(days=100)), []
        while first <= window.last:
            found.append(Window(first, min(first + timedelta(days=9), window.last)))
            first += timedelta(days=10)
        return found


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The process lives in this time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("day", "close_hour"),
    [
        (date(2026, 3, 6), 21),  # the last session of winter time
        (date(2026, 3, 9), 20),  # the first of summer time
        (date(2025, 10, 31), 20),
        (date(2025, 11, 3), 21),
        (date(2025, 11, 28), 18),  # half a day after Thanksgiving
        (date(2025, 12, 24), 18),
        (date(2025, 12, 31), 21),
        (date(2024, 2, 29), 21),
    ],
)
def test_a_session_is_due_a_quarter_of_an_hour_after_its_close(zone: str, day: date, close_hour: int) -> None:
    public = datetime(day.year, day.month, day.day, close_hour) + CLOSE_LAG
    assert plan.sessions_until(CLOSES, day, public) == [day]
    assert plan.sessions_until(CLOSES, day, public - timedelta(seconds=1)) == []


def test_days_without_a_session_are_never_due(zone: str) -> None:
    due = plan.sessions_until(CLOSES, date(2025, 12, 24), datetime(2026, 1, 3))
    assert [f"{day:%m-%d}" for day in due] == ["12-24", "12-26", "12-29", "12-30", "12-31", "01-02"]


def test_a_utc_day_is_due_when_it_has_ended(zone: str) -> None:
    leap, midnight = date(2024, 2, 29), datetime(2024, 3, 1)
    assert plan.days_until(leap, midnight) == [leap]
    assert plan.days_until(leap, midnight - timedelta(microseconds=1)) == []
    assert plan.days_until(leap, midnight, HOUR) == []
    assert plan.days_until(leap, midnight + HOUR, HOUR) == [leap]
    assert plan.days_until(date(2025, 12, 31), datetime(2026, 1, 2)) == [date(2025, 12, 31), date(2026, 1, 1)]


def test_names_come_back_as_they_were_and_nothing_else_is_one() -> None:
    window, asked = Window(date(2024, 2, 29), date(2026, 1, 2)), date(2026, 1, 3)
    name = plan.name_of(window, asked)
    assert name == "2024-02-29_2026-01-02_asked_2026-01-03"
    assert plan.read_name(name) == (window, asked)
    for other in (
        "page-2",
        "2024-02-30_2026-01-02_asked_2026-01-03",
        "2026-01-02_2024-02-29_asked_2026-01-03",
        name + "x",
    ):
        assert plan.read_name(other) is None


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
    never, again = plan.wanted_days(
        expected, answered, lambda: [d for d in expected if d not in held], today, only_missing=False
    )
    wanted = plan.windows(expected, never, again, Whole(), reach=REACH)
    asked = [day for day in expected if any(one.window.first <= day <= one.window.last for one in wanted)]
    for day in expected:
        over = [one for one in answered if one.window.first <= day <= one.window.last]
        if not over:
            assert day in never and day in asked
        assert (day in never) == (not over)
        tries = len({one.asked for one in over})
        is_settled = day in held or tries >= MOST_ANSWERS or today in {one.asked for one in over}
        is_settled = is_settled or not all(one.is_read for one in over)
        assert (day in again) == (bool(over) and not is_settled)
    firsts = [one.window.first for one in wanted]
    assert firsts == sorted(firsts)
    for before, after in pairwise(wanted):
        assert before.window.last < after.window.first


@given(spans, st.integers(1, 400), st.sampled_from([Whole(), ToNow(), Recent()]))
def test_what_was_asked_is_not_asked_again(answered: list[Answered], slept: int, provider: Common) -> None:
    """The day after, with the answers in the archive and without a look into them."""
    expected, today = SESSIONS[:slept], SESSIONS[slept]

    def questions(known: Sequence[Answered]) -> list[tuple[Window, list[str]]]:
        never, again = plan.wanted_days(expected, known, lambda: (), today, only_missing=True)
        wanted = plan.windows(expected, never, again, provider, reach=0)
        cuts = [plan.pieces(one.window, [(expected[0], "S")], provider, today) for one in wanted]
        return [piece for cut in cuts for piece in cut]

    first = questions(answered)
    second = questions([*answered, *(Answered(window, today) for window, _ in first)])
    assert second == []
    if not provider.reaches_to_now:
        for window, _ in first:
            inside = [day for day in expected if window.first <= day <= window.last]
            assert plan.unanswered(inside, answered) == inside


@pytest.mark.parametrize("tries", range(1, MOST_ANSWERS + 2))
def test_a_day_without_a_bar_is_given_up_after_three_answers(tries: int) -> None:
    expected = SESSIONS[:20]
    hole, first = expected[4], expected[-1]
    answered = [Answered(Window(expected[0], first), first + timedelta(days=n)) for n in range(tries)]
    today = first + timedelta(days=30)
    assert plan.wanted_days(expected, answered, lambda: [hole], today, only_missing=False) == (
        [],
        [hole] if tries < MOST_ANSWERS else [],
    )
    twice_a_day = [*answered, *answered, *answered]
    assert plan.wanted_days(expected, twice_a_day, lambda: [hole], today, only_missing=False)[1] == (
        [hole] if tries < MOST_ANSWERS else []
    )
    assert plan.wanted_days(expected, answered, lambda: [hole], answered[-1].asked, only_missing=False) == ([], [])


def test_a_window_reaches_back_and_what_then_touches_is_one() -> None:
    expected = SESSIONS[:60]
    far = plan.windows(expected, [expected[20], expected[40]], [], Whole(), reach=REACH)
    assert far == [Wanted(Window(expected[n - REACH], expected[n]), True) for n in (20, 40)]
    near = plan.windows(expected, [expected[20]], [expected[26]], Whole(), reach=REACH)
    assert near == [Wanted(Window(expected[15], expected[26]), True)]
    assert plan.windows(expected, [expected[2]], [], Whole(), reach=REACH)[0].window.first == expected[0]
    assert plan.windows(expected, [], [expected[20]], Whole(), reach=0) == [
        Wanted(Window(expected[20], expected[20]), False)
    ]


def test_a_provider_that_restates_is_asked_up_to_the_newest_day() -> None:
    expected = SESSIONS[:60]
    assert plan.windows(expected, [expected[20]], [expected[40]], ToNow(), reach=0) == [
        Wanted(Window(expected[20], expected[-1]), True)
    ]


def test_a_renamed_ticker_is_asked_by_the_name_of_its_days_and_then_by_the_later_ones() -> None:
    symbols = [(date(2020, 1, 1), "BITF"), (date(2026, 4, 6), "KEEL")]
    window, today = Window(date(2026, 4, 1), date(2026, 4, 10)), date(2026, 4, 11)
    assert plan.pieces(window, symbols, Whole(), today) == [
        (Window(date(2026, 4, 1), date(2026, 4, 5)), ["BITF", "KEEL"]),
        (Window(date(2026, 4, 6), date(2026, 4, 10)), ["KEEL"]),
    ]
    assert plan.pieces(window, symbols, ToNow(), today) == [(window, ["KEEL"])]
    before = Window(date(2019, 12, 1), date(2020, 1, 5))
    assert plan.pieces(before, symbols, Whole(), today) == [(before, ["BITF", "KEEL"])]
    assert plan.pieces(before, symbols, ToNow(), today) == [(before, ["KEEL"])]


def test_days_that_a_provider_cannot_give_are_left_over() -> None:
    today = date(2026, 6, 1)
    window = Window(date(2026, 1, 2), date(2026, 5, 29))
    cuts = [cut for cut, _ in plan.pieces(window, [(date(2020, 1, 1), "S")], Recent(), today)]
    assert cuts[0].first == today - timedelta(days=100)
    wanted = [day for day in SESSIONS if window.first <= day <= window.last]
    left = plan.left_over(wanted, cuts)
    assert left == [day for day in wanted if day < cuts[0].first] and left


TODAY = date(2026, 5, 10)
SINCE = date(2026, 1, 1)
WEEK = timedelta(days=7)


def test_a_series_is_asked_from_its_last_answer_on_and_once_a_day() -> None:
    assert plan.series_windows(SINCE, [], None, TODAY, WEEK, only_missing=False) == [Wanted(Window(SINCE, TODAY), True)]
    answered = [Answered(Window(SINCE, date(2026, 5, 7)), date(2026, 5, 7))]
    (again,) = plan.series_windows(SINCE, answered, date(2026, 5, 6), TODAY, WEEK, only_missing=False)
    assert again == Wanted(Window(date(2026, 5, 1), TODAY), True)
    (late,) = plan.series_windows(SINCE, answered, date(2026, 3, 1), TODAY, WEEK, only_missing=False)
    assert late.window == Window(date(2026, 3, 1), TODAY)
    today = [*answered, Answered(again.window, TODAY)]
    assert plan.series_windows(SINCE, today, None, TODAY, WEEK, only_missing=False) == []


def test_a_backfill_of_a_series_asks_only_for_what_was_never_answered() -> None:
    answered = [Answered(Window(date(2026, 3, 1), date(2026, 5, 7)), date(2026, 5, 7))]
    assert plan.series_windows(SINCE, answered, None, TODAY, WEEK, only_missing=True) == [
        Wanted(Window(SINCE, date(2026, 2, 28)), True),
        Wanted(Window(date(2026, 5, 8), TODAY), True),
    ]


def test_a_quarterly_series_reaches_back_over_five_quarters() -> None:
    assert plan.series_overlap("quarterly", 200) == timedelta(days=5 * 92 + 200)
    assert plan.series_overlap("daily", 1) == timedelta(days=6)

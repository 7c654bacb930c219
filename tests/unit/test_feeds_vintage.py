"""New vintages: a changed value is a new row from when it was seen, the same value none, in whatever portions it comes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.vintages import Vintages

PUBLIC = datetime(2026, 1, 2, 21, 15)
DAY = timedelta(days=1)
TOLERANCES = (1e-6, 1e-3)
Row = tuple[datetime, tuple[float | None, float | None]]


def rows(seen: list[tuple[datetime, float | None]], known: list[Row] | None = None) -> list[Row]:
    """The vintages that the observations add to the known ones, in the order of observing."""
    vintages = Vintages(TOLERANCES)
    for moment, values in known or []:
        vintages.know(("K",), moment, values)
    found = []
    for moment, value in seen:
        new = vintages.observe(("K",), (value, None), seen_utc=moment, public_utc=PUBLIC)
        if new is not None:
            found.append((new, (value, None)))
    return found


def test_the_first_value_is_known_since_it_was_public_and_a_later_one_since_it_was_seen() -> None:
    late = PUBLIC + 3 * DAY
    assert rows([(PUBLIC + DAY, 10.0), (PUBLIC + 2 * DAY, 10.0), (late, 11.0), (late + DAY, 10.0)]) == [
        (PUBLIC, (10.0, None)),
        (late, (11.0, None)),
        (late + DAY, (10.0, None)),
    ]


def test_nothing_is_known_before_it_was_seen_only_because_it_should_have_been_public() -> None:
    early = PUBLIC - timedelta(minutes=1)
    assert rows([(early, 10.0)]) == [(early, (10.0, None))]


@pytest.mark.parametrize(
    ("value", "volume", "is_new"),
    [(10.000009, None, False), (10.00002, None, True), (10.0, 1.0, True), (None, None, True)],
)
def test_what_counts_as_another_value(value: float | None, volume: float | None, is_new: bool) -> None:
    vintages = Vintages(TOLERANCES)
    vintages.know(("K",), PUBLIC, (10.0, None))
    found = vintages.observe(("K",), (value, volume), seen_utc=PUBLIC + DAY, public_utc=PUBLIC)
    assert (found is not None) == is_new


def test_each_column_has_its_own_tolerance() -> None:
    vintages = Vintages(TOLERANCES)
    vintages.know(("K",), PUBLIC, (10.0, 1000.0))
    assert vintages.observe(("K",), (10.0, 1000.9), seen_utc=PUBLIC + DAY, public_utc=PUBLIC) is None
    assert vintages.observe(("K",), (10.0, 1002.0), seen_utc=PUBLIC + DAY, public_utc=PUBLIC) == PUBLIC + DAY


def test_a_source_that_dates_its_vintages_is_believed_but_not_beyond_the_answer() -> None:
    vintages = Vintages(TOLERANCES)
    seen = PUBLIC + 9 * DAY

    def told(value: float, since: datetime) -> datetime | None:
        return vintages.observe(("K",), (value, None), seen_utc=seen, public_utc=seen, dated_utc=since)

    assert told(2.0, PUBLIC + 4 * DAY) == PUBLIC + 4 * DAY
    assert told(1.0, PUBLIC) == PUBLIC
    assert told(1.0, PUBLIC + 2 * DAY) is None
    assert told(2.0, PUBLIC + 4 * DAY) is None
    assert told(3.0, seen + DAY) == seen


def test_nothing_that_stands_is_overwritten() -> None:
    assert rows([(PUBLIC + DAY, 11.0)], [(PUBLIC, (10.0, None)), (PUBLIC + DAY, (12.0, None))]) == []


values = st.sampled_from([None, 10.0, 10.000001, 11.0, 100.0])
seen = st.lists(st.tuples(st.integers(1, 6), values), max_size=12).map(
    lambda steps: [(PUBLIC + sum(n for n, _ in steps[: i + 1]) * DAY, value) for i, (_, value) in enumerate(steps)]
)


@given(seen, st.integers(0, 12))
def test_in_portions_or_at_once_and_once_or_twice_it_is_the_same(
    told: list[tuple[datetime, float | None]], cut: int
) -> None:
    once = rows(told)
    first = rows(told[:cut])
    assert first + rows(told[cut:], first) == once
    assert rows(told, once) == []


@given(seen)
def test_what_was_known_at_a_moment_never_changes(told: list[tuple[datetime, float | None]]) -> None:
    found = rows(told)
    moments = [moment for moment, _ in found]
    assert moments == sorted(set(moments))
    for moment, value in told:
        known = [said for since, said in found if since <= moment][-1][0]
        assert known == value or (known and value and abs(known - value) <= 1e-6 * 11)

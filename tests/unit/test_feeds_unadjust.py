"""Restated bars become what was traded: by the splits after the session that had taken effect when the answer was given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from math import isclose, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.unadjust import PRICES, actions_as_paid, bars_as_traded, splits_until

Row = Mapping[str, object]


def split(ex_date: date, ratio: float) -> Row:
    return {"ex_date": ex_date, "action": "split", "split_ratio": ratio, "dividend_usd": None}


def dividend(ex_date: date, amount: float) -> Row:
    return {"ex_date": ex_date, "action": "dividend", "split_ratio": None, "dividend_usd": amount}


def bar(day: date, price: float | None, volume: float | None = 100.0) -> Row:
    return {"session_date": day, **dict.fromkeys(PRICES, price), "volume": volume}


def test_what_is_not_given_stays_not_given() -> None:
    (found,) = bars_as_traded([{**bar(date(2024, 6, 7), None, None), "close_usd": 1.5}], [(date(2024, 6, 10), 10.0)])
    assert (found["open_usd"], found["close_usd"], found["volume"]) == (None, 15.0, None)


def test_dividends_are_restated_too_and_splits_are_not() -> None:
    told = [dividend(date(2024, 6, 7), 0.04), dividend(date(2024, 6, 10), 0.04), split(date(2024, 6, 10), 10.0)]
    found = actions_as_paid(told, [(date(2024, 6, 10), 10.0)])
    assert [row["dividend_usd"] for row in found] == [pytest.approx(0.4), 0.04, None]
    assert found[2]["split_ratio"] == 10.0


@pytest.mark.parametrize(
    ("fetched_at_utc", "counts"),
    [
        (datetime(2024, 6, 10, 3, 59), False),  # one minute before midnight in New York, summer time
        (datetime(2024, 6, 10, 4, 0), True),
        (datetime(2024, 6, 9, 23, 0), False),
    ],
)
def test_a_split_counts_from_its_day_in_new_york_on(fetched_at_utc: datetime, counts: bool) -> None:
    told = [dividend(date(2024, 6, 7), 0.04), split(date(2024, 6, 10), 10.0)]
    assert splits_until(told, fetched_at_utc) == ([(date(2024, 6, 10), 10.0)] if counts else [])


ratios = st.sampled_from([0.05, 0.1, 0.5, 1.5, 2.0, 10.0, 20.0])
splits = st.dictionaries(st.dates(date(2020, 1, 1), date(2026, 1, 1)), ratios, max_size=4)


@given(splits, st.dates(date(2019, 1, 1), date(2026, 6, 1)), st.floats(0.01, 1e6))
def test_restating_and_back_gives_what_was_traded(told: dict[date, float], day: date, traded: float) -> None:
    after = prod(ratio for ex_date, ratio in told.items() if ex_date > day)
    (found,) = bars_as_traded([bar(day, traded / after, 100.0 * after)], sorted(told.items()))
    price, volume = found["close_usd"], found["volume"]
    assert isclose(price, traded, rel_tol=1e-9) and isclose(volume, 100, rel_tol=1e-9)

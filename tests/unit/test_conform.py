"""Rows against their contract: each promise has a row that breaks it, and no row is ever lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.contracts import MARKET_BAR, TABLES
from ingestion.landing.conform import conform
from tests.unit.rawrows import NOW, bar

DAY = date(2025, 3, 3)


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        ({"close_usd": None}, "null", "close_usd is empty"),
        ({"close_usd": 0.0}, "not_positive", "above 0"),
        ({"close_usd": float("nan")}, "not_finite", "finite"),
        ({"volume": -1.0}, "below_minimum", "at least 0"),
        ({"close_usd": "12,50"}, "type", "expected double"),
        ({"session_date": NOW.date() + timedelta(days=1)}, "date_in_future", "later than today"),
        ({"known_at_utc": NOW + timedelta(seconds=1)}, "known_in_future", "later than now"),
        ({"source_sha256": "abc"}, "pattern", "must match"),
        ({"instrument": None}, "null", "instrument is empty"),
    ],
)
def test_each_promise_rejects_the_row_that_breaks_it(change: dict[str, object], rule: str, said: str) -> None:
    good, rejected = conform(MARKET_BAR, [bar(DAY), bar(DAY + timedelta(days=1)) | change], NOW)
    assert good.num_rows == 1
    assert [(r.rule, said in r.reason) for r in rejected] == [(rule, True)]


def test_a_value_outside_the_allowed_ones_is_named_with_them() -> None:
    row = {column.name: None for column in TABLES["raw_ledger__issuer"].columns} | {"role": "bakery"}
    _, rejected = conform(TABLES["raw_ledger__issuer"], [row], NOW)
    assert rejected[0].rule in ("null", "not_allowed")
    row |= {
        c.name: {"string": "x", "int64": 2}.get(str(c.type), datetime(2025, 1, 1))
        for c in TABLES["raw_ledger__issuer"].columns
        if not c.nullable
    }
    row |= {"issuer": "X", "cik": "0000000001", "role": "bakery", "source_sha256": "a" * 64}
    row |= {"confidence": "high", "known_at_basis": "registry"}
    _, rejected = conform(TABLES["raw_ledger__issuer"], [row], NOW)
    assert rejected[0].rule == "not_allowed"
    assert "hyperscaler" in rejected[0].reason


def test_identical_rows_are_kept_once_and_differing_ones_not_at_all() -> None:
    twice, differing = bar(DAY), bar(DAY, 11.0)
    good, rejected = conform(MARKET_BAR, [twice, twice, twice], NOW)
    assert (good.num_rows, [r.rule for r in rejected]) == (1, ["repeated_row", "repeated_row"])
    good, rejected = conform(MARKET_BAR, [twice, differing], NOW)
    assert (good.num_rows, [r.rule for r in rejected]) == (0, ["duplicate_key", "duplicate_key"])
    assert "TEST" in rejected[0].reason


CELL = st.one_of(st.none(), st.floats(), st.text(max_size=3), st.integers())


@given(
    st.lists(
        st.builds(
            lambda day, close, volume, name: bar(DAY + timedelta(days=day), close, volume=volume, instrument=name),
            st.integers(0, 3),
            CELL,
            CELL,
            st.sampled_from(["A", "B", None]),
        ),
        max_size=12,
    )
)
def test_every_row_read_is_kept_or_rejected(rows: list[dict[str, object]]) -> None:
    good, rejected = conform(MARKET_BAR, rows, NOW)
    assert good.num_rows + len(rejected) == len(rows)
    keys = list(zip(*(good[name].to_pylist() for name in MARKET_BAR.key), strict=True))
    assert len(keys) == len(set(keys))
    assert all(r.reason and r.rule for r in rejected)

"""Rows against their contract: each promise has a row that breaks it, and no row is ever lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.contracts import FILING, MARKET_BAR
from ingestion.contracts.contract import TEXT
from ingestion.landing.conform import conform
from tests.tables import tables
from tests.unit.rawrows import NOW, bar, filing

DATA = tables(__file__)

DAY = date(2025, 3, 3)
CIK = "0000000001"


@pytest.mark.parametrize(("change", "rule", "said"), DATA["promises"])
def test_each_promise_rejects_the_row_that_breaks_it(change: dict[str, object], rule: str, said: str) -> None:
    good, rejected = conform(MARKET_BAR, [bar(DAY), bar(DAY + timedelta(days=1)) | change], NOW)
    assert good.num_rows == 1
    assert [(r.rule, said in r.reason) for r in rejected] == [(rule, True)]


def test_identical_rows_are_kept_once_and_differing_ones_not_at_all() -> None:
    twice, differing = bar(DAY), bar(DAY, 11.0)
    good, rejected = conform(MARKET_BAR, [twice, twice, twice], NOW)
    assert (good.num_rows, [r.rule for r in rejected]) == (1, ["repeated_row", "repeated_row"])
    good, rejected = conform(MARKET_BAR, [twice, differing], NOW)
    assert (good.num_rows, [r.rule for r in rejected]) == (0, ["duplicate_key", "duplicate_key"])
    assert "TEST" in rejected[0].reason


FILINGS = [
    filing(CIK, 9),
    filing("0000000002", 1, items="2.02"),
    filing(CIK, 2, accession="wrong"),
    filing(CIK, 3, acceptance_zone="Mars"),
    filing(CIK, 4, size_bytes=-1),
    filing(CIK, 5, form=None),
    filing(CIK, 6, known_at_utc=datetime(2090, 1, 1)),
    filing(CIK, 7),
    filing(CIK, 7),
    filing(CIK, 8),
    filing(CIK, 8, size_bytes=12),
]


@pytest.mark.parametrize("encoded", [False, True])
def test_an_arrow_batch_is_judged_as_the_same_dicts_are(encoded: bool) -> None:
    arrow = pa.Table.from_pylist(FILINGS, pa.schema([pa.field(c.name, c.type) for c in FILING.columns]))
    if encoded:
        for place, field in enumerate(arrow.schema):
            if field.type == TEXT:
                arrow = arrow.set_column(place, field.name, arrow[field.name].dictionary_encode())
    good, rejected = conform(FILING, arrow, NOW)
    expected, expected_rejected = conform(FILING, FILINGS, NOW)
    assert good.equals(expected)
    assert good.schema == FILING.schema()
    assert good["accession"].to_pylist() == sorted(good["accession"].to_pylist())
    assert [(r.rule, r.column, r.reason) for r in rejected] == [(r.rule, r.column, r.reason) for r in expected_rejected]
    assert [r.rule for r in rejected] == [
        "pattern", "not_allowed", "below_minimum", "null", "known_in_future",
        "repeated_row", "duplicate_key", "duplicate_key",
    ]  # fmt: skip
    assert "bound" in rejected[1].reason, "the allowed values are named"


def test_an_arrow_column_of_another_type_is_read_value_by_value() -> None:
    arrow = pa.Table.from_pylist([{**row, "size_bytes": "many"} for row in FILINGS[:2]])
    good, rejected = conform(FILING, arrow, NOW)
    assert (good.num_rows, [r.rule for r in rejected]) == (0, ["type", "type"])


CELL = st.one_of(st.none(), st.floats(), st.text(max_size=3), st.integers())


@settings(max_examples=40)
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
    assert keys == sorted(set(keys))
    assert all(r.reason and r.rule for r in rejected)

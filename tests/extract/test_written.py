"""Documents of our own in every layout: all values and no others where the layout kept what parts them, the same or fewer where
it did not."""

from __future__ import annotations

from functools import cache

import pytest

from ingestion.extract.extract import extract
from ingestion.extract.found import ACCEPTED, REVIEW, Found
from ingestion.extract.reread import reads_back
from tests.extract.layouts import LOSSY, WHOLE
from tests.extract.written import written

UPDATES, DEALS, SHEETS, BONDS = (written(kind) for kind in ("updates", "deals", "sheets", "bonds"))


@cache
def of(text: str, kind: str) -> list[Found]:
    """Read once: without a grid many layouts are one and the same text."""
    found = [one for one in extract(text.encode(), "document") if one.kind == kind]
    for one in found:
        assert text[one.start : one.end] == one.quote
        assert one.value == "" or reads_back(one.quote, one.value, one.unit), one
    return found


def told(found: list[Found]) -> set[tuple[str, ...]]:
    return {(one.field, one.value, one.period_start, one.period_end) for one in found if one.state == ACCEPTED}


def values(found: list[Found]) -> set[tuple[str, ...]]:
    return {(one.field, one.value) for one in found if one.state == ACCEPTED}


def test_there_are_at_least_sixty_of_them() -> None:
    assert len(UPDATES) + len(DEALS) + len(SHEETS) + len(BONDS) >= 60


@pytest.mark.parametrize("layout", WHOLE)
def test_a_layout_that_keeps_what_parts_the_values(layout: str) -> None:
    for name, document in UPDATES.items():
        found = of(WHOLE[layout](document.page), "metric")
        assert told(found) == document.told, name
        assert {one.field for one in found if one.state != ACCEPTED and one.reason} == document.refused, name
    for name, document in DEALS.items():
        found = of(WHOLE[layout](document.page), "deal")
        assert values(found) == document.told, name
        assert {one.field for one in found if one.state != ACCEPTED} == document.refused, name
    for name, document in SHEETS.items():
        found = of(WHOLE[layout](document.page), "tranche")
        assert values(found) == document.told, name
        assert [one for one in found if one.state == REVIEW] == [], name


@pytest.mark.parametrize("layout", LOSSY)
def test_a_layout_in_which_cells_and_words_ran_together(layout: str) -> None:
    for name, document in UPDATES.items():
        assert told(of(LOSSY[layout](document.page), "metric")) <= document.told, name
    for name, document in DEALS.items():
        assert values(of(LOSSY[layout](document.page), "deal")) <= document.told, name
    for name, document in SHEETS.items():
        lost = {("maturity", value[:4]) for field, value in document.told if field == "maturity"}
        assert values(of(LOSSY[layout](document.page), "tranche")) <= document.told | lost, name

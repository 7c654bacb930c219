"""Documents of our own in every layout: all values and no others where the layout kept what parts them, the same or fewer where
it did not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ingestion.extract.extract import extract
from ingestion.extract.found import ACCEPTED, REVIEW, Found
from ingestion.extract.reread import reads_back
from tests.extract.bond_documents import CASES
from tests.extract.deal_documents import DEALS, END
from tests.extract.layouts import LOSSY, WHOLE, Page
from tests.extract.sheet_documents import SHEETS
from tests.extract.update_documents import UPDATES

Layout = Callable[[Page], str]


def of(text: str, kind: str) -> list[Found]:
    found = [one for one in extract(text.encode(), "document") if one.kind == kind]
    for one in found:
        assert text[one.start : one.end] == one.quote
        assert one.value == "" or reads_back(one.quote, one.value, one.unit), one
    return found


def told(found: list[Found]) -> set[tuple[str, ...]]:
    return {(one.field, one.value, one.period_start, one.period_end) for one in found if one.state == ACCEPTED}


def values(found: list[Found]) -> set[tuple[str, str]]:
    return {(one.field, one.value) for one in found if one.state == ACCEPTED}


def test_there_are_at_least_sixty_of_them() -> None:
    assert len(UPDATES) + len(DEALS) + len(SHEETS) + len(CASES) >= 60


@pytest.mark.parametrize("layout", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("name", UPDATES)
def test_an_update_in_any_layout(name: str, layout: Layout) -> None:
    update = UPDATES[name]
    found = of(layout(update.page), "metric")
    assert told(found) == update.wanted
    assert {one.field for one in found if one.state != ACCEPTED and one.reason} == set(update.refused)


@pytest.mark.parametrize("layout", LOSSY.values(), ids=LOSSY)
@pytest.mark.parametrize("name", UPDATES)
def test_an_update_whose_cells_ran_together(name: str, layout: Layout) -> None:
    assert told(of(layout(UPDATES[name].page), "metric")) <= UPDATES[name].wanted


@pytest.mark.parametrize("layout", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("name", DEALS)
def test_a_deal_in_any_layout(name: str, layout: Layout) -> None:
    found = of(layout(Page((*DEALS[name].paragraphs, END))), "deal")
    assert values(found) == DEALS[name].wanted
    assert [one for one in found if one.state != ACCEPTED] == []


@pytest.mark.parametrize("layout", LOSSY.values(), ids=LOSSY)
@pytest.mark.parametrize("name", DEALS)
def test_a_deal_whose_words_ran_together(name: str, layout: Layout) -> None:
    assert values(of(layout(Page((*DEALS[name].paragraphs, END))), "deal")) <= DEALS[name].wanted


@pytest.mark.parametrize("layout", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_in_any_layout(name: str, layout: Layout) -> None:
    found = of(layout(SHEETS[name].page), "tranche")
    assert values(found) == SHEETS[name].wanted
    assert [one for one in found if one.state == REVIEW] == []


@pytest.mark.parametrize("layout", LOSSY.values(), ids=LOSSY)
@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_whose_cells_ran_together(name: str, layout: Layout) -> None:
    lost = {("maturity", value[:4]) for field, value in SHEETS[name].wanted if field == "maturity"}
    assert values(of(layout(SHEETS[name].page), "tranche")) <= SHEETS[name].wanted | lost

"""Updates and deals as bad copies leave them: other spaces, dashes and markup change no number, and whatever is cut out or put
in, no reader falls over and each value still stands in its passage."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.extract.extract import extract
from ingestion.extract.found import ABSTAINED, ACCEPTED
from ingestion.extract.reread import reads_back
from tests.extract.test_deals import JOINT, RELEASE
from tests.extract.test_production import BARS, COLONS, HTML

DOCUMENTS = (BARS, HTML, COLONS, RELEASE, JOINT)
PIECES = (*"\n\t| -19,.()$%", "\u00a0", "\u2011", "<td>", "</p>", "&nbsp;", "EH/s", "million")
FORMS: dict[str, Callable[[str], str]] = {
    "no-break spaces": lambda text: text.replace(" ", "\u00a0"),
    "two spaces": lambda text: text.replace(" ", "  "),
    "another dash": lambda text: text.replace("-", "\u2011"),
    "Windows line ends": lambda text: text.replace("\n", "\r\n"),
}


def told(text: str) -> set[tuple[str, str, str, str]]:
    found = extract(text.encode(), "document")
    return {(one.kind, one.field, one.value, one.period_end) for one in found if one.state == ACCEPTED}


@pytest.mark.parametrize("document", DOCUMENTS, ids=("bars", "html", "colons", "release", "joint"))
@pytest.mark.parametrize("form", FORMS)
def test_another_form_of_a_document_gives_the_same_values(document: str, form: str) -> None:
    before = told(document)
    assert before and told(FORMS[form](document)) == before


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_copy_never_ends_a_reader_and_each_value_stands_in_its_passage(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(DOCUMENTS))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + data.draw(st.sampled_from(("", *PIECES))) + text[end:]
    for one in extract(text.encode(), "document"):
        assert text[one.start : one.end] == one.quote
        assert (one.value == "") == (one.state == ABSTAINED)
        assert one.value == "" or reads_back(one.quote, one.value, one.unit), one

"""Pages written to take a reader down: read or refused, in a time that grows with their size and no faster."""

from __future__ import annotations

import time

import pytest

from bench.hostile import SHAPES
from ingestion.extract.document import UnreadableDocument
from ingestion.extract.extract import extract

SMALL, SECONDS = 150_000, 3.0
"""Characters, and seconds of processor time: ten times what a busy machine takes, and less than any that grow with the square."""


@pytest.mark.parametrize("name", SHAPES)
def test_no_page_takes_a_reader_down(name: str) -> None:
    page = SHAPES[name](SMALL).encode()
    started = time.process_time()
    try:
        extract(page, "page")
    except UnreadableDocument as refused:
        assert "at most" in str(refused) or "more than" in str(refused)
    assert time.process_time() - started < SECONDS * len(page) / SMALL


def test_more_values_than_a_document_tells_are_none() -> None:
    for name, kind in (("names of tranches", "tranche"), ("labels", "metric"), ("tenants of many names", "deal")):
        found = [one for one in extract(SHAPES[name](300_000).encode(), "page") if one.kind == kind]
        assert [one.reason for one in found] == ["more values than one document tells"], name

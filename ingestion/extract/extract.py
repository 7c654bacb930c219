"""A document to values: every reader is asked, each says what it found or why it abstains."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from ingestion.extract.bonds.reader import read_bonds
from ingestion.extract.deals.reader import read_deals
from ingestion.extract.document import Document
from ingestion.extract.found import TOO_MANY, Found, TooMany, Voice
from ingestion.extract.gate import issuer_of
from ingestion.extract.mining.reader import read_production
from ingestion.extract.reading import read_document

Reader = Callable[[Document], Iterator[Found]]
READERS: Mapping[str, Reader] = {"tranche": read_bonds, "metric": read_production, "deal": read_deals}
"""One for each kind of value, in the order of expected.csv."""


def extract(content: bytes, name: str, kinds: Collection[str] = tuple(READERS)) -> list[Found]:
    """What the readers of `kinds` find, in the order of the passages. UnreadableDocument when it cannot be read."""
    document = read_document(content, name)
    found = [one for kind in READERS if kind in kinds for one in _read(document, kind)]
    return sorted(found, key=lambda one: (one.start, one.end, one.kind, one.record, one.field))


def _read(document: Document, kind: str) -> list[Found]:
    """What one reader finds; one abstention where there is more than a document tells."""
    try:
        return list(READERS[kind](document))
    except TooMany as many:
        return [Voice(document, kind, issuer_of(document)).abstain("", "none", "", many.span, TOO_MANY)]


def extract_file(path: Path, name: str = "") -> list[Found]:
    return extract(path.read_bytes(), name or str(path))

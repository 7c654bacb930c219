"""What the archived documents of a registrant's filings say in numbers: which of them are read, for what, and the rows of
raw_extract__number that come of it. Asks nobody; the reading itself is ingestion/extract."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from ingestion.contracts import DOCUMENT, FILING, NUMBER
from ingestion.contracts.contract import Table
from ingestion.extract.extract import extract
from ingestion.extract.found import ABSTAINED, ACCEPTED, Found
from ingestion.extract.reading import decoded
from ingestion.extract.words import words
from ingestion.fetch.archive import Archive, Fetch
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from ingestion.universe import Registrant

PARSER_VERSION = "extract-11"
"""Goes up with every change of what a reader says: the documents are then read again."""
UNNAMED = "unnamed"
WHOLE = "document"
AROUND, MARKED_UP = 120, 1_200
"""Characters around a passage that a person is shown, and those of the markup that they are looked for in."""
OWN, ANOTHERS = 1, 3
"""Ranks of sources: the issuer's own text, and one in which another speaks."""


@dataclass(frozen=True)
class Filed:
    """An archived document of a filing, with what the lists of EDGAR say of both."""

    fetch: Fetch
    accession: str
    file_name: str
    form: str
    items: str
    document_type: str | None
    known_at_utc: datetime

    @property
    def mark(self) -> str:
        """What its rows follow from, beside the readers' words."""
        return f"{self.fetch.sha256} {self.form} {self.items} {self.known_at_utc} {PARSER_VERSION}"

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of values that a filing of its form, an 8-K of its items, is read for; what stands in it is decided
        from its words."""
        form = self.form.removesuffix("/A")
        by_form, by_item = words().forms, words().items
        if form == "8-K" and self.items:
            return frozenset(kind for item in self.items.split(",") for kind in by_item.get(item.strip(), ()))
        return frozenset(by_form.get("424B" if form.startswith("424B") else form, ()))


def documents_of(registrant: Registrant, held: Iterable[Fetch], lake: Lake) -> Iterator[Filed]:
    """The archived documents that the lake knows the filing of; any other waits for its index page."""
    listed = _rows(lake, DOCUMENT, registrant, ("accession", "file_name", "document_type", "known_at_utc"))
    filings = {row["accession"]: row for row in _rows(lake, FILING, registrant, ("accession", "form", "items"))}
    by_name = {(row["accession"], row["file_name"]): row for row in listed}
    for fetch in held:
        *_, accession, name = fetch.source.split("/")
        row, filing = by_name.get((accession, name)), filings.get(accession)
        if row is not None and filing is not None:
            kind, known_at = row["document_type"], row["known_at_utc"]
            yield Filed(fetch, accession, name, filing["form"], filing["items"] or "", kind, known_at)


def read_numbers(registrant: Registrant, documents: Iterable[Filed], archive: Archive) -> Batch:
    """What `documents` say now, in the place of what they said before; a document that cannot be read says that."""
    due = list(documents)
    records = []
    for one in due:
        content = archive.get(one.fetch.sha256) if one.kinds else b""
        if found := _found(one, content):
            original = "" if found[0].kind == WHOLE else decoded(content, one.file_name)
            records += [_record(registrant, one, value, original) for value in found]
    return Batch(
        NUMBER,
        records,
        sources=frozenset(one.fetch.source for one in due),
        partitions=frozenset({NUMBER.partition.of(registrant.cik)}),
        applied={one.fetch.source: one.mark for one in due},
    )


def passage_id(document_sha256: str, start: int, end: int, kind: str, field: str) -> str:
    """The short name of a passage and a field, twelve hexadecimal digits."""
    return hashlib.sha256(f"{document_sha256} {start} {end} {kind} {field}".encode()).hexdigest()[:12]


def _found(one: Filed, content: bytes) -> list[Found]:
    if not one.kinds:
        return []
    try:
        return extract(content, one.file_name, one.kinds)
    except Exception as error:  # whatever stands in one document, the others are read
        reason = f"the document cannot be read: {str(error) or type(error).__name__}"
        return [Found(one.file_name, WHOLE, "", "", "none", "", "", "", "", 0, 0, "", ABSTAINED, reason)]


def _record(registrant: Registrant, one: Filed, found: Found, original: str) -> Mapping[str, object]:
    is_anothers = found.issuer != "" and not _is_called(found.issuer, registrant)
    confidence = {ACCEPTED: "medium" if found.issuer == "" or is_anothers else "high", ABSTAINED: None}
    return {
        "issuer": registrant.issuer,
        "cik": registrant.cik,
        "accession": one.accession,
        "file_name": one.file_name,
        "form": one.form,
        "document_type": one.document_type,
        "document_sha256": one.fetch.sha256,
        "passage_id": passage_id(one.fetch.sha256, found.start, found.end, found.kind, found.field),
        "kind": found.kind,
        "record": found.record or UNNAMED,
        "field": found.field,
        "value": found.value or None,
        "value_number": _number(found),
        "unit": found.unit or None,
        "period_start_date": date.fromisoformat(found.period_start) if found.period_start else None,
        "period_end_date": date.fromisoformat(found.period_end) if found.period_end else None,
        "span_start": found.start,
        "span_end": found.end,
        "quote": found.quote or None,
        "context": _context(original, found.start, found.end) or None,
        "state": found.state,
        "reason": found.reason or None,
        "confidence": confidence.get(found.state, "low"),
        "source_rank": ANOTHERS if is_anothers else OWN,
        "known_at_utc": one.known_at_utc,
        **one.fetch.provenance(PARSER_VERSION),
    }


def _context(original: str, start: int, end: int) -> str:
    """The passage with what stands around it, in plain characters."""
    before = _plain(re.sub(r"^[^<]*>", " ", original[max(0, start - MARKED_UP) : start]))[-AROUND:]
    behind = _plain(re.sub(r"<[^>]*$", " ", original[end : end + MARKED_UP]))[:AROUND]
    return f"{before}{_plain(original[start:end])}{behind}".strip()


def _plain(markup: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", markup)))


def _number(found: Found) -> float | None:
    try:
        return float(Decimal(found.value)) if found.unit not in ("date", "") else None
    except InvalidOperation:
        return None


def _is_called(name: str, registrant: Registrant) -> bool:
    """Whether one of the names that a document may call `name` by is the registrant's."""
    own = [registrant.issuer, *registrant.names]
    called = (name, *words().issuers.get(name, ()))
    return any(one.casefold() in mine.casefold() for one in called for mine in own)


def _rows(lake: Lake, table: Table, registrant: Registrant, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    found = lake.partition(table, table.partition.of(registrant.cik), columns)
    return [] if found is None else found.to_pylist()

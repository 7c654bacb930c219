"""Index pages of filings, HTML to raw_sec__document. Text of cells only: nothing in a page is run or fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, time
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingestion.contracts import ACCESSION_PATTERN, DOCUMENT
from ingestion.edgar.acceptance import end_of_day_new_york, new_york_to_utc
from ingestion.edgar.identity import IdentityMismatch
from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty
from ingestion.fetch.archive import Fetch
from ingestion.landing.batch import Batch, Rejected

PARSER_VERSION = "sec-index-1"
COLUMNS = ("Seq", "Description", "Document", "Type", "Size")
LARGEST_PAGE = 8 * 1024 * 1024
"""Filings of fund families list over a thousand registrants in 0.4 MB."""
MOST_DOCUMENTS = 20_000
DEEPEST = 1_000
"""Index pages nest some twenty deep; the time to parse grows with the square of the depth."""
TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
NEVER_CLOSED = frozenset(b"area base br col embed hr img input link meta source track wbr".split())
COMPLETE_SUBMISSION = 0
RENDERED = re.compile(r"/[0-9]{18}/xsl[^/]*/[^/]+$")
REFETCH = "Fetch the page again; if it stays so, EDGAR has changed its format and the parser must follow"


class Hashes(NamedTuple):
    """Of an archived document: its own SHA-256, and that of the text taken from it where that was done."""

    sha256: str
    text_sha256: str | None = None


def parse_filing_index(
    fetch: Fetch,
    content: bytes,
    issuer: str,
    cik: str,
    accession: str,
    *,
    hashes: Mapping[str, Hashes] | None = None,
) -> Batch:
    """The documents of one filing as a snapshot of this page; `hashes` gives those archived so far, by file name.

    The page prints the acceptance time as New York wall time. Rows without a readable sequence or size are rejected.
    Raises IdentityMismatch for a page of another filing or registrant, SourceDrifted for other columns, SourceDamaged
    for a page beyond the size limits, SourceEmpty for one without documents.
    """
    if not content:
        raise SourceEmpty(fetch.source, "the answer is empty", REFETCH)
    if len(content) > LARGEST_PAGE:
        raise SourceDamaged(fetch.source, f"the page has {len(content):,} bytes, at most {LARGEST_PAGE:,}", REFETCH)
    if depth(content) > DEEPEST:
        raise SourceDamaged(fetch.source, f"the page nests more than {DEEPEST:,} elements", REFETCH)
    page = LexborHTMLParser(content)
    _check_identity(fetch.source, page, issuer, cik, accession)
    known_at = min(_accepted(fetch.source, page), fetch.fetched_at_utc)
    records: list[dict[str, object]] = []
    rejected: list[Rejected] = []
    for cells in _documents(fetch.source, page):
        problem = _problem(cells)
        if problem is not None:
            rule, column, reason = problem
            rejected.append(Rejected(rule, reason, column, cells, fetch.source, fetch.sha256))
            continue
        name = cells["file_name"] or None
        found = (hashes or {}).get(str(name))
        records.append(
            {
                "issuer": issuer,
                "cik": cik,
                "accession": accession,
                "sequence": int(cells["Seq"] or COMPLETE_SUBMISSION),
                "document_type": cells["Type"] or None,
                "file_name": name,
                "description": cells["Description"] or None,
                "size_bytes": int(cells["Size"]) if cells["Size"] else None,
                "sha256": None if found is None else found.sha256,
                "text_sha256": None if found is None else found.text_sha256,
                "known_at_utc": known_at,
                **fetch.provenance(PARSER_VERSION),
            }
        )
    if not records and not rejected:
        raise SourceEmpty(fetch.source, "the page lists no documents", REFETCH)
    sources, partitions = frozenset({fetch.source}), frozenset({DOCUMENT.partition.of(cik)})
    return Batch(DOCUMENT, records, rejected, sources, partitions=partitions)


def depth(content: bytes) -> int:
    """How deep the page nests, counted by tags, before anything is built from it."""
    now = deepest = 0
    for closing, name in TAG.findall(content):
        if closing:
            now = max(now - 1, 0)
        elif name.lower() not in NEVER_CLOSED:
            now += 1
            deepest = max(deepest, now)
    return deepest


def _text(node: LexborNode) -> str:
    return " ".join(node.text(deep=True, separator=" ").split())


def _check_identity(source: str, page: LexborHTMLParser, issuer: str, cik: str, accession: str) -> None:
    """A page names its accession at the top and every registrant of the filing at the bottom."""
    head = page.css_first("#secNum")
    printed = [] if head is None else re.findall(ACCESSION_PATTERN, _text(head))
    if printed != [accession]:
        raise IdentityMismatch(source, f"asked for filing {accession}, the page says {printed or 'none'}", REFETCH)
    ciks = {
        number
        for link in page.css(".companyName a")
        for number in re.findall(r"CIK=([0-9]{10})", link.attributes.get("href") or "")
    }
    if cik not in ciks:
        problem = f"asked for {issuer} under CIK {cik}, the page names {', '.join(sorted(ciks)[:5]) or 'none'}"
        raise IdentityMismatch(source, problem, REFETCH)


def _accepted(source: str, page: LexborHTMLParser) -> datetime:
    """The acceptance time in naive UTC; a page of the paper years prints midnight, which bounds nothing but the day."""
    heads = [_text(node) for node in page.css(".formGrouping .infoHead")]
    values = [_text(node) for node in page.css(".formGrouping .info")]
    if "Accepted" in heads and len(heads) == len(values):
        try:
            wall = datetime.strptime(values[heads.index("Accepted")], "%Y-%m-%d %H:%M:%S")
        except ValueError as error:
            raise SourceDrifted(source, f"the acceptance time cannot be read ({error})", REFETCH) from error
        return end_of_day_new_york(wall.date()) if wall.time() == time(0) else new_york_to_utc(wall)
    raise SourceDrifted(source, "the page prints no acceptance time", REFETCH)


def _documents(source: str, page: LexborHTMLParser) -> list[dict[str, str]]:
    """The cells of each listed document by column, its link, and the last part of that as file_name.

    An XML form is listed twice, as itself and as rendered by a stylesheet below the filing's folder: one document.
    """
    found: list[dict[str, str]] = []
    for table in page.css("table.tableFile"):
        rows = table.css("tr")
        heads = tuple(_text(head) for head in rows[0].css("th")) if rows else ()
        if heads != COLUMNS:
            raise SourceDrifted(source, f"a table of documents has the columns {heads}, not {COLUMNS}", REFETCH)
        for row in rows[1:]:
            nodes = row.css("td")
            if len(nodes) != len(COLUMNS):
                raise SourceDrifted(source, f"a row of documents has {len(nodes)} cells, not {len(COLUMNS)}", REFETCH)
            cells = dict(zip(COLUMNS, (_text(node).strip("\xa0 ") for node in nodes), strict=True))
            link = nodes[2].css_first("a")
            target = "" if link is None else link.attributes.get("href") or ""
            found.append({**cells, "file_name": target.rsplit("/", 1)[-1], "link": target})
            if len(found) > MOST_DOCUMENTS:
                raise SourceDamaged(source, f"the page lists more than {MOST_DOCUMENTS:,} documents", REFETCH)
    originals = {(cells["Seq"], cells["file_name"]) for cells in found if not RENDERED.search(cells["link"])}
    return [c for c in found if not (RENDERED.search(c["link"]) and (c["Seq"], c["file_name"]) in originals)]


def _problem(cells: Mapping[str, str]) -> tuple[str, str, str] | None:
    """(rule, column, reason) of the first thing wrong with a row; the contract judges the rest."""
    for name, column in (("Seq", "sequence"), ("Size", "size_bytes")):
        if cells[name] and not re.fullmatch(r"[0-9]{1,15}", cells[name]):
            return "type", column, f"{name} of {cells['Document'] or 'a document'} is {cells[name]!r}"
    if not cells["Seq"] and not re.fullmatch(rf"{ACCESSION_PATTERN}\.txt", cells["file_name"]):
        return "null", "sequence", f"{cells['Document'] or 'a document'} has no sequence"
    return None

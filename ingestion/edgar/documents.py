"""Filings that announce something: which are wanted since when, which of their documents are fetched, and the text that is
in one. Fetches nothing, reads no numbers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from selectolax.lexbor import LexborHTMLParser

from ingestion.edgar.filing_index import DEEPEST, Hashes, depth
from ingestion.edgar.submissions import listed_on
from ingestion.fetch.archive import Archive, Fetch

FIRST_DAYS = 45
"""How far before the first question about a registrant its documents reach, unless somebody asked for older ones."""
LISTED_WITHIN_DAYS = 45
"""An index page that is not there so long after the filing day will not come any more."""
SINCE = "documents_from"
"""The note on a registrant that says how far back somebody asked for documents."""
TEXT_VERSION = "sec-text-1"
LARGEST = 16 * 1024 * 1024
"""Bytes of the largest document that is asked for; prospectuses have some five million."""
WANTED_TYPE = re.compile(r"(8-K|6-K|FWP|424B\d|EX-99(\.\d+)*)(/A)?")
READABLE_NAME = re.compile(r".+\.(html?|txt)", re.IGNORECASE)
INVISIBLE = ("script", "style", "head")


@dataclass(frozen=True)
class Filed:
    """A filing as a list of filings shows it, by what matters here."""

    accession: str
    form: str
    filed_date: date


def announces(form: str) -> bool:
    """Whether the documents of a filing of this form are wanted: news, presentations, terms of offerings."""
    return form.removesuffix("/A") in ("8-K", "6-K", "FWP") or form.startswith("424B")


def filed_on(source: str, content: bytes) -> list[Filed]:
    """The filings of a page, the main one or one of older ones; rows and columns that cannot be read are the parser's
    business. Raises SourceDamaged and SourceDrifted for what is no page at all."""
    columns = listed_on(source, content)
    arrays = [columns.get(name) for name in ("accessionNumber", "form", "filingDate")]
    if not all(isinstance(array, list) for array in arrays):
        return []
    found = []
    for accession, form, filed in zip(*arrays, strict=False):
        try:
            found.append(Filed(str(accession), str(form), date.fromisoformat(str(filed))))
        except ValueError:
            continue
    return found


def since_when(notes: Mapping[str, str], first_asked: date, today: date) -> date:
    """The filing day from which on the documents of a registrant are wanted.

    It follows from the day on which the registrant was first asked about, not from today, so that a machine that was off
    for long leaves nothing out; and from what somebody asked for beyond that, as `notes` have it.
    """
    own = min(first_asked, today) - timedelta(days=FIRST_DAYS)
    return min(own, date.fromisoformat(notes[SINCE])) if SINCE in notes else own


def announcing(recent: Sequence[Filed], older: Iterable[Sequence[Filed]], since: date) -> list[Filed]:
    """The filings since `since` whose documents are wanted, newest first. The `older` lists are opened only where the
    `recent` one does not reach back as far."""
    lists = [recent] if any(one.filed_date < since for one in recent) else [recent, *older]
    found = {
        one.accession: one for listed in lists for one in listed if one.filed_date >= since and announces(one.form)
    }
    return sorted(found.values(), key=lambda one: (one.filed_date, one.accession), reverse=True)


def is_wanted(row: Mapping[str, object]) -> bool:
    """Whether the document of a row of raw_sec__document is fetched: the announcement itself, its exhibits for the
    press, terms of an offering, where they are text and not larger than LARGEST."""
    kind, name, size = row["document_type"], row["file_name"], row["size_bytes"]
    if not (isinstance(kind, str) and WANTED_TYPE.fullmatch(kind)):
        return False
    if not (isinstance(name, str) and READABLE_NAME.fullmatch(name)):
        return False
    return not isinstance(size, int) or size <= LARGEST


def document_text(content: bytes) -> str | None:
    """The words of a document in reading order, one space between them; None where it nests deeper than can be read.

    A page is read as HTML whatever its name says, since EDGAR wraps plain text, too, in its own tags.
    """
    if depth(content) > DEEPEST:
        return None
    page = LexborHTMLParser(content)
    for tag in INVISIBLE:
        for node in page.css(tag):
            node.decompose()
    root = page.root
    return "" if root is None else " ".join(root.text(deep=True, separator=" ").split())


def hashes_of(archive: Archive, fetch: Fetch, *, is_new: bool = False) -> Hashes:
    """The hash of an archived document beside that of its text, which is noted of one that `is_new`, and taken from it again
    where the note is of other bytes or another way of taking the text."""
    notes = archive.remembered(fetch.source)
    if notes.get("sha256") == fetch.sha256 and notes.get("text_version") == TEXT_VERSION:
        return Hashes(fetch.sha256, notes["text_sha256"] or None)
    text = document_text(archive.get(fetch.sha256))
    sha256 = None if text is None else hashlib.sha256(text.encode()).hexdigest()
    if is_new:
        noted = {"sha256": fetch.sha256, "text_sha256": sha256 or "", "text_version": TEXT_VERSION}
        archive.remember(fetch.source, noted)
    return Hashes(fetch.sha256, sha256)

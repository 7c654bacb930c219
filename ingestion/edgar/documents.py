"""Documents of filings: which of them are fetched, and the text that is in one. Fetches nothing, reads no numbers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from selectolax.lexbor import LexborHTMLParser

from ingestion.edgar.filing_index import DEEPEST, Hashes, depth

TEXT_VERSION = "sec-text-1"
LARGEST = 16 * 1024 * 1024
"""Bytes of the largest document that is asked for; prospectuses have some five million."""
WANTED_TYPE = re.compile(r"(8-K|6-K|FWP|424B\d|EX-99(\.\d+)*)(/A)?")
READABLE_NAME = re.compile(r".+\.(html?|txt)", re.IGNORECASE)
INVISIBLE = ("script", "style", "head")


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


def hashes_of(sha256: str, content: bytes) -> Hashes:
    """The hash of an archived document beside that of its text."""
    text = document_text(content)
    return Hashes(sha256, None if text is None else hashlib.sha256(text.encode()).hexdigest())


def text_note(found: Hashes) -> dict[str, str]:
    """What is remembered beside an archived document, so that its text is taken from it once."""
    return {"sha256": found.sha256, "text_sha256": found.text_sha256 or "", "text_version": TEXT_VERSION}


def noted_hashes(sha256: str, notes: Mapping[str, str]) -> Hashes | None:
    """The hashes of an archived document from what was remembered; None where that is of other bytes or another way of
    taking the text."""
    if notes.get("sha256") != sha256 or notes.get("text_version") != TEXT_VERSION:
        return None
    return Hashes(sha256, notes["text_sha256"] or None)

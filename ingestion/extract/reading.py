"""Bytes to a document: which of the layouts they are in, and the limits."""

from __future__ import annotations

import gc
import hashlib

from ingestion.extract import flat, markup
from ingestion.extract.document import Document, UnreadableDocument

MOST_BYTES = 64_000_000


def read_document(content: bytes, name: str) -> Document:
    """Bytes of HTML, JSON with text in it, Markdown or plain text, in UTF-8 or Windows-1252.

    UnreadableDocument when larger than 64 MB, of too many pieces, or binary."""
    if len(content) > MOST_BYTES:
        raise UnreadableDocument(f"{name}: {len(content):,} bytes, at most {MOST_BYTES:,} are read; pass a part of it")
    original = decoded(content, name)
    sha256 = hashlib.sha256(content).hexdigest()
    collects = gc.isenabled()
    # Cells and rows by the hundred thousand, none of which can be part of a cycle.
    gc.disable()
    try:
        if texts := flat.json_documents(original):
            return Document(name, original, sha256, "json", *flat.read_json(texts))
        if markup.is_markup(original):
            return Document(name, original, sha256, "html", *markup.read(original))
        return Document(name, original, sha256, "text", *flat.read(original))
    except UnreadableDocument as refused:
        raise UnreadableDocument(f"{name}: {refused}") from None
    finally:
        if collects:
            gc.enable()


def decoded(content: bytes, name: str) -> str:
    """The text of a file. EDGAR's older files are Windows-1252 without saying so; one cut inside a character ends before it."""
    if b"\x00" in content[:4096]:
        raise UnreadableDocument(f"{name}: not a text; HTML, JSON, Markdown and plain text are read")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as fault:
        if fault.start >= len(content) - 3:
            return content[: fault.start].decode("utf-8")
        return content.decode("cp1252", errors="replace")

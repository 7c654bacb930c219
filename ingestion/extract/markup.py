"""HTML to rows of cells. lexbor builds the tree from a skeleton of the page, in which each stretch of text is one character.

The skeleton keeps the structure and drops attributes, so offsets into the original survive the parse, and the parse is of a
tenth of the page. What no parser loses, white space and characters of private use, marks cells, lines, spans and footnotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate

from selectolax.lexbor import LexborHTMLParser

from ingestion.extract.document import Cell, Row, UnreadableDocument
from ingestion.extract.traced import Traced

FIRST = 0x30000
MOST_PIECES = 0x10FFFF - FIRST
DEEPEST = 2_000
OPEN, CLOSE, RAISE, LOWER = "\ue7f0", "\ue7f1", "\ue7f2", "\ue7f3"
COLUMNS, ROWS, WIDEST = 0xE000, 0xE400, 0x3E0
"""A cell over n columns or rows carries the character at COLUMNS + n or ROWS + n."""

TAG = re.compile(
    r"(<!--.*?(?:-->|\Z)|<(?:script|style|svg|noscript)\b.*?(?:</(?:script|style|svg|noscript)\s*>|\Z)|<[A-Za-z/!?][^<>]*>)",
    re.DOTALL | re.IGNORECASE,
)
OPEN_QUOTE = re.compile(r"=\s*([\"'])(?:(?!\1)[^>])*>$")
NAME = re.compile(r"<(/?)([A-Za-z][\w:-]*)")
SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?\s*(\d{1,6})", re.IGNORECASE)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|\shidden[\s>=]", re.IGNORECASE)
RAISED = re.compile(r"vertical-align\s*:\s*(?:super|text-top)|position\s*:\s*relative[^\"']*top\s*:\s*-", re.IGNORECASE)
PARAGRAPHS = frozenset(
    [
        "p",
        "div",
        "hr",
        "ul",
        "ol",
        "dl",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "section",
        "article",
        "main",
        "center",
        "blockquote",
        "pre",
        "header",
        "figure",
    ]
)
LINES = frozenset(["br", "li", "dt", "dd", "caption", "option"])
NOT_CONTENT = frozenset(
    ["nav", "footer", "aside", "title", "select", "button", "form", "iframe", "template", "ix:header", "ix:hidden"]
)
NESTING = frozenset({"span", "font", "sup", *PARAGRAPHS} - {"p", "hr"})
MARK = re.compile(r"\(?(?:\d{1,2}|[a-z]|[*†‡§#+]{1,3})\)?(?:\s?,\s?\(?(?:\d{1,2}|[a-z])\)?)*")
BLANK = re.compile(r"(?:\s|&nbsp;|&#160;|&#xA0;|&#8194;|&#8195;|&ensp;|&emsp;)*", re.IGNORECASE)
TOKEN = re.compile(r"[\t\n\f\ue000-\ue7ff]|[^\t\n\f\ue000-\ue7ff]+")
SUMMARY = re.compile(
    r"<meta\b[^<>]*\b(?:property|name)\s*=\s*[\"'](?:og:|twitter:)?description[\"'][^<>]*?"
    r"\bcontent\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')",
    re.IGNORECASE,
)
LIKE_HTML = re.compile(r"<(?:!doctype|html|body|head|table|div|p|td|span|document)\b[^<>]*>", re.IGNORECASE)
LITTLE = 200


def is_markup(original: str) -> bool:
    return LIKE_HTML.search(original, 0, 20_000) is not None


def read(original: str) -> tuple[Traced, tuple[Row, ...], bool]:
    """Traced text, rows in reading order, and whether only the summary of an empty page was there."""
    traced = Traced()
    rows = [row for row in Body(original, traced).rows() if row.cells]
    partial = len(traced) < LITTLE and (found := SUMMARY.search(original)) is not None
    if partial and found:
        group = 1 if found.group(1) is not None else 2
        begin = len(traced)
        traced.add_clean(found.group(group), found.start(group))
        rows.append(Row((Cell(begin, len(traced)),)))
        traced.add("\n\n", found.end(group), found.end(group))
    text = traced.text
    trimmed = (Row(tuple(_trimmed(cell, text) for cell in row.cells), row.table) for row in rows)
    return (
        traced,
        tuple(row for row in trimmed if row.table is not None or row.cells[0].end > row.cells[0].start),
        partial,
    )


def _trimmed(cell: Cell, text: str) -> Cell:
    held = text[cell.start : cell.end]
    if held.strip() == held:
        return cell
    start = cell.start + len(held) - len(held.lstrip())
    return Cell(start, max(start, cell.start + len(held.rstrip())), cell.columns, cell.rows, cell.marks)


def skeleton(original: str) -> tuple[str, list[str], list[int]]:
    """The page with each stretch of text as one character, the stretches, and where each begins."""
    parts = TAG.split(original)
    if any(OPEN_QUOTE.search(tag) for tag in set(parts[1::2])):
        parts = _mended(parts)
    texts, tags = parts[0::2], parts[1::2]
    if len(texts) > MOST_PIECES:
        raise UnreadableDocument(
            f"{len(texts):,} stretches of text, at most {MOST_PIECES:,} are read; pass a part of it"
        )
    reduced = {tag: _reduced(tag) for tag in set(tags)}
    depths = accumulate(reduced[tag][1] for tag in tags)
    if (deepest := max(depths, default=0)) > DEEPEST:
        raise UnreadableDocument(f"elements nested {deepest:,} deep, at most {DEEPEST:,} are read")
    blank = {text: BLANK.fullmatch(text) is not None for text in set(texts)}
    ids = [chr(number) if not blank[text] else " " if text else "" for number, text in enumerate(texts, FIRST)]
    put = [reduced[tag][0] for tag in tags]
    put.append("")
    return (
        "".join([piece for pair in zip(ids, put, strict=True) for piece in pair]),
        texts,
        list(accumulate(map(len, parts), initial=0))[0:-1:2],
    )


def _mended(parts: list[str]) -> list[str]:
    """Tags that were split at a > inside a quoted attribute, whole again; a quote that is never closed stays as it is."""
    mended = parts[:1]
    for tag, text in zip(parts[1::2], parts[2::2], strict=True):
        quote = OPEN_QUOTE.search(tag)
        end = text.find(">", text.find(quote.group(1)) + 1) if quote and quote.group(1) in text else -1
        mended += [tag + text[: end + 1], text[end + 1 :]] if end >= 0 else [tag, text]
    return mended


def _reduced(tag: str) -> tuple[str, int]:
    """What stands for a tag in the skeleton, and by how much it nests."""
    named = NAME.match(tag)
    if named is None or tag[:7].lower() in {"<script", "<style "}:
        return "", 0
    closing, name = named.group(1), named.group(2).lower()
    if name in {"script", "style", "svg", "noscript"}:
        return "", 0
    hidden = name in NOT_CONTENT or (not closing and HIDDEN.search(tag) is not None)
    if name in NOT_CONTENT:
        return ("</div>\n", -1) if closing else ("\n<div hidden>", 1)
    flag = " hidden" if hidden else ""
    nests = 0 if name not in NESTING or tag.endswith("/>") else -1 if closing else 1
    if name in {"td", "th"}:
        if closing:
            return f"</{name}>", 0
        spans = "".join(
            chr((COLUMNS if axis.lower() == "col" else ROWS) + min(int(count), WIDEST))
            for axis, count in SPAN.findall(tag)
            if int(count) > 1
        )
        return f"\t<{name}>{spans}" + (f"</{name}>" if tag.endswith("/>") else ""), 0
    if name == "tr":
        return "</tr>" if closing else f"\f<tr{flag}>", 0
    if name == "table":
        return ("</table>" + CLOSE, -1) if closing else (f"{OPEN}<table{flag}>", 1)
    if name in {"sup", "span", "font"}:
        if closing:
            return (LOWER + "</sup>" if name == "sup" else f"</{name}>"), nests
        raised = name == "sup" or RAISED.search(tag) is not None
        return f"<{name}{flag}>" + (RAISE if raised else "") + (f"</{name}>" if tag.endswith("/>") else ""), nests
    if name in PARAGRAPHS:
        if name == "hr" or tag.endswith("/>"):
            return "\n\n", 0
        return (f"</{name}>\n\n" if closing else f"\n\n<{name}{flag}>"), nests
    return ("\n", 0) if name in LINES else ("", 0)


class Body:
    """Walks over what lexbor says the page holds, and writes it into the traced text."""

    def __init__(self, original: str, traced: Traced) -> None:
        text, self.texts, self.starts = skeleton(original)
        tree = LexborHTMLParser(text)
        for node in tree.css("[hidden]"):
            node.decompose()
        self.marked = tree.root.text() if tree.root is not None else ""
        self.traced = traced
        self.at = 0
        self.tables: list[int] = []
        self.opened = 0
        self.cells: list[Cell] = []
        self.begin: int | None = None
        self.columns = self.rows_spanned = 1
        self.marks: list[str] = []
        self.raised: str | None = None

    def rows(self) -> Iterator[Row]:
        for token in TOKEN.findall(self.marked):
            if token[0] >= chr(FIRST) or token[0] == " ":
                self._write(token)
            elif token == "\n":
                yield from self._line()
            elif token == "\t":
                self._end_cell()
                self.begin = len(self.traced)
            elif token == "\f":
                yield from self._end_row()
            elif token == OPEN:
                yield from self._end_row()
                self.tables.append(self.opened)
                self.opened += 1
            elif token == CLOSE:
                yield from self._end_row()
                del self.tables[-1:]
            elif token == RAISE:
                self.raised = ""
            elif token == LOWER:
                self.raised = None
            elif ord(token) >= ROWS:
                self.rows_spanned = ord(token) - ROWS
            else:
                self.columns = ord(token) - COLUMNS
        yield from self._end_row()

    def _write(self, token: str) -> None:
        if self.begin is None:
            self.begin = len(self.traced)
        for character in token:
            if character == " ":
                if not self.traced.ends_blank():
                    self.traced.add(" ", self.at, self.at)
                continue
            number = ord(character) - FIRST
            text, start = self.texts[number], self.starts[number]
            self.at = start + len(text)
            if self.raised is not None:
                self.raised = None
                mark = text.strip()
                if MARK.fullmatch(mark):
                    self.marks.append(mark)
                    continue
            self.traced.add_clean(text, start)

    def _line(self) -> Iterator[Row]:
        if self.tables:
            self.traced.separate("\n", self.at)
        else:
            yield from self._end_row()

    def _end_cell(self) -> None:
        if self.begin is not None:
            self.cells.append(Cell(self.begin, len(self.traced), self.columns, self.rows_spanned, tuple(self.marks)))
            self.traced.separate("\t" if self.tables else "\n", self.at)
        self.begin, self.columns, self.rows_spanned, self.marks = None, 1, 1, []

    def _end_row(self) -> Iterator[Row]:
        self._end_cell()
        if self.cells:
            yield Row(tuple(self.cells), self.tables[-1] if self.tables else None)
            self.traced.add("\n" if self.tables else "\n\n", self.at, self.at)
            self.cells = []

"""HTML to rows of cells. lexbor builds the tree from a skeleton of the page, in which each stretch of text is one character.

The skeleton keeps the structure and drops attributes, so offsets into the original survive the parse, and the parse is of a
tenth of the page. What no parser loses, white space and characters of private use, marks cells, lines, spans and footnotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import accumulate, starmap

from selectolax.lexbor import LexborHTMLParser

from ingestion.extract.document import Cell, Row, UnreadableDocument
from ingestion.extract.traced import Traced

FIRST = 0x30000
MOST_PIECES = 0x10FFFF - FIRST
DEEPEST = 2_000
OPEN, CLOSE, RAISE, LOWER = "\ue7f0", "\ue7f1", "\ue7f2", "\ue7f3"
COLUMNS, ROWS, WIDEST = 0xE000, 0xE400, 0x3E0
"""A cell over n columns or rows carries the character at COLUMNS + n or ROWS + n."""

UNREAD = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|svg|noscript)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
UNREAD_TAG = re.compile(r"<s(?:cript|tyle|vg)|<noscript|<S(?:CRIPT|TYLE|VG)|<NOSCRIPT")
OPEN_QUOTE = re.compile(r"=\s*([\"'])(?:(?!\1)[^>])*$")
NAME = re.compile(r"(/?)([A-Za-z][\w:-]*)")
SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?\s*(\d{1,6})", re.IGNORECASE)
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|\shidden(?:[\s=]|$)", re.IGNORECASE)
RAISED = re.compile(r"vertical-align\s*:\s*(?:super|text-top)|position\s*:\s*relative[^\"']*top\s*:\s*-", re.IGNORECASE)
TAG_FIRST = frozenset("/!?abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
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
UNREAD_NAMES = frozenset(["script", "style", "svg", "noscript"])
NOT_CONTENT = frozenset(
    ["nav", "footer", "aside", "title", "select", "button", "form", "iframe", "template", "ix:header", "ix:hidden"]
)
NESTING = frozenset({"span", "font", "sup", *PARAGRAPHS} - {"p", "hr"})
MARK = re.compile(r"\(?(?:\d{1,2}|[a-z]|[*†‡§#+]{1,3})\)?(?:\s?,\s?\(?(?:\d{1,2}|[a-z])\)?)*")
PLAIN = re.compile(r"[!-%'-~]+(?: [!-%'-~]+)*")
BLANK = re.compile(r"(?:\s|&nbsp;|&#160;|&#xA0;|&#8194;|&#8195;|&ensp;|&emsp;)*", re.IGNORECASE)
SUMMARY = re.compile(
    r"<meta\b[^<>]*\b(?:property|name)\s*=\s*[\"'](?:og:|twitter:)?description[\"'][^<>]*?"
    r"\bcontent\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')",
    re.IGNORECASE,
)
LIKE_HTML = re.compile(r"<(?:!doctype|html|body|head|table|div|p|td|span|document)\b[^<>]*>", re.IGNORECASE)
LITTLE = 200
NOTHING = ("", 0)
FIRST_TEXT, ROWS_TEXT = chr(FIRST), chr(ROWS)
PARTED = re.compile(f"([{OPEN}{CLOSE}])")


def is_markup(original: str) -> bool:
    return LIKE_HTML.search(original, 0, 20_000) is not None


def read(original: str) -> tuple[Traced, tuple[Row, ...], bool]:
    """Traced text, rows in reading order, and whether only the summary of an empty page was there."""
    traced = Traced()
    rows = list(Body(original, traced).rows())
    if len(traced) < LITTLE and (found := SUMMARY.search(original)) is not None:
        group = 1 if found.group(1) is not None else 2
        begin = len(traced)
        traced.add_clean(found.group(group), found.start(group))
        rows.append(Row((Cell(begin, len(traced)),)))
        traced.add("\n\n", found.end(group), found.end(group))
        return traced, tuple(rows), True
    return traced, tuple(rows), False


class _Reduced(dict[str, tuple[str, int]]):
    """What stands for a tag in the skeleton, and by how much it nests; worked out once for each way it is written."""

    def __missing__(self, tag: str) -> tuple[str, int]:
        self[tag] = found = _reduce(tag)
        return found


class _Blank(dict[str, bool]):
    """Whether a text holds nothing but white space, which a page says in few ways and often."""

    def __missing__(self, text: str) -> bool:
        self[text] = found = BLANK.fullmatch(text) is not None
        return found


def skeleton(original: str) -> tuple[str, list[str], list[int]]:
    """The page with each stretch of text as one character, the stretches, and how many characters end with each, less the < before them."""
    if "<!--" in original or UNREAD_TAG.search(original) is not None:
        original = UNREAD.sub(lambda found: " " * len(found.group()), original)
    parts = original.split("<")
    if len(parts) > MOST_PIECES:
        raise UnreadableDocument(
            f"{len(parts):,} stretches of text, at most {MOST_PIECES:,} are read; pass a part of it"
        )
    cut = [part.partition(">") for part in parts]
    cut[0] = ("", ">", parts[0])
    reduced = _Reduced()
    tags = [reduced[tag] for tag, _, _ in cut]
    if not all(shut for _, shut, _ in cut) or any(
        tag and (tag[0] not in TAG_FIRST or OPEN_QUOTE.search(tag)) for tag in reduced
    ):
        cut = _mended(cut)
        tags = [reduced[tag] for tag, _, _ in cut]
    if (deepest := max(accumulate([nests for _, nests in tags]))) > DEEPEST:
        raise UnreadableDocument(f"elements nested {deepest:,} deep, at most {DEEPEST:,} are read")
    texts, blank = [text for _, _, text in cut], _Blank()
    pieces = [
        put + (chr(number) if text and (text[0] > "&" or not blank[text]) else text and " ")
        for number, ((put, _), text) in enumerate(zip(tags, texts, strict=True), FIRST)
    ]
    return "".join(pieces), texts, list(accumulate(map(len, parts)))


def _mended(cut: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Tags cut at a > inside a quoted attribute, whole again. A < before no tag is text, and so is a tag that never ends."""
    mended = []
    for number, (tag, shut, text) in enumerate(cut):
        if number and (not shut or tag[:1] not in TAG_FIRST):
            mended.append(("", ">", f"<{tag}{shut}{text}" if tag[:1] not in TAG_FIRST else ""))
            continue
        quote = OPEN_QUOTE.search(tag)
        end = text.find(">", text.find(quote.group(1)) + 1) if quote and quote.group(1) in text else -1
        mended.append((tag + shut + text[:end], ">", text[end + 1 :]) if end >= 0 else (tag, shut, text))
    return mended


def _reduce(tag: str) -> tuple[str, int]:
    """What stands for a tag in the skeleton, and by how much it nests."""
    named = NAME.match(tag)
    if named is None or named.group(2).lower() in UNREAD_NAMES:
        return NOTHING
    closing, name = named.group(1), named.group(2).lower()
    if name in NOT_CONTENT:
        return ("</div>\n", -1) if closing else ("\n<div hidden>", 1)
    flag = " hidden" if not closing and HIDDEN.search(tag) is not None else ""
    alone = tag.endswith("/")
    nests = 0 if name not in NESTING or alone else -1 if closing else 1
    match name:
        case "td" | "th":
            if closing:
                return f"</{name}>", 0
            spans = "".join(
                chr((COLUMNS if axis.lower() == "col" else ROWS) + min(int(count), WIDEST))
                for axis, count in SPAN.findall(tag)
                if int(count) > 1
            )
            return f"\t<{name}>{spans}" + (f"</{name}>" if alone else ""), 0
        case "tr":
            return "</tr>" if closing else f"\f<tr{flag}>", 0
        case "table":
            return ("</table>" + CLOSE, -1) if closing else (f"{OPEN}<table{flag}>", 1)
        case "sup" | "span" | "font":
            if closing:
                return (LOWER + "</sup>" if name == "sup" else f"</{name}>"), nests
            raised = name == "sup" or RAISED.search(tag) is not None
            return f"<{name}{flag}>" + (RAISE if raised else "") + (f"</{name}>" if alone else ""), nests
    if name in PARAGRAPHS:
        if name == "hr" or alone:
            return "\n\n", 0
        if name == "p" and not flag:
            return "\n\n", 0
        return (f"</{name}>\n\n" if closing else f"\n\n<{name}{flag}>"), nests
    return ("\n", 0) if name in LINES else NOTHING


class Body:
    """Walks over what lexbor says the page holds, and writes it into the traced text."""

    def __init__(self, original: str, traced: Traced) -> None:
        text, self.texts, self.ends = skeleton(original)
        tree = LexborHTMLParser(text)
        for node in tree.css("[hidden]"):
            node.decompose()
        self.marked = tree.root.text() if tree.root is not None else ""
        self.traced = traced

    def rows(self) -> Iterator[Row]:
        tables: list[int] = []
        opened = 0
        for stretch in PARTED.split(self.marked):
            if stretch == OPEN:
                tables.append(opened)
                opened += 1
            elif stretch == CLOSE:
                del tables[-1:]
            elif not tables:
                for line in stretch.replace("\t", "\n").replace("\f", "\n").split("\n"):
                    if held := line.strip(" "):
                        yield Row((self._cell(held),))
                        self.traced.gap("\n\n")
            else:
                for line in stretch.split("\f"):
                    if cells := self._row(line):
                        yield Row(cells, tables[-1])
                        self.traced.gap("\t\n")

    def _row(self, line: str) -> tuple[Cell, ...]:
        """A row at a time where each cell is one text that needs no cleaning, which is most; else cell by cell."""
        first, *following = line.split("\t")
        first = first.strip(" \n")
        helds = [part.strip(" \n") for part in following]
        if not first:
            plain: list[tuple[str, int] | None] = []
            for held in helds:
                if not held:
                    plain.append(None)
                elif (
                    len(held) == 1
                    and held >= FIRST_TEXT
                    and PLAIN.fullmatch(text := self.texts[number := ord(held) - FIRST])
                ):
                    plain.append((text, self.ends[number] + number - len(text)))
                else:
                    break
            else:
                return tuple(starmap(Cell, self.traced.add_row(plain)))
        cells = [self._cell(first)] if first else []
        for held in helds:
            if held and len(self.traced) and any(cell.end > cell.start for cell in cells):
                self.traced.gap("\t")
            cells.append(self._cell(held))
        return tuple(cells)

    def _cell(self, held: str) -> Cell:
        """A cell or paragraph: characters of texts, of spans and of marks."""
        traced, columns, rows = self.traced, 1, 1
        begin = len(traced)
        marks: list[str] = []
        raised = False
        for character in held:
            if character >= FIRST_TEXT:
                number = ord(character) - FIRST
                if raised and MARK.fullmatch(self.texts[number].strip()):
                    marks.append(self.texts[number].strip())
                elif len(traced) > begin or self.texts[number].strip():
                    self._write(number)
                raised = False
            elif character == RAISE:
                raised = True
            elif character == LOWER:
                raised = False
            elif character in " \n":
                if len(traced) > begin:
                    traced.gap(character)
            elif character >= ROWS_TEXT:
                rows = ord(character) - ROWS
            else:
                columns = ord(character) - COLUMNS
        return Cell(begin, traced.trim(begin), columns, rows, tuple(marks))

    def _write(self, number: int) -> None:
        text = self.texts[number]
        start = self.ends[number] + number - len(text)
        if text[0].isspace() and self.traced.ends_blank():
            bare = text.lstrip()
            start += len(text) - len(bare)
            text = bare
        self.traced.add_clean(text, start)

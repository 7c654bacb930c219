"""The skeleton of a page: its structure in characters that no parser loses, each stretch of text as one more.

What stands between two texts is reduced once for each way it is written, which is few; attributes are dropped, and offsets into
the original survive. lexbor builds a tree only where a page hides something, since only then does the nesting matter.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, islice
from operator import add, itemgetter

from selectolax.lexbor import LexborHTMLParser

from ingestion.extract.document import UnreadableDocument, most

FIRST = 0x30000
MOST_PIECES = 0x10FFFF - FIRST
DEEPEST = 2_000
MOST_TAGS = 20_000
OPEN, CLOSE, RAISE, LOWER, DROP = "\ue7f0", "\ue7f1", "\ue7f2", "\ue7f3", "\ue7f4"
COLUMNS, ROWS, WIDEST = 0xE000, 0xE400, 0x3E0
"""A cell over n columns or rows carries the character at COLUMNS + n or ROWS + n."""

UNREAD = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style|svg|noscript)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE)
UNREAD_START = re.compile(r"(?:script|style|svg|noscript)\b", re.IGNORECASE)
OPEN_QUOTE = re.compile(r"=\s*([\"'])(?:(?!\1)[^>])*$")
NAME = re.compile(r"(/?)([A-Za-z][\w:-]*)")
SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?\s*(\d{1,6})")
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|\shidden(?:[\s=]|$)")
RAISED = re.compile(r"vertical-align\s*:\s*(?:super|text-top)|position\s*:\s*relative[^\"']*top\s*:\s*-")
DROPPED = re.compile(f"{DROP}[{chr(FIRST)}-\U0010ffff]?")
TEXT = re.compile(r">([^<>]+)(?:<|\Z)")
ELEMENT, PARAGRAPH = re.compile(r"<[^>]*>"), re.compile(r"</?p>")
TAG_FIRST = frozenset("/!?abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
BLOCKS = "ul|ol|dl|section|article|main|center|blockquote|pre|header|figure|h1|h2|h3|h4|h5|h6"
PARAGRAPHS = frozenset({"p", "div", "hr", *BLOCKS.split("|")})
LINES = frozenset(["br", "li", "dt", "dd", "caption", "option"])
NOT_CONTENT = frozenset(
    ["nav", "footer", "aside", "select", "button", "form", "iframe", "template", "ix:header", "ix:hidden"]
)
NESTING = frozenset({"span", "font", "sup", *PARAGRAPHS} - {"p", "hr"})
BLANK = re.compile(r"(?:\s|&nbsp;|&#160;|&#xA0;|&#8194;|&#8195;|&ensp;|&emsp;)*", re.IGNORECASE)
NOTHING = ("", 0)
FLAT = r"(?>[^<]|<({})>[^<]*</\{}>)*+"
HIDDEN_PART = re.compile(
    rf"<div hidden>{FLAT.format('div|span|sup', 1)}</div>|<(span|{BLOCKS}) hidden>{FLAT.format('span|sup', 3)}</\2>"
    rf"|<p hidden>{FLAT.format('span|sup', 4)}(?:</p>|(?=<(?:p|div|{BLOCKS})\b))"
)
"""What is hidden and holds only texts: where it ends needs no tree."""
HIDES, ENDS_EARLY = re.compile(" hidden>"), re.compile(r"<(?!div|span)\w+ hidden>")
MOST_PASSES = 4
FEWEST, SPARSE = 20_000, 50
"""Elements that any page may have of which a tree is built, and characters of the page for each of more."""
SHAPING = frozenset({"title", "td", "th", "tr", "table", "span", "font", "sup", *PARAGRAPHS, *LINES, *NOT_CONTENT})
Reduced = tuple[str, int, int]
"""What stands for tags in the skeleton, by how much they nest in all, and at most."""


def skeleton(original: str) -> tuple[str, list[str], Sequence[int]]:
    """The page with each stretch of text as one character, without what is hidden; the stretches, and where each ends."""
    between, texts, ends = _cut(original)
    if len(texts) > min(MOST_PIECES, most(original)):
        raise UnreadableDocument(
            f"{len(texts):,} stretches of text, at most {min(MOST_PIECES, most(original)):,} are read; pass a part of it"
        )
    known: dict[str, Reduced] = {}
    # Tags that differ come down to a few that do not, which are kept once.
    same: dict[Reduced, Reduced] = {}
    reduced = [
        known.get(tags) or known.setdefault(tags, same.setdefault(one := _reduced(tags), one)) for tags in between
    ]
    del between, known
    depths = accumulate(map(itemgetter(1), reduced), initial=0)
    if (deepest := max(map(add, depths, map(itemgetter(2), reduced)))) > DEEPEST:
        raise UnreadableDocument(f"elements nested {deepest:,} deep, at most {DEEPEST:,} are read")
    hides, ends_early = (any(form.search(put) for put, _, _ in same) for form in (HIDES, ENDS_EARLY))
    # A paragraph or a heading ends where another one begins, which matters where one is hidden.
    left = None if ends_early else PARAGRAPH if hides else ELEMENT
    puts = {one: left.sub("", one[0]) if left else one[0] for one in same}
    blank = {text for text in set(texts) if text[0] <= "&" and BLANK.fullmatch(text)}
    pieces = [""] * (len(reduced) + len(texts))
    pieces[0::2] = map(puts.__getitem__, reduced)
    pieces[1::2] = [" " if text in blank else chr(number) for number, text in enumerate(texts, FIRST)]
    marked = DROPPED.sub("", "".join(pieces))
    # A tree needs much of the memory that the rest may have.
    del reduced, pieces
    return _shown(marked, len(original), 1 if ends_early else MOST_PASSES) if hides else marked, texts, ends


def _shown(marked: str, size: int, passes: int) -> str:
    """What a page shows: all but the elements that are hidden. A tree is built only where these hold more than texts."""
    shown = marked
    for _ in range(passes):
        shown = _without_flat(shown)
    if " hidden>" not in shown:
        return ELEMENT.sub("", shown)
    if (elements := marked.count("<") - marked.count("</")) > (bound := max(FEWEST, size // SPARSE)):
        raise UnreadableDocument(
            f"{elements:,} elements, at most {bound:,} are read where some are hidden; pass a part of it"
        )
    tree = LexborHTMLParser(marked)
    for node in tree.css("[hidden]"):
        node.decompose()
    return tree.root.text() if tree.root is not None else ""


def _without_flat(marked: str) -> str:
    """The skeleton without what is hidden and holds only texts."""
    pieces, done = list[str](), 0
    for flag in HIDES.finditer(marked):
        start = marked.rfind("<", done, flag.start())
        if start >= 0 and (part := HIDDEN_PART.match(marked, start)):
            pieces.append(marked[done:start])
            done = part.end()
    return "".join([*pieces, marked[done:]])


def _cut(original: str) -> tuple[list[str], list[str], Sequence[int]]:
    """What stands between the texts of a page, one more than these: tags, without brackets at its ends; the texts; where each ends."""
    if (whole := _cut_whole(original)) is not None:
        return whole
    original = UNREAD.sub(lambda found: " " * len(found.group()), original)
    if (whole := _cut_whole(original)) is not None:
        return whole
    if (brackets := original.count("<")) > 3 * most(original) // 2:
        raise UnreadableDocument(
            f"{brackets:,} brackets, not all of tags; at most {3 * most(original) // 2:,} are read"
        )
    parts = original.split("<")
    between, texts, ended, tags = list[str](), list[str](), array("i"), list[str]()
    for number, ((tag, text), end) in enumerate(zip(_mended(parts), accumulate(map(len, parts)), strict=True)):
        tags += [tag] if tag else []
        if text:
            between.append("><".join(tags))
            texts.append(text)
            ended.append(end + number)
            tags = []
    return [*between, "><".join(tags)], texts, ended


def _cut_whole(original: str) -> tuple[list[str], list[str], Sequence[int]] | None:
    """The same of a page in which each bracket is one of a tag, as nearly all are; None for another."""
    lead = original.find("<")
    if original[:lead].strip(" \ufeff\r\n\t"):
        return None
    pieces = TEXT.split(original)
    pieces[0], pieces[-1] = pieces[0][lead + 1 :], pieces[-1].removesuffix(">")
    between = pieces[0::2]
    if not all(map(_is_whole, {tag for tags in set(between) for tag in _tags(tags)})):
        return None
    ends = islice(accumulate(map(len, pieces)), 1, None, 2)
    return between, pieces[1::2], array("i", map(add, ends, range(lead + 2, lead + len(pieces) + 2, 2)))


def _is_whole(tag: str) -> bool:
    """Whether it is a tag, as nearly all are: of no comment or script, and with each quote shut."""
    if "<" in tag or ">" in tag or tag[:1] not in TAG_FIRST:
        return False
    if tag.startswith("!--"):
        return tag.endswith("--") and len(tag) >= len("!----")
    odd = tag.count('"') % 2 or tag.count("'") % 2
    return not (UNREAD_START.match(tag) or (odd and OPEN_QUOTE.search(tag)))


def _tags(between: str) -> list[str]:
    if len(between) > 3 * MOST_TAGS and between.count("><") > MOST_TAGS:
        raise UnreadableDocument(f"more than {MOST_TAGS:,} tags without a text between them; pass a part of it")
    return between.split("><") if between else []


def _reduced(between: str) -> Reduced:
    puts, depth, deepest = [], 0, 0
    for tag in _tags(between):
        put, nests = _reduce(tag)
        puts.append(put)
        depth += nests
        deepest = depth if depth > deepest else deepest
    return "".join(puts), depth, deepest


def _mended(parts: list[str]) -> Iterator[tuple[str, str]]:
    """Tag and text of what begins with each <, and the text before the first. A tag cut at a > inside a quoted attribute is whole
    again; a < before no tag is text, and a tag that never ends is none."""
    yield "", parts[0]
    for part in islice(parts, 1, None):
        tag, shut, text = part.partition(">")
        if not shut or tag[:1] not in TAG_FIRST:
            yield "", f"<{part}" if tag[:1] not in TAG_FIRST else ""
            continue
        quote = OPEN_QUOTE.search(tag)
        end = text.find(">", text.find(quote.group(1)) + 1) if quote and quote.group(1) in text else -1
        yield (f"{tag}>{text[:end]}", text[end + 1 :]) if end >= 0 else (tag, text)


@lru_cache(maxsize=1_024)
def _reduce(tag: str) -> tuple[str, int]:
    """What stands for a tag in the skeleton, and by how much it nests."""
    named = NAME.match(tag)
    if named is None or named.group(2).lower() not in SHAPING:
        return (" ", 0) if tag.startswith("!--") else NOTHING
    closing, name = named.group(1), named.group(2).lower()
    if name == "title":
        return "\n" if closing else DROP, 0
    if name in NOT_CONTENT:
        return ("</div>\n", -1) if closing else ("\n<div hidden>", 1)
    said = tag[named.end() :].lower()
    flag = " hidden" if not closing and ("display" in said or "hidden" in said) and HIDDEN.search(said) else ""
    alone = tag.endswith("/")
    nests = 0 if name not in NESTING or alone else -1 if closing else 1
    match name:
        case "td" | "th":
            if closing:
                return f"</{name}>", 0
            spans = "".join(
                chr((COLUMNS if axis == "col" else ROWS) + min(int(count), WIDEST))
                for axis, count in (SPAN.findall(said) if "span" in said else ())
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
            raised = name == "sup" or (("relative" in said or "align" in said) and RAISED.search(said) is not None)
            return f"<{name}{flag}>" + (RAISE if raised else "") + (f"</{name}>" if alone else ""), nests
    if name in PARAGRAPHS:
        if name == "hr" or alone:
            return "\n\n", 0
        return (f"</{name}>\n\n" if closing else f"\n\n<{name}{flag}>"), nests
    return ("\n", 0) if name in LINES else NOTHING

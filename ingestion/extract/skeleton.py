"""The skeleton of a page: its structure in characters that no parser loses, each stretch of text as one more.

Tags are read as few as they are written in different ways; attributes are dropped, and offsets into the original survive.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from functools import lru_cache
from itertools import accumulate, count
from operator import add, sub
from string import ascii_letters
from sys import intern

from ingestion.extract.document import UnreadableDocument, most

FIRST = 0x30000
MOST_PIECES = 0x10FFFF - FIRST
MOST_TAGS = 20_000
OPEN, CLOSE, RAISE, LOWER, DROP = "\ue7f0", "\ue7f1", "\ue7f2", "\ue7f3", "\ue7f4"
COLUMNS, ROWS, WIDEST = 0xE000, 0xE400, 0x3E0
"""A cell over n columns or rows carries the character at COLUMNS + n or ROWS + n."""

BLANK = r"(?:\s|&(?i:nbsp|#160|#xA0|#8194|#8195|ensp|emsp);)*+"
TEXT, GAP = re.compile(rf">(?!<)(?!{BLANK}<)([^<>]++)<"), re.compile(rf">({BLANK})<")
"""A text between tags, which most of the time nothing is, and what is none."""
EDGE = "<!>"
"""Put before a page and behind it, so that a text at its ends stands between tags as all others do."""
TAG_FIRST = frozenset(f"/!?{ascii_letters}")
TAG, NO_TAG = r"<[/!?A-Za-z]", r"<(?![/!?A-Za-z])"
UNREAD = re.compile(r"(?:script|style|svg|noscript)\b", re.IGNORECASE)
OPEN_QUOTE = re.compile(r"=\s*([\"'])(?:(?!\1)[^>])*$")
BROKEN = re.compile(
    r"(?P<unread><!--.*?(?:-->|\Z)|<(?P<name>script|style|svg|noscript)\b.*?(?:</(?P=name)\s*>|\Z)"
    rf"|(?:{TAG}[^<>]*(?=<|\Z))+)"
    rf"|(?P<quoted>{TAG}[^<>]*=\s*(?P<quote>[\"'])(?:(?!(?P=quote))[^<>])*>(?:(?!(?P=quote))[^<])*(?P=quote)[^<>]*>)"
    rf"|(?:{TAG}[^<>]*>[^<>]*(?=>)|{NO_TAG})[^<]*(?:{NO_TAG}[^<]*)*",
    re.DOTALL | re.IGNORECASE,
)
"""What is no text of the page or a tag that never ends; a tag with a bracket in its quotes; a text with brackets, behind its tag."""
WIDE = str.maketrans("<>", "＜＞")
"""Brackets that are text: the text has them narrow again."""
NAME = re.compile(r"(/?)([A-Za-z][\w:-]*)")
SPAN = re.compile(r"\b(col|row)span\s*=\s*[\"']?\s*(\d{1,6})")
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|\shidden(?:[\s=]|$)")
RAISED = re.compile(r"vertical-align\s*:\s*(?:super|text-top)|position\s*:\s*relative[^\"']*top\s*:\s*-")
DROPPED = re.compile(f"{DROP}[{chr(FIRST)}-\U0010ffff]?")
BARE = re.compile(r"<[^>]*>")
EDGES = re.compile(r"[ \n]+\t[ \n]*|\t[ \n]+")
HIDES, ELEMENT = re.compile(r"<(\w+) hidden>"), re.compile(rf"[\t\n\f{OPEN}]*<(/?)(\w+)[^>]*>")
"""An element that is hidden; and one with what parts it from the text before."""
INLINE = frozenset({"span", "font", "sup"})
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCKS = "div hr ul ol dl section article main center blockquote pre header figure"
PARAGRAPHS = HEADINGS | {"p", *BLOCKS.split()}
ENDS = {"table": ("", CLOSE), "sup": (LOWER, "")}
"""What stands before the end of an element, and behind it."""
LINES = frozenset(["br", "li", "dt", "dd", "caption", "option"])
NOT_CONTENT = frozenset(
    ["nav", "footer", "aside", "select", "button", "form", "iframe", "template", "ix:header", "ix:hidden"]
)
SHAPING = frozenset({"title", "td", "th", "tr", "table", *INLINE, *PARAGRAPHS, *LINES, *NOT_CONTENT})


def skeleton(original: str) -> tuple[str, list[str], array[int], array[int]]:
    """The page with each stretch of text as one character, without what is hidden; the stretches, and where each begins and ends."""
    between, texts, ends = _cut(original)
    if len(texts) > min(MOST_PIECES, most(original)):
        raise UnreadableDocument(
            f"{len(texts):,} stretches of text, at most {min(MOST_PIECES, most(original)):,} are read; pass a part of it"
        )
    # Tags that differ come down to a few that do not, which are kept once.
    puts = {tags: intern(_puts(tags)) for tags in set(between)}
    hides = any(map(HIDES.search, set(puts.values())))
    if not hides:
        bare = {put: EDGES.sub("\t", BARE.sub("", put)) for put in set(puts.values())}
        puts = {tags: bare[put] for tags, put in puts.items()}
    pieces = [""] * (len(between) + len(texts))
    pieces[0::2] = map(puts.__getitem__, between)
    pieces[1::2] = map(chr, range(FIRST, FIRST + len(texts)))
    marked = DROPPED.sub("", "".join(pieces))
    # A cell's edges are no part of it: most cells are then one character, or none.
    marked = EDGES.sub("\t", BARE.sub("", _shown(marked)) if hides else marked)
    return marked, texts, array("i", map(sub, ends, map(len, texts))), ends


def _shown(marked: str) -> str:
    """The skeleton without the elements that are hidden."""
    pieces, done = list[str](), 0
    while (hidden := HIDES.search(marked, done)) is not None:
        pieces.append(marked[done : hidden.start()])
        done = _end(marked, hidden)
    return "".join([*pieces, marked[done:]])


def _end(marked: str, hidden: re.Match[str]) -> int:
    """Where an element ends: with its own end or that of what it stands in, and where one begins that it cannot hold."""
    name, opened, within = hidden[1], list[str](), Counter[str]()
    for tag in ELEMENT.finditer(marked, hidden.end()):
        ends, other = tag[1] == "/", tag[2]
        if not ends:
            if not within["table"] and _cannot_hold(name, other):
                return tag.start()
            opened.append(other)
            within[other] += 1
        elif within[other]:
            while other not in INLINE or opened[-1] == other:
                within[last := opened.pop()] -= 1
                if last == other:
                    break
        elif other == name:
            return tag.end()
        elif other not in INLINE and (other != "p" or name in INLINE):
            return tag.start()
    return len(marked)


def _cannot_hold(name: str, other: str) -> bool:
    """Whether an element ends where another begins: a paragraph or heading at the next, a row and what stands in a cell at one of its table."""
    if other in {"td", "th", "tr"}:
        return name != "table" and (name != "tr" or other == "tr")
    return (name == "p" and other in PARAGRAPHS) or (name == other == "h1")


def _cut(original: str) -> tuple[list[str], list[str], array[int]]:
    """What stands between the texts of a page, one more than these: tags, without brackets at its ends; the texts; where each ends."""
    page = EDGE + original
    pieces = _pieces(page)
    if not all(map(_is_whole, {tag for tags in set(pieces[0::2]) for tag in _tags(tags)})):
        if (brackets := original.count("<")) > (bound := 3 * most(original) // 2):
            raise UnreadableDocument(f"{brackets:,} brackets, not all of tags; at most {bound:,} are read")
        pieces = _pieces(BROKEN.sub(_mended, page))
    between, texts = pieces[0::2], pieces[1::2]
    ends = accumulate(map(add, map(len, between), map(len, texts)))
    return between, texts, array("i", map(add, ends, count(len("<>") - len(EDGE), len("<>"))))


def _pieces(page: str) -> list[str]:
    """Tags and texts in turn, without the brackets between them and at the ends."""
    # A page that was cut may end where a tag began.
    pieces = TEXT.split(page.removesuffix("<") + EDGE)
    pieces[0] = pieces[0].removeprefix("<")
    pieces[-1] = pieces[-1].removesuffix(">")
    return pieces


def _mended(found: re.Match[str]) -> str:
    """A broken part of a page as it can be cut, of the same length."""
    part = found.group()
    if found["unread"]:
        return " " * len(part)
    if found["quoted"]:
        return part[:-1].replace(">", " ") + ">"
    tag = part.find(">") + 1 if part[1:2] and part[1] in TAG_FIRST else 0
    return part[:tag] + part[tag:].translate(WIDE)


def _is_whole(tag: str) -> bool:
    """Whether it is a tag, as nearly all are: of no comment or script, and with each quote shut."""
    if "<" in tag or ">" in tag or tag[:1] not in TAG_FIRST:
        return False
    if tag.startswith("!--"):
        return tag.endswith("--") and len(tag) >= len("!----")
    odd = tag.count('"') % 2 or tag.count("'") % 2
    return not (UNREAD.match(tag) or (odd and OPEN_QUOTE.search(tag)))


def _tags(between: str) -> list[str]:
    return _parts(between)[0::2]


def _puts(between: str) -> str:
    """What stands in the skeleton for tags and the gaps between them."""
    parts = _parts(between)
    parts[0::2] = map(_put, parts[0::2])
    parts[1::2] = [" " if gap else "" for gap in parts[1::2]]
    return "".join(parts)


def _parts(between: str) -> list[str]:
    """Tags and the gaps between them in turn."""
    if len(between) > 3 * MOST_TAGS and 2 * between.count("><") - between.count("<") > MOST_TAGS:
        raise UnreadableDocument(f"more than {MOST_TAGS:,} tags without a text between them; pass a part of it")
    return GAP.split(between) if between else []


@lru_cache(maxsize=1_024)
def _put(tag: str) -> str:
    """What stands for a tag in the skeleton: a character of layout, and the tag by its bare name, of which it is seen what is hidden."""
    named = NAME.match(tag)
    if named is None or (name := named[2].lower()) not in SHAPING:
        return " " if tag.startswith("!--") else ""
    name = "h1" if name in HEADINGS else name
    closing, alone, said = named[1] == "/", tag.endswith("/"), tag[named.end() :].lower()
    if name == "title":
        return "\n" if closing else DROP
    if name in LINES:
        return "\n"
    if name in NOT_CONTENT:
        return "</div>\n" if closing else "\n<div hidden>"
    if name == "hr" or (alone and name in PARAGRAPHS):
        return "\n\n"
    if closing:
        before, behind = ENDS.get(name, ("", "\n\n" if name in PARAGRAPHS else ""))
        return f"{before}</{name}>{behind}"
    flag = " hidden" if ("display" in said or "hidden" in said) and HIDDEN.search(said) else ""
    begins = f"<{name}{flag}>"
    match name:
        case "td" | "th":
            spans = (
                chr((COLUMNS if axis == "col" else ROWS) + min(int(count), WIDEST))
                for axis, count in (SPAN.findall(said) if "span" in said else ())
                if int(count) > 1
            )
            return f"\t<{name}>{''.join(spans)}"
        case "tr":
            return f"\f{begins}"
        case "table":
            return f"{OPEN}{begins}"
        case "sup" | "span" | "font":
            raised = name == "sup" or (("relative" in said or "align" in said) and RAISED.search(said) is not None)
            return ("" if alone else begins) + (RAISE if raised else "")
    return f"\n\n{begins}"

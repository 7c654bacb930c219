"""The lines of a term sheet, each a label and what stands beside it, also where a copy put several of them into one row or one cell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ingestion.extract.bonds.tranches import ALIAS, TITLE
from ingestion.extract.document import LEAST, Cell, Document
from ingestion.extract.words import Label, words

SELECTOR = re.compile(
    r"(?:(?:the|each)\s+)?(?P<name>(?<![^\n\t])(?:Notes|Debentures)\s+due\s+20\d{2}|(?:(?:19|2[01])\d{2}\s+)?(?:[A-Z]\w*(?:-\w+)?\s+|\d{1,2}-year\s+){0,3}(?<=\s)(?:Notes?|Bonds|Debentures)|20\d{2}\s?票[據据])\s*:",
)
SIGN = re.compile(r"(?:US|C|A)?[$€£¥]|CHF")
TAIL = re.compile(r"[%)]{1,2}|basis\s+points?|bps?", re.IGNORECASE)
LABEL = re.compile(r"(?P<label>[^:\n]{2,90}?)\s*:\**(?=[\sA-Z$€£\d\u3400-\u9fff]|$)")
COLON = re.compile(r"\s?:(?=[\s$€£¥+\dA-Z])")
SELECTS = ("notes", "note", "bonds", "debentures", "據", "据")
NUMBERED = re.compile(r"^\(?(?:[ivx]{1,4}|[a-z]|\d{1,2})[.)]\s+")
ORDINAL = re.compile(r"\(?(?:\d{1,2}|[ivx]{1,4}|[a-z])[.)]?")
WORD = re.compile(r"\S+")
STUCK = re.compile(r"(?<=[a-z\d)%\]\".])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
"""Where a label is glued to the value before it."""
CAPITAL = re.compile(r"[A-Z(/&]|(?:of|to|and|the|for|in|per)\b")
LONGEST, MOST_WORDS, FEWEST, MANY = 90, 9, 3, 5
"""Characters and words of a label; labels that a cell must hold to be more than one line, and a document to have them without colons."""
BESIDE = re.compile(r"\s+(?=[A-Z\d$€£¥+(])")
"""What parts a label from its value where nothing else does."""
NAME = re.compile(
    r"(?P<name>(?:Series|Tranche|Class)\s+[A-Z\d-]{1,4}|[A-Z]{2,6}\d{1,3}(?:\s[A-Z])?|20\d{2}\s+(?:[A-Z]\w*\s+){0,3}Notes?|(?:20\d{2}\s+)?Floating\s+Rate\s+Notes?)\s*(?:\(?\d?\)?|:)?"
)
"""A tranche's name, as the head of its column."""
MOST_COLUMNS = 12
Span = tuple[int, int]
Line = tuple[list[Span], bool]


def lines(document: Document) -> Iterator[Line]:
    """Stretches of each line in reading order, and whether they are cells of a grid with something in its first column."""
    bare = _without_colons(document)
    for row in document.rows:
        if (at := bare.get(row.cells[0].start)) is not None:
            yield [(row.cells[0].start, at), (at, row.cells[0].end)], False
            continue
        gridded = row.table is not None and row.cells[0].end > row.cells[0].start
        spans = joined(document.text, row.cells)
        if len(spans) > 2 and ORDINAL.fullmatch(document.text, *spans[0]) and known(document.text[slice(*spans[1])]):
            # The rows of final terms are numbered.
            spans = spans[1:]
        for part in _parts(document.text, spans):
            yield part, gridded


def _without_colons(document: Document) -> dict[int, int]:
    """Where the values begin of lines that are a label and its value with nothing but a blank between them, by where the lines do."""
    text, fields, found = document.text, set[str](), dict[int, int]()
    starts = {label.partition(" ")[0] for label in words().labels["tranche"]}
    for row in document.rows:
        start, end = row.cells[0].start, min(row.cells[0].end, row.cells[0].start + LONGEST)
        if len(row.cells) > 1 or text[start:end].partition(" ")[0].lower() not in starts:
            continue
        if (colon := text.find(":", start, end)) >= 0 and known(text[start:colon]):
            continue
        parted = [
            (label, one.end())
            for one in BESIDE.finditer(text, start, end)
            if not text[one.start() - 1].isdigit()
            and (label := known(text[start : one.start()]))
            and not (colon >= 0 and SELECTOR.match(text, one.end()) is None)
        ]
        if parted and known(text[start:end]) is None:
            label, found[start] = parted[-1]
            fields.add(label.field)
    return found if len(fields) >= MANY else {}


def in_columns(text: str, given: Iterator[Line]) -> Iterator[Line]:
    """The lines, put together where each is one cell of a table: names of notes, then a label and as many values, again and again."""
    columns = 0
    ahead = next(given, None)
    while ahead is not None:
        run, form = [ahead], NAME.fullmatch if columns == 0 else None
        many = MOST_COLUMNS if form else columns + 1
        wanted = _is_alone(ahead) and (form(text, *ahead[0][0]) if form else known(text[slice(*ahead[0][0])]))
        ahead = next(given, None)
        while wanted and ahead is not None and len(run) < many and _is_alone(ahead):
            if (form(text, *ahead[0][0]) is None) if form else known(text[slice(*ahead[0][0])]) is not None:
                break
            run.append(ahead)
            ahead = next(given, None)
        whole = wanted and (len(run) > 1 if form else len(run) == many)
        yield from [([cells[0] for cells, _ in run], False)] if whole else run
        if whole and form:
            columns = len(run)
        elif not _is_alone(run[0]):
            columns = 0


def _is_alone(line: Line) -> bool:
    return len(line[0]) == 1


def joined(text: str, cells: Sequence[Cell]) -> list[Span]:
    """Cells that hold something, with a currency sign or a per cent sign in a cell of its own given back to its number."""
    spans: list[Span] = []
    sign: int | None = None
    for cell in cells:
        if cell.end == cell.start:
            continue
        printed = text[cell.start : cell.end]
        if SIGN.fullmatch(printed):
            sign = cell.start
        elif TAIL.fullmatch(printed) and spans:
            spans[-1] = (spans[-1][0], cell.end)
        else:
            spans.append((cell.start if sign is None else sign, cell.end))
            sign = None
    return spans if sign is None else [*spans, (sign, cells[-1].end)]


@lru_cache(maxsize=4_096)
def known(printed: str) -> Label | None:
    """The label of a term that a stretch bears as a whole, also with `(T+3)` behind it."""
    if len(printed) > LONGEST:
        return None
    printed = NUMBERED.sub("", printed)
    return words().label("tranche", printed) or words().label("tranche", re.sub(r"\s*\([^)]*\)[\s*:]*$", "", printed))


def _parts(text: str, cells: list[Span]) -> Iterator[list[Span]]:
    """A row begins anew at each further cell that is a label with its colon, or a title before one."""
    part: list[Span] = []
    for number, (start, end) in enumerate(cells):
        if text.count(":", start, end) >= FEWEST and len(run := list(_run_together(text, start, end))) > 1:
            if part:
                yield part
            yield from run
            part = []
            continue
        following = cells[number + 1] if number + 1 < len(cells) else None
        heads = following is not None and TITLE.match(text, start, end) is not None and _labels(text, *following)
        if heads and len(part) > 1 and TITLE.match(text, *part[-1]):
            # The last of a list, but where the list had it already.
            heads = text[start:end] in {text[slice(*one)] for one in part}
        if part and (heads or _labels(text, start, end, of=part[0])):
            yield part
            part = []
        part.append((start, end))
    if part:
        yield part


def _labels(text: str, start: int, end: int, of: Span | None = None) -> bool:
    """Whether a cell is a label, or begins with one that is known and another one than that of the first cell."""
    printed = text[start : min(end, start + LONGEST + 5)]
    label = LABEL.match(printed)
    if label is not None and label.end() < len(printed):
        same = of is None or text.startswith(label.group(), of[0])
        return not same and known(label["label"]) is not None
    return label is not None and len(label["label"].split()) <= MOST_WORDS and not SELECTOR.fullmatch(printed)


def _run_together(text: str, start: int, end: int) -> Iterator[list[Span]]:
    """A cell in which labels and values follow each other: a stretch for each label, and for titles before the next."""
    heads: list[tuple[Span, bool]] = []
    for colon in COLON.finditer(text, start, end):
        if (head := _head(text, heads[-1][0][1] if heads else start, colon.start())) is not None:
            heads.append(((head[0], colon.end()), head[1]))
    if sum(is_known for _, is_known in heads) < FEWEST or len(heads) > (end - start) // LEAST:
        return
    edges = [(start, start), *(span for span, _ in heads)]
    for number, (first, done) in enumerate(edges):
        stop = edges[number + 1][0] if number + 1 < len(edges) else end
        titles = list(TITLE.finditer(text, done, stop))
        # Titles that stand right before the next label head what follows it.
        if titles and (
            stop == end or _lists(text, first, done) or text[_behind(text, titles[-1]) : stop].strip(" ,;.)]")
        ):
            titles = []
        value = (done, titles[0].start() if titles else stop)
        if done > first or text[slice(*value)].strip():
            yield [(first, done), value] if done > first else [value]
        for one in titles:
            yield [(one.start(), _behind(text, one))]


def _behind(text: str, title: re.Match[str]) -> int:
    alias = ALIAS.match(text, title.end())
    return alias.end() if alias else title.end()


def _lists(text: str, first: int, done: int) -> bool:
    label = known(text[first:done])
    return label is not None and label.field == "title"


def _head(text: str, start: int, colon: int) -> tuple[int, bool] | None:
    """Where the label before a colon begins, and whether it is a known one; None where a selector or no label stands there."""
    near = max(start, colon - LONGEST)
    begins = [found.start() for found in WORD.finditer(text, near, colon)][-MOST_WORDS:]
    if text[colon - 12 : colon].rstrip().lower().endswith(SELECTS) and any(
        SELECTOR.fullmatch(text, begin, colon + 1) for begin in begins
    ):
        return None
    stuck = [found.start() for found in STUCK.finditer(text, near, colon)]
    for begin in sorted((*begins, *stuck)):
        if known(text[begin:colon]) is not None:
            return begin, True
    first = None
    for begin in sorted((*begins, *stuck), reverse=True):
        if not CAPITAL.match(text, begin):
            break
        first = begin if text[begin].isupper() else first
        if begin in stuck:
            break
    return None if first is None else (first, False)

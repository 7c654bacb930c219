"""Term sheets: labels with values beside or below them, in a block, a row, a column or a line for each tranche."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.extract.bonds.terms import Term, money, read_term
from ingestion.extract.bonds.tranches import MOST_TRANCHES, SHARED, TITLE, Deal, Tranche
from ingestion.extract.document import Cell, Document
from ingestion.extract.found import TooMany
from ingestion.extract.values import quantities
from ingestion.extract.words import Label, words

SELECTOR = re.compile(
    r"(?:(?:the|each)\s+)?(?P<name>(?:(?:19|20)\d{2}\s+)?(?:[A-Z]\w*(?:-\w+)?\s+|\d{1,2}-year\s+){0,3}(?<=\s)(?:Notes?|Bonds|Debentures)|20\d{2}\s?票[據据])\s*:",
)
SIGN = re.compile(r"(?:US|C|A)?[$€£¥]")
TAIL = re.compile(r"[%)]{1,2}")
LABEL = re.compile(r"(?P<label>[^:\n]{2,90}?)\s*:\**(?=\s|$)")
PER_NOTE = re.compile(r"per\s+(?P<name>.{0,40}?\bnotes?)(?:\s+due.*)?", re.IGNORECASE)
TOTAL = re.compile(r"(?P<name>.{0,40}?\bnotes?)\s+total|total(?:\s+for\s+(?P<name2>.{0,40}\bnotes?))?", re.IGNORECASE)
PRICE_HEADER = re.compile(r"(?:price\s+to\s+(?:the\s+)?public|public\s+offering\s+price)", re.IGNORECASE)
Span = tuple[int, int]


def read_sheet(document: Document, deal: Deal) -> None:
    """Puts into the deal what stands beside labels."""
    Sheet(document, deal).read()


class Sheet:
    """Reads rows in order. A label holds until the next one; a title over labels holds until the next title."""

    def __init__(self, document: Document, deal: Deal) -> None:
        self.document, self.text, self.deal = document, document.text, deal
        self.label: Label | None = None
        self.scope: Tranche | None = None
        self.columns: list[Tranche] = []
        self.pending: Tranche | None = None
        self.selected = False
        self.listed: list[Tranche] = []

    def read(self) -> None:
        for row in self.document.rows:
            cells = self._joined([cell for cell in row.cells if cell.end > cell.start])
            if not cells or self._titles(cells):
                continue
            self._row(cells, gridded=row.table is not None and row.cells[0].end > row.cells[0].start)
        self._price_table()

    def _joined(self, cells: list[Cell]) -> list[Span]:
        """Cells, with a currency sign or a per cent sign in a cell of its own given back to its number."""
        spans: list[Span] = []
        sign: int | None = None
        for cell in cells:
            text = self.text[cell.start : cell.end]
            if SIGN.fullmatch(text):
                sign = cell.start
            elif TAIL.fullmatch(text) and spans:
                spans[-1] = (spans[-1][0], cell.end)
            else:
                spans.append((cell.start if sign is None else sign, cell.end))
                sign = None
        return spans if sign is None else [*spans, (sign, cells[-1].end)]

    def _titles(self, cells: list[Span]) -> bool:
        """Cells that are nothing but titles of tranches: one is the head of a block, several are a list or heads of columns."""
        found = [TITLE.match(self.text, *cell) for cell in cells]
        plain = [
            one
            for one, (start, end) in zip(found, cells, strict=True)
            if one and one.end() - one.start() > 0.4 * (end - start)
        ]
        if len(plain) == len(cells) == 1 and len(TITLE.findall(self.text[cells[0][0] : cells[0][1]])) == 1:
            tranche = self.deal.titled(plain[0])
            if self.label is not None and self.label.field == "title":
                self.listed.append(tranche)
            else:
                again = tranche in self.listed
                self.scope = tranche if not self.listed or again else None
                self.listed = [tranche] if again else [*self.listed, tranche]
                self.label, self.columns = None, []
            return True
        if len(plain) >= 2 and len(plain) == len(cells):
            self.columns, self.scope, self.label = [self.deal.titled(one) for one in plain], None, None
            return True
        return False

    def _row(self, cells: list[Span], *, gridded: bool) -> None:
        first, rest = cells[0], cells[1:]
        if not SELECTOR.match(self.text, *first):
            printed = self.text[first[0] : first[1]]
            if known := self._known(printed):
                self._open(known)
            elif (beside := LABEL.match(printed)) and len(beside["label"].split()) <= 9:
                self._open(self._known(beside["label"]))
                begin = first[0] + beside.end()
                if self.text[begin : first[1]].strip():
                    rest = [(begin, first[1]), *rest]
            elif gridded and rest:
                self._open(None)
            else:
                rest = cells
        else:
            rest = cells
        if self.label is None:
            return
        if self.label.field == "title":
            self._defined(rest)
        elif (
            self.columns
            and len(rest) == len(self.columns)
            and not any(SELECTOR.search(self.text, *one) for one in rest)
        ):
            self.selected = True
            for tranche, span in zip(self.columns, rest, strict=True):
                self._put([tranche], span)
            self.label = None
        else:
            for span in rest:
                self._value(span)

    def _known(self, printed: str) -> Label | None:
        """A label, also with `(T+3)` behind it."""
        if len(printed) > 90:
            return None
        return words().label("tranche", printed) or words().label(
            "tranche", re.sub(r"\s*\([^)]*\)[\s*:]*$", "", printed)
        )

    def _open(self, label: Label | None) -> None:
        """A new label. One title beside the label before it opens a block, several close it."""
        if self.label is not None and self.label.field == "title" and self.listed:
            self.scope = self.listed[0] if len(self.listed) == 1 else None
        self.label, self.pending, self.selected, self.listed = label, None, False, []

    def _defined(self, spans: list[Span]) -> None:
        for start, end in spans:
            self.listed += [self.deal.titled(found) for found in TITLE.finditer(self.text, start, end)]

    def _value(self, span: Span) -> None:
        selectors = list(SELECTOR.finditer(self.text, *span))
        if not selectors:
            if self.label is None:
                return
            if self.pending is not None:
                self._put([self.pending], span)
                self.pending = None
            elif not self.selected:
                self._put(self._in_scope(), span)
            return
        self.selected = True
        for number, found in enumerate(selectors):
            end = selectors[number + 1].start() if number + 1 < len(selectors) else span[1]
            tranche = self.deal.named(" ".join(found["name"].split()), found.span("name"))
            if not self.text[found.end() : end].strip():
                self.pending = tranche
            elif tranche is not None:
                self._put([tranche], (found.end(), end))

    def _in_scope(self) -> list[Tranche]:
        shared = self.label is not None and self.label.field in SHARED
        if self.scope is not None and not (shared and len(self.deal.tranches) == 1):
            return [self.scope]
        return self.deal.tranches if shared or len(self.deal.tranches) == 1 else []

    def _put(self, tranches: list[Tranche], span: Span) -> None:
        if self.label is None:
            return
        prefix = str((self.label.other or {}).get("prefix", ""))
        terms = read_term(self.label.field, self.text, *span, prefix)
        if terms and self.label.field == "net_proceeds":
            self.deal.common += terms
            return
        if self.label.field in SHARED and not tranches:
            self.deal.shared += terms
        for tranche in tranches:
            for term in terms:
                tranche.put(term)
        if terms and not self.selected:
            self.label = None

    def _price_table(self) -> None:
        """The table on the cover of a final supplement: price, discount and proceeds, which must add up."""
        header = PRICE_HEADER.search(self.text)
        if header is None:
            return
        spans = [span for row in self.document.rows for span in self._joined([c for c in row.cells if c.end > c.start])]
        spans = list(_signed(self.text, [span for span in spans if span[0] > header.start()]))
        unnamed: list[tuple[Span, Term]] = []
        names: list[tuple[str, Span]] = []
        for number, span in enumerate(spans):
            printed = self.text[span[0] : span[1]]
            per, total = PER_NOTE.fullmatch(printed), TOTAL.fullmatch(printed)
            if per is None and total is None:
                continue
            following = [quantities(self.text, *one) for one in spans[number + 1 : number + 4]]
            if len(following) < 3 or any(len(one) != 1 or one[0].refused for one in following):
                continue
            price, discount, proceeds = (one[0] for one in following)
            if price.unit != discount.unit or price.value - discount.value != proceeds.value:
                continue
            place = (price.start, price.end)
            if per and price.unit == "percent":
                if len(names) >= MOST_TRANCHES:
                    raise TooMany(span)
                names.append((per["name"], span))
                self._priced(*names[-1], Term("price_to_public", str(price.value), "percent of principal", *place))
            elif total and (amount := money(self.text, *place)) is not None:
                term = Term("gross_proceeds", f"{amount.value.normalize():f}", amount.unit, *place)
                if name := total["name"] or total["name2"]:
                    self._priced(name, span, term)
                else:
                    unnamed.append((span, term))
        if len(unnamed) == 1:
            self.deal.common.append(unnamed[0][1])
        elif len(unnamed) == len(names):
            for (name, span), (_, term) in zip(names, unnamed, strict=True):
                self._priced(name, span, term)

    def _priced(self, name: str, span: Span, term: Term) -> None:
        name = " ".join(name.split())
        title = TITLE.search(self.text, *span)
        tranche = (
            self.deal.titled(title) if title else self.deal.named(re.sub(r"(?i)(note)$", r"\1s", name), span, keep=True)
        )
        if tranche is not None:
            tranche.put(term)


def _signed(text: str, spans: list[Span]) -> Iterator[Span]:
    """Spans, with a currency sign on a line of its own given back to the number behind it."""
    sign: int | None = None
    for start, end in spans:
        if SIGN.fullmatch(text[start:end]):
            sign = start
        else:
            yield (start if sign is None else sign, end)
            sign = None

"""Term sheets: labels with values beside or below them, in a block, a row, a column or a line for each tranche."""

from __future__ import annotations

import re

from ingestion.extract.bonds.parts import LABEL, MOST_WORDS, NAME, SELECTOR, Span, in_columns, known, lines
from ingestion.extract.bonds.tenors import tenors
from ingestion.extract.bonds.terms import Term, benchmark, money, read_term
from ingestion.extract.bonds.tranches import FLOATING, NAMES, SHARED, TITLE, Deal, Tranche
from ingestion.extract.document import Document
from ingestion.extract.values import quantities
from ingestion.extract.words import Label, words

AMOUNT = re.compile(
    r"(?:(?:issue|sale|offering)\s+of\s+)?(?:(?:US)?[$€£¥]\s?\d[\d,.]*|\d{1,3}(?:,\d{3}){2,})\s*(?:[bm]illion\s+)?(?:(?:in\s+)?aggregate\s+principal\s+amount\s+)?(?:of\s+)?",
    re.IGNORECASE,
)
"""What may stand before a title that heads a block."""
UNDATED = re.compile(r"\s*(?P<coupon>\d{1,2}(?:\.\d+)?)\s?%\s+(?:[A-Z][A-Za-z-]*\s+){0,6}(?:Notes|Bonds|Debentures)\s*")
"""A title whose maturity another line tells."""
BARE_SELECTOR = re.compile(r"(?P<name>2[01]\d{2}\s+Notes)\s+(?=[A-Z$€£\d])")
"""A name that lost its colon among others that have theirs."""
FOR = re.compile(r",?\s+for\s+(?:the\s+)?(?=\d|floating)", re.IGNORECASE)
"""Between a value and the note that it is of."""
SUM = re.compile(r"\W*(?:total|all)\b", re.IGNORECASE)
TREASURY = "UST"
"""What notes in dollars are held against where nothing else is printed."""
CURRENCY = re.compile(r"(?<![A-Za-z])(?:[A-Z]{3}|(?:US)?[$€£¥])(?![A-Za-z])")
BESIDE = re.compile(r":\s*[\d,]{5,}$")
"""A value behind its label that could be taken for marks of footnotes."""
LEAST = 1_000_000
"""Of a bond whose currency stands elsewhere."""
PART = re.compile(r"(?P<of>price|yield)\s*:\s*(?=\d)", re.IGNORECASE)


def read_sheet(document: Document, deal: Deal) -> None:
    """Puts into the deal what stands beside labels."""
    Sheet(document, deal).read()


class Sheet:
    """Reads rows in order. A label holds until the next one; a title over labels holds until the next title."""

    def __init__(self, document: Document, deal: Deal) -> None:
        self.document, self.text, self.deal = document, document.text, deal
        self.label: Label | None = None
        self.opened: Label | None = None
        self.scope: Tranche | None = None
        self.columns: list[Tranche] = []
        self.pending: Tranche | None = None
        self.selected = False
        self.heads: list[Label | None] = []
        self.above = ""
        self.listed: list[Tranche] = []
        self.begun: dict[int, Span] = {}
        self.currency: Term | None = None

    def read(self) -> None:
        for cells, gridded in in_columns(self.text, lines(self.document)):
            if cells and not self._by_heads(cells) and not self._titles(cells) and not self._named(cells):
                self._row(cells, gridded=gridded)
            # A label may begin on a line of its own.
            self.above = self.text[slice(*cells[0])] if len(cells) == 1 else ""

    def _by_heads(self, cells: list[Span]) -> bool:
        """A table with a tranche a row: labels at the heads of its columns, and a name or a title first in each row."""
        if len(cells) < 3:
            self.heads = []
            return False
        labels = [known(self.text[slice(*cell)]) for cell in cells]
        if all(labels[1:]):
            self.heads = labels
            return True
        if len(cells) != len(self.heads):
            return False
        title, name = self._title(*cells[0]), NAMES.fullmatch(self.text, *cells[0])
        tranche = self.deal.titled(title) if title else name and self.deal.named(name["name"], name.span("name"))
        tranche = tranche or self._of_row(cells)
        for label, span in zip(self.heads[1:], cells[1:], strict=True):
            if label and label.field == "tenor":
                if tranche and (runs := tenors(self.text, *span)):
                    tranche.tenor = min(runs)
                continue
            self.label, self.selected = label, True
            self._put([tranche] if tranche else [], span)
        self.label, self.selected = None, False
        return tranche is not None

    def _of_row(self, cells: list[Span]) -> Tranche | None:
        """The note of a row that neither a title nor a year names: by what stands first in it, or that is its issuer."""
        first, issuer = self.text[slice(*cells[0])], ""
        of = {label.field: cell for label, cell in zip(self.heads[1:], cells[1:], strict=True) if label}
        if "principal" not in of or not of.keys() & {"coupon", "maturity"} or SUM.match(first):
            return None
        if any(one.titled for one in self.deal.tranches) or money(self.text, *of["principal"]) is None:
            return None
        if self.heads[0] and self.heads[0].field == "issuer":
            issuer, first = first, " ".join(self.text[slice(*of[one])] for one in ("coupon", "maturity") if one in of)
        return self.deal.add(Tranche(first, span=cells[0], issuer=issuer))

    def _titles(self, cells: list[Span]) -> bool:
        """Cells that are nothing but titles of tranches: one is the head of a block, several are a list or heads of columns."""
        plain = [found for cell in cells if (found := self._title(*cell))]
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

    def _title(self, start: int, end: int) -> re.Match[str] | None:
        """The title that a cell is, an amount before it or not."""
        amount = AMOUNT.match(self.text, start, end)
        begin = amount.end() if amount else start
        found = TITLE.match(self.text, begin, end)
        return found if found and found.end() - begin > 0.4 * (end - begin) else None

    def _named(self, cells: list[Span]) -> bool:
        """Cells that are nothing but names of tranches: heads of columns."""
        found = [NAME.fullmatch(self.text, *cell) for cell in cells]
        # Over the labels something else may stand.
        found = found[1:] if len(found) > 2 and not found[0] else found
        if len(found) < 2 or not all(found):
            return False
        named = [self.deal.named(" ".join(one["name"].split()), one.span("name")) for one in found if one]
        self.columns, self.scope, self.label = [one for one in named if one], None, None
        return True

    def _row(self, cells: list[Span], *, gridded: bool) -> None:
        first, rest = cells[0], cells[1:]
        if not SELECTOR.match(self.text, *first):
            printed = self.text[first[0] : first[1]]
            if (part := self._part_of_benchmark(printed)) is not None:
                self.label, rest = part, cells
            elif (label := known(printed)) is not None and BESIDE.search(printed) is None:
                self._open(label)
            elif (beside := LABEL.match(printed)) and len(beside["label"].split()) <= MOST_WORDS:
                self._open(known(beside["label"]) or known(f"{self.above} {beside['label']}"))
                begin = first[0] + beside.end()
                if self.text[begin : first[1]].strip():
                    rest = [(begin, first[1]), *rest]
            elif self.columns and len(cells) == len(self.columns) and self.label is not None:
                rest = cells
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
            if len(rest) >= 2 and all(self._title(*one) for one in rest):
                self.columns = list(self.listed)
        elif (
            self.columns
            and len(rest) == len(self.columns)
            and not any(SELECTOR.search(self.text, *one) for one in rest)
        ):
            self.selected = True
            for tranche, span in zip(self.columns, rest, strict=True):
                self._put([tranche], span)
            self.label = self.label if self.begun else None
        else:
            for span in rest:
                self._value(span)

    def _part_of_benchmark(self, printed: str) -> Label | None:
        """`Price:` and `Yield:` below a label of both."""
        part = PART.match(printed)
        if part is None or self.opened is None or self.opened.field != "benchmark_price":
            return None
        return Label("benchmark_yield" if part["of"].lower() == "yield" else "benchmark_price")

    def _open(self, label: Label | None) -> None:
        """A new label. One title beside the label before it opens a block, several close it."""
        if self.label is not None and self.label.field == "title" and self.listed:
            self.scope = self.listed[0] if len(self.listed) == 1 else None
        self.label, self.pending, self.selected, self.listed, self.begun = label, None, False, [], {}
        self.opened = label

    def _defined(self, spans: list[Span]) -> None:
        for start, end in spans:
            self.listed += [self.deal.titled(found) for found in TITLE.finditer(self.text, start, end)]
            if not self.deal.tranches and (found := UNDATED.fullmatch(self.text, start, end)):
                title, coupon = " ".join(found.group().split()), found["coupon"]
                self.listed.append(self.deal.add(Tranche(title, coupon, span=found.span(), titled=True)))
                self.listed[0].put(Term("coupon", coupon, "percent", *found.span("coupon")))

    def _value(self, span: Span) -> None:
        selectors = list(SELECTOR.finditer(self.text, *span))
        if not selectors and self.selected and (bare := BARE_SELECTOR.match(self.text, *span)):
            selectors = [bare]
        if not selectors:
            if self.label is None:
                return
            if owned := self._owned(span):
                self.selected = True
                for of, place in owned:
                    self._put([of], place)
            elif self.pending is not None:
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

    def _currency(self, span: Span) -> list[Term]:
        known = words().currencies
        said = [one for one in CURRENCY.finditer(self.text, *span) if one.group() in known]
        return [Term("currency", known[one.group()], "", *one.span()) for one in said[:1]]

    def _bare(self, tranche: Tranche, span: Span) -> list[Term]:
        """An amount in the currency that a label of its own tells."""
        currency = tranche.terms.get("currency") or self.currency
        said = quantities(self.text, *span)[:1] if currency else []
        if currency is None or not said or said[0].unit or (said[0].value < LEAST and not said[0].refused):
            return []
        return [Term.of("principal", said[0], currency.value), currency]

    def _owned(self, span: Span) -> list[tuple[Tranche, Span]]:
        """Values with the note behind each: `$500,000,000 for the 2031 Notes, $400,000,000 for the 2036 Notes`."""
        owned, begin = list[tuple[Tranche, Span]](), span[0]
        for found in FOR.finditer(self.text, *span):
            tranche: Tranche | None = None
            if title := TITLE.match(self.text, found.end(), span[1]):
                tranche = self.deal.titled(title)
            name = title or next(
                filter(None, (one.match(self.text, found.end(), span[1]) for one in (NAMES, FLOATING))), None
            )
            if name is None:
                continue
            tranche = tranche or self.deal.named(" ".join(name.group().split()), name.span(), keep=True)
            if tranche is not None:
                owned.append((tranche, (begin, found.start())))
            begin = name.end()
        return owned

    def _in_scope(self) -> list[Tranche]:
        shared = self.label is not None and self.label.field in SHARED
        if self.scope is not None and not (shared and len(self.deal.tranches) == 1):
            return [self.scope]
        return self.deal.tranches if shared or len(self.deal.tranches) == 1 else []

    def _put(self, tranches: list[Tranche], span: Span) -> None:
        if self.label is None:
            return
        prefix = str((self.label.other or {}).get("prefix", ""))
        if not prefix and any((said := one.terms.get("currency")) and said.value == "USD" for one in tranches):
            prefix = TREASURY
        terms = read_term(self.label.field, self.text, *span, prefix)
        if self.label.field == "currency":
            terms = self._currency(span)
            self.currency = terms[0] if terms and not tranches else self.currency
        elif self.label.field == "principal" and not terms and len(tranches) == 1:
            terms = self._bare(tranches[0], span)
        if self.label.field == "benchmark" and not terms and len(tranches) == 1:
            # Its maturity may stand on the next line.
            of = id(tranches[0])
            terms = [*benchmark(self.text, prefix, self.begun.pop(of), span)] if of in self.begun else terms
            self.begun |= {} if terms else {of: span}
        if terms and self.label.field == "net_proceeds":
            self.deal.common += terms
            return
        if self.label.field in SHARED and not tranches:
            self.deal.shared += terms
        elif not tranches and not self.deal.tranches:
            self.deal.unowned += terms
        for tranche in tranches:
            for term in terms:
                tranche.put(term)
        if terms and not self.selected:
            self.label = None

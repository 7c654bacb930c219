"""What a reader says: a value or an abstention, with its passage, in the fields and units of a folder's expected.csv."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ingestion.extract.document import Document
from ingestion.extract.values import CUT

ACCEPTED, REVIEW, ABSTAINED = "accepted", "review", "abstained"
MOST, TOO_MANY = 2_000, "more values than one document tells"
LAST = 80
"""Characters at the end of a page in which a value can be its last."""


@dataclass(frozen=True)
class Found:
    """One value. `start` and `end` count characters of the original, decoded; `quote` is the original between them.

    `state` is accepted, review (a value that a person should look at) or abstained (no value); the last two have a reason.
    """

    document: str
    kind: str
    issuer: str
    record: str
    field: str
    value: str
    unit: str
    period_start: str
    period_end: str
    start: int
    end: int
    quote: str
    state: str
    reason: str

    def as_row(self) -> dict[str, str | int]:
        return asdict(self)


Pair = tuple[str, str]
Span = tuple[int, int]


class TooMany(ValueError):
    """A document names more than is read of one; `span` is where it does."""

    def __init__(self, span: Span) -> None:
        super().__init__(TOO_MANY)
        self.span = span


@dataclass(frozen=True)
class Voice:
    """Says values of one document under one kind and issuer."""

    document: Document
    kind: str
    issuer: str

    def say(
        self, record: str, field: str, value: str, unit: str, span: Span, *, period: Pair = ("", ""), doubt: str = ""
    ) -> Found:
        """A value whose passage is `span` of the document's text; with `doubt` it goes to review."""
        end = self.document.passage(*span)[1]
        behind = self.document.original[end : end + LAST]
        if self.document.layout == "html" and len(behind) < LAST and not behind.strip(" <\n\r\t"):
            # The parser closes what is open, so that the text looks whole where the page was cut.
            return self.abstain(record, field, unit, span, CUT)
        return self._tell((record, field, value, unit), period, span, REVIEW if doubt else ACCEPTED, doubt)

    def abstain(self, record: str, field: str, unit: str, span: Span, reason: str) -> Found:
        """The document seems to hold the value and it must not be read."""
        return self._tell((record, field, "", unit), ("", ""), span, ABSTAINED, reason)

    def _tell(self, said: tuple[str, str, str, str], period: Pair, span: Span, state: str, reason: str) -> Found:
        (record, field, value, unit), (first, last), (start, end, quote) = said, period, self.document.passage(*span)
        name, kind, issuer = self.document.name, self.kind, self.issuer
        return Found(name, kind, issuer, record, field, value, unit, first, last, start, end, quote, state, reason)

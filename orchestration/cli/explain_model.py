"""One number and what is behind it, as values: facts, what filings said of them, terms, the explanation. No database."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from orchestration.cli.explain_words import MEANINGS
from orchestration.publish.publication_store import Publication

Row = Mapping[str, Any]

NEW_YORK: Final = ZoneInfo("America/New_York")


def in_new_york(moment_utc: datetime) -> datetime:
    """The wall time in New York of a naive UTC time."""
    return moment_utc.replace(tzinfo=UTC).astimezone(NEW_YORK)


@dataclass(frozen=True)
class Filed:
    """What one filing said of a fact. `change` is against the filing before it, in the fact's unit; None for the first.
    `known_at_basis` says how its moment was found: acceptance, bound or filed_date."""

    accession: str
    form: str
    filed_date: date
    known_at_utc: datetime
    value: float
    change: float | None
    change_kind: str | None
    known_at_basis: str

    @property
    def is_bound(self) -> bool:
        """True where the filing may have been accepted before the moment given."""
        return self.known_at_basis != "acceptance"


@dataclass(frozen=True)
class Fact:
    """One XBRL fact and every filing that gives it, in the order in which they became known; never empty. `used` is the
    accession whose number counts, where it is not that of the newest filing."""

    concept: str
    unit: str
    period_start_date: date
    period_end_date: date
    filings: tuple[Filed, ...]
    used: str | None = None

    @property
    def value(self) -> float:
        return self.standing.value

    @property
    def standing(self) -> Filed:
        """The filing that first gave the number that counts."""
        for filed in self.filings:
            if filed.accession == self.used:
                return filed
        return [filed for filed in self.filings if filed.change_kind != "unchanged"][-1]

    @property
    def is_superseded(self) -> bool:
        """Whether the newest filing gives another number than the one that counts."""
        return self.filings[-1].value != self.value

    def by(self, accessions: Collection[str]) -> Fact:
        """The fact as the last of `accessions` gives it; as it stands where none of them gives it."""
        brought = [f.accession for f in self.filings if f.accession in accessions]
        return replace(self, used=brought[-1]) if brought else self

    def as_of(self, moment_utc: datetime) -> Fact | None:
        """The fact by the filings known then, whichever counts now; None where there was none yet."""
        filings = tuple(filed for filed in self.filings if filed.known_at_utc <= moment_utc)
        return replace(self, filings=filings, used=None) if filings else None


@dataclass(frozen=True)
class Term:
    """One concept of the metric: the number up to the end of the quarter, from which the one up to the quarter before
    is taken where `before` gives its days. `days` are those of the minuend; a balance has its day twice."""

    concept: str
    days: tuple[date, date]
    before: tuple[date, date] | None
    minuend: Fact | None
    subtrahend: Fact | None
    reported: Fact | None

    @property
    def value(self) -> float | None:
        """The quarter by the filings as they stand; None where an operand is missing and no filing gives the quarter."""
        if self.minuend and self.subtrahend:
            return self.minuend.value - self.subtrahend.value
        used = self.minuend if self.before is None else self.reported
        return used.value if used else None

    @property
    def missing(self) -> tuple[tuple[date, date], ...]:
        """Days of the operands that no filing gives."""
        operands = ((self.days, self.minuend), (self.before, self.subtrahend))
        return tuple(days for days, fact in operands if days is not None and fact is None)

    @property
    def facts(self) -> tuple[Fact, ...]:
        return tuple(fact for fact in (self.minuend, self.subtrahend, self.reported) if fact)

    def as_of(self, moment_utc: datetime) -> Term:
        """The term by the filings known then."""
        return replace(
            self,
            minuend=self.minuend and self.minuend.as_of(moment_utc),
            subtrahend=self.subtrahend and self.subtrahend.as_of(moment_utc),
            reported=self.reported and self.reported.as_of(moment_utc),
        )


@dataclass(frozen=True)
class Explanation:
    """Everything behind one number. `row` is its row of fct_financial_quarter; `elsewhere` are facts of the same periods
    under other concepts of the metric, which are not in the number; `findings` are rows of mart_data_quality."""

    publication: Publication
    name: str
    cik: str
    row: Row
    terms: tuple[Term, ...]
    elsewhere: tuple[Fact, ...]
    findings: tuple[Row, ...]

    @property
    def meaning(self) -> str:
        return MEANINGS.get(self.row["metric"], "")

    @property
    def adds_up(self) -> bool | None:
        """Whether the facts of the filings make the number once more; None where there is nothing to add up."""
        if self.row["value"] is None or not self.terms:
            return None
        values = [term.value for term in self.terms]
        return None not in values and math.isclose(sum(v or 0.0 for v in values), self.row["value"], rel_tol=1e-12)

    @property
    def filings(self) -> tuple[Filed, ...]:
        """The filings whose numbers are used, or would be, each once, oldest first, with those that confirm them."""
        facts = [fact for term in self.terms for fact in term.facts]
        used = {fact.standing.accession: fact.standing for fact in facts}
        if self.row["known_at_utc"] not in {filed.known_at_utc for filed in used.values()}:
            filed_again = [filed for fact in facts for filed in fact.filings]
            used |= {f.accession: f for f in filed_again if f.known_at_utc == self.row["known_at_utc"]}
        return tuple(sorted(used.values(), key=lambda filed: (filed.known_at_utc, filed.accession)))

    @property
    def on_file(self) -> tuple[tuple[datetime, float], ...]:
        """What the numbers on file made of the quarter, from each moment that changed it. Not all of it was published:
        numbers of two vintages make none there."""
        changes = [filed for term in self.terms for fact in term.facts for filed in fact.filings]
        found: list[tuple[datetime, float]] = []
        for moment in sorted({filed.known_at_utc for filed in changes}):
            values = [term.as_of(moment).value for term in self.terms]
            if None in values:
                continue
            value = sum(v for v in values if v is not None)
            if not found or found[-1][1] != value:
                found.append((moment, value))
        return tuple(found)

    @property
    def ledger_difference_usd_m(self) -> float | None:
        """The number less the ledger's, where both exist and come from different places."""
        own, ledger = self.row["value_usd_m"], self.row["ledger_value_usd_m"]
        return None if own is None or ledger is None or self.row["method"] == "ledger" else own - ledger

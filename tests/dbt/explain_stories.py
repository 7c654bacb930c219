"""Stories in EDGAR's format for the tests of `hashwatt explain`, and the lines of the ledger they need. No test lives here."""

from __future__ import annotations

from dataclasses import replace

from tests.edgar import documents as edgar
from tests.edgar.documents import CAPEX, FY, Q1, Q2, Q3, Fact, Story

EVIDENCE = "second-hand: a test,medium,registry,,2020-01-01T00:00:00Z"
LEASES = "FinanceLeasePrincipalPayments"


def with_leases() -> Story:
    """A plain year with principal payments on finance leases of 10, 25, 45, 70 since its start."""
    paid = ((Q1, "2024-03-31", 10), (Q2, "2024-06-30", 25), (Q3, "2024-09-30", 45), (FY, "2024-12-31", 70))
    return edgar.story(*edgar.year(), *(Fact(f, LEASES, end, v, "2024-01-01") for f, end, v in paid))


def quarter_by_itself() -> Story:
    """The second quarter is given beside the half-year, a million more than the difference; the third without one."""
    facts = [fact for fact in edgar.year() if fact.end != "2024-09-30"]
    second = Fact(Q2, CAPEX, "2024-06-30", 151, "2024-04-01")
    third = Fact(Q3, CAPEX, "2024-09-30", 200, "2024-07-01")
    return edgar.story(*facts, second, third)


def accepted_at_half_past_two() -> Story:
    """A plain year of filings in whose printed times nothing tells UTC from New York."""
    told = edgar.plain_year()
    filings = {f.accession: replace(f, accepted=f"{f.filed}T14:30:00.000Z") for f in told.filings}
    facts = tuple(replace(fact, filing=filings[fact.filing.accession]) for fact in told.facts)
    return replace(told, filings=tuple(filings.values()), facts=facts)


STORIES = {
    "PLAIN": edgar.plain_year,
    "LATE": edgar.late_amendment,
    "AGAIN": edgar.represented_comparative,
    "SWITCH": edgar.concept_switch,
    "GAP": edgar.missing_nine_months,
    "TWO": with_leases,
    "ITSELF": quarter_by_itself,
    "BOUND": accepted_at_half_past_two,
    "EMPTY": None,
}
CIKS = {issuer: f"000999000{number}" for number, issuer in enumerate(STORIES, 1)}
WITH_LEASES = "cash paid plus principal payments on finance leases"
CONCEPTS = "".join(
    f"TWO,capex_with_finance_leases,us-gaap,{concept},USD,duration,{place},true,{WITH_LEASES},2005-01-01,,{EVIDENCE}\n"
    for place, concept in enumerate((CAPEX, LEASES), 1)
)
CONCEPTS += (
    f"SWITCH,capex_cash,us-gaap,{CAPEX},USD,duration,1,true,cash paid,2005-01-01,2024-07-01,{EVIDENCE}\n"
    f"SWITCH,capex_cash,us-gaap,{edgar.CAPEX_OTHER},USD,duration,1,true,cash paid,2024-07-01,,"
    "second-hand: a test,medium,registry,,2024-07-01T00:00:00Z\n"
)
LEDGER = (
    f"PLAIN,capex_cash,2024-04-01,2024-06-30,155,USD million,cash paid,us-gaap:{CAPEX},second-hand: a test,medium,filing,,2024-08-09T23:59:59Z\n"
    f'EMPTY,capex_cash,2024-04-01,2024-06-30,77,USD million,cash paid,us-gaap:{CAPEX},"A report, https://news.example/7",high,filing,,2024-08-09T23:59:59Z\n'
)


def millions(story: Story, issuer: str) -> Story:
    facts = tuple(replace(fact, value=fact.value * 1_000_000) for fact in story.facts)
    return replace(story, cik=CIKS[issuer], facts=facts)

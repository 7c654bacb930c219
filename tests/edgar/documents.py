"""Builders of small company facts, submissions and filing index documents in EDGAR's format. No real company is in them.

A story is told with `Filing` and `Fact`; `company_facts` and `submissions` turn it into the dicts that EDGAR serves, and
`as_json` into bytes. The named stories at the end each hold one trap.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

CIK = "0009990001"
ISSUER = "TEST"
NAME = "Test Mining Corp."

CAPEX = "PaymentsToAcquirePropertyPlantAndEquipment"
CAPEX_OTHER = "PaymentsToAcquireProductiveAssets"
CASH = "CashAndCashEquivalentsAtCarryingValue"


@dataclass(frozen=True)
class Filing:
    """A filing as submissions list it. `accepted` is what EDGAR prints, with its Z; `fy` and `fp` describe the filing."""

    accession: str
    form: str
    filed: str
    accepted: str
    fy: int | None = None
    fp: str | None = None
    report: str = ""
    items: str = ""
    document: str = "main.htm"
    description: str = ""
    xbrl: bool = True
    size: int = 1000


@dataclass(frozen=True)
class Fact:
    """A number that `filing` reports; without `start` it is an instant."""

    filing: Filing
    concept: str
    end: str
    value: object
    start: str | None = None
    unit: str = "USD"
    taxonomy: str = "us-gaap"
    frame: str | None = None


@dataclass(frozen=True)
class Story:
    """Filings of one registrant and the facts in them."""

    filings: Sequence[Filing]
    facts: Sequence[Fact]
    cik: str = CIK
    name: str = NAME
    former_names: Sequence[str] = field(default=())

    def company_facts(self) -> dict[str, object]:
        return company_facts(self.facts, cik=self.cik, name=self.name)

    def submissions(self) -> dict[str, object]:
        return submissions(self.filings, cik=self.cik, name=self.name, former_names=self.former_names)


def quarterly(n: int, fy: int, fp: str, filed: str, *, form: str = "", accepted: str = "") -> Filing:
    """A 10-Q or 10-K, accepted at 16:05 New York winter time in real UTC unless told otherwise."""
    form = form or ("10-K" if fp == "FY" else "10-Q")
    return Filing(f"0009990001-{filed[2:4]}-{n:06}", form, filed, accepted or f"{filed}T21:05:00.000Z", fy, fp)


def entry(fact: Fact) -> dict[str, object]:
    """One element of a unit's list, in the order of EDGAR's members."""
    made: dict[str, object] = {} if fact.start is None else {"start": fact.start}
    made |= {
        "end": fact.end,
        "val": fact.value,
        "accn": fact.filing.accession,
        "fy": fact.filing.fy,
        "fp": fact.filing.fp,
        "form": fact.filing.form,
        "filed": fact.filing.filed,
    }
    return made if fact.frame is None else made | {"frame": fact.frame}


def company_facts(facts: Iterable[Fact], *, cik: str = CIK, name: str = NAME) -> dict[str, object]:
    """The body of api/xbrl/companyfacts/CIK##########.json; facts keep their order within a unit."""
    taxonomies: dict[str, dict[str, dict[str, object]]] = {}
    for fact in facts:
        concept = taxonomies.setdefault(fact.taxonomy, {}).setdefault(
            fact.concept, {"label": fact.concept, "description": f"What {fact.concept} means.", "units": {}}
        )
        units = concept["units"]
        units.setdefault(fact.unit, []).append(entry(fact))
    return {"cik": int(cik), "entityName": name, "facts": taxonomies}


def columns(filings: Sequence[Filing]) -> dict[str, list[object]]:
    """The column-oriented list of filings: `recent`, or a whole older page."""
    return {
        "accessionNumber": [f.accession for f in filings],
        "filingDate": [f.filed for f in filings],
        "reportDate": [f.report for f in filings],
        "acceptanceDateTime": [f.accepted for f in filings],
        "act": ["34" for _ in filings],
        "form": [f.form for f in filings],
        "fileNumber": ["001-00001" for _ in filings],
        "filmNumber": ["" for _ in filings],
        "items": [f.items for f in filings],
        "core_type": [f.form for f in filings],
        "size": [f.size for f in filings],
        "isXBRL": [int(f.xbrl) for f in filings],
        "isInlineXBRL": [int(f.xbrl) for f in filings],
        "primaryDocument": [f.document for f in filings],
        "primaryDocDescription": [f.description or f.form for f in filings],
    }


def submissions(
    filings: Sequence[Filing],
    *,
    cik: str = CIK,
    name: str = NAME,
    former_names: Sequence[str] = (),
    older: Sequence[Sequence[Filing]] = (),
) -> dict[str, object]:
    """The body of submissions/CIK##########.json; `older` are the pages it names, each given by its filings."""
    pages = []
    for number, page in enumerate(older, 1):
        days = [filing.filed for filing in page]
        pages.append(
            {
                "name": f"CIK{cik}-submissions-{number:03}.json",
                "filingCount": len(page),
                "filingFrom": min(days),
                "filingTo": max(days),
            }
        )
    return {
        "cik": cik,
        "entityType": "operating",
        "sic": "6199",
        "name": name,
        "tickers": ["TEST"],
        "exchanges": ["Nasdaq"],
        "fiscalYearEnd": "1231",
        "formerNames": [
            {"name": former, "from": "2010-01-01T00:00:00.000Z", "to": "2020-01-01T00:00:00.000Z"}
            for former in former_names
        ],
        "filings": {"recent": columns(filings), "files": pages},
    }


def as_json(document: object) -> bytes:
    """The bytes that EDGAR would send: no blanks between members."""
    return json.dumps(document, separators=(",", ":")).encode()


def filings_of(facts: Iterable[Fact]) -> tuple[Filing, ...]:
    """The filings that the facts name, newest first as EDGAR lists them."""
    seen = {fact.filing.accession: fact.filing for fact in facts}
    return tuple(sorted(seen.values(), key=lambda filing: (filing.accepted, filing.accession), reverse=True))


def story(*facts: Fact, **about: object) -> Story:
    """The facts and the filings they name as one registrant's story."""
    return Story(filings_of(facts), facts, **about)


Q1 = quarterly(1, 2024, "Q1", "2024-05-02", accepted="2024-05-02T20:05:00.000Z")
Q2 = quarterly(2, 2024, "Q2", "2024-08-01", accepted="2024-08-01T20:05:00.000Z")
Q3 = quarterly(3, 2024, "Q3", "2024-10-31", accepted="2024-10-31T20:05:00.000Z")
FY = quarterly(4, 2024, "FY", "2025-02-20")
NEXT_Q1 = quarterly(5, 2025, "Q1", "2025-05-01", accepted="2025-05-01T20:05:00.000Z")
AMENDED_Q2 = quarterly(6, 2024, "Q2", "2025-03-14", form="10-Q/A", accepted="2025-03-14T20:05:00.000Z")
NEXT_FY = quarterly(7, 2025, "FY", "2026-02-19")
YTD = (("2024-03-31", 100), ("2024-06-30", 250), ("2024-09-30", 450), ("2024-12-31", 700))
"""Ends and year-to-date values of the year 2024; the quarters are 100, 150, 200, 250."""


def year(concept: str = CAPEX, unit: str = "USD") -> tuple[Fact, ...]:
    """Four year-to-date points of 2024 in four filings."""
    return tuple(
        Fact(filing, concept, end, value, "2024-01-01", unit)
        for filing, (end, value) in zip((Q1, Q2, Q3, FY), YTD, strict=True)
    )


def plain_year() -> Story:
    """A year of four reported points, cash at each end, nothing odd."""
    cash = tuple(Fact(f, CASH, end, 1000 + v) for f, (end, v) in zip((Q1, Q2, Q3, FY), YTD, strict=True))
    return story(*year(), *cash)


def late_amendment() -> Story:
    """The half-year is amended after the year was filed: 250 becomes 240."""
    return story(*year(), Fact(AMENDED_Q2, CAPEX, "2024-06-30", 240, "2024-01-01"))


def represented_comparative() -> Story:
    """A year later the comparative of the first quarter is shown as 110 instead of 100, and 2024 as 705."""
    return story(
        *year(),
        Fact(NEXT_Q1, CAPEX, "2025-03-31", 130, "2025-01-01"),
        Fact(NEXT_Q1, CAPEX, "2024-03-31", 110, "2024-01-01"),
        Fact(NEXT_FY, CAPEX, "2024-12-31", 705, "2024-01-01"),
    )


def duplicate_in_two_units() -> Story:
    """The same concept and periods in USD and in EUR."""
    euros = tuple(
        Fact(f, CAPEX, end, value * 0.9, "2024-01-01", "EUR")
        for f, (end, value) in zip((Q1, Q2, Q3, FY), YTD, strict=True)
    )
    return story(*year(), *euros)


def concept_switch() -> Story:
    """From the nine months on the filer tags capex with another concept."""
    points = list(zip((Q1, Q2, Q3, FY), YTD, strict=True))
    return story(
        *(Fact(f, CAPEX, end, value, "2024-01-01") for f, (end, value) in points[:2]),
        *(Fact(f, CAPEX_OTHER, end, value, "2024-01-01") for f, (end, value) in points[2:]),
    )


def missing_nine_months() -> Story:
    """The third quarter's report does not tag capex."""
    return story(*(fact for fact in year() if fact.end != "2024-09-30"), Fact(Q3, CASH, "2024-09-30", 1450))


def foreign_filer() -> Story:
    """A 20-F under ifrs-full, with its cover page in dei and a schedule in srt."""
    annual = quarterly(21, 2024, "FY", "2025-04-10", form="20-F", accepted="2025-04-10T20:05:00.000Z")
    return story(
        Fact(annual, "PurchaseOfPropertyPlantAndEquipment", "2024-12-31", 7.5, "2024-01-01", taxonomy="ifrs-full"),
        Fact(annual, "EntityCommonStockSharesOutstanding", "2025-03-31", 1000, unit="shares", taxonomy="dei"),
        Fact(annual, "ScheduleOfUnits", "2024-12-31", 12, unit="Bitcoin", taxonomy="srt"),
    )


STORIES = {
    one.__name__: one
    for one in (
        plain_year,
        late_amendment,
        represented_comparative,
        duplicate_in_two_units,
        concept_switch,
        missing_nine_months,
        foreign_filer,
    )
}


@dataclass(frozen=True)
class IndexRow:
    """A document as a filing index page lists it; an empty sequence is the complete submission."""

    sequence: str
    description: str
    name: str
    type: str
    size: str = "1234"
    href: str = ""


def filing_index(
    accession: str,
    documents: Sequence[IndexRow],
    *,
    cik: str = CIK,
    name: str = NAME,
    form: str = "10-K",
    accepted: datetime = datetime(2025, 2, 20, 16, 5),
    filed: date = date(2025, 2, 20),
    data_files: Sequence[IndexRow] = (),
) -> bytes:
    """The page <accession>-index.htm; `accepted` is New York wall time, as EDGAR prints it there."""
    folder = f"/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}"

    def table(summary: str, rows: Sequence[IndexRow]) -> str:
        body = "".join(
            f'<tr><td scope="row">{row.sequence or "&nbsp;"}</td><td scope="row">{row.description}</td>'
            f'<td scope="row"><a href="{row.href or f"{folder}/{row.name}"}">{row.name}</a></td>'
            f'<td scope="row">{row.type or "&nbsp;"}</td><td scope="row">{row.size}</td></tr>\n'
            for row in rows
        )
        head = "".join(f'<th scope="col">{title}</th>' for title in ("Seq", "Description", "Document", "Type", "Size"))
        return f'<table class="tableFile" summary="{summary}"><tr>{head}</tr>\n{body}</table>\n'

    tables = table("Document Format Files", documents)
    if data_files:
        tables += table("Data Files", data_files)
    return (
        "<!DOCTYPE html>\n<html><head><title>EDGAR Filing Documents</title></head><body>\n"
        f'<div id="formHeader"><div id="formName"><strong>Form {form}</strong></div>'
        f'<div id="secNum"><strong><acronym title="Securities and Exchange Commission">SEC</acronym> Accession '
        f'<acronym title="Number">No.</acronym></strong> {accession}</div></div>\n'
        f'<div class="formGrouping"><div class="infoHead">Filing Date</div><div class="info">{filed:%Y-%m-%d}</div>'
        f'<div class="infoHead">Accepted</div><div class="info">{accepted:%Y-%m-%d %H:%M:%S}</div></div>\n'
        f"{tables}"
        f'<div id="filerDiv"><div class="companyInfo"><span class="companyName">{name} (Filer)\n'
        f' <acronym title="Central Index Key">CIK</acronym>: <a href="/cgi-bin/browse-edgar?CIK={cik}">{cik} '
        "(see all company filings)</a></span></div></div>\n</body></html>\n"
    ).encode()

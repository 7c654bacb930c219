"""EDGAR for a whole universe on this machine: small documents of our own, or recorded ones. No test lives here."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from orchestration.settings import Settings
from tests.edgar.documents import (
    CAPEX,
    CASH,
    FY,
    NEXT_Q1,
    Q1,
    Q2,
    Q3,
    YTD,
    Fact,
    Filing,
    IndexRow,
    as_json,
    columns,
    company_facts,
    filing_index,
    filings_of,
    submissions,
)
from tests.edgar.server import CONTACT, EdgarServer

# Index pages are asked for while a filing is new, so the day of this one follows the clock.
NEWS_DAY = datetime.now(UTC).date() - timedelta(days=8)
NEWS = Filing(
    "0009990001-26-000900",
    "8-K",
    f"{NEWS_DAY}",
    f"{NEWS_DAY}T21:05:00.000Z",
    items="2.02",
    document="main.htm",
    xbrl=False,
)


BULK_PATHS = ("bulkdata/submissions.zip", "xbrl/companyfacts.zip")
RESTATING = "MARA"
RESTATED = (Fact(NEXT_Q1, CAPEX, "2024-03-31", 110e6, "2024-01-01"),)


@dataclass(frozen=True)
class Registrant:
    """An issuer of the ledger under which the server knows it."""

    issuer: str
    cik: str
    name: str

    @property
    def submissions_path(self) -> str:
        return f"/submissions/CIK{self.cik}.json"

    @property
    def facts_path(self) -> str:
        return f"/api/xbrl/companyfacts/CIK{self.cik}.json"


def registrants(ledger: Path) -> list[Registrant]:
    with (ledger / "issuer.csv").open(encoding="utf-8", newline="") as file:
        return [Registrant(row["issuer"], row["cik"], row["sec_name"]) for row in csv.DictReader(file)]


def year_of(one: Registrant, extra: Sequence[Fact] = ()) -> tuple[Fact, ...]:
    """Capex and cash of a plain calendar year, in filings of the registrant's own, whichever year the ledger gives it."""
    own = {f.accession: replace(f, accession=one.cik + f.accession[10:]) for f in (Q1, Q2, Q3, FY, NEXT_Q1)}
    facts = []
    for filing, (end, value) in zip((Q1, Q2, Q3, FY), YTD, strict=True):
        facts.append(Fact(own[filing.accession], CAPEX, end, value * 1e6, "2024-01-01"))
        facts.append(Fact(own[filing.accession], CASH, end, (1000 + value) * 1e6))
    return (*facts, *(replace(fact, filing=own[fact.filing.accession]) for fact in extra))


def serve(server: EdgarServer, one: Registrant, extra: Sequence[Fact] = ()) -> None:
    """Filings, facts and the index page of one piece of news, under the registrant's CIK and name."""
    facts = year_of(one, extra)
    news = replace(NEWS, accession=one.cik + NEWS.accession[10:])
    filings = (news, *filings_of(facts))
    server.put(one.submissions_path, as_json(submissions(filings, cik=one.cik, name=one.name)))
    server.put(one.facts_path, as_json(company_facts(facts, cik=one.cik, name=one.name)))
    documents = (
        IndexRow("1", "8-K", "main.htm", "8-K"),
        IndexRow("2", "EX-99.1", "release.htm", "EX-99.1"),
        IndexRow("", "Complete submission text file", f"{news.accession}.txt", ""),
    )
    page = filing_index(news.accession, documents, cik=one.cik, name=one.name, form="8-K")
    folder = f"/Archives/edgar/data/{int(one.cik)}"
    server.put(f"{folder}/{news.accession}-index.html", page)
    for name in ("main.htm", "release.htm"):
        words = f"<html><body><p>{one.name}: {name}</p></body></html>"
        server.put(f"{folder}/{news.accession.replace('-', '')}/{name}", words.encode())


def serve_universe(server: EdgarServer, ledger: Path) -> list[Registrant]:
    """Everyone in the ledger; one of them shows a first quarter anew."""
    listed = registrants(ledger)
    for one in listed:
        serve(server, one, RESTATED if one.issuer == RESTATING else ())
    return listed


def serve_bulk(server: EdgarServer, listed: Sequence[Registrant]) -> None:
    """The two nightly archives with what the server says about each registrant."""
    for path, folder in zip(BULK_PATHS, ("/submissions", "/api/xbrl/companyfacts"), strict=True):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in listed:
                name = f"CIK{one.cik}.json"
                archive.writestr(name, server.body(f"{folder}/{name}"))
        server.put(f"/Archives/edgar/daily-index/{path}", packed.getvalue())


def serve_recorded(server: EdgarServer, folder: Path, ledger: Path) -> list[Registrant]:
    """What was recorded of real registrants, in the place of our own; those of the universe with recorded facts. Older
    pages that were not recorded are without filings."""
    recorded = set(server.put_recorded(folder))
    for name in {name for one in folder.glob("submissions_*.json") for name in _older(one)}:
        if f"/submissions/{name}" not in recorded:
            server.put(f"/submissions/{name}", as_json(columns(())))
    facts = {path.name.partition("companyfacts_CIK")[2][:10] for path in folder.glob("*companyfacts_CIK*.json")}
    return [one for one in registrants(ledger) if one.cik in facts]


def _older(path: Path) -> list[str]:
    filings = json.loads(path.read_bytes()).get("filings")
    return [page["name"] for page in filings["files"]] if filings else []


def live(settings: Settings, server: EdgarServer) -> Settings:
    """The settings of a home that asks `server` in EDGAR's place."""
    return replace(settings, contact=CONTACT, edgar_url=server.url)

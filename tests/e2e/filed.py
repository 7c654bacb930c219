"""Filings with numbers in them, told by the server that speaks as EDGAR: a term sheet, a month of a miner, a deal. The names
of the filers are of the universe, every figure is our own. No test lives here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import duckdb

from orchestration.settings import Settings
from tests.e2e.edgar_world import NEWS, NEWS_DAY, Registrant, year_of
from tests.edgar.documents import IndexRow, as_json, filing_index, filings_of, submissions
from tests.edgar.server import EdgarServer

LAST = NEWS_DAY.replace(day=1) - timedelta(days=1)
"""The last day of the month that is told of."""
MONTH = f"{LAST:%B %Y}"
DAY = f"{NEWS_DAY:%B} {NEWS_DAY.day}, {NEWS_DAY.year}"
BEFORE = f"{LAST.replace(day=1) - timedelta(days=1):%B %Y}"


MONTHS = f"""select metric, value from fct_miner_operating
    where issuer = 'BTDR' and period_start_date = date '{LAST.replace(day=1)}' order by metric"""


@dataclass(frozen=True)
class Told:
    """A filing: its number, form, items, and its documents as type and words by file name, the first one the main one."""

    number: int
    form: str
    items: str
    documents: Mapping[str, tuple[str, str]]

    def accession(self, one: Registrant) -> str:
        return f"{one.cik}-{NEWS_DAY:%y}-{self.number:06}"


def page(*lines: str) -> str:
    return f"<html><body>{''.join(lines)}<p>This page was filed for a test.</p></body></html>"


SHEET = Told(
    501,
    "FWP",
    "",
    {
        "sheet.htm": (
            "FWP",
            page(
                "<p>Pricing Term Sheet</p><p>Meta Platforms, Inc.</p><p>5.125% Senior Notes due 2041</p>",
                "<table><tr><td>Issuer:</td><td>Meta Platforms, Inc.</td></tr>",
                "<tr><td>Principal Amount:</td><td>$3,250,000,000</td></tr>",
                "<tr><td>Coupon:</td><td>5.125% per annum</td></tr>",
                f"<tr><td>Maturity Date:</td><td>{date(2041, 11, 15):%B %d, %Y}</td></tr>",
                f"<tr><td>Price to Public:</td><td>99.625%</td></tr><tr><td>Trade Date:</td><td>{DAY}</td></tr></table>",
            ),
        )
    },
)
UPDATE = Told(
    502,
    "6-K",
    "",
    {
        "form6k.htm": ("6-K", page("<p>Report of a foreign private issuer.</p>")),
        "release.htm": (
            "EX-99.1",
            page(
                f"<p>Bitdeer Announces {MONTH} Production and Operations Update</p><p>SINGAPORE, {DAY}</p>",
                f"<table><tr><th>Metric</th><th>{MONTH}</th><th>{BEFORE}</th></tr>",
                "<tr><td>Bitcoin Produced</td><td>611</td><td>598</td></tr>",
                "<tr><td>Bitcoin Held</td><td>2,140</td><td>2,078</td></tr>",
                "<tr><td>BTC Holdings</td><td>2,410</td><td>2,078</td></tr></table>",
            ),
        ),
    },
)
DEAL = Told(
    503,
    "8-K",
    "1.01,9.01",
    {
        "form8k.htm": ("8-K", page("<p>Item 1.01 Entry into a Material Definitive Agreement.</p>")),
        "release.htm": (
            "EX-99.1",
            page(
                f"<p>Riot Platforms Announces AI Data Center Lease</p><p>CASTLE ROCK, {DAY} -- Riot Platforms, Inc. has ",
                "entered into an approximately 12-year lease agreement with CoreWeave. Under the lease agreement Riot will ",
                "deliver 210 megawatts (MW) of critical IT load at its Corsicana campus. Over the approximately 12-year term, ",
                "Riot anticipates approximately $4.2 billion in total revenue from the lease.</p>",
            ),
        ),
    },
)
FILED = {"META": SHEET, "BTDR": UPDATE, "RIOT": DEAL}


def file(server: EdgarServer, one: Registrant, told: Told) -> None:
    """Tell of a filing beside what the server tells of the registrant already."""
    filing = replace(
        NEWS, accession=told.accession(one), form=told.form, items=told.items, document=next(iter(told.documents))
    )
    news = replace(NEWS, accession=one.cik + NEWS.accession[10:])
    others = filings_of(year_of(one))
    server.put(one.submissions_path, as_json(submissions((filing, news, *others), cik=one.cik, name=one.name)))
    rows = [IndexRow(str(n), kind, name, kind) for n, (name, (kind, _)) in enumerate(told.documents.items(), 1)]
    listed = filing_index(
        filing.accession,
        rows,
        cik=one.cik,
        name=one.name,
        form=told.form,
        accepted=datetime(NEWS_DAY.year, NEWS_DAY.month, NEWS_DAY.day, 16, 5),
        filed=NEWS_DAY,
    )
    folder = f"/Archives/edgar/data/{int(one.cik)}"
    server.put(f"{folder}/{filing.accession}-index.html", listed)
    for name, (_, words) in told.documents.items():
        server.put(f"{folder}/{filing.accession.replace('-', '')}/{name}", words.encode())


def use_of(settings: Settings, value: str) -> tuple[object, object]:
    """What is published of the use of a number that was read, and its passage."""
    sql = f"select number_use, passage_id from fct_extracted_number where value = '{value}'"
    with duckdb.connect(str(settings.current / "hashwatt.duckdb"), read_only=True) as connection:
        ((use, passage),) = connection.execute(sql).fetchall()
    return use, passage

"""A home with a publication that the project's own parsers and models made of given EDGAR answers. No expectations here."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from ingestion.contracts import FILING
from ingestion.edgar.companyfacts import parse_company_facts
from ingestion.edgar.submissions import parse_submissions
from orchestration.publish.publication import publish
from tests.conftest import Once
from tests.dbt.conftest import LEDGER, NOW, fill_lake
from tests.dbt.models import END_OF_TIME, Models
from tests.faults.publication_kit import make_request, settings_for
from tests.lakes import stage_one

BUILT = "built.duckdb"

# MRVL is not of the universe; its rows are added to a copy of the ledger.
FILERS = {
    "AAPL": ("0000320193", "Apple Inc.", "api_xbrl_companyfacts_CIK0000320193.json", "submissions_CIK0000320193.json"),
    "NVDA": ("0001045810", "NVIDIA CORP", "api_xbrl_companyfacts_CIK0001045810.json", "submissions_CIK0001045810.json"),
    "GOOGL": ("0001652044", "ALPHABET INC.", "api_xbrl_companyfacts_CIK0001652044.json", None),
    "MRVL": ("0001835632", "MARVELL TECHNOLOGY, INC", "api_xbrl_companyfacts_CIK0001835632.json", None),
    "MSTR": (
        "0001050446",
        "STRATEGY INC",
        "companyfacts_CIK0001050446_MSTR.json",
        "submissions_CIK0001050446_MSTR.json",
    ),
}
EVIDENCE = "second-hand: a test,medium,registry,,2020-01-01T00:00:00Z"
MORE_ISSUERS = f"""\
MRVL,0001835632,"MARVELL TECHNOLOGY, INC",supplier,01-31,us-gaap,USD,"10-K, 10-Q",,,{EVIDENCE}
"""
MORE_CONCEPTS = f"""\
MRVL,debt,us-gaap,LongTermDebt,USD,instant,1,true,debt,2005-01-01,,{EVIDENCE}
"""


@dataclass(frozen=True)
class Registrant:
    """Answers about one registrant. Without `submissions` nothing but the filing day bounds its filings."""

    issuer: str
    cik: str
    name: str
    company_facts: bytes
    submissions: bytes | None


def publish_home(home: Path, models: Models, registrants: Sequence[Registrant], ledger_rows: Mapping[str, str]) -> None:
    """Publish what the models make of the shipped ledger with more rows by file and of the registrants. What they are made
    of stays beside, in BUILT."""
    ledger = home / "ledger"
    shutil.copytree(LEDGER, ledger)
    for file, more in ledger_rows.items():
        with (ledger / file).open("a", encoding="utf-8") as out:
            out.write(more)
    with (ledger / "issuer.csv").open(encoding="utf-8", newline="") as rows:
        issuers = list(csv.DictReader(rows))
    with (ledger / "issuer_name.csv").open("r+", encoding="utf-8", newline="") as names:
        named = {row["issuer"] for row in csv.DictReader(names)}
        new = [row for row in issuers if row["issuer"] not in named]
        # On days of their own: two issuers of one name since one day would be one.
        names.writelines(
            f'{row["issuer"]},"{row["sec_name"]}",{1990 + place}-01-01,before,{EVIDENCE}\n'
            for place, row in enumerate(new)
        )
    archive, lake = fill_lake(home, ledger, own={})
    for one in registrants:
        listed = FILING.schema().empty_table()
        if one.submissions is not None:
            fetch = archive.put(f"sec/submissions/{one.cik}", one.submissions, fetched_at_utc=NOW)
            filings = parse_submissions([(fetch, one.submissions)], one.issuer, one.cik, names={one.name})
            records = filings.records
            listed = records if isinstance(records, pa.Table) else pa.Table.from_pylist([dict(r) for r in records])
            lake.promote(stage_one(lake, filings, home / "staging", NOW))
        fetch = archive.put(f"sec/companyfacts/{one.cik}", one.company_facts, fetched_at_utc=NOW)
        facts = parse_company_facts(fetch, one.company_facts, one.issuer, one.cik, listed, names={one.name})()
        assert not facts.rejected
        lake.promote(stage_one(lake, facts, home / "staging", NOW))
    with duckdb.connect(str(home / BUILT)) as connection:
        models.build(connection, home / "lake", END_OF_TIME)
    candidate = models.published(home / BUILT, home / "hashwatt.duckdb")
    publish(replace(make_request(settings_for(home), 1), candidate=candidate, units={}, now_utc=datetime.now(UTC)))


def filers(once: Once, models: Models, shared: Path) -> Path:
    """The home of FILERS."""
    answers = shared / "data" / "sec"

    def make(home: Path) -> None:
        registrants = [
            Registrant(
                issuer, cik, name, (answers / facts).read_bytes(), (answers / listed).read_bytes() if listed else None
            )
            for issuer, (cik, name, facts, listed) in FILERS.items()
        ]
        publish_home(home, models, registrants, {"issuer.csv": MORE_ISSUERS, "concept.csv": MORE_CONCEPTS})

    return once("filers", make)

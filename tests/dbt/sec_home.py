"""A home with a publication that the project's own parsers and models made of given EDGAR answers. No expectations here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from ingestion.contracts import FILING, TABLES
from ingestion.edgar.companyfacts import parse_company_facts
from ingestion.edgar.submissions import parse_submissions
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from ingestion.load import Ingestion
from orchestration.publish.publication import publish
from orchestration.settings import Settings
from tests.dbt.conftest import ROOT, RunDbt
from tests.faults.publication_kit import make_request, settings_for

NOW = datetime(2026, 11, 20, 12)


@dataclass(frozen=True)
class Registrant:
    """Answers about one registrant. Without `submissions` nothing but the filing day bounds its filings."""

    issuer: str
    cik: str
    name: str
    company_facts: bytes
    submissions: bytes | None


def published_home(
    home: Path, registrants: Sequence[Registrant], run_dbt: RunDbt, ledger: Path = ROOT / "ingestion" / "ledger"
) -> Settings:
    """Fill a lake from the bundle, `ledger` and the registrants, build with dbt, publish; nothing is judged."""
    archive, lake = Archive(Storage(home / "archive")), Lake(Storage(home / "lake"))
    ingestion = Ingestion("bundle", archive, ledger, ROOT / "ingestion" / "bundle", NOW)
    for name, table in TABLES.items():
        if table.group == "sec":
            lake.initialise(table)
            continue
        batch = ingestion.batch(name)
        assert not batch.rejected, batch.rejected[:3]
        lake.promote(lake.stage(batch, home / "staging", NOW))
        lake.initialise(table)
    for one in registrants:
        listed = FILING.schema().empty_table()
        if one.submissions is not None:
            fetch = archive.put(f"sec/submissions/{one.cik}", one.submissions, fetched_at_utc=NOW)
            filings = parse_submissions([(fetch, one.submissions)], one.issuer, one.cik, names={one.name})
            records = filings.records
            listed = records if isinstance(records, pa.Table) else pa.Table.from_pylist([dict(r) for r in records])
            lake.promote(lake.stage(filings, home / "staging", NOW))
        fetch = archive.put(f"sec/companyfacts/{one.cik}", one.company_facts, fetched_at_utc=NOW)
        facts = parse_company_facts(fetch, one.company_facts, one.issuer, one.cik, listed, names={one.name})
        assert not facts.rejected
        lake.promote(lake.stage(facts, home / "staging", NOW))
    candidate = home / "hashwatt.duckdb"
    finished = run_dbt(candidate, home / "lake", "run")
    assert finished.returncode == 0, finished.stdout[-4000:]
    settings = settings_for(home)
    publish(replace(make_request(settings, 1), candidate=candidate, columns=[], now_utc=datetime.now(UTC)))
    return settings

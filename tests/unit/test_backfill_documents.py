"""`hashwatt backfill sec --documents-from`, as a person gives it, against EDGAR on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from orchestration.cli.main import main
from orchestration.clock import now_utc
from orchestration.live import open_ingestion
from orchestration.settings import Settings
from tests.e2e.edgar_world import NEWS, Registrant, live, registrants
from tests.edgar import server as edgar
from tests.edgar.documents import Filing, IndexRow, as_json, columns, company_facts, filing_index, submissions
from tests.edgar.server import CONTACT, EdgarServer

OLD = 24
FIRST_OLD = date(2023, 1, 2)
NEWEST_PAGE, OLDER_PAGE = "submissions-001", "submissions-002"


@pytest.fixture(scope="module")
def server() -> Iterator[EdgarServer]:
    with EdgarServer() as server:
        yield server


def filed(one: Registrant, number: int, day: date, form: str = "8-K") -> Filing:
    return replace(
        NEWS, accession=f"{one.cik}-23-{number:06}", filed=f"{day}", accepted=f"{day}T21:05:00.000Z", form=form
    )


def serve(server: EdgarServer, one: Registrant) -> list[Filing]:
    """A registrant with one filing of these days and two pages of older ones, a month between each; the old ones that
    announce something, newest first."""
    old = [filed(one, n, FIRST_OLD + timedelta(days=30 * n)) for n in reversed(range(OLD))]
    now = filed(one, 900, date.fromisoformat(NEWS.filed))
    annual = filed(one, 901, date.fromisoformat(NEWS.filed), "10-K")
    pages = (old[: OLD // 2], old[OLD // 2 :])
    listed = submissions((now, annual), cik=one.cik, name=one.name, older=pages)
    server.put(one.submissions_path, as_json(listed))
    for name, page in zip((NEWEST_PAGE, OLDER_PAGE), pages, strict=True):
        server.put(f"/submissions/CIK{one.cik}-{name}.json", as_json(columns(page)))
    server.put(one.facts_path, as_json(company_facts((), cik=one.cik, name=one.name)))
    folder = f"/Archives/edgar/data/{int(one.cik)}"
    rows = (IndexRow("1", "8-K", "main.htm", "8-K"), IndexRow("2", "EX-99.1", "release.htm", "EX-99.1"))
    for filing in (now, *old):
        page = filing_index(filing.accession, rows, cik=one.cik, name=one.name, form="8-K")
        server.put(f"{folder}/{filing.accession}-index.html", page)
        for document in ("main.htm", "release.htm"):
            words = f"<html><body>{filing.accession} {document}</body></html>"
            server.put(f"{folder}/{filing.accession.replace('-', '')}/{document}", words.encode())
    return old


def backfill(settings: Settings, *arguments: str) -> Result:
    environment = {
        "HASHWATT_HOME": str(settings.home),
        "HASHWATT_CONTACT": CONTACT,
        "HASHWATT_TESTING": "1",
        "HASHWATT_EDGAR_URL": settings.edgar_url or "",
    }
    return CliRunner(env=environment).invoke(main, ["backfill", *arguments])


def test_documents_of_old_filings_are_brought_once_with_progress_and_are_rows_then(
    server: EdgarServer, tmp_path: Path
) -> None:
    settings = live(Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")}), server)
    (mara,) = [one for one in registrants(settings.ledger_dir) if one.issuer == "MARA"]
    old = serve(server, mara)
    sec = ("sec", "--issuer", "MARA")
    first = backfill(settings, *sec)
    assert first.exit_code == 0, first.output
    assert "Archived: 7 new documents of 1 issuers by 7 requests." in first.stdout
    assert "documents of" not in first.stderr

    since = FIRST_OLD + timedelta(days=30)
    wanted = [one for one in old if one.filed >= f"{since}"]
    broken = f"/Archives/edgar/data/{int(mara.cik)}/{wanted[12].accession}-index.html"
    server.fail(broken, edgar.block_page())
    server.arrivals = []
    cut = backfill(settings, *sec, "--documents-from", f"{since}")
    assert cut.exit_code == 7 and "shut us out" in cut.stderr
    assert server.asked() == 12 * 3 + 1
    for file in (settings.home / "limits").iterdir():
        file.unlink()
    server.arrivals = []
    rest = backfill(settings, *sec, "--documents-from", f"{since}")
    assert rest.exit_code == 0, rest.output
    assert server.asked() == 3 * (len(wanted) - 12)
    assert f"EDGAR: MARA documents of 10 of {len(wanted)} filings\n" in rest.stderr
    again = backfill(settings, *sec, "--documents-from", f"{since}", "--quiet")
    assert "Archived: 0 new documents of 1 issuers by 0 requests." in again.stdout and again.stderr == ""

    ingestion = open_ingestion(settings, "live", now_utc())
    (batch,) = ingestion.batches("raw_sec__document", Lake(Storage(settings.lake)))
    hashed = {row["accession"] for row in batch.records if row["text_sha256"]}
    assert hashed == {one.accession for one in wanted} | {f"{mara.cik}-23-000900"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("market", "--documents-from", "2024-01-01"), "are for sec"),
        (("sec", "--documents-from", "2999-01-01"), "--documents-from"),
        (("sec", "--from", "2024-01-01"), "sec takes --issuer and --documents-from"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    server: EdgarServer, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    server.arrivals = []
    settings = live(Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")}), server)
    done = backfill(settings, *arguments)
    assert done.exit_code == 2 and said in done.stderr
    assert server.asked() == 0

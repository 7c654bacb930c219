"""`hashwatt backfill sec --documents-from`, as a person gives it, against EDGAR on this machine; what is asked: test_sec_asking.py."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.settings import Settings
from tests.e2e.edgar_world import NEWS, Registrant, live, registrants
from tests.edgar import server as edgar
from tests.edgar.documents import Filing, IndexRow, as_json, columns, company_facts, filing_index, submissions
from tests.edgar.server import CONTACT, EdgarServer

FIRST_OLD = date(2023, 1, 2)


def filed(one: Registrant, number: int, day: date, form: str = "8-K") -> Filing:
    accession = f"{one.cik}-23-{number:06}"
    return replace(NEWS, accession=accession, filed=f"{day}", accepted=f"{day}T21:05:00.000Z", form=form)


def serve(server: EdgarServer, one: Registrant) -> list[Filing]:
    """A registrant with a filing of these days and a page of older ones, a month between each; the old ones, newest first."""
    old = [filed(one, n, FIRST_OLD + timedelta(days=30 * n)) for n in reversed(range(13))]
    now = filed(one, 900, date.fromisoformat(NEWS.filed))
    server.put(one.submissions_path, as_json(submissions([now], cik=one.cik, name=one.name, older=[old])))
    server.put(f"/submissions/CIK{one.cik}-submissions-001.json", as_json(columns(old)))
    server.put(one.facts_path, as_json(company_facts((), cik=one.cik, name=one.name)))
    folder = f"/Archives/edgar/data/{int(one.cik)}"
    for filing in (now, *old):
        page = filing_index(filing.accession, [IndexRow("1", "8-K", "main.htm", "8-K")], cik=one.cik, name=one.name)
        server.put(f"{folder}/{filing.accession}-index.html", page.replace(b"Form 10-K", b"Form 8-K"))
        server.put(f"{folder}/{filing.accession.replace('-', '')}/main.htm", b"<html><body>words</body></html>")
    return old


def backfill(settings: Settings, *arguments: str) -> Result:
    environment = {"HASHWATT_HOME": str(settings.home), "HASHWATT_CONTACT": CONTACT, "HASHWATT_TESTING": "1"}
    environment["HASHWATT_EDGAR_URL"] = settings.edgar_url or ""
    return CliRunner(env=environment).invoke(main, ["backfill", "sec", "--issuer", "MARA", *arguments])


def test_documents_of_old_filings_are_brought_once_with_progress(edgar_server: EdgarServer, tmp_path: Path) -> None:
    settings = live(Settings.from_env({"HASHWATT_HOME": str(tmp_path / "home")}), edgar_server)
    (mara,) = [one for one in registrants(settings.ledger_dir) if one.issuer == "MARA"]
    old = serve(edgar_server, mara)
    first = backfill(settings)
    assert first.exit_code == 0 and "documents of" not in first.stderr, first.output
    assert "Archived: 5 new documents of 1 issuers by 5 requests." in first.stdout
    since = ("--documents-from", old[-2].filed)
    edgar_server.fail(f"/Archives/edgar/data/{int(mara.cik)}/{old[1].accession}-index.html", edgar.block_page())
    cut = backfill(settings, *since)
    assert cut.exit_code == 7 and "shut us out" in cut.stderr
    for file in (settings.home / "limits").iterdir():
        file.unlink()
    rest = backfill(settings, *since)
    assert rest.exit_code == 0 and "EDGAR: MARA documents of 10 of 12 filings\n" in rest.stderr, rest.output
    again = backfill(settings, *since, "--quiet")
    assert "Archived: 0 new documents of 1 issuers by 0 requests." in again.stdout and again.stderr == ""

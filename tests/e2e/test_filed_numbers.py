"""From filing to fact: a term sheet, a month of a miner and a deal are filed, land in the facts with their passages, and what
the readers doubt is published once a person accepted it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.pipeline.refresh import RefreshSummary, refresh
from orchestration.settings import Settings
from tests.e2e.edgar_world import live, serve_universe
from tests.e2e.filed import DAY, FILED, LAST, file
from tests.e2e.live_world import rows
from tests.edgar.server import EdgarServer

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FIRST = LAST.replace(day=1)
TRANCHE = "select principal_m, coupon_pct, price_pct, cast(maturity_date as varchar), citation from fct_bond_tranche"
DEAL = "select counterparty, value_usd_m, critical_it_mw, term_years, is_in_book from fct_ai_deal"
MONTHS = "select metric, value from fct_miner_operating where issuer = 'BTDR'"


@dataclass(frozen=True)
class Filed:
    """A home that has seen the three filings, the server that told of them, and a ledger that may be written to."""

    settings: Settings
    server: EdgarServer

    def refresh(self, edition: str = "live") -> None:
        assert isinstance(refresh(self.settings, edition, sources=("sec",)), RefreshSummary)

    def run(self, *arguments: str) -> Result:
        environment = {"HASHWATT_HOME": str(self.settings.home), "HASHWATT_LEDGER": str(self.settings.ledger_dir)}
        return CliRunner(env=environment).invoke(main, list(arguments))

    def printed(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.output
        return done.stdout

    def use_of(self, value: str) -> tuple[object, ...]:
        (found,) = rows(
            self.settings, f"select number_use, passage_id from fct_extracted_number where value = '{value}'"
        )
        return found


@pytest.fixture(scope="module")
def filed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filed]:
    folder = tmp_path_factory.mktemp("filed")
    shipped = Settings.from_env({"HASHWATT_HOME": str(folder / "home")})
    ledger = Path(shutil.copytree(shipped.ledger_dir, folder / "ledger"))
    with EdgarServer() as server:
        settings = live(replace(shipped, ledger_dir=ledger), server)
        listed = {one.issuer: one for one in serve_universe(server, ledger)}
        for issuer, told in FILED.items():
            file(server, listed[issuer], told)
        home = Filed(settings, server)
        home.refresh()
        yield home


def test_three_filings_reach_the_facts_with_their_passages(filed: Filed) -> None:
    ((principal, coupon, price, maturity, citation),) = rows(
        filed.settings, f"{TRANCHE} where coupon_pct = 5.125 and issuer = 'META'"
    )
    assert (principal, coupon, price, maturity) == (3250, 5.125, 99.625, "2041-11-15")
    assert str(citation).endswith("/sheet.htm")
    assert rows(filed.settings, f"{DEAL} where issuer = 'RIOT' and value_usd_m = 4200") == [
        ("CoreWeave", 4200, 210, 12, True)
    ]
    in_book = "select count(*), sum(value_usd_m) from fct_ai_deal where issuer = 'RIOT' and is_in_book"
    book = "select deal_count, value_usd_m from mart_contracted_ai_book where issuer = 'RIOT'"
    assert rows(filed.settings, book) == rows(filed.settings, in_book)
    told = dict(rows(filed.settings, f"{MONTHS} and period_start_date = date '{FIRST}'"))
    assert told == {"btc_produced": 611}
    for value in ("3250000000", "4200000000", "611"):
        assert filed.use_of(value)[0] == "published"
    shown = filed.printed("evidence", "fct_miner_operating", "BTDR", f"{FIRST}", "btc_produced")
    assert "Bitcoin Produced 611 598" in shown and "https://www.sec.gov/Archives/edgar/data/1899123/" in shown
    ((deal,),) = rows(filed.settings, "select deal_id from fct_ai_deal where issuer = 'RIOT' and value_usd_m = 4200")
    passages = json.loads(filed.printed("evidence", "fct_ai_deal", str(deal), "--format", "json"))
    assert {one["field"]: one["value"] for one in passages} == {
        "counterparty": "CoreWeave",
        "value": "4200000000",
        "critical_mw": "210",
        "term_years": "12",
    }
    for one in passages:
        document = filed.server.body(re.sub(r"https://www\.sec\.gov", "", one["document_url"])).decode()
        assert document[one["span_start"] : one["span_end"]] == one["quote"]


def test_a_key_without_passage_has_near_ones(filed: Filed) -> None:
    done = filed.run("evidence", "fct_miner_operating", "BTDR", f"{FIRST}", "btc_mined")
    assert done.exit_code == 6
    assert "near keys: " in done.stderr and f"BTDR {FIRST} btc_produced" in done.stderr


def test_what_is_in_doubt_is_published_once_accepted_and_stays_decided(filed: Filed) -> None:
    listed = filed.printed("review")
    use, passage = filed.use_of("2140")
    assert use == "review" and str(passage) in listed and "the document gives it in two ways" in listed
    assert f"Operations Update SINGAPORE, {DAY}" in listed
    other = filed.use_of("2410")[1]
    assert filed.run("review", "--accept", str(passage)).exit_code == 2
    assert filed.run("review", "--accept", "0" * 12, "--by", "A. Reader").exit_code == 6
    filed.printed(
        "review", "--accept", str(passage), "--by", "A. Reader", "--note", "The second row is of a later day."
    )
    filed.printed("review", "--reject", str(other), "--by", "A. Reader")
    assert "hold" in filed.printed("check", "ledger")
    assert filed.use_of("2140")[0] == "review", "nothing changes before the next refresh"

    filed.refresh()
    assert filed.use_of("2140")[0] == "published"
    assert filed.use_of("2410")[0] == "rejected"
    told = dict(rows(filed.settings, f"{MONTHS} and period_start_date = date '{FIRST}'"))
    assert told == {"btc_produced": 611, "btc_held": 2140}
    assert "Nothing waits for a person." in filed.printed("review")
    shown = filed.printed("evidence", "fct_miner_operating", "BTDR", f"{FIRST}", "btc_held")
    assert "accepted by A. Reader" in shown

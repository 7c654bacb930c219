"""From filing to fact: a term sheet, a month of a miner and a deal are filed, land in the facts with their passages, and what
the readers doubt waits for a person. What becomes of it then: test_second_day.py."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.filed import DAY, LAST, MONTHS, use_of
from tests.e2e.live_world import World, hashwatt, rows

pytestmark = pytest.mark.e2e

FIRST = LAST.replace(day=1)
TRANCHE = "select principal_m, coupon_pct, price_pct, cast(maturity_date as varchar), citation from fct_bond_tranche"
DEAL = "select counterparty, value_usd_m, critical_it_mw, term_years, is_in_book from fct_ai_deal"


def printed(world: World, *arguments: str) -> str:
    done = hashwatt(world.settings, *arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_three_filings_reach_the_facts_with_their_passages(world: World) -> None:
    ((principal, coupon, price, maturity, citation),) = rows(
        world.settings, f"{TRANCHE} where coupon_pct = 5.125 and issuer = 'META'"
    )
    assert (principal, coupon, price, maturity) == (3250, 5.125, 99.625, "2041-11-15")
    assert str(citation).endswith("/sheet.htm")
    assert rows(world.settings, f"{DEAL} where issuer = 'RIOT' and value_usd_m = 4200") == [
        ("CoreWeave", 4200, 210, 12, True)
    ]
    in_book = "select count(*), sum(value_usd_m) from fct_ai_deal where issuer = 'RIOT' and is_in_book"
    book = "select deal_count, value_usd_m from mart_contracted_ai_book where issuer = 'RIOT'"
    assert rows(world.settings, book) == rows(world.settings, in_book)
    assert rows(world.settings, MONTHS) == [("btc_produced", 611)]
    for value in ("3250000000", "4200000000", "611"):
        assert use_of(world.settings, value)[0] == "published"
    shown = printed(world, "evidence", "fct_miner_operating", "BTDR", f"{FIRST}", "btc_produced")
    assert "Bitcoin Produced 611 598" in shown and "https://www.sec.gov/Archives/edgar/data/1899123/" in shown
    ((deal,),) = rows(world.settings, "select deal_id from fct_ai_deal where issuer = 'RIOT' and value_usd_m = 4200")
    passages = json.loads(printed(world, "evidence", "fct_ai_deal", str(deal), "--format", "json"))
    assert {one["field"]: one["value"] for one in passages} == {
        "counterparty": "CoreWeave",
        "value": "4200000000",
        "critical_mw": "210",
        "term_years": "12",
    }
    for one in passages:
        document = world.edgar.body(re.sub(r"https://www\.sec\.gov", "", one["document_url"])).decode()
        assert document[one["span_start"] : one["span_end"]] == one["quote"]


def test_a_key_without_passage_has_near_ones(world: World) -> None:
    done = hashwatt(world.settings, "evidence", "fct_miner_operating", "BTDR", f"{FIRST}", "btc_mined")
    assert done.exit_code == 6
    assert "near keys: " in done.stderr and f"BTDR {FIRST} btc_produced" in done.stderr


def test_what_is_in_doubt_is_listed_and_decided_under_a_name(world: World) -> None:
    listed = printed(world, "review")
    use, passage = use_of(world.settings, "2140")
    assert use == "review" and str(passage) in listed and "the document gives it in two ways" in listed
    assert f"Operations Update SINGAPORE, {DAY}" in listed
    assert hashwatt(world.settings, "review", "--accept", str(passage)).exit_code == 2
    assert hashwatt(world.settings, "review", "--accept", "0" * 12, "--by", "A. Reader").exit_code == 6

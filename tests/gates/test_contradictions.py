"""Four judgements that loader, gate and dbt once made differently: each is decided in docs/decisions/0021, and all agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ingestion.extract.words import words
from orchestration.errors import PublicationFailed
from orchestration.publish.publication import publish
from quality.judge import judge
from quality.read import LIMITS
from quality.rules import Context
from quality.suites import MART_SUITES, RAW_SUITES
from tests.faults.publication_kit import make_candidate, make_request, settings_for
from tests.gates.world import NOW, marts_world, raw_world
from tests.unit.ledgerrows import GOOD, read, render

pytestmark = pytest.mark.gates

DBT = Path(__file__).resolve().parents[2] / "dbt_project"
DEALS, BONDS = "raw_ledger__ai_deal", "raw_ledger__bond_tranche"


def loaded(entity: str, *rows: dict[str, str]) -> list[str]:
    """The rules by which the loader rejects rows that differ from the good one as told."""
    batch = read(entity, render(entity, *({**GOOD[entity], **row} for row in rows)))
    return [rejected.rule for rejected in batch.rejected]


def model(name: str) -> dict[str, Any]:
    (told,) = yaml.safe_load((DBT / "models" / "marts" / f"{name}.yml").read_text(encoding="utf-8"))["models"]
    return dict(told)


def checks(name: str, column: str) -> list[str]:
    """The expressions that dbt's contract of a model holds a column to."""
    (found,) = [one for one in model(name)["columns"] if one["name"] == column]
    return [one["expression"] for one in found["constraints"] if one["type"] == "check"]


def row_rule(name: str, rule: str) -> str:
    """A rule of dbt's test of rows."""
    (test,) = [one["rows_hold"] for one in model(name)["data_tests"] if "rows_hold" in one]
    return str(test["arguments"]["rules"][rule])


def holds(expression: str, **cells: str) -> bool:
    row = ", ".join(f"{value} AS {name}" for name, value in cells.items())
    answer = duckdb.sql(f"SELECT {expression} FROM (SELECT {row})").fetchone()
    return bool(answer and answer[0])


def test_a_total_below_its_parts_is_the_loaders() -> None:
    part = {"deal_id": "CORZ-1", "value_usd_m": "500", "value_kind": "increment", "value_includes": ""}
    total = {
        "deal_id": "CORZ-2",
        "announced_date": "2024-10-22",
        "known_at_utc": "2025-06-30T23:59:59Z",
        "value_kind": "cumulative",
        "value_includes": "CORZ-1",
    }
    assert loaded("ai_deal", part, {**total, "value_usd_m": "499"}) == ["cumulative_below_parts"]
    assert loaded("ai_deal", part, {**total, "value_usd_m": "500"}) == []
    with raw_world() as connection:
        connection.execute(f"UPDATE raw.{DEALS} SET value_usd_m = 3499 WHERE deal_id = 'CORZ-B'")
        failed = {outcome.rule for outcome in judge(connection, RAW_SUITES[DEALS], Context(NOW)).failures}
    assert failed <= {"value_per_mw_year_plausible"}


@pytest.mark.parametrize(("year", "passes"), [(2025, True), (2024, False)])
def test_a_maturity_known_by_its_year_may_be_any_day_of_it(year: int, passes: bool) -> None:
    announced, settled, matures = "2025-05-13", "2025-05-16", f"{year}-01-01"
    dates = {"announced_date": announced, "settled_date": settled, "maturity_date": matures}
    rejected = loaded("bond_tranche", {**dates, "maturity_precision": "year"})
    assert (rejected == []) is passes and set(rejected) <= {"date_out_of_order"}
    cells = {name: f"DATE '{day}'" for name, day in dates.items()} | {"maturity_precision": "'year'"}
    for expression in (
        *checks("fct_bond_tranche", "maturity_date"),
        row_rule("mart_bond_issuance", "matures_after_announcement"),
    ):
        assert holds(expression, **cells) is passes
        assert not holds(expression, **{**cells, "maturity_date": f"DATE '{announced}'", "maturity_precision": "'day'"})
    assert all(holds(check, tenor_years="0.0") for check in checks("fct_bond_tranche", "tenor_years"))
    with raw_world() as connection:
        connection.execute(f"UPDATE raw.{BONDS} SET maturity_date = DATE '{matures}', maturity_precision = 'year'")
        assert judge(connection, RAW_SUITES[BONDS], Context(NOW)).failures == ()


@pytest.mark.parametrize(("difference", "passes"), [(0.5, True), (0.6, False)])
def test_tranches_make_their_headline_within_half_a_million(difference: float, passes: bool) -> None:
    """The gate of the raw table warns, over the vintage that stands, and nothing else says it again."""
    with raw_world() as connection:
        one = f"SELECT * REPLACE (principal_m + {difference} AS principal_m, known_at_utc + INTERVAL 1 DAY AS known_at_utc)"
        connection.execute(f"INSERT INTO raw.{BONDS} {one} FROM raw.{BONDS} WHERE tranche_id = 'MSFT-1-2030'")
        told = [outcome.rule for outcome in judge(connection, RAW_SUITES[BONDS], Context(NOW)).failures]
    assert told == ([] if passes else ["tranches_make_the_headline"])


@pytest.mark.parametrize(("kind", "passes"), [("DECIMAL(38, 2)", True), ("HUGEINT", False)])
def test_published_types_are_publications(kind: str, passes: bool, tmp_path: Path) -> None:
    with marts_world() as connection:
        connection.execute(f"ALTER TABLE fct_network_daily ALTER blocks TYPE {kind}")
        assert judge(connection, MART_SUITES["fct_network_daily"], Context(NOW)).failures == ()
    request = make_request(settings_for(tmp_path), 1)
    more = f"create table fct_more(k bigint primary key, blocks {kind}); insert into fct_more values (1, 144)"
    make_candidate(request.candidate, 1, extra=more)
    if passes:
        assert publish(request).rows["fct_more"] == 1
    else:
        with pytest.raises(PublicationFailed, match=r"fct_more\.blocks is HUGEINT"):
            publish(request)


def test_what_the_reader_of_deals_is_sure_of_passes_the_gate() -> None:
    low, high = words().band
    assert (
        LIMITS["deal_usd_m_per_mw_year.low"]
        <= low / 1_000_000
        < high / 1_000_000
        <= LIMITS["deal_usd_m_per_mw_year.high"]
    )

"""Each raw table and each published model has a suite, every suite the rules that none may lack, and the page is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.contracts.tables import TABLES
from quality.document import PAGE, render
from quality.from_contract import FED
from quality.suites import MART_SUITES, RAW_SUITES
from tests.gates.test_editions import OF_FEEDS

pytestmark = pytest.mark.gates

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"
PUBLISHED = sorted(path.stem for path in MODELS.rglob("*.sql"))


def test_every_raw_table_has_a_suite() -> None:
    assert set(RAW_SUITES) == set(TABLES)


def test_suites_judge_published_models() -> None:
    """Which need none: what dbt's own tests say of a model is counted as well (test_definitions)."""
    assert len(MART_SUITES) > 10
    assert set(MART_SUITES) <= set(PUBLISHED)


@pytest.mark.parametrize("name", [*RAW_SUITES, *MART_SUITES])
def test_no_suite_lacks_the_rules_that_hold_for_all(name: str) -> None:
    suite = RAW_SUITES.get(name) or MART_SUITES[name]
    rules = {rule.name: rule for rule in suite.rules}
    by_source = name in TABLES and TABLES[name].group in ("sec", *FED)
    quarantine = "quarantine_is_small" if by_source else "quarantine_is_empty"
    always = {"not_empty", "key_unique"} | (
        {"schema_as_declared", quarantine, "known_at_utc_not_in_future"}
        if suite.schema == "raw"
        else {"columns_present", "types_readable", "key_present", "nothing_from_the_future"}
    )
    assert always <= set(rules)
    may_be_empty = {"not_empty"} if name in OF_FEEDS else set()
    assert all(rules[rule].severity == "critical" for rule in always - may_be_empty)


@pytest.mark.parametrize("name", [name for name in RAW_SUITES if "issuer" in TABLES[name].schema().names])
def test_issuers_are_looked_up(name: str) -> None:
    rules = {rule.name for rule in RAW_SUITES[name].rules}
    assert ("cik_unique" if name == "raw_ledger__issuer" else "issuer_known") in rules


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "write it again: python -m quality.document"

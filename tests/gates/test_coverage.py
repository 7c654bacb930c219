"""Each raw table and each published model has a suite, and the page that tells them is current."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.contracts import TABLES
from quality.document import PAGE, render
from quality.suites import MART_SUITES, RAW_SUITES
from tests.gates.test_editions import OF_FEEDS

pytestmark = pytest.mark.gates

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"
PUBLISHED = sorted(path.stem for path in MODELS.rglob("*.sql"))


def test_every_raw_table_has_a_suite() -> None:
    assert set(RAW_SUITES) == set(TABLES)
    assert all(name == suite.table and suite.schema == "raw" for name, suite in RAW_SUITES.items())


def test_every_published_model_has_a_suite() -> None:
    assert len(PUBLISHED) > 10
    assert sorted(MART_SUITES) == PUBLISHED
    assert all(name == suite.table and suite.schema == "main" for name, suite in MART_SUITES.items())


def test_no_model_lacks_the_rules_that_hold_for_all() -> None:
    for name, suite in MART_SUITES.items():
        rules = {rule.name: rule.severity for rule in suite.rules}
        assert rules["nothing_from_the_future"] == "critical", name
        assert rules["not_empty"] == ("warning" if name in OF_FEEDS else "critical"), name


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "write it again: python -m quality.document"

"""Each raw table and each published model has a suite, and the page that tells them is current."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingestion.clock import CLOSE_LAG
from ingestion.contracts import TABLES
from quality.document import MACRO, PAGE, ROOT, render, render_macro
from quality.read import LIMITS
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


def said_twice(sql: str) -> list[str]:
    """Calls with a number where a threshold of the gates is due, and names that are none."""
    of_pairs = r"\b(?:is_tenfold|is_split_sized)\([^()]+, [0-9.]+\)"
    return [*re.findall(of_pairs, sql), *({*re.findall(r"\blimit\('([^']+)'\)", sql)} - {*LIMITS})]


def test_models_ask_for_the_thresholds_of_the_gates_by_name() -> None:
    assert MACRO.read_text(encoding="utf-8") == render_macro(), "write it again: python -m quality.document"
    models = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "dbt_project").glob("m*/**/*.sql")}
    # How near a factor between two providers lies to a whole one is no gate's threshold.
    own = {"int_bar__compared.sql": ["is_split_sized('ratio', 0.005)"]}
    assert {name: told for name, sql in models.items() if (told := said_twice(sql))} == own
    assert said_twice("is_tenfold('ratio', 0.02) limit('no_such')") == ["is_tenfold('ratio', 0.02)", "no_such"]
    for macro in ("close_tolerance_pct", "network_tolerance_pct"):
        (body,) = re.findall(rf"macro {macro}\(\) -%}}(.*?){{%- endmacro", "".join(models.values()), re.S)
        assert re.fullmatch(r"\s*\{\{ limit\('\w+'\)( \| float)? \}\}\s*", body)
    assert LIMITS["bar_after_close_minutes"] == CLOSE_LAG.total_seconds() / 60

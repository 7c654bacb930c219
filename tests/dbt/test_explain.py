"""`hashwatt explain` on a publication that the project's own models built from small documents in EDGAR's format.

Every number expected here is told by the story it comes from, in USD million.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from click.testing import CliRunner, Result

from orchestration.cli.explain import explain
from orchestration.cli.explain_text import METHODS, REASONS, explanation_lines
from orchestration.cli.main import main
from orchestration.publish.publication import publish
from orchestration.settings import Settings
from tests.conftest import Once
from tests.dbt.conftest import ROOT
from tests.dbt.explain_stories import CIKS, CONCEPTS, EVIDENCE, LEDGER, STORIES, millions
from tests.dbt.models import Models
from tests.dbt.sec_home import Registrant, publish_home
from tests.edgar import documents as edgar
from tests.faults.publication_kit import make_request, settings_for
from tests.tables import tables

DATA = tables(__file__)


@pytest.fixture(scope="module")
def settings(once: Once, models: Models) -> Settings:
    """A home whose publication holds the shipped ledger and the stories, each as an issuer of its own."""

    def make(home: Path) -> None:
        told = {issuer: millions(tell(), issuer) for issuer, tell in STORIES.items() if tell}
        registrants = [
            Registrant(
                issuer,
                story.cik,
                story.name,
                edgar.as_json(story.company_facts()),
                None if issuer == "GAP" else edgar.as_json(story.submissions()),
            )
            for issuer, story in told.items()
        ]
        issuers = "".join(
            f'{issuer},{cik},{edgar.NAME},miner,12-31,us-gaap,USD,"10-K, 10-Q",,,{EVIDENCE}\n'
            for issuer, cik in CIKS.items()
        )
        more = {"issuer.csv": issuers, "concept.csv": CONCEPTS, "capex_quarter.csv": LEDGER}
        publish_home(home, models, registrants, more)

    return settings_for(once("explained", make))


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner(env={"HASHWATT_HOME": str(settings.home)}).invoke(main, ["explain", *arguments])


def shown(settings: Settings, *arguments: str) -> str:
    done = run(settings, *arguments)
    assert done.exit_code == 0, done.output
    return done.output


def folded(text: str) -> str:
    return " ".join(text.split())


def section(output: str, title: str) -> str:
    found = re.search(rf"^{re.escape(title)}\n((?:  .*\n)+)", output, flags=re.MULTILINE)
    assert found, f"no section {title} in:\n{output}"
    return folded(found.group(1))


@pytest.mark.parametrize("asked", DATA["numbers"])
def test_a_number_is_explained(settings: Settings, asked: str) -> None:
    expected = DATA["numbers"][asked]
    output = shown(settings, *asked.split())
    whole = folded(output)
    assert whole.startswith(expected.get("begins", "")), expected["promise"]
    assert [words for words in expected.get("says", ()) if folded(words) not in whole] == []
    assert [words for words in expected.get("silent", ()) if words in whole] == []
    for title, said in expected.get("sections", {}).items():
        told = section(output, title)
        assert [words for words in said if folded(words) not in f"{told} "] == [], told
    if "why" in expected:
        assert section(output, "Why there is no number") == folded(REASONS[expected["why"]])
    found: dict[str, Any] = json.loads(shown(settings, *asked.split(), "--format", "json"))
    assert {name: found[name] for name in expected.get("json", {})} == expected.get("json", {})
    rows = {
        "evidence": found["evidence"],
        "counts": [row for row in found["evidence"] if row["is_used"] and row["role"] != "ledger"],
        "others": [row for row in found["evidence"] if row["role"] == "other_concept"],
    }
    for kind in rows.keys() & expected.keys():
        head, *wanted = expected[kind]
        assert [[row[name] for name in head] for row in rows[kind]] == wanted, kind


def test_quarters_of_a_year_that_was_shown_anew_in_part_are_its_parts(settings: Settings) -> None:
    quarters = [explain(settings, "AGAIN", "capex_cash", f"2024Q{number}").number for number in (1, 2, 3, 4)]
    assert sum(quarter["value"] for quarter in quarters) == quarters[3]["minuend_value"] == 700e6


def test_every_metric_of_statements_has_its_meaning(settings: Settings) -> None:
    (described,) = yaml.safe_load((ROOT / "dbt_project/models/marts/fct_financial_quarter.yml").read_text())["models"]
    (rules,) = [test["rows_hold"] for test in described["data_tests"] if "rows_hold" in test]
    with duckdb.connect(str(settings.current / "hashwatt.duckdb"), read_only=True) as published:
        meant = published.execute("SELECT metric, definition FROM dim_metric WHERE standard = 'statements'").fetchall()
    assert sorted(metric for metric, _ in meant) == sorted(rules["arguments"]["values"]["metric"])
    assert explain(settings, "PLAIN", "capex_cash", "2024Q1").meaning == dict(meant)["capex_cash"]


def test_every_published_number_can_be_explained_and_adds_up(settings: Settings) -> None:
    with duckdb.connect(str(settings.current / "hashwatt.duckdb"), read_only=True) as connection:
        rows = connection.execute(
            f"SELECT issuer, metric, calendar_quarter, method FROM fct_financial_quarter WHERE issuer IN {tuple(CIKS)}"
        ).fetchall()
    assert {row[3] for row in rows} == set(METHODS)
    for issuer, metric, quarter, method in rows:
        found = explain(settings, issuer, metric, quarter)
        told = {row["adds_up"] for row in found.evidence}
        assert told == {None if method == "not_derived" else True}, (issuer, metric, quarter)
        assert "\n".join(explanation_lines(found))


def test_what_does_not_exist_is_said_with_what_does(settings: Settings) -> None:
    for asked, *words in DATA["absent"]:
        done = run(settings, *asked.split())
        assert (done.exit_code, done.stdout) == (6, ""), done.output
        assert all(word in done.stderr for word in words), done.stderr


def test_names_may_be_written_in_any_case(settings: Settings) -> None:
    assert shown(settings, "plain", "Capex_Cash", "2024q1") == shown(settings, "PLAIN", "capex_cash", "2024Q1")


@pytest.mark.parametrize("quarter", ["2024", "2024Q5", "2024-Q1", "Q12024", "2024Q1'"])
def test_a_quarter_of_another_form_is_wrong_usage(settings: Settings, quarter: str) -> None:
    assert run(settings, "PLAIN", "capex_cash", quarter).exit_code == 2


def test_a_quote_in_a_name_is_a_name(settings: Settings) -> None:
    assert run(settings, "PLAIN", "x' OR '1'='1", "2024Q1").exit_code == 6
    assert run(settings, "x' OR '1'='1", "cash", "2024Q1").exit_code == 6


def test_nothing_published_is_said(tmp_path: Path) -> None:
    assert run(settings_for(tmp_path), "PLAIN", "capex_cash", "2024Q1").exit_code == 5


def test_a_publication_without_the_tables_is_refused(tmp_path: Path) -> None:
    made = settings_for(tmp_path)
    publish(make_request(made, 1))
    done = run(made, "PLAIN", "capex_cash", "2024Q1")
    assert done.exit_code == 6 and "mart_number_evidence" in done.stderr and "hashwatt refresh" in done.stderr


LIGHT = """
import sys
from click.testing import CliRunner
from orchestration.cli.main import main
outcome = CliRunner().invoke(main, ["explain", "PLAIN", "capex_cash", "2024Q4"])
assert outcome.exit_code == 0, outcome.output
print(" ".join(sorted({name.split(".")[0] for name in sys.modules})))
"""
HEAVY = {"dagster", "dbt", "great_expectations", "pandas", "pyarrow", "numpy", "rich", "requests"}


def test_explaining_imports_nothing_heavy_and_is_quick(settings: Settings) -> None:
    environment = {**os.environ, "HASHWATT_HOME": str(settings.home), "PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", LIGHT], env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    loaded = set(done.stdout.split())
    assert {"duckdb", "click", "orchestration"} <= loaded and loaded & HEAVY == set()
    # Seconds of the processor, not of the clock: the machine may be busy, the imports must not be.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.7

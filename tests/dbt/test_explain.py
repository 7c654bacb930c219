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
from tests.dbt.explain_stories import CIKS, CONCEPTS, EVIDENCE, LEASES, LEDGER, STORIES, WITH_LEASES, millions
from tests.dbt.models import Models
from tests.dbt.sec_home import Registrant, publish_home
from tests.edgar import documents as edgar
from tests.edgar.documents import CAPEX, FY, Q1, Q2, Q3
from tests.faults.publication_kit import make_request, settings_for


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


def as_json(settings: Settings, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shown(settings, *arguments, "--format", "json"))
    return found


def used(found: dict[str, Any], *columns: str) -> list[Any]:
    """The vintages that count, in the order of the formula, without what the ledger says."""
    rows = [row for row in found["evidence"] if row["is_used"] and row["role"] != "ledger"]
    return [row[columns[0]] if len(columns) == 1 else tuple(row[name] for name in columns) for row in rows]


def section(output: str, title: str) -> str:
    found = re.search(rf"^{re.escape(title)}\n((?:  .*\n)+)", output, flags=re.MULTILINE)
    assert found, f"no section {title} in:\n{output}"
    return found.group(1)


def test_a_first_quarter_stands_as_reported(settings: Settings) -> None:
    output = shown(settings, "PLAIN", "capex_cash", "2024Q1")
    assert output.startswith(f"PLAIN capex_cash 2024Q1: 100 USD million\n{edgar.NAME}, CIK {CIKS['PLAIN']}\n")
    assert "Basis       cash paid for property and equipment\n" in output
    assert "Metric      cash paid in the quarter for property and equipment, from the" in output
    assert "Method      reported: " in output
    assert "quarter 1 of the fiscal year from 2024-01-01" in output
    sums = section(output, "Arithmetic, USD million")
    assert f"100  us-gaap:{CAPEX} for 2024-01-01 to 2024-03-31, {Q1.accession}\n" in sums and "=" not in sums
    # Accepted in summer time, four hours behind.
    assert f"{Q1.accession}  10-Q  2024-05-02  2024-05-02 20:05:00  2024-05-02 16:05:00\n" in output


def test_every_metric_of_statements_has_its_meaning(settings: Settings) -> None:
    (described,) = yaml.safe_load((ROOT / "dbt_project/models/marts/fct_financial_quarter.yml").read_text())["models"]
    (rules,) = [test["rows_hold"] for test in described["data_tests"] if "rows_hold" in test]
    with duckdb.connect(str(settings.current / "hashwatt.duckdb"), read_only=True) as published:
        meant = published.execute("SELECT metric, definition FROM dim_metric WHERE standard = 'statements'").fetchall()
    assert sorted(metric for metric, _ in meant) == sorted(rules["arguments"]["values"]["metric"])
    assert explain(settings, "PLAIN", "capex_cash", "2024Q1").meaning == dict(meant)["capex_cash"]


def test_a_difference_names_both_numbers_and_their_filings(settings: Settings) -> None:
    found = as_json(settings, "PLAIN", "capex_cash", "2024Q4")
    assert (found["value"], found["unit"], found["value_usd_m"]) == (250e6, "USD", 250.0)
    assert found["method"] == "ytd_difference"
    assert used(found, "role", "sign", "operand_value", "accession", "term_value", "adds_up") == [
        ("minuend", 1, 700e6, FY.accession, 250e6, True),
        ("subtrahend", -1, 450e6, Q3.accession, 250e6, True),
    ]
    # In winter five hours behind.
    year = found["evidence"][0]
    assert year["operand_known_at_utc"] == "2025-02-20T21:05:00"
    assert year["operand_known_at_new_york"] == "2025-02-20T16:05:00-05:00"
    assert found["known_at_utc"] == "2025-02-20T21:05:00" and found["known_at_new_york"].startswith(
        "2025-02-20T16:05:00"
    )
    sums = section(shown(settings, "PLAIN", "capex_cash", "2024Q4"), "Arithmetic, USD million")
    assert re.findall(r"^  ([-= ]) (\d+)  ", sums, flags=re.MULTILINE) == [(" ", "700"), ("-", "450"), ("=", "250")]


def test_a_late_restatement_shows_what_it_changed_and_when(settings: Settings) -> None:
    """The half-year went from 250 to 240 after the year; the year's other numbers were not filed again."""
    found = as_json(settings, "LATE", "capex_cash", "2024Q2")
    told = ("operand_value", "change", "change_kind", "replaced_by", "replaced_at_utc", "number_then")
    first, amended = (row for row in found["evidence"] if row["role"] == "minuend")
    assert [first[name] for name in told] == [
        250e6,
        None,
        None,
        edgar.AMENDED_Q2.accession,
        "2025-03-14T20:05:00",
        150e6,
    ]
    assert [amended[name] for name in told] == [240e6, -10e6, "restated", None, None, 140e6]
    assert amended["accession"] == edgar.AMENDED_Q2.accession and amended["form"] == "10-Q/A"
    # 240 less 100 would mix the two: no number stands, and the one that once stood is still told.
    assert found["value"] is None and found["null_reason"] == "mixed_vintages" and amended["adds_up"] is None
    assert found["first_value"] == 150e6
    output = shown(settings, "LATE", "capex_cash", "2024Q2")
    assert output.startswith("LATE capex_cash 2024Q2: no number\n")
    assert section(output, "Why there is no number").strip() == REASONS["mixed_vintages"]
    assert "again the one that was not restated" in section(output, "What would be needed")
    sums = section(output, "Arithmetic, USD million")
    assert "= 140  not published, see above\n" in sums and "Added up" not in sums
    vintages = section(output, "Vintages, USD million")
    assert "The quarter as first filed: 150, known 2024-08-01 20:05:00 UTC; no number stands now\n" in vintages
    restated = rf"240 +-10 +restated +{edgar.AMENDED_Q2.accession} +10-Q/A +2025-03-14 20:05:00\n"
    assert re.search(restated, vintages)
    assert "    2025-03-14 20:05:00  140\n" in vintages
    assert "quarters_null_mixed_vintages" in section(output, "Findings about the data")


def test_a_represented_comparative_waits_for_the_rest_of_its_year(settings: Settings) -> None:
    """The first quarter and the year were shown anew, the six and nine months never: the year stands whole as first filed."""
    found = as_json(settings, "AGAIN", "capex_cash", "2024Q1")
    assert (found["value"], found["first_value"], found["minuend_latest_value"]) == (100e6, 100e6, 110e6)
    assert used(found, "accession", "operand_value", "adds_up") == [(edgar.Q1.accession, 100e6, True)]
    assert [row["number_then"] for row in found["evidence"]] == [100e6, 110e6]
    vintages = section(shown(settings, "AGAIN", "capex_cash", "2024Q1"), "Vintages, USD million")
    assert "A later filing gives another number than the one used" in vintages
    quarters = [as_json(settings, "AGAIN", "capex_cash", f"2024Q{number}") for number in (1, 2, 3, 4)]
    assert sum(quarter["value"] for quarter in quarters) == quarters[3]["minuend_value"] == 700e6
    assert "A later filing" not in shown(settings, "PLAIN", "capex_cash", "2024Q1")


def test_a_missing_operand_is_named_with_its_days(settings: Settings) -> None:
    for quarter in ("2024Q3", "2024Q4"):
        output = shown(settings, "GAP", "capex_cash", quarter)
        assert section(output, "Why there is no number").strip() == REASONS["missing_9m"]
        needed = section(output, "What would be needed")
        assert f"a filing that gives us-gaap:{CAPEX} for 2024-01-01 to 2024-09-30\n" in needed
        assert "or a row of the ledger" in needed
        assert f"missing  us-gaap:{CAPEX} for 2024-01-01 to 2024-09-30\n" in section(output, "Arithmetic, USD million")
    assert "- 250  " in re.sub(
        " +250", " 250", section(shown(settings, "GAP", "capex_cash", "2024Q3"), "Arithmetic, USD million")
    )


@pytest.mark.parametrize(
    ("issuer", "utc", "new_york", "why", "basis"),
    [
        ("GAP", "2024-05-03 04:00:00", "2024-05-03 00:00:00", "the end of the filing day", "filed_date"),
        ("BOUND", "2024-05-02 18:30:00", "2024-05-02 14:30:00", "UTC or New York is not proved", "bound"),
    ],
)
def test_an_acceptance_that_is_not_proved_is_named_as_a_bound(
    settings: Settings, issuer: str, utc: str, new_york: str, why: str, basis: str
) -> None:
    output = shown(settings, issuer, "capex_cash", "2024Q1")
    words = f"accepted at the latest then: {why}"
    assert f"2024-05-02  {utc}  {new_york}  {words}\n" in section(output, "Filings")
    assert f"Known       {utc} UTC, {new_york} New York ({words})\n" in output
    if basis == "filed_date":
        assert "facts_known_by_filing_day" in section(output, "Findings about the data")
    assert used(as_json(settings, issuer, "capex_cash", "2024Q1"), "known_at_basis") == [basis]


def test_an_acceptance_that_is_proved_is_no_bound(settings: Settings) -> None:
    assert "at the latest" not in shown(settings, "PLAIN", "capex_cash", "2024Q1")
    assert used(as_json(settings, "PLAIN", "capex_cash", "2024Q1"), "known_at_basis") == ["acceptance"]


def test_a_switch_of_concepts_shows_the_number_under_the_other_one(settings: Settings) -> None:
    found = as_json(settings, "SWITCH", "capex_cash", "2024Q3")
    assert found["null_reason"] == "concept_switched" and found["xbrl_concept"] == f"us-gaap:{edgar.CAPEX_OTHER}"
    others = [row for row in found["evidence"] if row["role"] == "other_concept"]
    assert [(row["concept"], row["operand_value"], row["sign"]) for row in others] == [(f"us-gaap:{CAPEX}", 250e6, 0)]
    sums = section(shown(settings, "SWITCH", "capex_cash", "2024Q3"), "Arithmetic, USD million")
    assert (
        f"Under other concepts of the metric:\n    250  us-gaap:{CAPEX} for 2024-01-01 to 2024-06-30, {Q2.accession}"
        in (re.sub(r"^  ", "", sums, flags=re.MULTILINE).replace("\n  250", "\n    250"))
    )


def test_terms_are_added(settings: Settings) -> None:
    found = as_json(settings, "TWO", "capex_with_finance_leases", "2024Q3")
    assert (found["value"], found["basis"]) == (220e6, WITH_LEASES)
    assert used(found, "term_number", "concept", "sign", "operand_value", "term_value", "adds_up") == [
        (1, f"us-gaap:{CAPEX}", 1, 450e6, 200e6, True),
        (1, f"us-gaap:{CAPEX}", -1, 250e6, 200e6, True),
        (2, f"us-gaap:{LEASES}", 1, 45e6, 20e6, True),
        (2, f"us-gaap:{LEASES}", -1, 25e6, 20e6, True),
    ]
    sums = section(shown(settings, "TWO", "capex_with_finance_leases", "2024Q3"), "Arithmetic, USD million")
    steps = re.findall(r"^  ([-+= ]) +(\d+)  (\w+)", sums, flags=re.MULTILINE)
    assert " ".join(sign + number for sign, number, _ in steps).strip() == "450 -250 =200 +45 -25 =20 =220"
    assert "= 220  sum of the terms\n" in sums


def test_the_quarter_by_itself_stands_beside_the_difference(settings: Settings) -> None:
    second = section(shown(settings, "ITSELF", "capex_cash", "2024Q2"), "Arithmetic, USD million")
    assert "= 150  difference\n" in second and ", the quarter by itself, +1 against the difference\n" in second
    # Without the nine months the quarter is what its filing says of it.
    third = as_json(settings, "ITSELF", "capex_cash", "2024Q3")
    assert (third["value"], third["method"]) == (200e6, "reported")
    assert used(third, "role", "sign", "operand_value") == [("subtrahend", 0, 250e6), ("reported", 1, 200e6)]
    lines = section(shown(settings, "ITSELF", "capex_cash", "2024Q3"), "Arithmetic, USD million").splitlines()
    said = f"200 us-gaap:{CAPEX} for 2024-07-01 to 2024-09-30, {Q3.accession}, the quarter by itself"
    assert " ".join(lines[0].split()) == said
    assert "missing" not in "".join(lines)


def test_a_balance_is_not_subtracted_from(settings: Settings) -> None:
    found = as_json(settings, "PLAIN", "cash", "2024Q2")
    assert used(found, "role", "sign", "operand_value", "period_start_date") == [("balance", 1, 1250e6, "2024-06-30")]
    assert found["value"] == 1250e6


def test_the_ledgers_figure_stands_beside_with_its_difference(settings: Settings) -> None:
    output = shown(settings, "PLAIN", "capex_cash", "2024Q2")
    assert "155, +5 against the number.\n" in section(output, "Ledger, USD million")
    assert "warning   PLAIN capex_cash  differs_from_ledger" in section(output, "Findings about the data")
    beside = as_json(settings, "PLAIN", "capex_cash", "2024Q2")["evidence"][-1]
    assert (beside["role"], beside["sign"], beside["operand_value"], beside["difference"]) == ("ledger", 0, 155e6, 5e6)
    assert "no row" in section(shown(settings, "PLAIN", "capex_cash", "2024Q1"), "Ledger, USD million")


def test_a_number_of_the_ledger_shows_its_citation_and_no_arithmetic(settings: Settings) -> None:
    output = shown(settings, "EMPTY", "capex_cash", "2024Q2")
    assert output.startswith("EMPTY capex_cash 2024Q2: 77 USD million\n")
    assert "Method      ledger: read by hand" in output and "Known       2024-08-09 23:59:59 UTC" in output
    told = section(output, "Ledger, USD million")
    assert "Citation: A report, https://news.example/7\n" in told and "Page: https://news.example/7\n" in told
    for absent in ("Arithmetic", "Filings", "Vintages"):
        assert absent not in output
    (row,) = as_json(settings, "EMPTY", "capex_cash", "2024Q2")["evidence"]
    assert (row["role"], row["sign"], row["accession"]) == ("ledger", 1, None)
    assert (row["citation"], row["filing_page"]) == ("A report, https://news.example/7", "https://news.example/7")
    assert f"Row: {row['ledger_file']} line {row['ledger_line']}\n" in output


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
    for arguments, words in (
        (("PLANE", "capex_cash", "2024Q1"), ("there is no issuer PLANE; near names: PLAIN", "EMPTY")),
        (("marathon", "capex_cash", "2024Q1"), ("near names: MARA", "of the universe")),
        (
            ("PLAIN", "capex", "2024Q1"),
            ("there is no metric capex of PLAIN; near names: capex_cash", "cash 2024Q1 to 2024Q4"),
        ),
        (
            ("PLAIN", "revenue", "2024Q1"),
            ("mart_data_quality: no_fact_of_RevenueFromContract", "PLAIN has capex_cash 2024Q1 to"),
        ),
        (("PLAIN", "capex_cash", "2031Q1"), ("there is no 2031Q1", "the nearest is 2024Q4", "2024Q1 to 2024Q4")),
        (("RIOT", "capex_cash", "2024Q1"), ("nothing is published of RIOT's quarters", "PLAIN", "MSFT")),
    ):
        done = run(settings, *arguments)
        assert done.exit_code == 6, done.output
        assert all(word in done.stderr for word in words), done.stderr
        assert done.stdout == ""


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
HEAVY |= {"quality"}  # which brings them; of ingestion the clock alone may be needed


def test_explaining_imports_nothing_heavy_and_is_quick(settings: Settings) -> None:
    environment = {**os.environ, "HASHWATT_HOME": str(settings.home), "PYTHONPATH": str(ROOT)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, "-c", LIGHT], env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    loaded = set(done.stdout.split())
    assert {"duckdb", "click", "orchestration"} <= loaded and loaded & HEAVY == set()
    # Seconds of the processor, not of the clock: the machine may be busy, the imports must not be.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.7

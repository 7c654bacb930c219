"""Suites as data: what the reader of their yml fills in, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import quality
from quality.read import LIMITS, read_limits, read_yml, rules_of
from quality.rules import QUERY

pytestmark = pytest.mark.gates

ROOM = Path(quality.__file__).parent
SUITES = sorted((ROOM / "suites").glob("*/*.yml"))


def suite(query: str = "SELECT * FROM {batch}", **changes: Any) -> dict[str, Any]:
    entry = {
        "type": "unexpected_rows_expectation",
        "severity": "warning",
        "description": "At most {limits.move_share:.0%}.",
        "kwargs": {QUERY: query},
        "meta": {"rule": "moves", "remedy": "Look. {remedy}"},
    }
    return {"name": "t", "meta": {"sql": {"latest": "(SELECT 1 FROM {batch})"}}, "expectations": [{**entry, **changes}]}


def test_thresholds_pieces_and_remedies_are_filled_in() -> None:
    query = "SELECT * FROM {sql.latest} WHERE x > {limits.bond_price_pct.low}"
    (rule,) = rules_of(suite(query), "Mend it.")
    assert rule.query == f"SELECT * FROM (SELECT 1 FROM {{batch}}) WHERE x > {LIMITS['bond_price_pct.low']}"
    assert (rule.states, rule.remedy) == ("At most 60%.", "Look. Mend it.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (suite("SELECT {sql.gone} FROM {batch}"), r"suite t: \{sql\.gone\} stands nowhere"),
        (suite("SELECT {limits.gone} FROM {batch}"), r"suite t: \{limits\.gone\} stands nowhere"),
        (suite(severity="fatal"), "suite t: rule moves: a severity"),
        (suite(meta={"rule": "moves", "mistyped": 1}), "suite t: rule moves: nothing reads mistyped"),
        (suite(notes="?"), "suite t: rule moves: nothing reads notes"),
    ],
)
def test_what_is_no_suite_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        rules_of(given, "Mend it.")


@pytest.mark.parametrize("entry", ["x: {value: 1}", "x: {low: 1, why: It is.}", "x: {value: 1, why: no sentence}"])
def test_a_limit_has_its_numbers_and_a_reason(entry: str) -> None:
    with pytest.raises(ValueError, match="limit x"):
        read_limits(entry)


def test_every_limit_is_used_and_every_suite_is_named_after_its_file() -> None:
    read = "".join(path.read_text(encoding="utf-8") for path in SUITES)
    used = {name.removesuffix(".low").removesuffix(".high") for name in re.findall(r"\{limits\.([a-z0-9_.]+)", read)}
    used |= set(re.findall(r'LIMITS\["([a-z_]+)"\]', (ROOM / "from_contract.py").read_text(encoding="utf-8")))
    assert used == set(yaml.safe_load((ROOM / "limits.yml").read_text(encoding="utf-8")))
    assert all(read_yml(path)["name"] == path.stem for path in SUITES)


def test_great_expectations_reads_the_suites_as_its_own() -> None:
    """Type, severity, description and meta are its own words: a suite is built of a file without our reader."""
    from great_expectations import ExpectationSuite

    for path in SUITES:
        told = read_yml(path)
        built = ExpectationSuite(told["name"], expectations=told["expectations"], meta=told.get("meta"))
        assert len(built.expectations) == len(told["expectations"])

"""The words and numbers of `hashwatt explain`; what it finds is proved on real models in tests/dbt/test_explain.py."""

from __future__ import annotations

from pathlib import Path

import yaml

from orchestration.cli.explain_text import CHANGES, METHODS, REASONS, amount

MARTS = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "marts"


def test_every_method_reason_and_change_has_its_words() -> None:
    for model, column, words in (
        ("fct_financial_quarter", "method", METHODS),
        ("fct_financial_quarter", "null_reason", REASONS),
        ("fct_financial_xbrl", "change_kind", CHANGES),
    ):
        (described,) = yaml.safe_load((MARTS / f"{model}.yml").read_text())["models"]
        (rules,) = [test["rows_hold"] for test in described["data_tests"] if "rows_hold" in test]
        values = rules["arguments"]["values"][column]
        assert set(values) == set(words) - {None}


def test_amounts_are_exact() -> None:
    for value, unit, signed, expected in (
        (22_446_000_000, "USD", False, "22,446"),
        (1_234_567, "USD", False, "1.234567"),
        (0, "USD", True, "0"),
        (10_000_000, "CAD", True, "+10"),
        (13_242_000_000, "shares", False, "13,242,000,000"),
    ):
        assert amount(value, unit, signed=signed) == expected

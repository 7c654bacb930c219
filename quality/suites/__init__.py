"""Which suite judges which table: what follows from its contract, and the rules of its yml in raw/ or marts/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingestion.contracts import TABLES
from quality.from_contract import REMEDIES, base_rules
from quality.read import read_yml, rules_of
from quality.rules import Rule, Suite

_FOLDER = Path(__file__).parent
_EVERY_MODEL: dict[str, Any] = read_yml(_FOLDER / "marts" / "every_model.yml")
MODEL = "The model is wrong, not the data: correct it under dbt_project/models and add a unit test for the case."


def _own(folder: str, table: str, remedy: str) -> tuple[Rule, ...]:
    path = _FOLDER / folder / f"{table}.yml"
    return rules_of(read_yml(path), remedy) if path.exists() else ()


def _raw_suites() -> dict[str, Suite]:
    return {
        name: Suite(
            name,
            "raw",
            table.key,
            (*base_rules(table), *_own("raw", name, REMEDIES[table.group])),
            tuple(column.name for column in table.columns),
        )
        for name, table in TABLES.items()
    }


def _mart_suites() -> dict[str, Suite]:
    """The rules of every published model, each in the form that the model's own yml gives it, if it does."""
    suites = {}
    for name, key in _EVERY_MODEL["meta"]["models"].items():
        rules = {rule.name: rule for rule in (*every_model(), *_own("marts", name, MODEL))}
        suites[name] = Suite(name, "main", tuple(key), tuple(rules.values()))
    return suites


def every_model() -> tuple[Rule, ...]:
    """What holds for each published model whose own yml says nothing else."""
    return rules_of(_EVERY_MODEL, MODEL)


RAW_SUITES: dict[str, Suite] = _raw_suites()
MART_SUITES: dict[str, Suite] = _mart_suites()
"""By name of the table; a table without contract and a model that none was written for are not among them."""


def own_rules(suite: Suite) -> tuple[Rule, ...]:
    """The rules that its own yml gives a suite, beside those of its contract and those of every model."""
    shared = base_rules(TABLES[suite.table]) if suite.schema == "raw" else every_model()
    return tuple(rule for rule in suite.rules if rule not in shared)

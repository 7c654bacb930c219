"""Renders docs/gates.md from the suites, and the dbt macro of the thresholds that models share with gates. `python -m quality.document`
writes both; a test keeps them current."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from quality.read import LIMITS
from quality.rules import SEVERITIES, Rule
from quality.suites import MART_SUITES, RAW_SUITES, every_model, own_rules

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "gates.md"
MACRO = ROOT / "dbt_project" / "macros" / "limits.sql"

OPENING = """\
# Gates: what must hold before anything is published

This page is written by `python -m quality.document` from the suites in `quality/`; do not edit it by hand.

Each raw table is judged before it enters the lake, each published model before the publication. A suite is one of Great
Expectations: its own expectations and queries run on DuckDB where the data lies, and the validation's results go to the
run's check ledger. A **critical** rule that does not hold stops the run: nothing is published, and the last publication
stays. A **warning** is published with the data, in `meta_check`. **info** tells what a reader may want to know and asks
for nothing. A check that crashes, is missing from the ledger, or looked at no rows counts as critical. In a run that
looks back (`--as-of`), and in the bundle edition, which holds no list of filings and asks no provider, some rules
weigh less; the tables say which.

Each statement has one owner. What one raw row promises (types, nulls, ranges, values, keys, references, times) is its
contract in `ingestion/contracts/`, held at landing and here again by expectations made from it; this page does not repeat
them. That a model is right is tested by dbt, beside the model. Here are the rules between: raw rows against each other,
the clock and a second provider, and whether a published figure is plausible.

To add a rule, write it in the yml of its table under `quality/suites/`, its threshold with the reason in
`quality/limits.yml` and the mutation that breaks it in `tests/gates/mutations.yml`, and write this page again.
"""


def render_macro() -> str:
    limits = "".join(f"        '{name}': {value},\n" for name, value in LIMITS.items())
    return (
        "{#- A threshold of quality/limits.yml, where its reason is. Written by `python -m quality.document`; edit it there. -#}\n"
        f"{{% macro limit(name) -%}}\n    {{%- set limits = {{\n{limits}    }} -%}}\n    {{{{ limits[name] }}}}\n{{%- endmacro %}}\n"
    )


def render() -> str:
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield OPENING
    for title, suites in (("Raw tables", RAW_SUITES), ("Published models", MART_SUITES)):
        own = {name: rules for name, suite in suites.items() if (rules := own_rules(suite))}
        counts = Counter(rule.severity for rules in own.values() for rule in rules)
        told = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES)
        yield f"## {title}\n"
        yield f"{sum(counts.values())} rules of their own ({told}).\n"
        if suites is MART_SUITES:
            yield from _table("every model", every_model())
        for name, rules in own.items():
            yield from _table(name, rules)


def _table(title: str, rules: tuple[Rule, ...]) -> Iterator[str]:
    yield f"### {title}\n"
    yield "| rule | severity | what holds |"
    yield "|---|---|---|"
    for rule in rules:
        yield f"| `{rule.name}` | {_severity(rule)} | {rule.states.replace('|', chr(92) + '|')} |"
    yield ""


def _severity(rule: Rule) -> str:
    cases = (("when looking back", rule.as_of_severity), ("in the bundle edition", rule.bundle_severity))
    other = [f"{severity} {when}" for when, severity in cases if severity not in (None, rule.severity)]
    return f"{rule.severity} ({', '.join(other)})" if other else rule.severity


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    MACRO.write_text(render_macro(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE} and {MACRO}\n")

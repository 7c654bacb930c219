"""Renders docs/gates.md from the suites and gates.md.j2, and the dbt macro of the thresholds that models share with gates. `python -m quality.document`
writes both; a test keeps them current."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from jinja2 import Template

from quality.read import LIMITS
from quality.rules import SEVERITIES, Rule
from quality.suites import MART_SUITES, RAW_SUITES, every_model, own_rules

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "gates.md"
TEMPLATE = Path(__file__).with_name("gates.md.j2")
MACRO = ROOT / "dbt_project" / "macros" / "limits.sql"


def render_macro() -> str:
    limits = "".join(f"        '{name}': {value},\n" for name, value in LIMITS.items())
    return (
        "{#- A threshold of quality/limits.yml, where its reason is. Written by `python -m quality.document`; edit it there. -#}\n"
        f"{{% macro limit(name) -%}}\n    {{%- set limits = {{\n{limits}    }} -%}}\n    {{{{ limits[name] }}}}\n{{%- endmacro %}}\n"
    )


def render() -> str:
    rooms = []
    for title, suites in (("Raw tables", RAW_SUITES), ("Published models", MART_SUITES)):
        own = [(name, rules) for name, suite in suites.items() if (rules := own_rules(suite))]
        counts = Counter(rule.severity for _, rules in own for rule in rules)
        told = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES)
        shared = [("every model", every_model())] if suites is MART_SUITES else []
        rooms.append((title, f"{sum(counts.values())} rules of their own ({told}).", [*shared, *own]))
    return Template(TEMPLATE.read_text(encoding="utf-8"), trim_blocks=True, keep_trailing_newline=True).render(
        rooms=rooms, severity=_severity
    )


def _severity(rule: Rule) -> str:
    cases = (("when looking back", rule.as_of_severity), ("in the bundle edition", rule.bundle_severity))
    other = [f"{severity} {when}" for when, severity in cases if severity not in (None, rule.severity)]
    return f"{rule.severity} ({', '.join(other)})" if other else rule.severity


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    MACRO.write_text(render_macro(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE} and {MACRO}\n")

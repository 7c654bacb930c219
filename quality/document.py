"""Renders docs/gates.md from the suites. `python -m quality.document` writes it; a test keeps it current."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from quality.rules import SEVERITIES, Rule, Suite
from quality.suites import MART_SUITES, RAW_SUITES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "gates.md"

OPENING = """\
# Gates: what must hold before anything is published

This page is written by `python -m quality.document` from the suites in `quality/`; do not edit it by hand.

Each raw table is judged before it enters the lake, each published model before the publication. One DuckDB statement
counts the violations of all rules of a table, one Great Expectations validation judges the counts, and the result goes
to the run's check ledger. A **critical** rule that does not hold stops the run: nothing is published, and the last
publication stays. A **warning** is published with the data, in `meta_check`. **info** tells what a reader may want to
know and asks for nothing. A check that crashes, is missing from the ledger, or looked at no rows counts as critical.
In a run that looks back (`--as-of`), and in the bundle edition, which holds no filings of the SEC and asks no provider,
some rules weigh less; the tables say which.

Rules of raw tables that are named after a column follow from its contract in `ingestion/contracts/`. To add a rule, write it
in the suite of its table under `quality/suites/`, add the mutation that breaks it under `tests/gates/`, and write this
page again.
"""


def render() -> str:
    """The whole page."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield OPENING
    for title, suites in (("Raw tables", RAW_SUITES), ("Published models", MART_SUITES)):
        counts = Counter(rule.severity for suite in suites.values() for rule in suite.rules)
        told = ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES)
        yield f"## {title}\n"
        yield f"{len(suites)} suites, {sum(counts.values())} rules: {told}.\n"
        for suite in suites.values():
            yield from _suite_lines(suite)


def _suite_lines(suite: Suite) -> Iterator[str]:
    yield f"### {suite.table}\n"
    if suite.reads:
        yield f"Reads also: {', '.join(f'`{relation}`' for relation in suite.reads)}.\n"
    yield "| rule | severity | what holds |"
    yield "|---|---|---|"
    for rule in suite.rules:
        yield f"| `{rule.name}` | {_severity(rule)} | {rule.states.replace('|', chr(92) + '|')} |"
    yield ""


def _severity(rule: Rule) -> str:
    cases = (("when looking back", rule.as_of_severity), ("in the bundle edition", rule.bundle_severity))
    other = [f"{severity} {when}" for when, severity in cases if severity not in (None, rule.severity)]
    return f"{rule.severity} ({', '.join(other)})" if other else rule.severity


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE}\n")

"""The expectations of a raw table that follow from its contract, read off it: what breaks each is here, its words are in
from_contract.yml. Rules that need judgement live in suites/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ingestion.contracts.contract import REAL, TEXT, Column, Table
from quality.read import LIMITS, read_yml
from quality.rules import QUERY, ROW_COUNT, Rule, Severity
from quality.sql import literal, quoted, schema_differences

# Tables of what providers answer, and how the lake names a provider among the sources of a batch.
FED = ("market", "network", "macro", "feed")
# Groups of tables that are made of what EDGAR answers.
FILED = ("sec", "extract")
FROM_PROVIDERS = "^feed/(market|network|macro)/"
IN_SET, BETWEEN = "expect_column_values_to_be_in_set", "expect_column_values_to_be_between"

NOTHING: Mapping[str, object] = {}
_WORDS = read_yml(Path(__file__).with_name("from_contract.yml"))
# What to do about a bad row, by group of the table, when a rule knows nothing better.
REMEDIES: dict[str, str] = _WORDS["remedies"]


def base_rules(table: Table) -> tuple[Rule, ...]:
    """Rules that follow from the contract alone, in the order they are judged."""
    return tuple(_rules(table))


def past_dates(table: Table) -> tuple[str, ...]:
    """Date columns of `table` that lie in the past of every row: what it is partitioned by, and what its contract allows no
    days ahead."""
    names = [table.partition.column] if table.partition.kind in ("month", "year") else []
    if table.group in FILED:
        # Filings speak of days to come as well: a dividend, a maturity. The filing itself lies in the past.
        return tuple(column.name for column in table.own_columns if column.name == "filed_date")
    return (*names, *(column.name for column in table.own_columns if column.days_ahead == 0))


def dated_precisions(table: Table) -> tuple[tuple[str, str], ...]:
    """Pairs of a date column and the column that says how exact it is."""
    names = {column.name for column in table.own_columns}
    pairs = ((f"{n.removesuffix('_precision')}_date", n) for n in sorted(names) if n.endswith("_precision"))
    return tuple(pair for pair in pairs if pair[0] in names)


def _rule(table: Table, kind: str, told: Mapping[str, object] = NOTHING, column: str = "", **broken: Any) -> Rule:
    """The rule of a kind, of a column where one is named; what is `told` of it stands in its words."""
    words = _WORDS["rules"][kind]
    facts = {"remedy": REMEDIES[table.group], "table": table.name, "column": column, **told}
    said = {"severity": words["severity"], **{part: words[part].format(**facts) for part in ("states", "remedy")}}
    return Rule(f"{column}_{kind}" if column else kind, **(said | broken))


def _rules(table: Table) -> Iterator[Rule]:
    rule = partial(_rule, table)
    declared = {column.name: column.sql_type.upper() for column in table.columns}
    yield rule("schema_as_declared", kwargs={QUERY: schema_differences(declared)}, prerequisite=True)
    yield from _whole_table_rules(table)
    for column in table.columns:
        yield from _column_rules(table, column)
    blank, infinite = "trim({}) = ''", "NOT isfinite({})"
    for kind, condition, columns in (
        ("text_not_blank", blank, [c for c in table.columns if c.type == TEXT and not c.nullable]),
        ("blank_text_is_null", blank, [c for c in table.own_columns if c.type == TEXT and c.nullable]),
        ("numbers_finite", infinite, [c for c in table.columns if c.type == REAL]),
    ):
        if columns:
            yield rule(kind, where=" OR ".join(condition.format(quoted(column.name)) for column in columns))
    yield from _time_rules(table)


def _whole_table_rules(table: Table) -> Iterator[Rule]:
    filings, fed = table.group in FILED, table.group in FED
    few, share = LIMITS["quarantine_few_rows"], LIMITS["quarantine_share"]
    if filings or fed:
        # Filers make mistakes that stay on file for ever, and a free source's odd row is a hole that another provider
        # fills or a gap names: a few odd entries must not keep all the others from readers, many mean that a format has
        # changed. One registrant or provider at a time: what is lost there is small beside all the others.
        of, but = ("registrant", "not all") if filings else ("provider", "none of what we ship")
        every = "rows_put_aside >= rows_read" if filings else f"NOT regexp_matches(origin, {literal(FROM_PROVIDERS)})"
        many = f"rows_put_aside > greatest({few}, {share} * rows_read) OR (rows_put_aside > 0 AND {every})"
        told = {"of": of, "few": few, "share": share, "but": but}
        yield _rule(table, "quarantine_is_small", told, kwargs=_put_aside(many))
    severity: Severity = "warning" if filings or fed else "critical"
    yield _rule(table, "quarantine_is_empty", severity=severity, kwargs=_put_aside("rows_put_aside > 0"))
    # A table in which no row is a statement, too: providers were not asked yet, or nobody found anything wrong.
    unasked: dict[str, Any] = {"bundle_severity": "warning" if filings else None}
    if table.may_be_empty:
        remedy = (
            "Nothing to mend while nothing of the kind was asked for or noted; else see what the providers answered."
        )
        unasked = {"severity": "warning" if fed else "info", "remedy": remedy, "bundle_severity": "info"}
    yield _rule(table, "not_empty", type=ROW_COUNT, kwargs={"min_value": 1}, **unasked)
    unique: dict[str, Any] = {
        "type": "expect_compound_columns_to_be_unique",
        "kwargs": {"column_list": list(table.key)},
    }
    if len(table.key) == 1:
        unique = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": table.key[0]}}
    yield _rule(table, "key_unique", {"key": ", ".join(table.key)}, **unique)
    # In one rule: one for each column would be a third of all expectations, at 5 ms each.
    names = [column.name for column in table.columns if not column.nullable]
    missing = ", ".join(f"CASE WHEN {quoted(name)} IS NULL THEN {literal(name)} END" for name in names)
    query = (
        f"SELECT concat_ws(', ', {missing}) AS missing, {', '.join(map(quoted, table.key))} FROM {{batch}}"
        f" WHERE {' OR '.join(f'{quoted(name)} IS NULL' for name in names)}"
    )
    yield _rule(table, "required_present", {"names": ", ".join(names)}, kwargs={QUERY: query})


def _put_aside(where: str) -> dict[str, str]:
    """A query of what the run put aside, beside the rows that stand in the table."""
    query = (
        "SELECT origin, rows_read, rows_put_aside, (SELECT count(*) FROM {batch}) AS rows_of_table"
        f" FROM (VALUES {{quarantined_of}}) AS batches(origin, rows_read, rows_put_aside) WHERE {where}"
    )
    return {QUERY: query}


def _column_rules(table: Table, column: Column) -> Iterator[Rule]:
    name, rule = column.name, partial(_rule, table, column=column.name)
    if column.allowed:
        values = {"column": name, "value_set": list(column.allowed)}
        yield rule("allowed", {"values": ", ".join(column.allowed)}, type=IN_SET, kwargs=values)
    if column.pattern:
        # Great Expectations' own expectation of a regular expression does not know DuckDB's dialect, and reads single braces as
        # its own.
        pattern = literal(column.pattern).replace("{", "{{").replace("}", "}}")
        yield rule("well_formed", where=f"NOT regexp_full_match({quoted(name)}, {pattern})")
    low = 0 if column.positive else column.minimum
    if low is not None or column.maximum is not None:
        parts = [] if low is None else [f"above {low:.15g}" if column.positive else f"at least {low:.15g}"]
        parts += [] if column.maximum is None else [f"at most {column.maximum:.15g}"]
        bounds = {"column": name, "min_value": low, "max_value": column.maximum, "strict_min": column.positive}
        told = {"bounds": f"{' and '.join(parts)}{f' {column.unit}' if column.unit else ''}"}
        if column.positive:
            told["remedy"] = f"Where the figure is not known it is null, not zero. {REMEDIES[table.group]}"
        yield rule("in_range", told, type=BETWEEN, kwargs=bounds)
    broken = [f"{quoted(name)} < DATE '{column.earliest}'"] if column.earliest else []
    broken += [f"{quoted(name)} > CAST({{now}} AS DATE) + {column.days_ahead}"] if column.days_ahead else []
    if broken:
        parts = [f"{column.earliest} or later"] if column.earliest else []
        parts += [f"at most {column.days_ahead} days ahead"] if column.days_ahead else []
        yield rule("in_range", {"bounds": ", ".join(parts)}, where=" OR ".join(broken))
    if column.references:
        there, _, key = column.references.partition(".")
        known = f"SELECT {quoted(key)} FROM raw.{there} WHERE {quoted(key)} IS NOT NULL"
        every = f"{quoted(name)} <> {literal(column.wildcard)} AND " if column.wildcard else ""
        told = {"there": there, "file": there.removeprefix("raw_ledger__")}
        told["wildcard"] = ", or stands for all of them" if column.wildcard else ""
        yield rule("known", told, where=f"{every}{quoted(name)} NOT IN ({known})")


def _time_rules(table: Table) -> Iterator[Rule]:
    def until(name: str, parameter: str) -> dict[str, Any]:
        return {"type": BETWEEN, "kwargs": {"column": name, "max_value": {"$PARAMETER": parameter}}}

    for name in ("known_at_utc", "ingested_at_utc"):
        yield _rule(table, f"{name}_not_in_future", {"column": name}, **until(name, "now"))
    for name in past_dates(table):
        yield _rule(table, "not_in_future", column=name, **until(name, "today"))
        if table.group in FILED:
            # What is accepted after 17:30 in New York carries the date of the next business day.
            continue
        pair = {"column_A": "known_at_utc", "column_B": name, "or_equal": True}
        yield _rule(
            table,
            "not_after_known",
            column=name,
            type="expect_column_pair_values_a_to_be_greater_than_b",
            kwargs={**pair, "ignore_row_if": "either_value_is_missing"},
        )
    for date, precision in dated_precisions(table):
        broken = (
            f"({date} IS NULL) <> ({precision} IS NULL) OR ({precision} = 'month' AND day({date}) <> 1)"
            f" OR ({precision} = 'year' AND (day({date}) <> 1 OR month({date}) <> 1))"
        )
        yield _rule(table, "agrees", {"date": date}, precision, where=broken)

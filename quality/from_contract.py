"""The expectations of a raw table that follow from its contract, read off it. Rules that need judgement live in suites/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingestion.contracts.contract import REAL, TEXT, Column, Table
from quality.read import LIMITS
from quality.rules import QUERY, ROW_COUNT, Rule, Severity
from quality.sql import literal, quoted, schema_differences

# Tables of what providers answer, and how the lake names a provider among the sources of a batch.
FED = ("market", "network", "macro", "feed")
# Groups of tables that are made of what EDGAR answers.
FILED = ("sec", "extract")
FROM_PROVIDERS = "^feed/(market|network|macro)/"

# What to do about a bad row, by group of the table, when a rule knows nothing better.
REMEDIES = {
    "market": "Look at the bar at its provider; correct the bundle file or the parser, then refresh again.",
    "network": "Look at the day at its provider; correct the bundle file or the parser, then refresh again.",
    "macro": "Look at the value at its provider; correct the parser or the series' row in ingestion/ledger/series.csv, then refresh again.",
    "feed": "Look at the entry in the archive, under feed/requests; correct what writes it, then refresh again.",
    "calendar": "Update the calendar library or its reader, then refresh again.",
    "sec": "Look at the filing at EDGAR; correct the parser, then refresh again from the archive.",
    "extract": "Look at the passage with `hashwatt evidence`; correct the reader under ingestion/extract, then refresh again from the archive.",
    "ledger": "Correct the line of the ledger file that source_line names, then refresh again.",
}


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


def _rules(table: Table) -> Iterator[Rule]:
    remedy = REMEDIES[table.group]
    yield Rule(
        "schema_as_declared",
        "critical",
        "Columns and types are those of the contract, none missing and none added.",
        "Bring the parser back to the contract of the table in ingestion/contracts, or change the contract and every"
        " reader of it together.",
        kwargs={QUERY: schema_differences({c.name: c.sql_type.upper() for c in table.columns})},
        prerequisite=True,
    )
    yield from _whole_table_rules(table, remedy)
    for column in table.columns:
        yield from _column_rules(column, remedy)
    conditions: tuple[tuple[str, Severity, str, str, list[str]], ...] = (
        (
            "text_not_blank",
            "critical",
            "A text that must be there is not blank.",
            remedy,
            [f"trim({quoted(c.name)}) = ''" for c in table.columns if c.type == TEXT and not c.nullable],
        ),
        (
            "blank_text_is_null",
            "warning",
            "Optional texts are null where there is nothing to say, never blank.",
            f"Let the reader turn blank cells into null. {remedy}",
            [f"trim({quoted(c.name)}) = ''" for c in table.own_columns if c.type == TEXT and c.nullable],
        ),
        (
            "numbers_finite",
            "critical",
            "No number is NaN or infinite.",
            f"A missing number is null, never NaN. {remedy}",
            [f"NOT isfinite({quoted(c.name)})" for c in table.columns if c.type == REAL],
        ),
    )
    for name, severity, states, what_to_do, broken in conditions:
        if broken:
            yield Rule(name, severity, states, what_to_do, where=" OR ".join(broken))
    yield from _time_rules(table, remedy)


def _whole_table_rules(table: Table, remedy: str) -> Iterator[Rule]:
    filings, fed = table.group in FILED, table.group in FED
    aside = f"Read the reasons in the quarantine folder {table.name}.quarantine of the lake. {remedy}"
    few, share = LIMITS["quarantine_few_rows"], LIMITS["quarantine_share"]
    if filings or fed:
        # Filers make mistakes that stay on file for ever, and a free source's odd row is a hole that another provider
        # fills or a gap names: a few odd entries must not keep all the others from readers, many mean that a format has
        # changed. One registrant or provider at a time: what is lost there is small beside all the others.
        yield _quarantine(
            "quarantine_is_small",
            "critical",
            f"Of each {'registrant' if filings else 'provider'}'s rows at most {few} or {share:.0%} were put aside, and "
            + ("not all." if filings else "none of what we ship."),
            aside,
            f"rows_put_aside > greatest({few}, {share} * rows_read) OR (rows_put_aside > 0 AND "
            + (
                "rows_put_aside >= rows_read)" if filings else f"NOT regexp_matches(origin, {literal(FROM_PROVIDERS)}))"
            ),
        )
    severity: Severity = "warning" if filings or fed else "critical"
    yield _quarantine("quarantine_is_empty", severity, "No row was put aside.", aside, "rows_put_aside > 0")
    # A table in which no row is a statement, too: providers were not asked yet, or nobody found anything wrong.
    unasked: Severity | None = None if not table.may_be_empty else "warning" if fed else "info"
    yield Rule(
        "not_empty",
        unasked or "critical",
        "The table has at least one row.",
        "Nothing to mend while nothing of the kind was asked for or noted; else see what the providers answered."
        if unasked
        else "An empty source is an error: see whether the source answered, and whether its file is whole.",
        type=ROW_COUNT,
        kwargs={"min_value": 1},
        bundle_severity="info" if unasked else "warning" if filings else None,
    )
    yield Rule(
        "key_unique",
        "critical",
        f"No two rows share the key ({', '.join(table.key)}).",
        f"Remove the second row, or give it its own vintage if the value changed. {remedy}",
        **_unique(table.key),
    )
    yield _required(table, remedy)


def _required(table: Table, remedy: str) -> Rule:
    """Columns that may not be null, in one rule: one for each would be a third of all expectations, at 5 ms each."""
    names = [column.name for column in table.columns if not column.nullable]
    missing = ", ".join(f"CASE WHEN {quoted(name)} IS NULL THEN {literal(name)} END" for name in names)
    query = (
        f"SELECT concat_ws(', ', {missing}) AS missing, {', '.join(map(quoted, table.key))} FROM {{batch}}"
        f" WHERE {' OR '.join(f'{quoted(name)} IS NULL' for name in names)}"
    )
    return Rule(
        "required_present",
        "critical",
        f"Filled in every row: {', '.join(names)}.",
        remedy,
        kwargs={QUERY: query},
    )


def _unique(key: tuple[str, ...]) -> dict[str, Any]:
    if len(key) == 1:
        return {"type": "expect_column_values_to_be_unique", "kwargs": {"column": key[0]}}
    return {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": list(key)}}


def _quarantine(name: str, severity: Severity, states: str, remedy: str, where: str) -> Rule:
    """A rule of what the run put aside, beside the rows that stand in the table."""
    query = (
        "SELECT origin, rows_read, rows_put_aside, (SELECT count(*) FROM {batch}) AS rows_of_table"
        f" FROM (VALUES {{quarantined_of}}) AS batches(origin, rows_read, rows_put_aside) WHERE {where}"
    )
    return Rule(name, severity, states, remedy, kwargs={QUERY: query})


def _column_rules(column: Column, remedy: str) -> Iterator[Rule]:
    name = column.name
    if column.allowed:
        yield Rule(
            f"{name}_allowed",
            "critical",
            f"{name} is one of: {', '.join(column.allowed)}.",
            f"Spell the value as the contract does, or add it to the contract. {remedy}",
            type="expect_column_values_to_be_in_set",
            kwargs={"column": name, "value_set": list(column.allowed)},
        )
    if column.pattern:
        # Great Expectations' own expectation of a regular expression does not know DuckDB's dialect.
        yield Rule(
            f"{name}_well_formed",
            "critical",
            f"{name} has the form its contract asks for.",
            remedy,
            where=f"NOT regexp_full_match({quoted(name)}, {_braced(literal(column.pattern))})",
        )
    low = 0 if column.positive else column.minimum
    if low is not None or column.maximum is not None:
        parts = [] if low is None else [f"above {low:.15g}" if column.positive else f"at least {low:.15g}"]
        parts += [] if column.maximum is None else [f"at most {column.maximum:.15g}"]
        yield Rule(
            f"{name}_in_range",
            "critical",
            f"{name} is {' and '.join(parts)}{f' {column.unit}' if column.unit else ''}.",
            f"Where the figure is not known it is null, not zero. {remedy}" if column.positive else remedy,
            type="expect_column_values_to_be_between",
            kwargs={"column": name, "min_value": low, "max_value": column.maximum, "strict_min": column.positive},
        )
    broken = [f"{quoted(name)} < DATE '{column.earliest}'"] if column.earliest else []
    broken += [f"{quoted(name)} > CAST({{now}} AS DATE) + {column.days_ahead}"] if column.days_ahead else []
    if broken:
        parts = [f"{column.earliest} or later"] if column.earliest else []
        parts += [f"at most {column.days_ahead} days ahead"] if column.days_ahead else []
        yield Rule(f"{name}_in_range", "critical", f"{name} is {', '.join(parts)}.", remedy, where=" OR ".join(broken))
    if column.references:
        there, _, key = column.references.partition(".")
        known = f"SELECT {quoted(key)} FROM raw.{there} WHERE {quoted(key)} IS NOT NULL"
        every = f"{quoted(name)} <> {literal(column.wildcard)} AND " if column.wildcard else ""
        yield Rule(
            f"{name}_known",
            "critical",
            f"Every {name} is in {there}{', or stands for all of them' if every else ''}.",
            f"Add it to ingestion/ledger/{there.removeprefix('raw_ledger__')}.csv, or correct the rows that name it."
            f" {remedy}",
            where=f"{every}{quoted(name)} NOT IN ({known})",
        )


def _braced(pattern: str) -> str:
    """Braces doubled, as Great Expectations reads those that are no placeholder."""
    return pattern.replace("{", "{{").replace("}", "}}")


def _time_rules(table: Table, remedy: str) -> Iterator[Rule]:
    for name in ("known_at_utc", "ingested_at_utc"):
        yield Rule(
            f"{name}_not_in_future",
            "critical",
            f"{name} is not later than the run's own clock.",
            f"Check the clock of this machine and the time zone of the source; `hashwatt doctor` tells what a clock that was "
            f"ahead has dated. {remedy}",
            type="expect_column_values_to_be_between",
            kwargs={"column": name, "max_value": {"$PARAMETER": "now"}},
        )
    for name in past_dates(table):
        yield Rule(
            f"{name}_not_in_future",
            "critical",
            f"{name} is not later than the run's own day, UTC.",
            f"A row cannot describe a day that has not begun. {remedy}",
            type="expect_column_values_to_be_between",
            kwargs={"column": name, "max_value": {"$PARAMETER": "today"}},
        )
        if table.group in FILED:
            # What is accepted after 17:30 in New York carries the date of the next business day.
            continue
        yield Rule(
            f"{name}_not_after_known",
            "critical",
            f"A row is known no earlier than its {name}.",
            f"known_at_utc is the first moment an outsider could know the row. {remedy}",
            type="expect_column_pair_values_a_to_be_greater_than_b",
            kwargs={
                "column_A": "known_at_utc",
                "column_B": name,
                "or_equal": True,
                "ignore_row_if": "either_value_is_missing",
            },
        )
    for date, precision in dated_precisions(table):
        yield Rule(
            f"{precision}_agrees",
            "critical",
            f"{date} and {precision} are given together; a month is its first day, a year its first of January.",
            remedy,
            where=(
                f"({date} IS NULL) <> ({precision} IS NULL) OR ({precision} = 'month' AND day({date}) <> 1)"
                f" OR ({precision} = 'year' AND (day({date}) <> 1 OR month({date}) <> 1))"
            ),
        )

"""Base rules of a raw table, read off its contract. Rules that need judgement live in suites/, thresholds with them."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from ingestion.contracts.contract import DATE, FLAG, REAL, TEXT, TIMESTAMP, WHOLE, Column, Table
from quality.rules import Rule, Severity
from quality.sql import literal, quoted, schema_differences, values_list

DUCKDB_TYPES: dict[pa.DataType, str] = {
    TEXT: "VARCHAR",
    REAL: "DOUBLE",
    WHOLE: "BIGINT",
    FLAG: "BOOLEAN",
    DATE: "DATE",
    TIMESTAMP: "TIMESTAMP",
}

# Of one registrant's rows: a few odd ones are a filer's slips, more than both are the parser's fault, or a broken answer.
MOST_QUARANTINED = 0.01
FEW_QUARANTINED = 3

# Tables of what providers answer, and how the lake names a provider among the sources of a batch.
FED = ("market", "network", "macro", "feed")
FROM_PROVIDERS = "^feed/(market|network|macro)/"

# Tables in which no row is a statement, too, by how grave that is: nothing was asked yet, or nothing was found wrong.
MAY_BE_EMPTY: dict[str, Severity] = {
    "raw_market__action": "warning",
    "raw_macro__observation": "warning",
    "raw_feed__request": "warning",
    "raw_ledger__bar_exclusion": "info",
}

# Dates on which something already happened when a row about it can be read.
PAST_DATES = ("announced_date", "period_end_date", "observation_date")

REMEDIES = {
    "market": "Look at the bar at its provider; correct the bundle file or the parser, then refresh again.",
    "network": "Look at the day at its provider; correct the bundle file or the parser, then refresh again.",
    "macro": "Look at the value at its provider; correct the parser or the series' row in ingestion/ledger/series.csv, then refresh again.",
    "feed": "Look at the entry in the archive, under feed/requests; correct what writes it, then refresh again.",
    "calendar": "Update the calendar library or its reader, then refresh again.",
    "sec": "Look at the filing at EDGAR; correct the parser, then refresh again from the archive.",
    "ledger": "Correct the line of the ledger file that source_line names, then refresh again.",
}


def base_rules(table: Table) -> tuple[Rule, ...]:
    """Rules that follow from the contract alone, in the order they are judged."""
    return tuple(_rules(table))


def remedy_for(table: Table) -> str:
    """What to do about a bad row of `table` when a rule knows nothing better."""
    return REMEDIES[table.group]


def past_dates(table: Table) -> tuple[str, ...]:
    """Date columns of `table` that lie in the past of every row: what it is partitioned by, announcements, period ends."""
    names = [table.partition.column] if table.partition.kind in ("month", "year") else []
    if table.group == "sec":
        # Filings speak of days to come as well: a dividend, a maturity. The filing itself lies in the past.
        return tuple(column.name for column in table.own_columns if column.name == "filed_date")
    return (*names, *(column.name for column in table.own_columns if column.name in PAST_DATES))


def dated_precisions(table: Table) -> tuple[tuple[str, str], ...]:
    """Pairs of a date column and the column that says how exact it is."""
    names = {column.name for column in table.own_columns}
    pairs = ((f"{n.removesuffix('_precision')}_date", n) for n in sorted(names) if n.endswith("_precision"))
    return tuple(pair for pair in pairs if pair[0] in names)


def _rules(table: Table) -> Iterator[Rule]:
    remedy = remedy_for(table)
    yield Rule(
        "schema_as_declared",
        "critical",
        "Columns and types are those of the contract, none missing and none added.",
        "Bring the parser back to the contract in ingestion/contracts/, or change it and every reader of it together.",
        violations=schema_differences({c.name: DUCKDB_TYPES[c.type] for c in table.columns}, exact=True),
        prerequisite=True,
    )
    filings = table.group == "sec"
    if filings:
        # Filers make mistakes that stay on file for ever; a few odd entries must not keep all the others from readers. One
        # registrant at a time: a document of which nothing could be read is small beside all the others.
        yield Rule(
            "quarantine_is_small",
            "critical",
            f"Of each registrant's rows at most {FEW_QUARANTINED} or {MOST_QUARANTINED:.0%} were put aside, and not all.",
            f"Read the reasons in the quarantine folder {table.name}.quarantine of the lake. {remedy}",
            violations=(
                "SELECT * FROM (VALUES {quarantined_of}) AS batches(batch, rows_read, rows_put_aside)"
                f" WHERE rows_put_aside > greatest({FEW_QUARANTINED}, {MOST_QUARANTINED} * rows_read)"
                " OR (rows_put_aside > 0 AND rows_put_aside >= rows_read)"
            ),
        )
    if table.group in FED:
        # A free source's odd row is a hole in its own bars, which another provider fills or a gap names; many of them mean
        # that its format has changed. The files we ship have none.
        yield Rule(
            "quarantine_is_small",
            "critical",
            f"Of each provider's rows at most {FEW_QUARANTINED} or {MOST_QUARANTINED:.0%} were put aside, and none of what we ship.",
            f"Read the reasons in the quarantine folder {table.name}.quarantine of the lake. {remedy}",
            violations=(
                "SELECT * FROM (VALUES {quarantined_of}) AS batches(batch, rows_read, rows_put_aside)"
                f" WHERE rows_put_aside > greatest({FEW_QUARANTINED}, {MOST_QUARANTINED} * rows_read)"
                f" OR (rows_put_aside > 0 AND NOT regexp_matches(batch, {literal(FROM_PROVIDERS)}))"
            ),
        )
    yield Rule(
        "quarantine_is_empty",
        "warning" if filings or table.group in FED else "critical",
        "No row was put aside.",
        f"Read the reasons in the quarantine folder {table.name}.quarantine of the lake. {remedy}",
        metric="{quarantined}",
        maximum=0,
        prerequisite=True,
    )
    unasked = MAY_BE_EMPTY.get(table.name)
    yield Rule(
        "not_empty",
        unasked or "critical",
        "The table has at least one row.",
        "Nothing to mend while nothing of the kind was asked for or noted; else see what the providers answered."
        if unasked
        else "An empty source is an error: see whether the source answered, and whether its file is whole.",
        metric="count(*)",
        minimum=1,
        bundle_severity="info" if unasked else "warning" if filings else None,
    )
    key = ", ".join(quoted(name) for name in table.key)
    yield Rule(
        "key_unique",
        "critical",
        f"No two rows share the key ({', '.join(table.key)}).",
        f"Remove the second row, or give it its own vintage if the value changed. {remedy}",
        violations=f"SELECT {key}, count(*) AS rows FROM {{relation}} GROUP BY ALL HAVING count(*) > 1",
    )
    for column in table.columns:
        yield from _column_rules(column, remedy)
    numbers = [quoted(column.name) for column in table.columns if column.type == REAL]
    if numbers:
        yield Rule(
            "numbers_finite",
            "critical",
            "No number is NaN or infinite.",
            f"A missing number is null, never NaN. {remedy}",
            where=" OR ".join(f"NOT isfinite({name})" for name in numbers),
        )
    texts = [quoted(column.name) for column in table.own_columns if column.type == TEXT and column.nullable]
    if texts:
        yield Rule(
            "blank_text_is_null",
            "warning",
            "Optional texts are null where there is nothing to say, never blank.",
            f"Let the reader turn blank cells into null. {remedy}",
            where=" OR ".join(f"trim({name}) = ''" for name in texts),
        )
    yield from _time_rules(table, remedy)


def _column_rules(column: Column, remedy: str) -> Iterator[Rule]:
    name = quoted(column.name)
    if not column.nullable:
        blank = f" OR trim({name}) = ''" if column.type == TEXT else ""
        yield Rule(
            f"{column.name}_present",
            "critical",
            f"{column.name} is filled in every row.",
            remedy,
            where=f"{name} IS NULL{blank}",
        )
    if column.allowed:
        yield Rule(
            f"{column.name}_allowed",
            "critical",
            f"{column.name} is one of: {', '.join(column.allowed)}.",
            f"Spell the value as the contract does, or add it to the contract. {remedy}",
            where=f"{name} NOT IN ({values_list(column.allowed)})",
        )
    if column.pattern:
        yield Rule(
            f"{column.name}_well_formed",
            "critical",
            f"{column.name} has the form its contract asks for.",
            remedy,
            where=f"NOT regexp_full_match({name}, {literal(column.pattern)})",
        )
    unit = f" {column.unit}" if column.unit else ""
    if column.positive:
        yield Rule(
            f"{column.name}_positive",
            "critical",
            f"{column.name} is above zero.",
            f"Where the figure is not known it is null, not zero. {remedy}",
            where=f"{name} <= 0",
        )
    if column.minimum is not None:
        yield Rule(
            f"{column.name}_not_below_minimum",
            "critical",
            f"{column.name} is at least {column.minimum:g}{unit}.",
            remedy,
            where=f"{name} < {column.minimum!r}",
        )
    if column.maximum is not None:
        yield Rule(
            f"{column.name}_not_above_maximum",
            "critical",
            f"{column.name} is at most {column.maximum:g}{unit}.",
            remedy,
            where=f"{name} > {column.maximum!r}",
        )


def _time_rules(table: Table, remedy: str) -> Iterator[Rule]:
    for name in ("known_at_utc", "ingested_at_utc"):
        yield Rule(
            f"{name}_not_in_future",
            "critical",
            f"{name} is not later than the run's own clock.",
            f"Check the clock of this machine and the time zone of the source. {remedy}",
            where=f"{name} > {{now}}",
        )
    for name in past_dates(table):
        yield Rule(
            f"{name}_not_in_future",
            "critical",
            f"{name} is not later than the run's own day, UTC.",
            f"A row cannot describe a day that has not begun. {remedy}",
            where=f"{name} > CAST({{now}} AS DATE)",
        )
        if table.group == "sec":
            # What is accepted after 17:30 in New York carries the date of the next business day.
            continue
        yield Rule(
            f"{name}_not_after_known",
            "critical",
            f"A row is known no earlier than its {name}.",
            f"known_at_utc is the first moment an outsider could know the row. {remedy}",
            where=f"known_at_utc < {name}",
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

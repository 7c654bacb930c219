"""Rules that every published model shares, and makers of rules that several have. The models' own rules are elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from quality.rules import Rule, Severity, Suite
from quality.sql import quoted, schema_differences, values_list

READABLE_TYPES = ("DATE", "TIMESTAMP", "BIGINT", "DOUBLE", "VARCHAR", "BOOLEAN")
RELATIVE_TOLERANCE = 1e-9  # Sums of the same doubles in another order.

MODEL = "The model is wrong, not the data: correct it under dbt_project/models and add a unit test for the case."


def published(
    table: str,
    key: Sequence[str],
    columns: Sequence[str],
    rules: Sequence[Rule],
    *,
    dated: bool = True,
    of_filings: bool = False,
    of_feeds: bool = False,
) -> Suite:
    """The suite of a model in schema `main`: the shared rules, then its own.

    `columns` are those that readers and rules rely on. `dated` is False for the models whose rows may lack known_at_utc,
    `of_filings` is True for those made of SEC filings alone, which the bundle edition has none of, `of_feeds` for those
    made of providers' answers alone, which no edition need have.
    """
    names = ", ".join(quoted(name) for name in key)
    promised = [*columns, "known_at_utc"] if dated else columns
    shared = [
        Rule(
            "columns_present",
            "critical",
            "The columns that readers rely on are there.",
            f"A column may be added, never dropped or renamed within a major version. {MODEL}",
            violations=schema_differences(dict.fromkeys(promised, ""), exact=False),
            prerequisite=True,
        ),
        Rule(
            "types_readable",
            "critical",
            f"Every column has a type that BI tools read: {', '.join(READABLE_TYPES)}.",
            f"Cast sums and counts to BIGINT or DOUBLE. {MODEL}",
            violations=(
                "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {relation})"
                f" WHERE column_type NOT IN ({values_list(READABLE_TYPES)})"
            ),
        ),
        Rule(
            "not_empty",
            "warning" if of_feeds else "critical",
            "The model has at least one row.",
            "See which of its inputs was empty; in a run that looks far back there may rightly be none.",
            metric="count(*)",
            minimum=1,
            as_of_severity="warning",
            bundle_severity="info" if of_feeds else "warning" if of_filings else None,
        ),
        Rule(
            "key_unique",
            "critical",
            f"No two rows share the key ({', '.join(key)}).",
            f"A join multiplied rows. {MODEL}",
            violations=f"SELECT {names}, count(*) AS rows FROM {{relation}} GROUP BY ALL HAVING count(*) > 1",
        ),
        Rule(
            "key_present",
            "critical",
            f"The key ({', '.join(key)}) is filled in every row.",
            MODEL,
            where=" OR ".join(f"{quoted(name)} IS NULL" for name in key),
        ),
    ]
    if dated:
        shared += [
            Rule(
                "known_at_utc_present",
                "critical",
                "Every row says when it could be known.",
                f"Take the latest known_at_utc of the row's inputs. {MODEL}",
                where="known_at_utc IS NULL",
            ),
        ]
    if dated or "known_at_utc" in columns:
        shared.append(
            Rule(
                "nothing_from_the_future",
                "critical",
                "No row became known after the moment the run looks back to.",
                f"An input was not cut by the variable as_of. {MODEL}",
                where="known_at_utc >= {horizon}",
            )
        )
    return Suite(table, "main", tuple(key), (*shared, *rules))


def nothing_lost(raw: str, key: Mapping[str, str], *, only: str = "") -> Rule:
    """Every key of a raw table known by then is in the model; `key` maps raw columns to the model's, `only` is a condition."""
    match = " AND ".join(f"m.{quoted(there)} = r.{quoted(here)}" for here, there in key.items())
    return Rule(
        "nothing_lost",
        "critical",
        f"Every row of {raw} that could be known by then is in the model.",
        f"A join or a filter dropped rows. {MODEL}",
        violations=(
            f"SELECT DISTINCT {', '.join(f'r.{quoted(here)}' for here in key)} FROM raw.{raw} AS r"
            f" ANTI JOIN {{relation}} AS m ON {match} WHERE r.known_at_utc < {{horizon}}"
            + (f" AND ({only})" if only else "")
        ),
        reads=(f"raw.{raw}",),
    )


def unequal(a: str, b: str) -> str:
    """Condition: two numbers differ by more than rounding, or one of them is unknown alone."""
    return (
        f"(({a}) IS NULL) <> (({b}) IS NULL)"
        f" OR abs(({a}) - ({b})) > {RELATIVE_TOLERANCE} * greatest(abs({a}), abs({b}), 1)"
    )


def one_of(column: str, allowed: Sequence[str], severity: Severity = "critical") -> Rule:
    """The column has one of the listed values, or none."""
    return Rule(
        f"{column}_allowed",
        severity,
        f"{column} is one of: {', '.join(allowed)}.",
        MODEL,
        where=f"{quoted(column)} NOT IN ({values_list(allowed)})",
    )


def in_dimension(column: str, dimension: str, severity: Severity = "critical", *, column_there: str = "") -> Rule:
    """The column's value is a key of the dimension, there called `column_there` where the names differ, or null."""
    there = quoted(column_there or column)
    return Rule(
        f"{column}_in_{dimension}",
        severity,
        f"Every {column} is in {dimension}.",
        f"The dimension lacks a row, or was cut at another moment than the fact. {MODEL}",
        where=f"{quoted(column)} NOT IN (SELECT {there} FROM main.{dimension} WHERE {there} IS NOT NULL)",
        reads=(f"main.{dimension}",),
    )


def intervals(owner: Sequence[str], *, current: bool) -> tuple[Rule, ...]:
    """Rules of dated intervals [valid_from_date, valid_to_date) of an owner; with `current`, of the one in force."""
    names = ", ".join(owner)
    same = " AND ".join(f"a.{name} = b.{name}" for name in owner)
    rules = [
        Rule(
            "interval_ordered",
            "critical",
            "No interval ends before or when it begins.",
            MODEL,
            where="valid_to_date <= valid_from_date",
        ),
        Rule(
            "intervals_apart",
            "critical",
            f"Intervals of one {names} do not overlap.",
            MODEL,
            violations=(
                f"SELECT {', '.join(f'a.{name}' for name in owner)}, a.valid_from_date, a.valid_to_date,"
                " b.valid_from_date AS next_from_date FROM {relation} AS a JOIN {relation} AS b"
                f" ON {same} AND a.valid_from_date < b.valid_from_date"
                " AND b.valid_from_date < coalesce(a.valid_to_date, DATE '9999-12-31')"
            ),
        ),
    ]
    if current:
        rules.append(
            Rule(
                "one_is_current",
                "critical",
                f"At most one interval of a {names} is current.",
                MODEL,
                violations=f"SELECT {names}, count(*) AS current FROM {{relation}} WHERE is_current GROUP BY ALL HAVING count(*) > 1",
            )
        )
    return tuple(rules)

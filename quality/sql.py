"""Small pieces of DuckDB SQL that rules are made of: quoting, literals, a comparison of schemas. No rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime


def quoted(name: str) -> str:
    """`name` as a quoted identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """The text of `value`, for instance of a path, as an SQL string."""
    return "'" + str(value).replace("'", "''") + "'"


def timestamp(moment: datetime) -> str:
    """A naive UTC datetime as an SQL timestamp."""
    return f"TIMESTAMP '{moment:%Y-%m-%d %H:%M:%S.%f}'"


def schema_differences(expected: Mapping[str, str]) -> str:
    """SELECT of the columns of `{batch}` that differ from `expected` (column name to DuckDB type): missing, added, retyped."""
    rows = ", ".join(f"({literal(name)}, {literal(kind)})" for name, kind in expected.items())
    return (
        "SELECT coalesce(e.column_name, f.column_name) AS column_name, e.declared, f.found"
        f" FROM (VALUES {rows}) AS e (column_name, declared)"
        " FULL JOIN (SELECT column_name, column_type AS found FROM (DESCRIBE SELECT * FROM {batch})) AS f"
        " ON e.column_name = f.column_name WHERE f.found IS NULL OR e.declared IS NULL OR e.declared <> f.found"
    )

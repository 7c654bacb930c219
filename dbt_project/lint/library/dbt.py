"""What sqlfluff sees in place of dbt's own macros: SQL of the right shape. Used by the lint alone, never by dbt."""

from __future__ import annotations


def type_string() -> str:
    return "varchar"


def date_trunc(part: str, expression: str) -> str:
    return f"date_trunc('{part}', {expression})"


def dateadd(part: str, number: object, expression: str) -> str:
    return f"({expression} + interval ({number}) {part})"


def datediff(first: str, last: str, part: str) -> str:
    return f"date_diff('{part}', {first}, {last})"


def last_day(expression: str, part: str) -> str:
    return f"date_trunc('{part}', {expression})"


def listagg(measure: str, delimiter: str, order_by: str) -> str:
    return f"string_agg({measure}, {delimiter} {order_by})"


def split_part(text: str, delimiter: str, part: int) -> str:
    return f"split_part({text}, {delimiter}, {part})"

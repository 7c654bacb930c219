"""Holds rows against the contract of their table: what fits becomes Arrow, what does not is rejected with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts.contract import TEXT, Column, Table
from ingestion.landing.batch import Rejected, is_one_text, whole
from ingestion.landing.ordering import key_order

Record = Mapping[str, object]
Records: TypeAlias = Sequence[Record] | pa.Table


def conform(table: Table, records: Records, now_utc: datetime) -> tuple[pa.Table, list[Rejected]]:
    """Rows that keep the contract of `table`, sorted by its key, and the ones that do not.

    Every record ends up in exactly one of the two. `now_utc` (naive UTC) bounds what can be known already.
    Of rows that share a key, identical ones are kept once; when they differ nobody can tell which is right and all
    are rejected.
    """
    good, rejected = conform_encoded(table, records, now_utc)
    return good.cast(table.schema()).combine_chunks(), rejected


def conform_encoded(table: Table, records: Records, now_utc: datetime) -> tuple[pa.Table, list[Rejected]]:
    """The same, with texts that came dictionary-encoded left so: to write out each would cost more than to judge it."""
    bad: dict[int, tuple[str, str, str | None]] = {}
    arrays: list[pa.Array] = []
    for column in table.columns:
        array, mistyped = _column(column, records)
        arrays.append(array)
        for row, reason in mistyped.items():
            bad.setdefault(row, ("type", reason, column.name))
    typed = pa.RecordBatch.from_arrays(arrays, names=[column.name for column in table.columns])
    broken: list[tuple[int, str, str, str]] = []
    for column, array in zip(table.columns, arrays, strict=True):
        for rule, reason, mask in _violations(table, column, array, now_utc):
            broken += [(row, rule, reason, column.name) for row in pc.indices_nonzero(mask).to_pylist()]
    shown = _shown(records, sorted({*bad, *(row for row, *_ in broken)}))
    for row, rule, reason, name in broken:
        bad.setdefault(row, (rule, f"{name} is {_show(shown[row].get(name))}, {reason}", name))
    rejected = [_reject(rule, reason, name, shown[row]) for row, (rule, reason, name) in sorted(bad.items())]
    if bad:
        typed = typed.take(pa.array([row for row in range(len(records)) if row not in bad], pa.int64()))
    order, in_a_run = key_order(typed, table.key, table.sort_columns())
    # What is the same in all rows is so in any order.
    sorted_ = [one if is_one_text(one) else pc.take(one, order, boundscheck=False) for one in typed.columns]
    good = pa.Table.from_arrays(sorted_, schema=_encoded_schema(table, typed))
    good, repeated = _without_repeats(table, good, in_a_run)
    return good, [*rejected, *repeated]


def _encoded_schema(table: Table, rows: pa.RecordBatch) -> pa.Schema:
    """The schema of the table, with texts dictionary-encoded where they are in `rows`."""
    return pa.schema([field.with_type(rows.schema.field(field.name).type) for field in table.schema()])


def _column(column: Column, records: Records) -> tuple[pa.Array, dict[int, str]]:
    """The column as an Arrow array, texts possibly dictionary-encoded, and the values that are of another type by row."""
    if not isinstance(records, pa.Table):
        return _typed(column, [record.get(column.name) for record in records])
    if column.name not in records.column_names:
        return pa.nulls(records.num_rows, column.type), {}
    array = whole(records[column.name])
    encoded = pa.types.is_dictionary(array.type) and array.type.value_type == column.type
    if encoded or array.type == column.type:
        return array, {}
    return _typed(column, array.to_pylist())


def _shown(records: Records, rows: list[int]) -> Mapping[int, Record]:
    """The records that stand at `rows`, as they came."""
    if isinstance(records, pa.Table) and rows:
        return dict(zip(rows, records.take(pa.array(rows, pa.int64())).to_pylist(), strict=True))
    return {row: records[row] for row in rows}


def _typed(column: Column, values: list[object]) -> tuple[pa.Array, dict[int, str]]:
    """The values as an Arrow array; values of another type become null and are named by row."""
    try:
        return pa.array(values, type=column.type), {}
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass
    mistyped: dict[int, str] = {}
    fitting: list[object] = []
    for row, value in enumerate(values):
        try:
            fitting.append(pa.scalar(value, type=column.type).as_py())
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            fitting.append(None)
            mistyped[row] = f"{column.name} is {_show(value)}, expected {column.type}"
    return pa.array(fitting, type=column.type), mistyped


def _violations(
    table: Table, column: Column, array: pa.Array, now_utc: datetime
) -> list[tuple[str, str, pa.BooleanArray]]:
    """(rule, reason, mask of violating rows) for each broken promise of the column."""
    found = []
    if not column.nullable and array.null_count:
        found.append(("null", "and may not be empty", pc.is_null(array)))
    values = array.dictionary if pa.types.is_dictionary(array.type) else array

    def holds(rule: str, reason: str, bad: pa.BooleanArray) -> None:
        """Judge each value, once where it is written once."""
        bad = pc.fill_null(bad, False)
        if values is not array and bad.true_count:
            bad = pc.fill_null(bad.take(array.indices), False)
        if bad.true_count:
            found.append((rule, reason, bad))

    if pa.types.is_floating(column.type):
        holds("not_finite", "not a finite number", pc.invert(pc.is_finite(values)))
    if column.positive:
        holds("not_positive", "must be above 0", pc.less_equal(values, 0))
    if column.minimum is not None:
        holds("below_minimum", f"must be at least {column.minimum:g}", pc.less(values, column.minimum))
    if column.maximum is not None:
        holds("above_maximum", f"must be at most {column.maximum:g}", pc.greater(values, column.maximum))
    if column.allowed:
        allowed = pa.array(column.allowed, TEXT)
        unknown = pc.and_(pc.is_valid(values), pc.invert(pc.is_in(values, value_set=allowed)))
        holds("not_allowed", f"must be one of {', '.join(column.allowed)}", unknown)
    if column.pattern:
        matches = pc.match_substring_regex(values, pattern=f"^(?:{column.pattern})$")
        holds("pattern", f"must match {column.pattern}", pc.invert(matches))
    if column.name == "known_at_utc":
        late = pc.greater(values, pa.scalar(now_utc, column.type))
        holds("known_in_future", f"later than now, {now_utc:%Y-%m-%d %H:%M} UTC", late)
    if column.name == table.partition.column and table.partition.kind in ("month", "year"):
        late = pc.greater(values, pa.scalar(now_utc.date(), column.type))
        holds("date_in_future", f"later than today, {now_utc:%Y-%m-%d}", late)
    return found


def _without_repeats(table: Table, rows: pa.Table, in_a_run: list[int]) -> tuple[pa.Table, list[Rejected]]:
    """Drop rows whose key stands more than once; `rows` is sorted by key and `in_a_run` names those rows."""
    if not in_a_run:
        return rows, []
    listed = dict(zip(in_a_run, rows.take(in_a_run).to_pylist(), strict=True))
    dropped: set[int] = set()
    rejected = []
    run: list[int] = []
    for row in [*in_a_run, -1]:
        if run and (row == -1 or not (row == run[-1] + 1 and _key(table, listed[row]) == _key(table, listed[run[-1]]))):
            identical = all(_values(listed[r]) == _values(listed[run[0]]) for r in run)
            for r in run[1:] if identical else run:
                rule = "repeated_row" if identical else "duplicate_key"
                shown = ", ".join(f"{name}={_show(listed[r][name])}" for name in table.key)
                rejected.append(_reject(rule, f"{len(run)} rows share the key {shown}", table.key[0], listed[r]))
                dropped.add(r)
            run = []
        run.append(row)
    keep = pa.array([row for row in range(rows.num_rows) if row not in dropped], pa.int64())
    return rows.take(keep), rejected


def _key(table: Table, row: Record) -> tuple[object, ...]:
    return tuple(row[name] for name in table.key)


def _values(row: Record) -> dict[str, object]:
    """What a row says, without the line it was written on."""
    return {name: value for name, value in row.items() if name != "source_line"}


def _reject(rule: str, reason: str, column: str | None, row: Record) -> Rejected:
    line = row.get("source_line")
    return Rejected(
        rule=rule,
        reason=reason,
        column=column,
        row=row,
        source=str(row.get("source", "")),
        source_sha256=str(row.get("source_sha256", "")),
        line=line if isinstance(line, int) else None,
    )


def _show(value: object) -> str:
    return "empty" if value is None else json.dumps(value, default=str)

"""Holds rows against the contract of their table: what fits becomes Arrow, what does not is rejected with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.batch import Rejected
from ingestion.contract import TEXT, Column, Table

Record = Mapping[str, object]


def conform(table: Table, records: Sequence[Record], now_utc: datetime) -> tuple[pa.Table, list[Rejected]]:
    """Rows that keep the contract of `table`, sorted by its key, and the ones that do not.

    Every record ends up in exactly one of the two. `now_utc` (naive UTC) bounds what can be known already.
    Of rows that share a key, identical ones are kept once; when they differ nobody can tell which is right and all
    are rejected.
    """
    rejected: list[Rejected] = []
    arrays: list[pa.Array] = []
    bad: dict[int, tuple[str, str, str | None]] = {}
    for column in table.columns:
        array, mistyped = _typed(column, [record.get(column.name) for record in records])
        arrays.append(array)
        for row, reason in mistyped.items():
            bad.setdefault(row, ("type", reason, column.name))
    typed = pa.Table.from_arrays(arrays, schema=pa.schema([pa.field(c.name, c.type) for c in table.columns]))
    for column in table.columns:
        for rule, reason, mask in _violations(table, column, typed[column.name], now_utc):
            for row in pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist():
                shown = records[row].get(column.name)
                bad.setdefault(row, (rule, f"{column.name} is {_show(shown)}, {reason}", column.name))
    for row, (rule, reason, name) in sorted(bad.items()):
        rejected.append(_reject(rule, reason, name, records[row]))
    keep = pa.array([row for row in range(len(records)) if row not in bad], pa.int64())
    good = (typed if not bad else typed.take(keep)).cast(table.schema())
    good = good.sort_by([(name, "ascending") for name in table.sort_columns()])
    good, repeated = _without_repeats(table, good)
    return good, [*rejected, *repeated]


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
    table: Table, column: Column, array: pa.ChunkedArray, now_utc: datetime
) -> list[tuple[str, str, pa.ChunkedArray]]:
    """(rule, reason, mask of violating rows) for each promise of the column."""
    found = []
    if not column.nullable:
        found.append(("null", "and may not be empty", pc.is_null(array)))
    if pa.types.is_floating(column.type):
        found.append(("not_finite", "not a finite number", pc.invert(pc.is_finite(array))))
    if column.positive:
        found.append(("not_positive", "must be above 0", pc.less_equal(array, 0)))
    if column.minimum is not None:
        found.append(("below_minimum", f"must be at least {column.minimum:g}", pc.less(array, column.minimum)))
    if column.maximum is not None:
        found.append(("above_maximum", f"must be at most {column.maximum:g}", pc.greater(array, column.maximum)))
    if column.allowed:
        allowed = pa.array(column.allowed, TEXT)
        unknown = pc.and_(pc.is_valid(array), pc.invert(pc.is_in(array, value_set=allowed)))
        found.append(("not_allowed", f"must be one of {', '.join(column.allowed)}", unknown))
    if column.pattern:
        matches = pc.match_substring_regex(array, pattern=f"^(?:{column.pattern})$")
        found.append(("pattern", f"must match {column.pattern}", pc.invert(matches)))
    if column.name == "known_at_utc":
        late = pc.greater(array, pa.scalar(now_utc, column.type))
        found.append(("known_in_future", f"later than now, {now_utc:%Y-%m-%d %H:%M} UTC", late))
    if column.name == table.partition.column:
        late = pc.greater(array, pa.scalar(now_utc.date(), column.type))
        found.append(("date_in_future", f"later than today, {now_utc:%Y-%m-%d}", late))
    return found


def _without_repeats(table: Table, rows: pa.Table) -> tuple[pa.Table, list[Rejected]]:
    """Drop rows whose key stands more than once; `rows` is sorted by key."""
    if rows.num_rows < 2:
        return rows, []
    same = None
    for name in table.key:
        column = rows[name].combine_chunks()
        equal = pc.equal(column.slice(1), column.slice(0, len(column) - 1))
        same = equal if same is None else pc.and_(same, equal)
    after = pc.indices_nonzero(same).to_pylist()
    if not after:
        return rows, []
    in_a_run = sorted({row for pair in after for row in (pair, pair + 1)})
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

"""Holds rows against the contract of their table: what fits becomes Arrow, what does not is rejected with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.contracts.contract import Column, Table
from ingestion.landing.batch import Rejected

# Where a row was read, beside what it says.
PROVENANCE = ("ingested_at_utc", "source", "source_sha256", "parser_version", "source_line")

Record = Mapping[str, object]
Records: TypeAlias = Sequence[Record] | pa.Table


def conform(table: Table, records: Records, now_utc: datetime) -> tuple[pa.Table, list[Rejected]]:
    """Rows that keep the contract of `table`, sorted by its key, and the ones that do not.

    Every record ends up in exactly one of the two. `now_utc` (naive UTC) bounds what can be known already.
    Of rows that share a key, identical ones are kept once; when they differ nobody can tell which is right and all
    are rejected.
    """
    problems: dict[int, tuple[str, str, str]] = {}
    arrays = []
    for column in table.columns:
        array, mistyped = _column(column, records)
        arrays.append(array)
        for row in mistyped:
            problems.setdefault(row, ("type", column.name, f"expected {column.type}"))
    for column, array in zip(table.columns, arrays, strict=True):
        for rule, reason, broken in _violations(table, column, array, now_utc):
            for row in pc.indices_nonzero(pc.fill_null(broken, False)).to_pylist():
                problems.setdefault(row, (rule, column.name, reason))
    typed = pa.Table.from_arrays(arrays, names=[column.name for column in table.columns])
    rejected = []
    if problems:
        listed = sorted(problems)
        shown = records.take(listed).to_pylist() if isinstance(records, pa.Table) else [records[n] for n in listed]
        for number, row in zip(listed, shown, strict=True):
            rule, name, reason = problems[number]
            rejected.append(_reject(rule, f"{name} is {_show(row.get(name))}, {reason}", name, row))
        typed = _without(typed, problems)
    good = typed.cast(table.schema()).sort_by([(name, "ascending") for name in table.sort_columns()])
    good, repeated = _without_repeats(table, good)
    return good, rejected + repeated


def merge(
    table: Table, standing: pa.Table, fresh: pa.Table, replaced: Sequence[str] = ()
) -> tuple[pa.Table, list[Rejected]]:
    """The rows of a partition once `fresh` rows came to the `standing` ones, sorted by key, and the fresh rows that
    contradict what stands. Both keep the contract and have each key once; a new known_at_utc is a new key, so vintages
    are kept.

    Standing rows of the sources in `replaced` go first. A fresh row with a known key is dropped when it says the same,
    replaces the old one when another parser read it, and is refused when the same parser now reads another value:
    nothing is overwritten.
    """
    if replaced and standing.num_rows:
        own = pc.is_in(standing["source"], value_set=pa.array(replaced, pa.string()))
        standing = standing.filter(pc.invert(own))
    if not standing.num_rows or not fresh.num_rows:
        return (fresh if not standing.num_rows else standing), []
    came = pa.array([0] * standing.num_rows + [1] * fresh.num_rows, pa.int8())
    both = pa.concat_tables([standing, fresh]).append_column("came", came)
    both = both.sort_by([(name, "ascending") for name in (*table.key, "came")]).drop_columns("came")
    olds = pc.indices_nonzero(_same_as_next(both, table.key))
    news = pc.add(olds, 1)
    differs = _differs(both.take(olds), both.take(news))
    dropped = set(news.filter(pc.invert(differs)).to_pylist())
    rejected = []
    for old, before, after in zip(
        olds.filter(differs).to_pylist(),
        both.take(olds.filter(differs)).to_pylist(),
        both.take(news.filter(differs)).to_pylist(),
        strict=True,
    ):
        if before["parser_version"] != after["parser_version"]:
            dropped.add(old)
            continue
        dropped.add(old + 1)
        differing = sorted(n for n in before if n not in PROVENANCE and before[n] != after[n])
        reason = f"the lake holds other values of {', '.join(differing)} under the same key and known_at_utc"
        rejected.append(_reject("contradicts_lake", reason, differing[0], after))
    return _without(both, dropped), rejected


def _column(column: Column, records: Records) -> tuple[pa.Array, list[int]]:
    """The column as an Arrow array of its type, and the rows whose value is of another type; those are null."""
    if isinstance(records, pa.Table):
        if column.name not in records.column_names:
            return pa.nulls(records.num_rows, column.type), []
        given = records[column.name].combine_chunks()
        # Encoded texts stay so until they are sorted.
        if column.type in (given.type, getattr(given.type, "value_type", None)):
            return given, []
        values = given.to_pylist()
    else:
        values = [record.get(column.name) for record in records]
    try:
        return pa.array(values, type=column.type), []
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        pass  # which of them it is, is found one by one
    mistyped = []
    for row, value in enumerate(values):
        try:
            pa.scalar(value, type=column.type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            mistyped.append(row)
            values[row] = None
    return pa.array(values, type=column.type), mistyped


def _violations(
    table: Table, column: Column, values: pa.Array, now_utc: datetime
) -> Iterator[tuple[str, str, pa.BooleanArray]]:
    """(rule, reason, mask of violating rows) for each promise of the column; a null in the mask breaks none."""
    if not column.nullable:
        yield "null", "and may not be empty", pc.is_null(values)
    if pa.types.is_floating(column.type):
        yield "not_finite", "not a finite number", pc.invert(pc.is_finite(values))
    if column.positive:
        yield "not_positive", "must be above 0", pc.less_equal(values, 0)
    if column.minimum is not None:
        yield "below_minimum", f"must be at least {column.minimum:.15g}", pc.less(values, column.minimum)
    if column.maximum is not None:
        yield "above_maximum", f"must be at most {column.maximum:.15g}", pc.greater(values, column.maximum)
    if column.earliest is not None:
        yield "before_earliest", f"must be {column.earliest} or later", pc.less(values, column.earliest)
    ahead = (
        0 if column.name == table.partition.column and table.partition.kind in ("month", "year") else column.days_ahead
    )
    if ahead is not None:
        last = now_utc.date() + timedelta(days=ahead)
        later = f"than {ahead} days from today" if ahead else f"than today, {last}"
        yield "date_in_future", f"later {later}", pc.greater(values, pa.scalar(last, column.type))
    # Each text is looked at once, however many rows have it.
    if column.allowed:
        texts = values.dictionary_encode()
        known = pc.is_in(texts.dictionary, value_set=pa.array(column.allowed, column.type)).take(texts.indices)
        yield "not_allowed", f"must be one of {', '.join(column.allowed)}", pc.invert(known)
    if column.pattern:
        texts = values.dictionary_encode()
        matches = pc.match_substring_regex(texts.dictionary, pattern=f"^(?:{column.pattern})$").take(texts.indices)
        yield "pattern", f"must match {column.pattern}", pc.invert(matches)
    if column.name == "known_at_utc":
        late = pc.greater(values, pa.scalar(now_utc, column.type))
        yield "known_in_future", f"later than now, {now_utc:%Y-%m-%d %H:%M} UTC", late


def _without_repeats(table: Table, rows: pa.Table) -> tuple[pa.Table, list[Rejected]]:
    """Drop rows whose key stands more than once; `rows` is sorted by key."""
    firsts = pc.indices_nonzero(_same_as_next(rows, table.key)).to_pylist()
    places = sorted({*firsts, *(place + 1 for place in firsts)})
    if not places:
        return rows, []
    dropped: set[int] = set()
    rejected = []
    listed = zip(places, rows.take(places).to_pylist(), strict=True)
    for _, run in groupby(listed, key=lambda one: [one[1][name] for name in table.key]):
        same = list(run)
        # Two lines that say the same are one row.
        said = [{**row, "source_line": None} for _, row in same]
        identical = all(one == said[0] for one in said)
        rule = "repeated_row" if identical else "duplicate_key"
        for place, row in same[1:] if identical else same:
            shown = ", ".join(f"{name}={_show(row[name])}" for name in table.key)
            rejected.append(_reject(rule, f"{len(same)} rows share the key {shown}", table.key[0], row))
            dropped.add(place)
    return _without(rows, dropped), rejected


def _same_as_next(rows: pa.Table, names: Sequence[str]) -> pa.ChunkedArray:
    """For each row but the last whether the next one has the same values, none of them null, in the columns."""
    same = pa.array([True] * max(rows.num_rows - 1, 0), pa.bool_())
    for name in names:
        same = pc.and_(same, pc.equal(rows[name].slice(0, len(same)), rows[name].slice(1)))
    return same


def _differs(was: pa.Table, now: pa.Table) -> pa.BooleanArray:
    """Where two tables of the same length say different things, provenance aside; null equals null."""
    found = pa.array([False] * was.num_rows, pa.bool_())
    for name in was.column_names:
        if name not in PROVENANCE:
            old, new = was[name], now[name]
            same = pc.if_else(pc.is_null(old), pc.is_null(new), pc.fill_null(pc.equal(old, new), False))
            found = pc.or_(found, pc.invert(same))
    return found


def _without(rows: pa.Table, dropped: Mapping[int, object] | set[int]) -> pa.Table:
    if not dropped:
        return rows
    return rows.take(pa.array([row for row in range(rows.num_rows) if row not in dropped], pa.int64()))


def _reject(rule: str, reason: str, column: str, row: Record) -> Rejected:
    line = row.get("source_line")
    source, sha256 = str(row.get("source", "")), str(row.get("source_sha256", ""))
    return Rejected(rule, reason, column, row, source, sha256, line if isinstance(line, int) else None)


def _show(value: object) -> str:
    return "empty" if value is None else json.dumps(value, default=str)

"""The order of rows by many columns, through one packed number per row. Sorts and finds equal keys; judges nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

MOST = 2**62
"""A packed number stays below this, so that it is an int64."""


def key_order(rows: pa.Table, key: Sequence[str], order: Sequence[str]) -> tuple[pa.Array, list[int]]:
    """Row numbers in ascending order of the columns `order`, nulls last, and the places of rows that share a key.

    `order` begins with the columns of `key`. The places count in the sorted rows. Texts compare by their bytes.
    """
    if rows.num_rows < 2:
        return pa.array(range(rows.num_rows), pa.int64()), []
    packed = _packed(rows, key)
    indices = _sorted(packed, rows.num_rows)
    in_a_run = _runs(packed, indices)
    if in_a_run:
        # Only rows that share a key need the other columns to come in one order.
        packed += _packed(rows, [name for name in order if name not in key])
        indices = _sorted(packed, rows.num_rows)
    return indices, in_a_run


def _sorted(columns: list[pa.Array], rows: int) -> pa.Array:
    if not columns:
        return pa.array(range(rows), pa.int64())
    if len(columns) == 1:
        return pc.array_sort_indices(columns[0])
    table = pa.Table.from_arrays(columns, names=[str(n) for n in range(len(columns))])
    return pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.column_names])


def _runs(columns: list[pa.Array], indices: pa.Array) -> list[int]:
    """Places, in the order of `indices`, of rows that agree in all columns with the row before or after."""
    same = None
    for column in columns:
        ordered = column.take(indices)
        equal = pc.equal(ordered.slice(1), ordered.slice(0, len(ordered) - 1))
        same = equal if same is None else pc.and_(same, equal)
    after = range(len(indices) - 1) if same is None else pc.indices_nonzero(same).to_pylist()
    return sorted({place for first in after for place in (first, first + 1)})


def _packed(rows: pa.Table, names: Sequence[str]) -> list[pa.Array]:
    """The columns as few int64 columns with the same order; columns with one value in all rows need none."""
    found: list[pa.Array] = []
    room = 1
    for name in names:
        ranks, count = _ranks(rows[name])
        if count == 1:
            continue
        if found and room * count < MOST:
            room *= count
            found[-1] = pc.add(pc.multiply(found[-1], count), ranks)
        else:
            room = count
            found.append(ranks)
    return found


def _ranks(column: pa.ChunkedArray) -> tuple[pa.Array, int]:
    """For each value a number that orders as the values do, null last, and a bound above all numbers."""
    values = column.combine_chunks()
    if pa.types.is_date32(values.type):
        days = values.view(pa.int32()).cast(pa.int64())
        bounds = pc.min_max(days)
        if bounds["min"].is_valid:
            ranks, count = pc.subtract(days, bounds["min"]), bounds["max"].as_py() - bounds["min"].as_py() + 1
            return _nulls_last(ranks, count)
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    # A dictionary may hold a value twice; the dense rank gives both the same place.
    places = pc.cast(pc.rank(encoded.dictionary, tiebreaker="dense"), pa.int64())
    return _nulls_last(pc.subtract(places, 1).take(encoded.indices), pc.max(places).as_py() or 0)


def _nulls_last(ranks: pa.Array, count: int) -> tuple[pa.Array, int]:
    if ranks.null_count:
        return pc.fill_null(ranks, count), count + 1
    return ranks, max(count, 1)

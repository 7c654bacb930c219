"""The order of rows by many columns, through one packed number per row. Sorts and finds equal keys; judges nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.landing.batch import is_one_text

Whole = npt.NDArray[np.int64]

MOST = 2**62
"""A packed number stays below this, so that it is an int64."""


def key_order(rows: pa.RecordBatch, key: Sequence[str], order: Sequence[str]) -> tuple[pa.Array, list[int]]:
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
    return pa.array(indices), in_a_run


def _sorted(columns: list[Whole], rows: int) -> Whole:
    if not columns:
        return np.arange(rows)
    # Rows mostly come in long stretches that are in order already, which a stable sort makes use of.
    return columns[0].argsort(kind="stable") if len(columns) == 1 else np.lexsort(columns[::-1])


def _runs(columns: list[Whole], indices: Whole) -> list[int]:
    """Places, in the order of `indices`, of rows that agree in all columns with the row before or after."""
    same = np.ones(len(indices) - 1, np.bool_)
    for column in columns:
        ordered = column.take(indices)
        same &= ordered[1:] == ordered[:-1]
    after = np.flatnonzero(same)
    places: list[int] = np.union1d(after, after + 1).tolist()
    return places


def _packed(rows: pa.RecordBatch, names: Sequence[str]) -> list[Whole]:
    """The columns as few columns of whole numbers with the same order; columns with one value in all rows need none."""
    found: list[Whole] = []
    room = 1
    for name in names:
        if is_one_text(rows[name]):
            continue
        ranks, count = _ranks(rows[name])
        if count == 1:
            continue
        if found and room * count < MOST:
            room *= count
            found[-1] *= count
            found[-1] += ranks
        else:
            room = count
            found.append(ranks)
    return found


def _ranks(values: pa.Array) -> tuple[Whole, int]:
    """For each value a number that orders as the values do, null last, and a bound above all numbers."""
    if pa.types.is_date32(values.type):
        days = values.view(pa.int32()).cast(pa.int64())
        bounds = pc.min_max(days)
        if bounds["min"].is_valid:
            first, after = bounds["min"].as_py(), bounds["max"].as_py() + 1
            return pc.fill_null(days, after).to_numpy() - first, after - first + bool(days.null_count)
    encoded = values if pa.types.is_dictionary(values.type) else values.dictionary_encode()
    # A dictionary may hold a value twice; the dense rank gives both the same place.
    places = pc.rank(encoded.dictionary, tiebreaker="dense").to_numpy().astype(np.int64) - 1
    count = int(places.max(initial=0)) + 1
    codes = encoded.indices.fill_null(len(places)).to_numpy()
    return np.append(places, count).take(codes), count + bool(encoded.null_count)

"""Rows as the bytes of a Parquet file, always the same for the same rows. Writes no file."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contracts.contract import DATE, REAL, Table
from ingestion.landing.batch import is_one_text, whole


def parquet_bytes(rows: pa.Table, table: Table) -> bytes:
    """The same rows give the same bytes: fixed codec, one fixed layout, no clock, no schema of Arrow's or of pandas.

    Texts may be plain or dictionary-encoded. Statistics stand for the columns that tell one file from another: that of the
    partition, the days of the key and known_at_utc. Measured numbers seldom repeat, so they get no dictionary.
    """
    sink = pa.BufferOutputStream()
    telling = [name for name in table.key if name in rows.column_names and rows.schema.field(name).type == DATE]
    telling += [name for name in (table.partition.column, "known_at_utc") if name in rows.column_names]
    columns = [_in_order_of_appearance(whole(rows[name])) for name in rows.column_names]
    plain = pa.Table.from_arrays(columns, schema=rows.schema.remove_metadata())
    pq.write_table(
        plain,
        sink,
        compression="snappy",
        version="2.6",
        use_dictionary=[field.name for field in plain.schema if field.type != REAL] or False,
        write_statistics=sorted({*telling}) or False,
        store_schema=False,
    )
    return bytes(sink.getvalue())


def _in_order_of_appearance(column: pa.Array) -> pa.Array:
    """The column with its dictionary as a writer of plain texts would come to it: every text once, as it first appears.
    Other columns stay as they are."""
    if not pa.types.is_dictionary(column.type) or is_one_text(column):
        return column
    texts, codes = column.dictionary.dictionary_encode(), column.indices
    if len(texts.dictionary) < len(column.dictionary):
        codes = texts.indices.take(codes)
    codes = codes.dictionary_encode()
    return pa.DictionaryArray.from_arrays(codes.indices, texts.dictionary.take(codes.dictionary))

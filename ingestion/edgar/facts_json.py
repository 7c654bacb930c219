"""Company facts in any form that JSON allows, read by DuckDB against a declared shape. Judges no entry.

This is fast and needs little memory, but tells neither a true from a one nor a missing member from one of another type:
what that may hide is for the reader of the rows to look for.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.errors import SourceDamaged, SourceDrifted, SourceEmpty

REFETCH = "Fetch the source again; if it stays so, EDGAR has changed its format and the parser must follow"

_ENTRY = '"start" VARCHAR, "end" DATE, val DOUBLE, accn VARCHAR, fy BIGINT, fp VARCHAR, form VARCHAR, filed DATE, frame VARCHAR'
ENTRY_MEMBERS = ("start", "end", "val", "accn", "fy", "fp", "form", "filed", "frame")
_SHAPE = json.dumps(
    {
        "cik": "BIGINT",
        "entityName": "VARCHAR",
        "facts": f"MAP(VARCHAR, MAP(VARCHAR, STRUCT(units MAP(VARCHAR, STRUCT({_ENTRY})[]))))",
    }
)
_QUERY = "SELECT json_transform(body, $shape) AS read FROM document_body"


@dataclass(frozen=True)
class FactsDocument:
    """A document as read: who it speaks of, taxonomy, concept and unit of each list, and all entries in their order.

    `columns` has the members of the entries by name: end and filed as date32, start as date32 or as the text that stands
    there, val as float64, fy as int64, the others as texts, plain or dictionary-encoded; null where a member is absent.
    `unit_of_entry` is the number of each entry's list.
    """

    cik: object
    name: object
    taxonomy: pa.Array
    concept: pa.Array
    unit: pa.Array
    columns: Mapping[str, pa.Array]
    unit_of_entry: pa.Array


def read_json(source: str, content: bytes) -> FactsDocument:
    """The document. Raises SourceEmpty, SourceDamaged for bytes that are no JSON, SourceDrifted for another shape."""
    if not content:
        raise SourceEmpty(source, "the answer is empty", REFETCH)
    connection = _database().cursor()
    try:
        connection.register("document_body", pa.table({"body": _as_text(content)}))
        answer = connection.execute(_QUERY, {"shape": _SHAPE}).to_arrow_table()
    except (UnicodeDecodeError, duckdb.Error) as error:
        first = str(error).splitlines()[0][:200]
        raise SourceDamaged(source, f"the answer is no JSON ({first})", REFETCH) from error
    finally:
        connection.close()
    cik, name, facts = answer["read"].combine_chunks().flatten()
    taxonomies, by_taxonomy = _members(source, facts, "facts")
    concepts, bodies = _members(source, by_taxonomy, "a taxonomy")
    units, lists = _members(source, bodies.flatten()[0], "the units of a concept")
    if lists.null_count:
        raise SourceDrifted(source, "a unit holds no list", REFETCH)
    taxonomy_of_concept = pc.list_parent_indices(pa.ListArray.from_arrays(by_taxonomy.offsets, concepts))
    concept_of_unit = pc.list_parent_indices(pa.ListArray.from_arrays(bodies.flatten()[0].offsets, units))
    return FactsDocument(
        cik=cik[0].as_py(),
        name=name[0].as_py(),
        taxonomy=taxonomies.take(taxonomy_of_concept.take(concept_of_unit)),
        concept=concepts.take(concept_of_unit),
        unit=units,
        columns=dict(zip(ENTRY_MEMBERS, lists.flatten().flatten(), strict=True)),
        unit_of_entry=pc.cast(pc.list_parent_indices(lists), pa.int32()),
    )


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One engine for all documents; what a document needed is given back to the system after it."""
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "enable_external_access": False,
        "allocator_flush_threshold": "1MB",
    }
    return duckdb.connect(":memory:", config=config)


def _members(source: str, objects: pa.MapArray, what: str) -> tuple[pa.Array, pa.Array]:
    """Names and values of all members; a member of another shape reads as null, and with it would go what is in it."""
    if objects.null_count:
        raise SourceDrifted(source, f"{what} has another shape", REFETCH)
    return objects.keys, objects.items


def _as_text(content: bytes) -> pa.Array:
    """The bytes as one Arrow text, not copied; raises UnicodeDecodeError."""
    if not content.isascii():
        content.decode()
    offsets = pa.py_buffer(struct.pack("<qq", 0, len(content)))
    return pa.Array.from_buffers(pa.large_string(), 1, [None, offsets, pa.py_buffer(content)])

"""The dbt source yml, rendered from the contracts of the raw tables. Writes text only; knows nothing of dbt's Python.

`python -m ingestion.contracts.dbt_sources` writes `dbt_project/models/staging/_sources.yml`; a test holds file and contracts together.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa

from ingestion.contracts.contract import Column, Table
from ingestion.contracts.tables import TABLES

SOURCES_FILE = Path(__file__).resolve().parents[2] / "dbt_project" / "models" / "staging" / "_sources.yml"

SOURCE_NAME = "raw"

NO_UNIT = "none"

_SQL_TYPES: dict[pa.DataType, str] = {
    pa.timestamp("us"): "timestamp",
    pa.date32(): "date",
    pa.string(): "varchar",
    pa.float64(): "double",
    pa.int64(): "bigint",
    pa.bool_(): "boolean",
}

_HEAD = f"""\
# Written by `python -m ingestion.contracts.dbt_sources` from ingestion/contracts/tables.py; edit the contracts there, not this file.
version: 2

sources:
  - name: {SOURCE_NAME}
    schema: {SOURCE_NAME}
    description: "Parquet tables of the lake, every vintage, registered as views when a run starts."
    tables:
"""


def sql_type(column: Column) -> str:
    """The SQL type of a raw column; raises KeyError for an Arrow type that no contract may use."""
    return _SQL_TYPES[column.type]


def _quoted(text: str) -> str:
    """A YAML double-quoted scalar: JSON strings are one."""
    return json.dumps(text, ensure_ascii=False)


def _render_column(column: Column) -> str:
    return (
        f"          - name: {column.name}\n"
        f"            data_type: {sql_type(column)}\n"
        f"            description: {_quoted(column.description)}\n"
        f"            config: {{meta: {{unit: {_quoted(column.unit or NO_UNIT)}}}}}\n"
    )


def _render_table(table: Table) -> str:
    head = (
        f"      - name: {table.name}\n"
        f"        description: {_quoted(table.description)}\n"
        f"        config: {{meta: {{dagster: {{asset_key: [{_quoted(table.name)}]}}}}}}\n"
        "        columns:\n"
    )
    return head + "".join(_render_column(column) for column in table.columns)


def render_sources() -> str:
    """The whole of `_sources.yml`: one source, one table per contract in the order of `TABLES`, one entry per column."""
    return _HEAD + "\n".join(_render_table(table) for table in TABLES.values())


def main() -> None:
    """Writes the file that the dbt project reads."""
    SOURCES_FILE.write_text(render_sources(), encoding="utf-8")


if __name__ == "__main__":
    main()

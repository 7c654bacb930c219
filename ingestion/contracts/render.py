"""What is written from the contracts: the dbt sources and the page docs/raw-tables.md.

`python -m ingestion.contracts.render` writes both; a test holds them and the contracts together.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader

from ingestion.contracts import TABLES
from ingestion.contracts.contract import Column, Table

ROOT = Path(__file__).resolve().parents[2]
SOURCES_FILE = ROOT / "dbt_project" / "models" / "staging" / "_sources.yml"
PAGE_FILE = ROOT / "docs" / "raw-tables.md"
TEMPLATE = Path(__file__).with_name("raw-tables.md.j2")

NO_UNIT = "none"

_SOURCES_HEAD = """\
# Written by `python -m ingestion.contracts.render` from ingestion/contracts/; edit the contracts there, not this file.
"""


def _source_column(column: Column) -> dict[str, object]:
    told = {"name": column.name, "data_type": column.sql_type, "description": column.description}
    return {**told, "config": {"meta": {"unit": column.unit or NO_UNIT}}}


def _source_table(table: Table) -> dict[str, object]:
    told = {"name": table.name, "description": table.description}
    columns = [_source_column(column) for column in table.columns]
    return {**told, "config": {"meta": {"dagster": {"asset_key": [table.name]}}}, "columns": columns}


def render_sources() -> str:
    """The whole of `_sources.yml`: one source, one table per contract in the order of `TABLES`, one entry per column."""
    about = "Parquet tables of the lake, every vintage, registered as views when a run starts."
    tables = [_source_table(table) for table in TABLES.values()]
    source = {"name": "raw", "schema": "raw", "description": about, "tables": tables}
    whole = {"version": 2, "sources": [source]}
    return _SOURCES_HEAD + yaml.safe_dump(
        whole, sort_keys=False, allow_unicode=True, width=1_000, default_flow_style=None
    )


def _promises(column: Column) -> str:
    """What the column promises beyond its type, in words."""
    said = [column.unit] if column.unit else []
    if column.positive:
        said.append("above 0")
    if column.minimum is not None:
        said.append(f"at least {column.minimum:.15g}")
    if column.maximum is not None:
        said.append(f"at most {column.maximum:.15g}")
    if column.earliest is not None:
        said.append(f"{column.earliest} or later")
    if column.days_ahead is not None:
        said.append(f"at most {column.days_ahead} days ahead" if column.days_ahead else "not in the future")
    if column.allowed:
        said.append("one of " + ", ".join(f"`{value}`" for value in column.allowed))
    if column.pattern:
        said.append("`" + column.pattern.replace("|", "\\|") + "`")
    if column.references:
        said.append(
            f"names a row of {_link(column.references.split('.')[0])}"
            + (f", or `{column.wildcard}`" if column.wildcard else "")
        )
    return "; ".join(said)


def _link(table: str) -> str:
    return f"[{table}](#{table})"


def render_page() -> str:
    """The whole of docs/raw-tables.md: one section a table in the order of `TABLES`, one line a column."""
    environment = Environment(loader=FileSystemLoader(TEMPLATE.parent), trim_blocks=True, keep_trailing_newline=True)
    environment.filters["link"] = _link
    return environment.get_template(TEMPLATE.name).render(tables=TABLES.values(), promises=_promises)


def main() -> None:
    SOURCES_FILE.write_text(render_sources(), encoding="utf-8")
    PAGE_FILE.write_text(render_page(), encoding="utf-8")


if __name__ == "__main__":
    main()

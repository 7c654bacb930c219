"""What is written from the contracts is current: the dbt sources, to the byte and by meaning, and the page of raw tables."""

from __future__ import annotations

import yaml

from ingestion.contracts import TABLES, render

REMEDY = "run: python -m ingestion.contracts.render"


def test_the_files_are_what_the_contracts_render() -> None:
    assert render.SOURCES_FILE.read_text(encoding="utf-8") == render.render_sources(), REMEDY
    assert render.PAGE_FILE.read_text(encoding="utf-8") == render.render_page(), REMEDY


def test_each_column_stands_with_type_unit_and_sentence_and_dagster_finds_the_table_by_its_name() -> None:
    (source,) = yaml.safe_load(render.SOURCES_FILE.read_text(encoding="utf-8"))["sources"]
    stated = {
        table["name"]: [
            (c["name"], c["data_type"], c["description"], c["config"]["meta"]["unit"]) for c in table["columns"]
        ]
        for table in source["tables"]
    }
    assert stated == {
        table.name: [(c.name, c.sql_type, c.description, c.unit or "none") for c in table.columns]
        for table in TABLES.values()
    }
    keys = {table["name"]: table["config"]["meta"]["dagster"]["asset_key"] for table in source["tables"]}
    assert keys == {name: [name] for name in TABLES}

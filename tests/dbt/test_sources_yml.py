"""The dbt sources agree with the contracts of the raw tables, to the byte and by meaning."""

from __future__ import annotations

import dataclasses

import pytest
import yaml

from ingestion.contracts import dbt_sources
from ingestion.contracts.tables import TABLES


def test_the_file_is_what_the_contracts_render() -> None:
    written = dbt_sources.SOURCES_FILE.read_text(encoding="utf-8")
    assert written == dbt_sources.render_sources(), "run: python -m ingestion.contracts.dbt_sources"


def test_a_changed_contract_changes_the_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    bar = TABLES["raw_market__bar"]
    first, *rest = bar.own_columns
    changed = dataclasses.replace(bar, own_columns=(dataclasses.replace(first, description="Another sentence."), *rest))
    before = dbt_sources.render_sources()
    monkeypatch.setitem(TABLES, bar.name, changed)
    assert dbt_sources.render_sources() != before


def test_each_column_of_each_contract_stands_with_type_unit_and_sentence() -> None:
    (source,) = yaml.safe_load(dbt_sources.SOURCES_FILE.read_text(encoding="utf-8"))["sources"]
    stated = {
        table["name"]: [
            (c["name"], c["data_type"], c["description"], c["config"]["meta"]["unit"]) for c in table["columns"]
        ]
        for table in source["tables"]
    }
    promised = {
        table.name: [(c.name, dbt_sources.sql_type(c), c.description, c.unit or "none") for c in table.columns]
        for table in TABLES.values()
    }
    assert stated == promised


def test_dagster_finds_the_raw_asset_by_the_name_of_the_table() -> None:
    (source,) = yaml.safe_load(dbt_sources.SOURCES_FILE.read_text(encoding="utf-8"))["sources"]
    keys = {table["name"]: table["config"]["meta"]["dagster"]["asset_key"] for table in source["tables"]}
    assert keys == {name: [name] for name in TABLES}

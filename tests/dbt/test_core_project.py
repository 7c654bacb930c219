"""What holds for every model, by the manifest and the files: documents, contracts, keys, portability. Nothing is built."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dbt.conftest import PROJECT, Empty

Node = dict[str, Any]

# Words of DuckDB alone; they belong in macros/engine.
DIALECT = re.compile(
    r"::|\bqualify\b|\bexclude\b|\bunnest\b|\bread_parquet\b|\bgenerate_series\b|\bstring_split\b|\bstrftime\b"
    r"|\bdate_diff\b|\blist_\w+\(|\bstruct_\w+\(|\barg_(?:min|max)\b|\binterval\b|\basof\b|\busing sample\b",
    re.IGNORECASE,
)
CLOCK = re.compile(r"\bcurrent_(?:timestamp|date|time)\b|\bnow\(|\btoday\(|\brandom\(|\buuid\(", re.IGNORECASE)
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


def _sql(path: Path) -> str:
    return COMMENT.sub("", path.read_text(encoding="utf-8"))


def _files(folder: str) -> list[Path]:
    files = sorted((PROJECT / folder).rglob("*.sql"))
    assert files, folder
    return files


@pytest.fixture(scope="module")
def manifest(empty: Empty) -> Node:
    return empty.manifest


@pytest.fixture(scope="module")
def nodes(manifest: Node) -> list[Node]:
    return [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]


def test_every_model_has_its_yml_and_description(nodes: list[Node]) -> None:
    assert len(nodes) >= 30
    for model in nodes:
        path = PROJECT / model["original_file_path"]
        assert path.with_suffix(".yml").is_file(), model["name"]
        assert model["patch_path"].endswith(f"{model['name']}.yml"), model["name"]
        assert model["description"].strip(), model["name"]


def test_every_column_says_what_it_is_and_in_what_unit(nodes: list[Node]) -> None:
    for model in nodes:
        assert model["columns"], model["name"]
        for column in model["columns"].values():
            where = f"{model['name']}.{column['name']}"
            assert column["description"].strip().endswith("."), where
            assert column["meta"].get("unit", "").strip(), where


def test_marts_are_tables_under_contract_with_a_key(nodes: list[Node]) -> None:
    marts = [model for model in nodes if "marts" in model["fqn"]]
    assert len(marts) >= 14
    for model in marts:
        assert model["config"]["materialized"] == "table", model["name"]
        assert model["contract"]["enforced"], model["name"]
        assert all(column["data_type"] for column in model["columns"].values()), model["name"]
        assert "primary_key" in {constraint["type"] for constraint in model["constraints"]}, model["name"]


def test_docs_are_kept_where_they_are_published_and_dagster_finds_group_and_owner(nodes: list[Node]) -> None:
    for model in nodes:
        kept = {"relation": True, "columns": True} if model["fqn"][1] == "marts" else {}
        assert model["config"]["persist_docs"] == kept, model["name"]
        assert model["meta"]["dagster"] == {"group": model["fqn"][1], "owners": ["team:hashwatt"]}, model["name"]


def test_every_raw_table_is_read_and_staging_makes_of_one_what_another_name_or_unit_needs(
    nodes: list[Node], manifest: Node
) -> None:
    read: set[str] = set()
    for model in nodes:
        sources = {parent for parent in model["depends_on"]["nodes"] if parent.startswith("source.")}
        assert model["fqn"][1] != "staging" or len(sources) == 1, model["name"]
        read |= sources
    assert read == set(manifest["sources"])


def test_a_raw_table_with_a_staging_model_is_read_through_it(nodes: list[Node]) -> None:
    readers: dict[str, set[str]] = {}
    for model in nodes:
        for parent in model["depends_on"]["nodes"]:
            readers.setdefault(parent, set()).add(model["name"])
    for model in nodes:
        if model["fqn"][1] == "staging":
            (source,) = model["depends_on"]["nodes"]
            # How much of a raw table there is, is counted in the table itself.
            assert readers[source] <= {model["name"], "meta_freshness"}, source


def test_singular_tests_of_several_parents_name_their_asset(manifest: Node) -> None:
    singular = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and "test_metadata" not in node and len(node["depends_on"]["nodes"]) > 1
    ]
    assert singular
    for node in singular:
        assert node["config"]["meta"]["dagster"]["ref"]["name"], node["name"]


def test_unit_tests_of_what_depends_on_t_say_their_t(manifest: Node) -> None:
    """Without that they would fail in a build as of another day."""
    pinned = 0
    for unit_test in manifest["unit_tests"].values():
        (parent,) = [p for p in unit_test["depends_on"]["nodes"] if p.endswith(f".{unit_test['model']}")]
        macros = manifest["nodes"][parent]["depends_on"]["macros"]
        if not any(
            macro in macros
            for macro in ("macro.hashwatt.as_of", "macro.hashwatt.known_by", "macro.hashwatt.as_of_date")
        ):
            continue
        assert unit_test["overrides"] and "as_of" in unit_test["overrides"]["vars"], unit_test["name"]
        pinned += 1
    assert pinned >= 15


def test_every_fact_has_a_unit_test(nodes: list[Node], manifest: Node) -> None:
    tested = {unit_test["model"] for unit_test in manifest["unit_tests"].values()}
    facts = {model["name"] for model in nodes if model["name"].startswith("fct_")}
    assert len(facts) >= 7
    assert facts <= tested


def test_the_dialect_stays_in_the_engine_macros() -> None:
    for path in _files("models") + [p for p in _files("macros") if p.parent.name != "engine"]:
        found = DIALECT.search(_sql(path))
        assert found is None, f"{path.relative_to(PROJECT)}: {found and found.group()!r}"


def test_no_model_reads_a_clock_or_a_dice() -> None:
    for path in _files("models") + _files("macros") + _files("tests"):
        found = CLOCK.search(_sql(path))
        assert found is None, f"{path.relative_to(PROJECT)}: {found and found.group()!r}"


@pytest.mark.parametrize("sql", ["select a::int", "select * exclude (b) from t", "x + interval 1 day", "qualify n = 1"])
def test_the_dialect_is_recognised(sql: str) -> None:
    assert DIALECT.search(sql)


@pytest.mark.parametrize("sql", ["select current_timestamp", "where d < now()", "select CURRENT_DATE"])
def test_a_clock_is_recognised(sql: str) -> None:
    assert CLOCK.search(sql)


def test_telemetry_is_off_and_the_default_t_is_the_end_of_time() -> None:
    project = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["flags"]["send_anonymous_usage_stats"] is False
    assert project["vars"]["as_of"] == "9999-12-31 00:00:00"

"""docs/metrics.md is of the metrics as they are defined now, and every metric is asked on it. MetricFlow is not needed."""

from __future__ import annotations

import copy
from typing import Any, cast

from orchestration.pipeline.dbt import load_manifest, models
from tools.metrics import PAGE, digest, render, saved_queries
from tools.page_outputs import BLOCK, fill


def test_the_page_is_of_these_definitions() -> None:
    manifest, page = load_manifest(), PAGE.read_text(encoding="utf-8")
    shown = [match.group(2).strip() for match in BLOCK.finditer(page)]
    made = render(manifest, dict(zip(saved_queries(manifest), shown, strict=True)))
    assert fill(page, lambda _: "") == fill(made, lambda _: ""), "run `make metrics`"


def test_another_definition_is_another_page() -> None:
    manifest = load_manifest()
    other = copy.deepcopy(cast(dict[str, Any], manifest))
    other["semantic_models"]["semantic_model.hashwatt.ai_deal"]["measures"][0]["expr"] = "value_attributable_usd_m"
    assert digest(other) != digest(manifest) == digest(copy.deepcopy(manifest))


def test_every_metric_is_asked_or_a_part_of_one_that_is_and_reads_published_tables() -> None:
    manifest = load_manifest()
    metrics = {metric["name"]: metric for metric in manifest["metrics"].values()}
    asked = {name for query in saved_queries(manifest).values() for name in query["query_params"]["metrics"]}
    parts = {
        str(metrics[name]["type_params"][part]["name"])
        for name in asked
        for part in ("numerator", "denominator")
        if metrics[name]["type"] == "ratio"
    }
    assert {*metrics} == asked | parts
    read = {node.split(".")[2] for one in manifest["semantic_models"].values() for node in one["depends_on"]["nodes"]}
    assert read <= {*models(manifest, "marts")}
    assert [name for name, metric in metrics.items() if not metric["config"]["meta"].get("unit")] == []

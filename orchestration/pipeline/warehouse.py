"""The dbt project as assets, built in the run's own file, and the gates over what will be published of it. Any selection of
models, tests or gates runs alone: what it needs upstream is built from the lake as it is."""

# Without postponed annotations: Dagster reads the class of `context` from the annotation itself.
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration.errors import HashwattError
from orchestration.pipeline.dbt import Built, load_manifest, models
from orchestration.pipeline.gates import FRESHNESS, OWNER, check_result, gate_spec, group, recorded_crash, refusal
from orchestration.pipeline.workspace import Workspace
from orchestration.progress import report

MANIFEST = load_manifest()
PUBLISHED = tuple(sorted(models(MANIFEST, "marts")))


class Names(DagsterDbtTranslator):
    """One name everywhere: a model's asset key is its name, a source's is that of the raw table."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey(dbt_resource_props["name"])

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props.get("description", ""))

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        props = self.get_resource_props(manifest, unique_id)
        if props["resource_type"] != "model":
            return spec
        return spec.replace_attributes(group_name=group(props["fqn"][1]), owners=[OWNER], freshness_policy=FRESHNESS)


@dbt_assets(name="warehouse", manifest=MANIFEST, dagster_dbt_translator=Names())
def warehouse(context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace]) -> Iterator[Any]:
    """One dbt invocation: the models and data tests that were chosen, in the order of the graph; all when all were."""
    chosen, checks = context.selected_asset_keys, context.selected_asset_check_keys
    # Of a selection `context.assets_def` is the part that was chosen: what is all of it, the definition below says.
    is_whole = chosen == set(warehouse.keys) and checks == set(warehouse.check_keys)
    with recorded_crash(workspace, "dbt"):
        built = _build(
            workspace,
            None if is_whole else [key.to_user_string() for key in chosen],
            () if is_whole else [key.name for key in checks],
        )
        yield from _results(built, workspace.rows, chosen, checks)
        if built.failed_tests:
            raise refusal(built.failed_tests)
        _raise_fault(built)


def _build(workspace: Workspace, chosen: Collection[str] | None, tests: Collection[str]) -> Built:
    report(f"dbt: {'all' if chosen is None else len(chosen)} models")
    try:
        return workspace.build(chosen, tests)
    except HashwattError as error:
        raise refusal(f"{error.message}; {error.remedy}") from error


def _raise_fault(built: Built) -> None:
    if built.fault:
        raise dg.Failure(built.fault)


def _results(
    built: Built, rows: Mapping[str, int], chosen: Collection[dg.AssetKey], checks: Collection[dg.AssetCheckKey]
) -> Iterator[Any]:
    """What of the build was asked for, as Dagster shows it; models that were built only to build others are not."""
    seconds = {str(r["unique_id"]).split(".")[2]: round(float(r["execution_time"]), 3) for r in built.results}
    for name in built.models:
        if (key := dg.AssetKey(name)) in chosen:
            yield dg.MaterializeResult(
                asset_key=key, metadata={"dagster/row_count": rows[name], "seconds": seconds[name]}
            )
    by_test = {key.name: key for key in checks}
    for result in built.results:
        check = by_test.get(str(result["unique_id"]).split(".")[2])
        if check is not None and result["status"] in ("pass", "warn", "fail"):
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=result["status"] == "pass",
                severity=dg.AssetCheckSeverity.WARN if result["status"] == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"failures": result.get("failures") or 0, "seconds": seconds[check.name]},
            )


@dg.multi_asset_check(name="mart_gates", specs=[gate_spec(name) for name in PUBLISHED], can_subset=True)
def mart_gates(
    context: dg.AssetCheckExecutionContext, workspace: dg.ResourceParam[Workspace]
) -> Iterator[dg.AssetCheckResult]:
    """Judge the chosen tables, all that would be published in the daily job, in the run's own file; those that this run has
    not built are built first. All are judged before the first crash counts."""
    names = sorted(key.asset_key.to_user_string() for key in context.selected_asset_check_keys)
    if not {*names} <= {*workspace.rows}:
        with recorded_crash(workspace, "dbt"):
            _raise_fault(_build(workspace, names, ()))
    report(f"gates: {len(names)} tables")
    crashes: list[str] = []
    refusals: list[str] = []
    for name, found in workspace.judged(names):
        if isinstance(found, Exception):
            crashes.append(f"{name}: {type(found).__name__}: {found}")
            continue
        if not found.passed:
            refusals.append(found.message())
        yield check_result(name, found)
    if crashes:
        raise dg.Failure("\n".join(crashes))
    if refusals:
        raise refusal("\n".join(refusals))

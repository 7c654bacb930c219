"""The dbt project as assets, built in the run's own file, and the gates over what will be published of it."""

# Without postponed annotations: Dagster reads the class of `context` from the annotation itself.
import json
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from orchestration.pipeline.dbt import Dbt, data_tests, dbt_environment, environment, load_project, models
from orchestration.pipeline.dbt_failures import dbt_failure
from orchestration.pipeline.gates import check_result, gate_spec, recorded_crash, refusal
from orchestration.pipeline.policies import FRESHNESS, OWNER, RETRY
from orchestration.pipeline.resources import Workspace
from orchestration.progress import report
from quality.suites import MART_SUITES

PROJECT, MANIFEST = load_project()
PUBLISHED = tuple(sorted(models(MANIFEST, "marts")))
# What dbt's tests say of a model needs no suite beside them.
GATED = tuple(name for name in PUBLISHED if name in MART_SUITES)
_REPORT_EVERY = 50


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
        return spec.replace_attributes(group_name=props["fqn"][1], owners=[OWNER], freshness_policy=FRESHNESS)


@dbt_assets(name="warehouse", manifest=MANIFEST, project=PROJECT, dagster_dbt_translator=Names(), retry_policy=RETRY)
def warehouse(context: dg.AssetExecutionContext, workspace: dg.ResourceParam[Workspace], dbt: Dbt) -> Iterator[Any]:
    """One dbt invocation: every model and every data test, in the order of the graph."""
    target = workspace.settings.dbt_target
    results = target / "run_results.json"
    for leftover in (results, workspace.build_file):
        leftover.unlink(missing_ok=True)
    args = [str(workspace.folder), "build", "--exclude-resource-type", "unit_test"]
    if workspace.as_of is not None:
        args += ["--vars", json.dumps({"as_of": workspace.as_of.isoformat()})]
    report(f"dbt: {len(models(MANIFEST))} models, {len(data_tests(MANIFEST))} tests")
    with recorded_crash(workspace, "dbt"):
        with environment(dbt_environment(workspace.build_file, workspace.settings.lake)):
            run = dbt.cli(args, context=context, target_path=target, raise_on_error=False)
        for number, event in enumerate(run.stream(), start=1):
            if number % _REPORT_EVERY == 0:
                report(f"dbt: {number} results")
            yield event
        found = json.loads(results.read_bytes())["results"] if results.exists() else []
        # An exposure is listed among the results although there is nothing to build or to test.
        workspace.checks.record_dbt([r for r in found if not r["unique_id"].startswith("exposure.")])
        if run.process.returncode != 0:
            raise dbt_failure(found, workspace.build_file, target / "dbt.log", run.get_error())


@dg.multi_asset_check(name="mart_gates", specs=[gate_spec(name) for name in GATED])
def mart_gates(workspace: dg.ResourceParam[Workspace]) -> Iterator[dg.AssetCheckResult]:
    """Judge the tables that would be published, in the run's own file. All are judged before the first crash counts."""
    import duckdb

    from quality.rules import Context
    from quality.runner import judge
    from quality.suites import mart_suite

    report(f"gates: {len(GATED)} tables")
    moment = Context(
        now_utc=workspace.ingestion.moment_utc, as_of_utc=workspace.horizon_utc, edition=workspace.gate_edition
    )
    crashes: list[Exception] = []
    refusals: list[str] = []
    with duckdb.connect(str(workspace.build_file), read_only=True) as connection:
        for name in GATED:
            try:
                with recorded_crash(workspace, name):
                    verdict = judge(connection, mart_suite(name), None, moment)
                    workspace.checks.record(verdict)
            except Exception as error:
                crashes.append(error)
                continue
            if not verdict.passed:
                refusals.append(verdict.message())
            yield check_result(name, verdict)
    if crashes:
        raise crashes[0]
    if refusals:
        raise refusal("\n".join(refusals))

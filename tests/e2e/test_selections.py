"""What is chosen on Dagster's page runs alone, as its button says: it succeeds, publishes nothing, leaves `current` alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner

from orchestration.cli.main import main
from orchestration.definitions import defs
from orchestration.pipeline.gates import GATE
from orchestration.pipeline.instance import prepare_instance
from orchestration.pipeline.published import KEY
from orchestration.pipeline.warehouse import MANIFEST
from orchestration.settings import Settings
from tests.e2e.conftest import Home
from tests.e2e.live_world import copy_of
from tests.e2e.poison import readers_see

pytestmark = pytest.mark.e2e

MART, BETWEEN = "mart_contracted_ai_book", "int_ai_book__month"
RAW, OF_AN_ISSUER = "raw_ledger__ai_deal", "raw_sec__filing"


@dataclass(frozen=True)
class Page:
    """What the page does: it starts a run of what was chosen, with no configuration but the defaults."""

    settings: Settings
    instance: dg.DagsterInstance

    def run(self, chosen: dg.AssetSelection, partition: str | None = None) -> dg.ExecuteInProcessResult:
        job = dg.define_asset_job("chosen", chosen, executor_def=dg.in_process_executor)
        found = dg.Definitions.merge(defs, dg.Definitions(jobs=[job])).resolve_job_def("chosen")
        return found.execute_in_process(instance=self.instance, raise_on_error=False, partition_key=partition)


@pytest.fixture(scope="module")
def page(first_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    settings = copy_of(first_home.settings, tmp_path_factory.mktemp("page"))
    with pytest.MonkeyPatch.context() as patch, prepare_instance(settings) as instance:
        patch.setenv("HASHWATT_HOME", str(settings.home))
        yield Page(settings, instance)


def assets(*names: str) -> dg.AssetSelection:
    return dg.AssetSelection.assets(*names)


def checks(asset: str, *names: str) -> dg.AssetSelection:
    return dg.AssetSelection.checks(*(dg.AssetCheckKey(dg.AssetKey(asset), name) for name in names))


def dbt_checks_of(asset: str) -> list[str]:
    keys = defs.resolve_asset_graph().get(dg.AssetKey(asset)).check_keys
    return sorted(key.name for key in keys if key.name != GATE)


@pytest.mark.parametrize(
    ("chosen", "partition", "made"),
    [
        (assets(MART), None, {MART}),
        (assets(BETWEEN), None, {BETWEEN}),
        (assets(RAW), None, {RAW}),
        (assets(OF_AN_ISSUER), "MARA", {OF_AN_ISSUER}),
        (checks(MART, GATE), None, set()),
        (checks(MART, *dbt_checks_of(MART)[:1]), None, set()),
    ],
    ids=["mart", "intermediate", "raw", "issuer", "gate", "test"],
)
def test_a_selection_runs_alone(page: Page, chosen: dg.AssetSelection, partition: str | None, made: set[str]) -> None:
    (results := page.settings.dbt_target / "run_results.json").unlink(missing_ok=True)
    before, published = readers_see(page.settings), sorted(page.settings.publications.iterdir())
    done = page.run(chosen, partition)
    assert done.success, [event.message for event in done.all_events if event.is_failure]
    events = done.get_asset_materialization_events()
    assert {event.asset_key.to_user_string() for event in events if event.asset_key} == made
    if results.exists():
        assert len(json.loads(results.read_bytes())["results"]) < 30, "what was chosen, what it needs, and nothing else"
    if made == {MART}:
        (event,) = events
        assert event.materialization.metadata["dagster/row_count"].value == rows_published(page.settings)[MART]
    graph = defs.resolve_asset_graph()
    assert {one.asset_check_key for one in done.get_asset_check_evaluations()} == chosen.resolve_checks(graph)
    assert all(one.passed for one in done.get_asset_check_evaluations() if one.severity is dg.AssetCheckSeverity.ERROR)
    assert (readers_see(page.settings), sorted(page.settings.publications.iterdir())) == (before, published)


def rows_published(settings: Settings) -> dict[str, Any]:
    with duckdb.connect(str(settings.current / "hashwatt.duckdb"), read_only=True) as connection:
        found = connection.execute("select table_name, estimated_size from duckdb_tables()").fetchall()
    return dict(found)


def test_publication_without_the_rest_of_the_run_says_what_to_do(page: Page) -> None:
    chosen = assets(KEY)
    before = readers_see(page.settings)
    done = page.run(chosen)
    assert not done.success
    (failure,) = [event.step_failure_data.user_failure_data for event in done.all_events if event.is_step_failure]
    assert failure is not None and "daily_refresh" in str(failure.description)
    assert readers_see(page.settings) == before


def test_where_nothing_was_read_yet_a_model_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HASHWATT_HOME", str(tmp_path / "home"))
    settings = Settings.from_env()
    with prepare_instance(settings) as instance:
        done = Page(settings, instance).run(assets(MART))
    (failure,) = [event.step_failure_data.user_failure_data for event in done.all_events if event.is_step_failure]
    assert failure is not None and "hashwatt refresh" in str(failure.description)


def test_groups_stand_in_the_order_of_the_flow() -> None:
    layer = {name: node["fqn"][1] for name, node in MANIFEST["nodes"].items() if node["resource_type"] == "model"}
    order = ["raw", *sorted(set(layer.values()), key=("staging", "intermediate", "marts").index), KEY]
    groups = sorted({str(spec.group_name) for spec in defs.resolve_all_asset_specs()} - {"backfill"})
    found = [name.split("_")[1] for name in groups]
    assert list(dict.fromkeys(found)) == order


def test_build_makes_a_mart_from_the_shell_and_keeps_nothing(page: Page) -> None:
    before, kept = readers_see(page.settings), sorted(page.settings.builds.iterdir())
    said = CliRunner().invoke(main, ["build", MART])
    assert said.exit_code == 0, said.output
    rows, checked = said.stdout.splitlines()
    assert rows.split() == [MART, str(rows_published(page.settings)[MART]), "rows"]
    assert "gates passed" in checked and "nothing was published" in checked
    assert (readers_see(page.settings), sorted(page.settings.builds.iterdir())) == (before, kept)


def test_build_answers_an_unknown_model_with_near_ones(page: Page) -> None:
    said = CliRunner().invoke(main, ["build", "mart_contracted_ai_bok"])
    assert said.exit_code == 1 and f"near names: {MART}" in said.stderr

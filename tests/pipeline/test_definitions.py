"""What Dagster is told: loads from nothing, and leaves nothing undocumented or unguarded."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from ingestion.contracts import SEC_TABLES, TABLES
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from orchestration.definitions import defs
from orchestration.pipeline.dbt import data_tests, models
from orchestration.pipeline.gates import GATE
from orchestration.pipeline.jobs import MARKET_HISTORY, MONTHS
from orchestration.pipeline.published import KEY, expected_checks
from orchestration.pipeline.raw import ISSUERS
from orchestration.pipeline.warehouse import MANIFEST, PUBLISHED
from quality.suites import MART_SUITES, RAW_SUITES

ROOT = Path(__file__).resolve().parents[2]

GRAPH = defs.resolve_asset_graph()
SPECS = {
    spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs() if GRAPH.get(spec.key).is_materializable
}
JOB = defs.resolve_job_def("daily_refresh")


def blocking_checks(asset: str) -> list[str]:
    """Names of the asset's checks that stop what depends on it."""
    keys = GRAPH.get(dg.AssetKey(asset)).check_keys
    return sorted(key.name for key in keys if GRAPH.get_check_spec(key).blocking)


def test_one_asset_for_every_table_and_model() -> None:
    assert set(SPECS) == {*TABLES, *models(MANIFEST), KEY, MARKET_HISTORY}


def test_every_asset_is_described_owned_fresh_and_guarded() -> None:
    for asset, spec in SPECS.items():
        assert len(spec.description or "") > 20, asset
        assert spec.owners and spec.kinds, asset
        assert spec.group_name and spec.group_name != "default", asset
        # What is done on demand is never late.
        assert (spec.freshness_policy is not None) == (asset != MARKET_HISTORY), asset
        assert blocking_checks(asset), f"nothing stops what depends on {asset}"
        # Under a retry policy Dagster begins a step anew when a signal ends it.
        assert defs.get_assets_def(asset).op.retry_policy is None, asset


def test_a_gate_for_each_suite_and_a_judge_of_each_row_for_what_is_published() -> None:
    """That a key stands once is the primary key's to say, which each published model has under its contract."""
    assert set(RAW_SUITES) == set(TABLES)
    assert [table for table in (*TABLES, *MART_SUITES) if GATE not in blocking_checks(table)] == []
    for table in PUBLISHED:
        by_dbt = [check for check in blocking_checks(table) if check != GATE]
        assert len(by_dbt) > 1 or table in MART_SUITES, table


def test_a_raw_table_waits_for_what_its_gate_reads() -> None:
    for table in TABLES:
        upstream = {key.to_user_string() for key in GRAPH.get(dg.AssetKey(table)).parent_keys}
        assert {relation.removeprefix("raw.") for relation in RAW_SUITES[table].reads} <= upstream, table


def test_publication_waits_for_every_mart_and_counts_every_check() -> None:
    assert {key.to_user_string() for key in GRAPH.get(dg.AssetKey(KEY)).parent_keys} == set(PUBLISHED)
    expected = expected_checks()
    assert len(expected) >= len(TABLES) + len(PUBLISHED) + len(data_tests(MANIFEST))


def test_the_daily_job_runs_everything_in_one_process_after_the_close() -> None:
    assert JOB.executor_def is dg.in_process_executor
    selected = {key.to_user_string() for key in JOB.asset_layer.selected_asset_keys}
    assert selected == set(SPECS) - {MARKET_HISTORY}
    (schedule,) = defs.schedules or ()
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 20 * * *", "America/New_York")


def test_edgar_tables_are_partitioned_by_issuer_and_the_daily_job_takes_them_all() -> None:
    partitioned = {name for name in SPECS if GRAPH.get(dg.AssetKey(name)).partitions_def is not None}
    assert partitioned == {*(table.name for table in SEC_TABLES), MARKET_HISTORY}
    for name in partitioned - {MARKET_HISTORY}:
        node = GRAPH.get(dg.AssetKey(name))
        assert node.partitions_def == ISSUERS
        assert node.backfill_policy == dg.BackfillPolicy.single_run()
    with (ROOT / "ingestion" / "ledger" / "issuer.csv").open(encoding="utf-8", newline="") as file:
        assert ISSUERS.get_partition_keys() == [row["issuer"] for row in csv.DictReader(file)]
    first, last = (JOB.run_tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end"))
    assert (first, last) == (ISSUERS.get_first_partition_key(), ISSUERS.get_last_partition_key())


def test_past_months_of_prices_are_one_run_of_a_job_of_their_own() -> None:
    node = GRAPH.get(dg.AssetKey(MARKET_HISTORY))
    assert node.partitions_def == MONTHS == defs.resolve_job_def("fill_market_history").partitions_def
    assert node.backfill_policy == dg.BackfillPolicy.single_run()
    assert MONTHS.get_first_partition_key() == "2019-01-01"
    (*_, last) = MONTHS.get_partition_keys(current_time=datetime(2026, 3, 1, tzinfo=UTC))
    assert last == "2026-02-01", "the running month is the daily job's"
    assert not node.child_keys and not node.parent_keys


def test_a_look_is_one_step_in_the_runs_own_process() -> None:
    job = defs.resolve_job_def("daily_look")
    assert job.executor_def is dg.in_process_executor
    (step,) = job.graph.nodes
    assert step.definition.retry_policy is None


@pytest.mark.parametrize(
    ("contact", "asked_before", "sources"),
    [
        ("", (), []),
        ("", ("market", "macro"), ["market", "macro"]),
        ("me@example.org", (), ["sec", "market", "network", "macro"]),
    ],
)
def test_the_schedule_asks_only_whom_this_home_was_told_to_ask(
    contact: str, asked_before: tuple[str, ...], sources: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(Storage(tmp_path / "archive"))
    for feed in asked_before:
        archive.put(f"feed/{feed}/provider/subject/answer", b"answer", fetched_at_utc=datetime(2026, 1, 2))
    archive.put("feed/requests/20260102T000000000000Z", b"{}", fetched_at_utc=datetime(2026, 1, 2))
    monkeypatch.setenv("HASHWATT_HOME", str(tmp_path))
    monkeypatch.setenv("HASHWATT_CONTACT", contact)
    (schedule,) = defs.schedules or ()
    assert schedule.job_name == "daily_look"
    with dg.DagsterInstance.ephemeral() as instance:
        evening = datetime(2026, 11, 21, 1, 30, tzinfo=UTC)
        found = schedule.evaluate_tick(dg.build_schedule_context(instance, scheduled_execution_time=evening))
    (request,) = found.run_requests or ()
    assert request.run_config == {"ops": {"look": {"config": {"sources": sources}}}}
    dg.validate_run_config(defs.resolve_job_def("daily_look"), request.run_config)


def test_what_builds_the_news_is_on_and_what_looks_for_filings_is_off_until_somebody_turns_it_on() -> None:
    found = {one.name: (one.job_name, one.minimum_interval_seconds, one.default_status) for one in defs.sensors or ()}
    assert found == {
        "build_news": ("daily_refresh", 30, dg.DefaultSensorStatus.RUNNING),
        "new_filings": ("daily_look", 900, dg.DefaultSensorStatus.STOPPED),
    }


BARE = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(args) if event == "socket.connect" else None)
from orchestration.definitions import defs
defs.resolve_asset_graph()
defs.resolve_job_def("daily_look")
heavy = [m for m in ("great_expectations", "pandas", "duckdb") if m in sys.modules]
print(heavy, opened)
"""


def test_definitions_load_in_a_bare_environment(tmp_path: Path) -> None:
    """No variable, no home, no network, no database, and none of the heavy libraries that only steps need."""
    done = subprocess.run(
        [sys.executable, "-c", BARE],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] []"
    assert done.stderr == "", "whoever types a command reads no warnings of libraries"
    assert list(tmp_path.iterdir()) == []

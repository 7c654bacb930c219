"""Dagster's history in PostgreSQL instead of the home, on the server of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from orchestration.errors import HashwattError
from orchestration.pipeline.instance import prepare_instance, prune_runs
from orchestration.settings import Settings
from tests.faults.postgres_kit import SOCKET, empty_database
from tests.pipeline.test_history import run_once

pytest.importorskip("dagster_postgres", reason="the extra postgres is not installed")


@pytest.fixture
def address() -> Iterator[str]:
    """An empty database of its own."""
    with empty_database() as name:
        yield f"postgresql+psycopg2:///{name}?host={SOCKET}"


def settings_with(folder: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("HASHWATT_HOME", str(folder / "home"))
    monkeypatch.setenv("HASHWATT_HISTORY", address)
    return Settings.from_env()


def test_runs_are_kept_there_and_pruned_there(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(tmp_path, address, monkeypatch)
    with prepare_instance(settings) as instance:
        runs = [run_once(instance) for _ in range(3)]
        prune_runs(instance, keep=2)
    assert not list(settings.dagster_home.rglob("*.db"))
    assert address not in (settings.dagster_home / "dagster.yaml").read_text(encoding="utf-8")
    # As the pages and the daemon open it.
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as stock:
        assert [run.run_id for run in stock.get_runs()] == runs[:0:-1]
        assert stock.get_records_for_run(runs[-1]).records
        checks = stock.event_log_storage.get_asset_check_execution_history(
            dg.AssetCheckKey(dg.AssetKey("thing"), "sound"), limit=5
        )
        assert [check.run_id for check in checks] == runs[:0:-1]


def test_a_database_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(tmp_path, f"postgresql+psycopg2://who:secret@/none?host={tmp_path}", monkeypatch)
    with (
        pytest.raises(HashwattError, match="HASHWATT_HISTORY names cannot be opened") as raised,
        prepare_instance(settings),
    ):
        pass
    assert "secret" not in f"{raised.value.message} {settings}"

"""Homes with nasty paths: each works, all of it inside the home, or is refused by name before anything is done."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.errors import SettingUnfit
from orchestration.pipeline.instance import prepare_instance
from orchestration.settings import _HOME_BYTES, Settings
from quality.sql import literal
from tests.faults.publication_kit import publish_marker

# Each folder has several characters that mean something to a shell, to SQL, to Jinja, to an address or to a format.
USABLE = (
    " a b /-dash~..dots/a'b\"c`d/a\nb\tc\x1bd/a#b;c&d=e+f,g|h:i<j>!@k",
    "$HOME ${HOME}/{{ a }}{% b %}/100%zz]/s3:/ä漢字é",
    "long" * 60,
)
REFUSED = {"a%2Fb": "%2F", "a%41b": "%41", "a?b": "?", "a*b": "*", "[ab]": "[", "a\\b": "\\\\", "a\udcffb": "not UTF-8"}


def run(home: Path, *arguments: str) -> Result:
    return CliRunner(env={"HASHWATT_HOME": str(home)}).invoke(main, list(arguments))


def everything(folder: Path, but: Path) -> list[Path]:
    """What lies below `folder` and neither in `but` nor on the way to it."""
    return [path for path in folder.rglob("*") if not path.is_relative_to(but) and path not in but.parents]


@pytest.mark.slow
@pytest.mark.parametrize("name", USABLE, ids=ascii)
def test_a_home_of_any_other_name_works_and_nothing_is_written_beside_it(name: str, tmp_path: Path) -> None:
    home = tmp_path / name / "home"
    home.parent.mkdir(parents=True)
    settings = Settings.from_env({"HASHWATT_HOME": str(home)})
    publish_marker(settings, 1)
    assert "50" in run(home, "query", "select count(*) from mart_book").output
    assert run(home, "tables", "mart_book").exit_code == run(home, "status").exit_code == 0
    assert "FAIL" not in run(home, "doctor").output
    # As the lake is read by dbt, and as Dagster opens its databases.
    partition = settings.lake / "raw_x" / "month=2025-01"
    partition.mkdir(parents=True)
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as x) to {literal(partition / 'data.parquet')}")
        lake = f"read_parquet({literal(settings.lake)} || '/raw_x/*/data.parquet', hive_partitioning = false)"
        assert connection.execute(f"select * from {lake}").fetchall() == [(1,)]
    with prepare_instance(settings) as instance:
        assert instance.get_runs() == [] and instance.all_asset_keys() == []
    assert (settings.dagster_home / "history" / "runs.db").is_file()
    assert everything(tmp_path, but=home) == []


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
@pytest.mark.parametrize("command", ["refresh", "doctor", "status"])
def test_a_home_that_cannot_work_is_refused_by_name_before_anything_is_done(
    name: str, command: str, tmp_path: Path
) -> None:
    done = run(tmp_path / name / "home", command)
    assert done.exit_code == 2 and REFUSED[name] in done.stderr and "set HASHWATT_HOME" in done.stderr
    assert len(done.stderr.splitlines()) == 2 and list(tmp_path.iterdir()) == []


def test_the_longest_home_works_and_one_byte_more_is_refused(tmp_path: Path) -> None:
    room = _HOME_BYTES - len(os.fsencode(tmp_path)) - 1
    home = tmp_path / "/".join(["l" * 49] * (room // 50) + ["m" * (room % 50)])
    assert len(os.fsencode(home)) == _HOME_BYTES
    with prepare_instance(Settings.from_env({"HASHWATT_HOME": str(home)})) as instance:
        assert instance.get_runs() == [] and instance.all_asset_keys() == []
        instance.event_log_storage.get_records_for_run("0" * 36)
    with pytest.raises(SettingUnfit, match="longer"):
        Settings.from_env({"HASHWATT_HOME": f"{home}m"})


def test_a_home_behind_a_link_and_one_named_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (tmp_path / "link").symlink_to(there)
    publish_marker(Settings.from_env({"HASHWATT_HOME": str(tmp_path / "link")}), 1)
    monkeypatch.chdir(tmp_path)
    for home in ("link", "there", "./there/../link"):
        assert "50" in run(Path(home), "query", "select count(*) from mart_book").output
    assert everything(tmp_path, but=there) == [tmp_path / "link"]

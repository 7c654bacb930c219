"""The daily job, for real: it publishes, it repeats itself exactly, and it looks back without seeing ahead."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ingestion.contracts import TABLES
from ingestion.fetch.storage import Storage
from ingestion.landing.lake import Lake
from orchestration import clock
from orchestration.cli.refresh import questions
from orchestration.live import News, look, open_ingestion
from orchestration.pipeline.refresh import RefreshSummary, refresh
from orchestration.pipeline.warehouse import PUBLISHED
from orchestration.settings import Settings
from tests.dbt.models import END_OF_TIME, Models
from tests.e2e.conftest import Home
from tests.e2e.live_world import hashwatt
from tests.e2e.poison import BARS, edition, known_times, rewrite, tables_of
from tests.faults.postgres_kit import address_of, asked, empty_database
from tests.faults.publication_kit import reading
from tests.lakes import stage_one

pytestmark = pytest.mark.e2e

CUT = date(2025, 9, 30)


def test_a_refresh_publishes_and_says_what_it_did(first_home: Home) -> None:
    summary, settings = first_home.summary, first_home.settings
    assert settings.current.resolve() == summary.path.resolve()
    assert summary.is_current
    assert summary.checks["passed"] > 200
    assert summary.checks.get("failed", 0) == 0
    assert set(summary.rows_by_layer) == {"raw", "staging", "intermediate", "marts", "published"}
    assert all(count > 0 for count in summary.rows_by_layer.values())
    assert set(summary.seconds) == {"raw", "dbt", "gates", "publication"}
    assert summary.rows["mart_correlation"] > 1000
    assert not list(settings.builds.iterdir()), "the run's own file is removed once it is published"


def test_progress_names_each_stage(first_home: Home) -> None:
    text = "\n".join(first_home.progress)
    for stage in (*(f"raw: {name}" for name in TABLES), "dbt: ", "gates: ", "publication: "):
        assert stage in text


def test_dbt_builds_in_a_new_home_from_what_was_parsed_for_the_manifest(first_home: Home) -> None:
    log = (first_home.settings.dbt_target / "dbt.log").read_text(encoding="utf-8")
    assert "Finished running" in log
    assert "partial parsing" not in log, "dbt says so when it has to parse the project again"


def test_looking_back_equals_what_was_built_then(
    copied: Callable[[], Settings], models: Models, tmp_path: Path
) -> None:
    """What is published today about that day, and what the models make, knowing of no day, of what was known then: the same
    rows."""
    home = copied()
    current = home.current.resolve()
    back = refresh(home, as_of=CUT)
    assert isinstance(back, RefreshSummary) and not back.is_current
    assert home.current.resolve() == current, "it stands beside the current one"
    assert_asked_by_its_day(home, back)
    seen = dict(known_times(back.path))
    assert len(seen) > 15
    late = {column: moment for column, moment in seen.items() if moment and moment >= datetime(2025, 10, 1)}
    assert not late, "nothing that became known after the day may be seen"

    fresh = Settings.from_env({"HASHWATT_HOME": str(tmp_path / "fresh")})
    lake = lake_at(CUT, landed(cut_at(edition(fresh, tmp_path / "edition"), CUT)), tmp_path / "lake")
    (then := tmp_path / "then").mkdir()
    with duckdb.connect(str(then / "built.duckdb"), config={"threads": 1}) as connection:
        models.build(connection, lake, END_OF_TIME)
    models.published(then / "built.duckdb", then / "hashwatt.duckdb")
    # A ledger that was cut has its rows on other lines.
    told, built = (tables_of(path, without="ledger_line") for path in (back.path, then))
    assert built.keys() == set(PUBLISHED) == told.keys() - {"meta_column"}
    assert len([name for name, rows in built.items() if rows]) >= 14
    assert [name for name, rows in built.items() if rows != told[name]] == []


def assert_asked_by_its_day(home: Settings, back: RefreshSummary) -> None:
    """Each command that reads takes the day or the id; another day has a remedy, and the same day is built once."""
    sql = "select publication_id, as_of_date from meta_publication"
    for wanted in (("--as-of", str(CUT)), ("--publication", back.publication_id)):
        asked = hashwatt(home, "query", sql, "--format", "csv", *wanted)
        assert asked.stdout.splitlines()[1] == f"{back.publication_id},{CUT}" and asked.stderr == ""
        tables = hashwatt(home, "tables", *wanted)
        assert tables.exit_code == 0 and f"{back.rows['mart_correlation']}" in tables.stdout.replace(",", "")
    now = hashwatt(home, "query", sql, "--format", "csv")
    assert now.stdout.splitlines()[1] == f"{home.current.resolve().name}," and now.stderr == ""
    assert re.search(rf"beside +{back.publication_id} +bundle +{CUT}", hashwatt(home, "status").stdout)
    assert hashwatt(home, "query", sql, "--as-of", str(CUT), "--publication", "x").exit_code == 2
    other = hashwatt(home, "query", sql, "--as-of", "2025-10-01")
    assert other.exit_code == 5 and "2025-09-30" in other.stderr and "refresh --as-of 2025-10-01" in other.stderr
    again = refresh(home, as_of=CUT)
    assert isinstance(again, News) and again.publication_id == back.publication_id
    assert hashwatt(home, "refresh", "--make-current").exit_code == 2
    # As `--make-current` leaves it.
    assert hashwatt(home, "rollback", "--to", back.publication_id).exit_code == 0
    noted = hashwatt(home, "query", sql, "--format", "csv")
    assert len(noted.stderr.splitlines()) == 1 and f"what was known on {CUT}" in noted.stderr
    assert hashwatt(home, "rollback").exit_code == 0 and hashwatt(home, "query", sql).stderr == ""


def test_an_unchanged_bundle_is_not_built_again(copied: Callable[[], Settings]) -> None:
    home = copied()
    name = home.current.resolve().name
    done = hashwatt(home, "refresh", "--quiet")
    assert done.exit_code == 0
    first, *answers = done.stdout.splitlines()
    assert first == f"Nothing new: nobody had to be asked, and every input is that of {name}."
    assert questions().keys() <= {*answers} and "CoreWeave" in done.stdout
    assert [path.name for path in home.publications.iterdir()] == [name]


def test_a_refresh_then_exports_also_when_nothing_is_new(
    copied: Callable[[], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    home = copied()
    with empty_database() as database:
        monkeypatch.setenv("HASHWATT_EXPORT", address_of(database))
        done = hashwatt(home, "refresh", "--quiet", "--then-export")
        assert done.exit_code == 0 and done.stdout.startswith("Nothing new")
        assert re.search(
            rf"schema hashwatt is {home.current.resolve().name} now: \d+ tables", done.stdout.splitlines()[-1]
        )
        with reading(home) as source:
            for table in ("mart_contracted_ai_book", "fct_bond_tranche", "meta_column"):
                assert (
                    asked(database, f"select count(*) from hashwatt.{table}")
                    == source.sql(f"select count(*) from {table}").fetchall()
                )
    monkeypatch.setenv("HASHWATT_EXPORT", "host=/nowhere")
    assert hashwatt(home, "refresh", "--quiet", "--then-export").exit_code == 8


def _edit_ledger(home: Settings, _: pytest.MonkeyPatch) -> Settings:
    ledger = home.home / "ledger"
    shutil.copytree(home.ledger_dir, ledger)
    path = ledger / "ai_deal.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("over 12 years", "over twelve years", 1), encoding="utf-8")
    return replace(home, ledger_dir=ledger)


def _upgrade(home: Settings, patch: pytest.MonkeyPatch) -> Settings:
    patch.setattr("orchestration.live.code_sha256", lambda: "of another version")
    return home


def _damage_publication(home: Settings, _: pytest.MonkeyPatch) -> Settings:
    with (home.current / "parquet" / "dim_issuer.parquet").open("ab") as file:
        file.write(b"x")
    return home


def _damage_lake(home: Settings, _: pytest.MonkeyPatch) -> Settings:
    next((home.lake / "raw_network__day").rglob("*.parquet")).unlink()
    return home


def _add_to_lake(home: Settings, _: pytest.MonkeyPatch) -> Settings:
    """What a live run leaves that is refused after its tables were promoted."""
    path = home.lake / "raw_sec__filing" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["partitions"]["empty"]["rows"] = 1
    path.write_text(json.dumps(manifest))
    return home


def _let_it_be_of_the_future(home: Settings, patch: pytest.MonkeyPatch) -> Settings:
    past = datetime.now(UTC) - timedelta(days=500)
    patch.setattr(clock, "now", lambda: past)
    return home


CHANGES = (_edit_ledger, _upgrade, _damage_publication, _damage_lake, _add_to_lake, _let_it_be_of_the_future)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_what_changed_is_built(
    change: Callable[[Settings, pytest.MonkeyPatch], Settings],
    copied: Callable[[], Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = copied()
    assert look(home, None, 0.0, (), "bundle").same_as is not None
    assert look(change(home, monkeypatch), None, 0.0, (), "bundle").same_as is None


def landed(settings: Settings) -> Path:
    """A lake of what ships with the edition and of nothing else."""
    lake, now_utc = Lake(Storage(settings.lake)), clock.now_utc()
    ingestion = open_ingestion(settings, "bundle", now_utc)
    for name, table in TABLES.items():
        for batch in ingestion.batches(name, lake):
            lake.promote(stage_one(lake, batch, settings.home / "staging", now_utc))
        lake.initialise(table)
    return settings.lake


def lake_at(day: date, lake: Path, then: Path) -> Path:
    """`then`, with the rows of `lake` that were known at the end of `day`, of the calendar too."""
    end = datetime.combine(day + timedelta(days=1), datetime.min.time())
    for file in lake.glob("*/*/data.parquet"):
        rows = pq.read_table(file)
        known = pc.less(rows["known_at_utc"], pa.scalar(end, rows.schema.field("known_at_utc").type))
        # What was archived later was not there to be read: whoever had asked by then had asked at the day's end at the latest.
        place = rows.schema.get_field_index("ingested_at_utc")
        last = pa.scalar(end - timedelta(seconds=1), rows.schema.field(place).type)
        rows = rows.set_column(place, rows.schema.field(place), pc.min_element_wise(rows["ingested_at_utc"], last))
        target = then / file.relative_to(lake)
        target.parent.mkdir(parents=True)
        pq.write_table(rows.filter(known), target)
    return then


DATED_BY = {
    BARS: "session_date",
    "market_coverage.csv.gz": "first_session_date",
    "market_action.csv.gz": "ex_date",
    "network_day.csv.gz": "utc_date",
    "network_epoch.csv.gz": "began_at_utc",
    "macro_observation.csv.gz": "observation_date",
}


def cut_at(settings: Settings, day: date) -> Settings:
    """The edition as it was at the end of `day`: no row that became known later, no span that reaches further."""
    end = datetime.combine(day + timedelta(days=1), datetime.min.time())
    for path in settings.ledger_dir.glob("*.csv"):
        rewrite(path, lambda rows: _keep(rows, lambda row: _moment(row["known_at_utc"]) < end))
    with (settings.ledger_dir / "series.csv").open(encoding="utf-8", newline="") as file:
        lags = {
            one["series"]: one["publication_lag_days"] for one in csv.DictReader(file) if one["is_revised"] == "false"
        }
    for path in settings.bundle_dir.glob("*.csv.gz"):
        column = DATED_BY[path.name]
        rewrite(path, lambda rows, column=column: _keep(rows, lambda row: _known(row, column, lags) < end))  # type: ignore[misc]
    rewrite(
        settings.bundle_dir / "market_coverage.csv.gz",
        lambda rows: [row.update(last_session_date=min(row["last_session_date"], _last_day(row, day))) for row in rows],
    )
    return settings


def _keep(rows: list[dict[str, str]], wanted: Callable[[dict[str, str]], bool]) -> None:
    rows[:] = [row for row in rows if wanted(row)]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(tzinfo=None)


def _known(row: dict[str, str], column: str, lags: dict[str, str]) -> datetime:
    """When a row of the bundle could be known: coins and the network when the UTC day is over, an epoch an hour after its
    first block, a value of a series in the evening when its lag is over and a revised one with the bundle, the rest at
    the close."""
    if "series" in row:
        lag = lags.get(row["series"])
        return datetime.fromisoformat(row[column]) + timedelta(days=int(lag), hours=23) if lag else datetime.max
    if column == "began_at_utc":
        return _moment(row[column]) + timedelta(hours=1)
    whole_day = column == "utc_date" or row.get("instrument", "").endswith("-USD")
    return datetime.fromisoformat(row[column]) + (timedelta(days=1) if whole_day else timedelta(hours=21))


def _last_day(row: dict[str, str], day: date) -> str:
    return (day - timedelta(days=1) if row["instrument"].endswith("-USD") else day).isoformat()


def test_the_cut_really_cuts(tmp_path: Path) -> None:
    settings = cut_at(edition(Settings.from_env({"HASHWATT_HOME": str(tmp_path)}), tmp_path / "edition"), CUT)
    bars = list(csv.DictReader(gzip.decompress((settings.bundle_dir / BARS).read_bytes()).decode().splitlines()))
    assert max(row["session_date"] for row in bars) == "2025-09-30"
    assert max(row["session_date"] for row in bars if row["instrument"] == "BTC-USD") == "2025-09-29"

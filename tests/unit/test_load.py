"""Editions: the shipped files become batches by way of the archive, and the archive alone gives the same batches."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

import ingestion
from ingestion.archive import Archive
from ingestion.conform import conform
from ingestion.errors import SourceMissing
from ingestion.load import Edition, Ingestion
from ingestion.storage import Storage
from ingestion.tables import TABLES
from tests.unit.rawrows import NOW

ROOM = Path(ingestion.__file__).parent


def sources(archive: Path, edition: Edition = "bundle", root: Path = ROOM) -> Ingestion:
    return Ingestion(edition, Archive(Storage(archive)), root / "ledger", root / "bundle", NOW)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive that one bundle run has filled."""
    folder = tmp_path_factory.mktemp("home") / "archive"
    bundle = sources(folder)
    for name in TABLES:
        bundle.batch(name)
    return folder


@pytest.mark.parametrize("name", sorted(TABLES))
def test_the_shipped_files_keep_their_contracts(archive: Path, name: str) -> None:
    batch = sources(archive).batch(name)
    rows, rejected = conform(TABLES[name], batch.records, NOW)
    assert [*batch.rejected, *rejected] == []
    assert rows.num_rows == batch.rows_read > 0
    assert set(rows["source"].to_pylist()) == batch.sources


@pytest.mark.parametrize("name", sorted(TABLES))
def test_replay_reads_the_same_rows_from_the_archive_alone(archive: Path, name: str, tmp_path: Path) -> None:
    replayed = sources(archive, "replay", root=tmp_path / "nothing here").batch(name)
    assert replayed.records == sources(archive).batch(name).records


def test_replay_of_an_empty_archive_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="refresh --edition bundle"):
        sources(tmp_path, "replay").batch("raw_network__day")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOM / "bundle", tmp_path / "bundle")
    shutil.copytree(ROOM / "ledger", tmp_path / "ledger")
    (tmp_path / "bundle" / "network_day.csv.gz").unlink()
    with pytest.raises(SourceMissing, match=r"network_day\.csv\.gz does not exist"):
        sources(tmp_path / "archive", root=tmp_path).batch("raw_network__day")


def test_times_of_the_bundle_do_not_depend_on_when_it_is_read(archive: Path) -> None:
    records = sources(archive).batch("raw_market__bar").records
    assert {record["ingested_at_utc"] for record in records} == {datetime(2026, 11, 20)}
    last_bitcoin_day = max(str(r["known_at_utc"]) for r in records if r["instrument"] == "BTC-USD")
    assert last_bitcoin_day == "2026-01-01 00:00:00"


@pytest.mark.shared
def test_the_bundle_holds_every_figure_of_the_facts(archive: Path) -> None:
    import csv

    facts = Path(__file__).resolve().parents[3] / "shared" / "facts"
    closes = {
        (name, line["date"]): float(value)
        for file in sorted(facts.glob("market_closes_*.csv"))
        for line in csv.DictReader(file.open())
        for name, value in line.items()
        if name != "date" and value
    }
    bundle = sources(archive)
    bars = {
        (str(r["instrument"]), str(r["session_date"])): r["close_usd"] for r in bundle.batch("raw_market__bar").records
    }
    assert bars == closes
    days = {str(r["utc_date"]): r for r in bundle.batch("raw_network__day").records}
    for line in csv.DictReader((facts / "bitcoin_network_2025.csv").open()):
        day = days.pop(line["date"])
        assert (day["blocks"], day["fees_btc"]) == (int(line["blocks"]), float(line["fees_btc"]))
        assert day["difficulty"] == float(line["difficulty"])
    assert days == {}

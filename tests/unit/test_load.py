"""Editions: the shipped files become batches by way of the archive, and the archive alone gives the same batches."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import ingestion
from ingestion.contracts import FACT, TABLES
from ingestion.edgar.client import facts_source
from ingestion.errors import SourceMissing
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.conform import conform
from ingestion.landing.lake import Lake
from ingestion.landing.staging import stage
from ingestion.load import SEC_NAMES, Edition, Ingestion
from ingestion.read import ONLY_FEEDS
from tests.tables import tables
from tests.unit.rawrows import NOW

DATA = tables(__file__)

ROOM = Path(ingestion.__file__).parent


SHIPPED = sorted(set(TABLES) - SEC_NAMES - ONLY_FEEDS)


def sources(archive: Path, edition: Edition = "bundle", root: Path = ROOM) -> Ingestion:
    return Ingestion(edition, Archive(Storage(archive)), root / "ledger", root / "bundle", NOW)


@pytest.fixture(scope="module")
def batches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Batch]:
    """What one bundle run reads of each table."""
    bundle = sources(tmp_path_factory.getbasetemp() / "filled" / "archive")
    found = {name: bundle.batch(name) for name in SHIPPED}
    assert bundle.feed.shipped()
    return found


@pytest.fixture(scope="module")
def archive(batches: dict[str, Batch], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive that it has filled."""
    return tmp_path_factory.getbasetemp() / "filled" / "archive"


def test_the_shipped_files_keep_their_contracts(batches: dict[str, Batch]) -> None:
    for name, batch in batches.items():
        rows, rejected = conform(TABLES[name], batch.records, NOW)
        assert [*batch.rejected, *rejected] == [], name
        assert rows.num_rows == batch.rows_read
        assert rows.num_rows > 0 or TABLES[name].may_be_empty
        assert set(rows["source"].to_pylist()) == (batch.sources if rows.num_rows else set())


def test_replay_reads_the_same_rows_from_the_archive_alone(
    archive: Path, batches: dict[str, Batch], tmp_path: Path
) -> None:
    replay = sources(archive, "replay", root=tmp_path / "nothing here")
    for name, batch in batches.items():
        assert replay.batch(name).records == batch.records, name


def test_replay_of_an_empty_archive_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="refresh --edition bundle"):
        sources(tmp_path, "replay").batch("raw_network__day")


@pytest.mark.slow
@pytest.mark.parametrize("edition", ["bundle", "live", "replay"])
def test_where_edgar_was_never_asked_its_tables_get_nothing_but_the_facts_that_ship(
    archive: Path, edition: Edition, tmp_path: Path
) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    ingestion = sources(archive, edition)
    assert [list(ingestion.batches(name, lake)) for name in sorted(SEC_NAMES - {FACT.name})] == [[], [], []]
    facts = list(ingestion.batches(FACT.name, lake))
    assert [{*one.records["issuer"].to_pylist()} for one in facts] == [
        {"AAPL"},
        {"GOOGL"},
        {"META"},
        {"MSFT"},
        {"MSTR"},
        {"NVDA"},
    ]
    assert not any(one.rejected for one in facts)
    (bars,) = ingestion.batches("raw_market__bar", lake)
    assert bars.rows_read > 0


@pytest.mark.parametrize("edition", ["bundle", "live"])
def test_facts_that_edgar_gave_take_the_place_of_those_that_ship(edition: Edition, tmp_path: Path) -> None:
    lake, archive = Lake(Storage(tmp_path / "lake")), tmp_path / "archive"
    first = sources(archive, edition)
    lake.promote(stage(lake, FACT, first.batches(FACT.name, lake), tmp_path / "staging", NOW))
    assert list(sources(archive, edition).batches(FACT.name, lake)) == [], "what was landed is not read again"
    cik = first.universe.registrants["META"].cik
    entry = {"end": "2026-09-30", "val": 7, "accn": "0001326801-26-000099", "form": "10-Q", "filed": "2026-10-29"}
    facts = {"us-gaap": {"Assets": {"units": {"USD": [entry]}}}}
    body = json.dumps({"cik": int(cik), "entityName": "Meta Platforms, Inc.", "facts": facts}).encode()
    first.archive.put(facts_source(cik), body, fetched_at_utc=NOW)
    again = sources(archive, edition)
    assert "META" not in again.feed.shipped()
    assert again.feed.is_asked() and not sources(tmp_path / "another", edition).feed.is_asked()
    lake.promote(stage(lake, FACT, again.batches(FACT.name, lake), tmp_path / "staging", NOW))
    told = lake.partition(FACT, FACT.partition.of(cik), ("source", "value"))
    assert told is not None and (told.num_rows > 1 if edition == "bundle" else told["value"].to_pylist() == [7.0])


def test_of_a_registrant_whose_file_is_damaged_alone_all_is_read_again(tmp_path: Path) -> None:
    lake, first = Lake(Storage(tmp_path / "lake")), sources(tmp_path / "archive")
    lake.promote(stage(lake, FACT, first.batches(FACT.name, lake), tmp_path / "staging", NOW))
    marks, cik = lake.applied(FACT), first.universe.registrants["META"].cik
    for _ in "12":  # found by the first run, made again by the second, as after a crash between the two
        Path(lake.path(FACT, FACT.partition.of(cik))).unlink(missing_ok=True)
        batches = sources(tmp_path / "archive").batches(FACT.name, lake, ["AAPL"])
        staged = stage(lake, FACT, batches, tmp_path / "staging", NOW)
        assert staged.changed == (FACT.partition.of(cik),) and {*staged.applied} == {cik}
        assert lake.applied(FACT) == {other: mark for other, mark in marks.items() if other != cik}
    lake.promote(staged)
    assert lake.is_whole(FACT) and lake.applied(FACT) == marks and len(marks) == 6


def test_every_registrant_of_the_universe_has_a_cik_and_its_names(archive: Path) -> None:
    registrants = {one.issuer: one for one in sources(archive).registrants()}
    assert len(registrants) == 39
    assert registrants["RIOT"].cik == "0001167419"
    assert {"Riot Platforms, Inc.", "Riot Blockchain, Inc."} <= registrants["RIOT"].names
    assert [one.issuer for one in sources(archive).registrants(["RIOT", "nobody"])] == ["RIOT"]


def test_inputs_name_every_shipped_file_as_it_is_now_and_as_it_was_read(archive: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOM / "bundle", tmp_path / "bundle")
    shutil.copytree(ROOM / "ledger", tmp_path / "ledger")
    here = sources(archive, "live", root=tmp_path)
    before = here.inputs(as_archived=True)
    assert here.inputs(as_archived=False) == before
    assert {name.removeprefix("ledger/") for name in before if name.endswith(".csv")} == {
        path.name for path in (ROOM / "ledger").glob("*.csv")
    }
    assert {name for name in before if name.startswith("bundle/")} == {
        f"bundle/{path.name}" for path in (ROOM / "bundle").iterdir() if path.is_file() and path.suffix != ".py"
    }
    (tmp_path / "ledger" / "issuer.csv").write_bytes(b"edited")
    after = here.inputs(as_archived=False)
    assert {name for name in after if after[name] != before[name]} == {"ledger/issuer.csv"}
    assert here.inputs(as_archived=True) == before


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOM / "bundle", tmp_path / "bundle")
    shutil.copytree(ROOM / "ledger", tmp_path / "ledger")
    (tmp_path / "bundle" / "network_day.csv.gz").unlink()
    with pytest.raises(SourceMissing, match=r"network_day\.csv\.gz does not exist"):
        sources(tmp_path / "archive", root=tmp_path).batch("raw_network__day")


def test_every_file_of_the_bundle_has_its_owner_and_terms_told() -> None:
    page = (ROOM.parent / "docs" / "data-licences.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+\.\w+\.gz)` \|(?: [^|]+ \|){3}$", page, re.M)
    assert told == list(json.loads((ROOM / "bundle" / "bundle.json").read_text(encoding="utf-8"))["files"])
    assert sorted(told) == sorted(path.name for path in (ROOM / "bundle").glob("*.gz"))


@pytest.fixture(scope="module")
def raw(batches: dict[str, Batch]) -> Iterator[duckdb.DuckDBPyConnection]:
    """What was read of markets, network and macro, each table under its name."""
    with duckdb.connect() as connection:
        for name in batches:
            if name.startswith(("raw_market__", "raw_network__", "raw_macro__")):
                rows = [dict(row) for row in batches[name].records]
                connection.register("rows", pa.Table.from_pylist(rows, schema=TABLES[name].schema()))
                connection.execute(f"CREATE TABLE {name} AS FROM rows")
        yield connection


@pytest.mark.parametrize("promise", DATA["holds"])
def test_the_bundle_holds(promise: str, raw: duckdb.DuckDBPyConnection) -> None:
    found = raw.execute(DATA["holds"][promise]["sql"]).fetchall()
    assert [list(row) for row in found] == DATA["holds"][promise].get("rows", [])


@pytest.mark.shared
@pytest.mark.parametrize("promise", DATA["facts"])
def test_the_bundle_holds_the_facts(promise: str, shared: Path, raw: duckdb.DuckDBPyConnection) -> None:
    found = raw.execute(DATA["facts"][promise]["sql"].format(facts=shared / "facts")).fetchall()
    assert [list(row) for row in found] == DATA["facts"][promise].get("rows", [])

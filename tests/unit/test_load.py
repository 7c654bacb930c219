"""Editions: the shipped files become batches by way of the archive, and the archive alone gives the same batches."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from dateutil.easter import easter

import ingestion
from ingestion.contracts import FACT, TABLES
from ingestion.edgar.client import facts_source
from ingestion.errors import SourceMissing
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.conform import conform
from ingestion.landing.lake import Lake
from ingestion.load import SEC_NAMES, Edition, Ingestion
from ingestion.read import ONLY_FEEDS
from tests.unit.rawrows import NOW

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
    lake.promote(lake.stage_all(FACT, first.batches(FACT.name, lake), tmp_path / "staging", NOW))
    assert list(sources(archive, edition).batches(FACT.name, lake)) == [], "what was landed is not read again"
    cik = first.universe.registrants["META"].cik
    entry = {"end": "2026-09-30", "val": 7, "accn": "0001326801-26-000099", "form": "10-Q", "filed": "2026-10-29"}
    facts = {"us-gaap": {"Assets": {"units": {"USD": [entry]}}}}
    body = json.dumps({"cik": int(cik), "entityName": "Meta Platforms, Inc.", "facts": facts}).encode()
    first.archive.put(facts_source(cik), body, fetched_at_utc=NOW)
    again = sources(archive, edition)
    assert "META" not in again.feed.shipped()
    assert again.feed.is_asked() and not sources(tmp_path / "another", edition).feed.is_asked()
    lake.promote(lake.stage_all(FACT, again.batches(FACT.name, lake), tmp_path / "staging", NOW))
    told = lake.partition(FACT, FACT.partition.of(cik), ("source", "value"))
    assert told is not None and (told.num_rows > 1 if edition == "bundle" else told["value"].to_pylist() == [7.0])


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


def test_times_of_the_bundle_do_not_depend_on_when_it_is_read(batches: dict[str, Batch]) -> None:
    records = batches["raw_market__bar"].records
    assert {record["ingested_at_utc"] for record in records} == {datetime(2026, 11, 20)}
    last_bitcoin_day = max(str(r["known_at_utc"]) for r in records if r["instrument"] == "BTC-USD")
    assert last_bitcoin_day == "2026-08-21 00:00:00"
    known = {str(r["began_at_utc"]): str(r["known_at_utc"]) for r in batches["raw_network__epoch"].records}
    assert known["2009-01-03 18:15:05"] == "2009-01-03 19:15:05", "once the block is settled"
    splits = {
        (r["instrument"], str(r["known_at_utc"])): r["split_ratio"]
        for r in batches["raw_market__action"].records
        if r["action"] == "split"
    }
    assert splits["NVDA", "2024-06-10 00:00:00"] == 10, "announced before, so known when its day begins"


def test_weekdays_without_a_rate_or_a_yield_are_holidays(batches: dict[str, Batch]) -> None:
    """The ECB fixes nothing on six days of the year; bonds rest on two days on which shares trade, and trade on a short
    Good Friday with news of jobs and on a day of mourning."""

    def days(table: str, subject: str, name: str, column: str) -> set[date]:
        records: Iterable[Mapping[str, date]] = batches[table].records
        return {row[column] for row in records if row[subject] == name}

    rates = days("raw_macro__observation", "series", "USD_PER_EUR", "observation_date")
    first, last = min(rates), max(rates)
    weekdays = {day for n in range((last - first).days + 1) if (day := first + timedelta(n)).weekday() < 5}
    easters = [easter(year) for year in range(first.year, last.year + 1)]
    rests = {one + timedelta(n) for one in easters for n in (-2, 1)}
    rests |= {day for day in weekdays if (day.month, day.day) in {(1, 1), (5, 1), (12, 25), (12, 26)}}
    assert weekdays - rates == rests & weekdays
    yields = days("raw_macro__observation", "series", "UST_10Y", "observation_date")
    traded = days("raw_market__bar", "instrument", "SPY", "session_date")
    untold = sorted(day for day in traded - yields if day <= max(yields))
    assert len(untold) == 11 and all(
        (day.month == 10 and day.weekday() == 0) or (day.month, day.day) == (11, 11) for day in untold
    )
    alone = {day for day in yields - traded if day >= min(traded)}
    assert alone == {date(2021, 4, 2), date(2023, 4, 7), date(2025, 1, 9), date(2026, 4, 3)}
    fear = days("raw_market__bar", "instrument", "VIX", "session_date")
    assert not {day for day in traded - fear if day <= max(fear)}
    assert min(fear - traded) == date(2022, 5, 30), "since then Cboe tells VIX on holidays, when futures trade"


def test_closes_are_as_traded_on_the_shares_of_their_day(batches: dict[str, Batch]) -> None:
    """Closes that the exchanges printed; what vendors restate for later splits is undone."""
    bars = {(str(r["instrument"]), str(r["session_date"])): r["close_usd"] for r in batches["raw_market__bar"].records}
    printed = {
        ("AAPL", "2020-08-28"): 499.23,
        ("AMZN", "2022-06-03"): 2447.00,
        ("GOOGL", "2022-07-15"): 2235.55,
        ("NVDA", "2024-06-07"): 1208.88,
        ("NVDA", "2024-06-10"): 121.79,
        ("USO", "2020-04-28"): 2.13,
        ("MARA", "2025-03-03"): 13.79,
        ("SPY", "2020-03-23"): 222.95,
        ("BTC-USD", "2020-03-12"): 4970.788,
        ("VIX", "2020-03-16"): 82.69,
    }
    found = {key: bars[key] for key in printed}
    assert found == {key: pytest.approx(close, rel=1e-4) for key, close in printed.items()}


def test_every_file_of_the_bundle_has_its_owner_and_terms_told() -> None:
    page = (ROOM.parent / "docs" / "data-licences.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| `(\w+\.\w+\.gz)` \|(?: [^|]+ \|){3}$", page, re.M)
    assert told == list(json.loads((ROOM / "bundle" / "bundle.json").read_text(encoding="utf-8"))["files"])
    assert sorted(told) == sorted(path.name for path in (ROOM / "bundle").glob("*.gz"))


@pytest.mark.shared
def test_the_bundle_holds_every_figure_of_the_facts(batches: dict[str, Batch]) -> None:
    import csv

    facts = Path(__file__).resolve().parents[3] / "shared" / "facts"
    closes = {
        (name, line["date"]): float(value)
        for file in sorted(facts.glob("market_closes_*.csv"))
        for line in csv.DictReader(file.open())
        for name, value in line.items()
        if name != "date" and value
    }
    bars = {(str(r["instrument"]), str(r["session_date"])): r["close_usd"] for r in batches["raw_market__bar"].records}
    assert len(closes) > 9000
    assert {key: bars[key] for key in closes} == {key: pytest.approx(close, rel=1e-4) for key, close in closes.items()}
    days = {str(r["utc_date"]): r for r in batches["raw_network__day"].records}
    for line in csv.DictReader((facts / "bitcoin_network_2025.csv").open()):
        day = days[line["date"]]
        assert (day["blocks"], day["fees_btc"]) == (int(line["blocks"]), float(line["fees_btc"]))
    epochs = list(csv.DictReader((facts / "history" / "difficulty_epochs.csv").open()))
    kept = {r["first_height"]: (r["bits"], r["difficulty"]) for r in batches["raw_network__epoch"].records}
    assert kept == {int(one["first_height"]): (one["bits"], float(one["difficulty"])) for one in epochs}
    for line in csv.DictReader((facts / "history" / "bitcoin_network_daily.csv").open()):
        assert days[line["date"]]["difficulty"] == pytest.approx(float(line["difficulty"]), rel=1e-8)


def test_a_value_of_the_bundle_that_was_revised_is_known_since_the_freezing_and_another_since_its_lag(
    batches: dict[str, Batch],
) -> None:
    records: Iterable[Mapping[str, object]] = batches["raw_macro__observation"].records
    rows = {(row["series"], str(row["observation_date"])): row for row in records}
    told = [
        (row["value"], str(row["known_at_utc"]), row["known_at_basis"])
        for row in (rows["M2", "2025-09-01"], rows["UST_10Y", "2025-09-30"], rows["USD_PER_EUR", "2025-09-30"])
    ]
    assert told == [
        (22176.1, "2026-11-20 00:00:00", "observed"),
        (4.16, "2025-10-01 23:59:59", "publication_lag"),
        (1.1741, "2025-09-30 23:59:59", "publication_lag"),
    ]
    assert {row["provider"] for row in rows.values()} == {"bundle_series"}
    assert not {series for series, _ in rows} & {"IG_SPREAD", "SP500", "VIX_CLOSE"}, "what may not be passed on"

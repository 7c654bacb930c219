"""The dbt project on the shipped data: it builds, its figures are the published ones, and the past stays the past."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ingestion.tables import TABLES
from tests.dbt.conftest import RunDbt

AS_OF = "2025-09-30"


@pytest.fixture(scope="module")
def build_file(run_dbt: RunDbt, lake: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything built and tested once, unit tests included."""
    path = tmp_path_factory.mktemp("build") / "hashwatt.duckdb"
    finished = run_dbt(path, lake, "build")
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-2000:]
    return path


@pytest.fixture
def warehouse(build_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(build_file), read_only=True) as connection:
        yield connection


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> object:
    row = connection.execute(sql).fetchone()
    assert row is not None
    return row[0]


def test_a_running_total_is_not_added_to_its_parts(warehouse: duckdb.DuckDBPyConnection) -> None:
    book = "select sum(value_usd_m) from fct_ai_deal where is_in_book and issuer = "
    assert _one(warehouse, book + "'CORZ'") == 8700
    assert _one(warehouse, book + "'APLD'") == 11000 + 5000 + 7500


def test_a_joint_venture_counts_with_the_share(warehouse: duckdb.DuckDBPyConnection) -> None:
    value = _one(
        warehouse,
        "select value_attributable_usd_m from fct_ai_deal where issuer = 'WULF' and announced_date = date '2025-10-28'",
    )
    assert isinstance(value, float)
    assert math.isclose(value, 9500 * 0.501)


def test_hashprice_by_hand(warehouse: duckdb.DuckDBPyConnection) -> None:
    row = warehouse.execute(
        "select blocks, fees_btc, difficulty, btc_close_usd, hashprice_usd_ph_day, hashrate_eh_s"
        " from fct_network_daily where utc_date = date '2025-12-31'"
    ).fetchone()
    assert row is not None
    blocks, fees_btc, difficulty, close_usd, hashprice, hashrate_eh_s = row
    hashrate_h_s = difficulty * 2**32 / 600
    assert math.isclose(hashrate_eh_s, hashrate_h_s / 1e18)
    assert math.isclose(hashprice, (3.125 + fees_btc / blocks) * 144 * close_usd / (hashrate_h_s / 1e15))
    assert math.isclose(hashprice, 37.38, abs_tol=0.01)


def test_fiscal_quarters_line_up(warehouse: duckdb.DuckDBPyConnection) -> None:
    rows = warehouse.execute(
        "select issuer, value_usd_m from fct_financial_quarter"
        " where metric = 'capex_cash' and calendar_quarter = '2025Q3' order by issuer"
    ).fetchall()
    assert dict(rows) == {"AMZN": 35095, "GOOGL": 23953, "META": 18829, "MSFT": 19394, "NVDA": 1636, "ORCL": 8502}


def test_freshness_speaks_of_every_raw_table(warehouse: duckdb.DuckDBPyConnection, lake: Path) -> None:
    stated = warehouse.execute("select source_table, rows from meta_freshness order by 1").fetchall()
    held = {name: sum(pq.read_metadata(f).num_rows for f in (lake / name).glob("*/data.parquet")) for name in TABLES}
    assert dict(stated) == held


def test_the_past_equals_a_lake_cut_at_that_day(run_dbt: RunDbt, lake: Path, tmp_path: Path) -> None:
    """Built as of T from all that is known today, and built from what was known at T alone: the same rows."""
    cut = tmp_path / "cut"
    for file in lake.glob("*/*/data.parquet"):
        rows = pq.read_table(file)
        moment = rows.schema.field("known_at_utc").type
        known = pc.less(rows["known_at_utc"], pc.cast("2025-10-01T00:00:00", moment))
        # What was archived later was not there to be read: whoever had asked by then had asked at T at the latest.
        place = rows.schema.get_field_index("ingested_at_utc")
        archived = pc.min_element_wise(rows["ingested_at_utc"], pc.cast("2025-09-30T23:59:59", moment))
        rows = rows.set_column(place, rows.schema.field(place), archived)
        (cut / file.relative_to(lake)).parent.mkdir(parents=True)
        pq.write_table(rows.filter(known), cut / file.relative_to(lake))

    then, since = (tmp_path / name / "hashwatt.duckdb" for name in ("then", "since"))
    for path, source, extra in ((then, cut, ()), (since, lake, ("--vars", f"{{as_of: {AS_OF}}}"))):
        finished = run_dbt(path, source, "run", *extra)
        assert finished.returncode == 0, finished.stdout[-6000:]

    with duckdb.connect() as connection:
        connection.execute(f"attach '{then}' as a (read_only)")
        connection.execute(f"attach '{since}' as b (read_only)")
        tables = [
            name
            for (name,) in connection.execute(
                "select table_name from duckdb_tables() where database_name = 'b' and schema_name = 'main' order by 1"
            ).fetchall()
        ]
        assert len(tables) >= 14
        filled = 0
        for table in tables:
            for left, right in (("a", "b"), ("b", "a")):
                extra_rows = connection.execute(
                    f'select * from {left}.main."{table}" except all select * from {right}.main."{table}"'
                ).fetchall()
                assert extra_rows == [], f"{table}: only in {left}"
            filled += bool(_one(connection, f'select count(*) from b.main."{table}"'))
        assert filled >= 14
        assert _one(connection, "select count(*) from b.main.fct_ai_deal where known_at_utc >= '2025-10-01'") == 0


def test_an_as_of_that_is_no_date_is_refused(run_dbt: RunDbt, lake: Path, tmp_path: Path) -> None:
    finished = run_dbt(tmp_path / "hashwatt.duckdb", lake, "run", "-s", "dim_instrument", "--vars", "{as_of: autumn}")
    assert finished.returncode != 0
    assert "give a UTC date" in finished.stdout


def test_a_missing_raw_table_stops_the_build(run_dbt: RunDbt, tmp_path: Path) -> None:
    finished = run_dbt(tmp_path / "hashwatt.duckdb", tmp_path / "empty", "run", "-s", "dim_instrument")
    assert finished.returncode != 0
    assert "No files found" in json.dumps(finished.stdout)

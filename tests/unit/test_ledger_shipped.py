"""The ledger that ships: clean, consistent with itself, and carrying every figure of the compiled facts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from ingestion.universe import Instrument, Universe
from tests.tables import tables
from tests.unit.ledgerrows import TABLES, shipped

DATA = tables(__file__)
# Tables that speak of no issuer, or of one before it was in the universe.
SILENT = (
    "issuer instrument counterparty disclosure_regime provider series feed bar_exclusion electricity rating data_center"
)
SPEAKING = sorted(TABLES.keys() - {*SILENT.split(), "decision", "claim"})


@pytest.fixture(scope="module")
def universe() -> Universe:
    return Universe.of(lambda name: shipped(name, None).records)


@pytest.fixture(scope="module")
def ledger(universe: Universe) -> Iterator[duckdb.DuckDBPyConnection]:
    """Each table of the ledger under its name, all citations as `cited`, and the compiled facts, where they are, in `facts`."""
    with duckdb.connect() as connection:
        for entity, table in TABLES.items():
            rows = [dict(row) for row in shipped(entity, universe).records]
            connection.register("rows", pa.Table.from_pylist(rows, schema=table.schema()))
            connection.execute(f"CREATE TABLE {entity} AS FROM rows")
        parts = (f"SELECT citation FROM {entity}" for entity in TABLES if "citation" in TABLES[entity].schema().names)
        connection.execute(f"CREATE VIEW cited AS {' UNION ALL '.join(parts)}; CREATE SCHEMA facts")
        connection.execute("CREATE MACRO last(t) AS string_split(t, '/')[-1]")
        connection.execute("CREATE MACRO who(t) AS if(last(t) = 'BITF', 'KEEL', last(t))")
        yield connection


@pytest.fixture(scope="module")
def facts(ledger: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    folder = Path(__file__).resolve().parents[3] / "shared" / "facts"
    for file in folder.rglob("*.csv"):
        read = f"read_csv('{file}', all_varchar = true, header = true, nullstr = '', delim = ',', quote = '\"')"
        ledger.execute(f'CREATE OR REPLACE VIEW facts."{file.stem}" AS FROM {read}')
    ledger.execute("SET search_path = 'main,facts'")
    return ledger


def answer(connection: duckdb.DuckDBPyConnection, asked: str) -> list[list[object]]:
    return [list(row) for row in connection.execute(asked).fetchall()]


@pytest.mark.parametrize("promise", DATA["holds"])
def test_the_ledger_holds(promise: str, ledger: duckdb.DuckDBPyConnection) -> None:
    assert answer(ledger, DATA["holds"][promise]["sql"]) == DATA["holds"][promise].get("rows", [])


@pytest.mark.parametrize("entity", sorted(TABLES))
def test_nothing_is_known_after_the_ledger_was_verified_nor_before_its_issuer(
    entity: str, ledger: duckdb.DuckDBPyConnection
) -> None:
    assert answer(ledger, f"SELECT * FROM {entity} WHERE known_at_utc >= TIMESTAMP '{datetime(2026, 11, 30)}'") == []
    early = f"SELECT * FROM {entity} AS t JOIN issuer AS i USING (issuer) WHERE t.known_at_utc < i.known_at_utc"
    assert entity not in SPEAKING or answer(ledger, early) == []


def test_the_universe_has_39_issuers_and_60_instruments(universe: Universe, ledger: duckdb.DuckDBPyConnection) -> None:
    assert (len(universe.issuers), len(universe.instruments)) == (39, 60)
    assert universe.instruments["SPY"] == Instrument("XNYS")
    outside = answer(ledger, "SELECT instrument FROM instrument WHERE kind = 'equity' AND issuer IS NULL")
    assert outside == [["COIN"]]


@pytest.mark.shared
@pytest.mark.parametrize("promise", DATA["facts"])
def test_facts_are_carried_over(promise: str, facts: duckdb.DuckDBPyConnection) -> None:
    assert answer(facts, DATA["facts"][promise]["sql"]) == DATA["facts"][promise].get("rows", [])


@pytest.mark.shared
@pytest.mark.parametrize("file", DATA["compiled"])
def test_every_figure_of_the_compiled_facts_is_carried_over(file: str, facts: duckdb.DuckDBPyConnection) -> None:
    """As often as it is compiled, in whichever vintage; what is empty, in doubt or told in words is no figure."""
    one = DATA["compiled"][file]
    there = {name for name, *_ in facts.execute(f"DESCRIBE facts.{file}").fetchall()}
    for ours, theirs in one["columns"].items():
        if theirs not in there:
            continue
        factor = 0.01 if "_c_per_" in theirs else 1
        compiled = f"SELECT {one['theirs']}, round(try_cast(ltrim({theirs}, '~') AS double) * {factor}, 6) AS figure"
        held = f"SELECT {one['ours']}, round({ours}, 6) FROM main.{one['table']}"
        lacking = f"({compiled} FROM facts.{file} WHERE figure IS NOT NULL) EXCEPT ALL ({held}) ORDER BY ALL"
        assert answer(facts, lacking) == one["elsewhere"].get(ours, []), ours


@pytest.mark.shared
def test_facts_instruments_are_carried_over(facts: duckdb.DuckDBPyConnection, universe: Universe) -> None:
    def columns(file: str) -> list[str]:
        return [name for name, *_ in facts.execute(f'DESCRIBE facts."{file}"').fetchall()][1:]

    assert list(universe.instruments)[:35] == columns("market_closes_2025")
    assert set(universe.instruments) < set(columns("closes_2019-12_2026-08"))

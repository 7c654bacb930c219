"""A publication in PostgreSQL: what arrives there, and that readers see k or k+1 whatever happens to the copy."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from adbc_driver_postgresql import dbapi
from click.testing import CliRunner, Result

from orchestration.cli.main import main
from orchestration.errors import ExportFailed
from orchestration.export import postgres
from orchestration.export.address import fit, without_secrets
from orchestration.pipeline.jobs import copy_published
from orchestration.publish.publication import publish
from orchestration.settings import Settings
from tests.faults.postgres_kit import address_of, asked, empty_database
from tests.faults.publication_kit import (
    ROWS,
    code_of,
    command,
    crash_points,
    elsewhere,
    ids,
    make_request,
    publish_marker,
    reading,
    settings_for,
)
from tests.tables import tables

DATA = tables(__file__)

pytestmark = pytest.mark.faults

MARKERS = "select distinct b.marker, d.marker from hashwatt.mart_book b, hashwatt.fct_day d"


@pytest.fixture
def database() -> Iterator[str]:
    with empty_database() as name:
        yield name


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home with the publications of markers 1 and 2, the second one with odd values."""
    settings = settings_for(tmp_path_factory.mktemp("two"))
    publish_marker(settings, 1)
    request = make_request(settings, 2)
    with duckdb.connect(str(request.candidate)) as candidate:
        candidate.execute(DATA["odd"])
    publish(request)
    return settings


def copy(settings: Settings, database: str, marker: int | None = None, **options: Any) -> postgres.Copied:
    wanted = None if marker is None else ids(settings)[marker - 1]
    return postgres.copy(settings, address_of(database), reader=database, wanted=wanted, **options)


def seen(database: str) -> int | None:
    """The one marker of the copy, whole; None before the first copy."""
    if not asked(database, "select 1 from pg_namespace where nspname = 'hashwatt'"):
        return None
    found = asked(database, MARKERS)
    assert len(found) == 1 and found[0][0] == found[0][1], f"mixed: {found}"
    assert asked(database, "select count(*) from hashwatt.mart_book") == [(ROWS,)]
    return int(found[0][0])


def schemas(database: str) -> list[str]:
    return [name for (name,) in asked(database, "select nspname from pg_namespace where nspname like 'hashwatt%'")]


def plain(value: Any) -> Any:
    # The driver tells NUMERIC as text.
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def test_every_row_arrives_under_its_type_with_keys_and_comments(two: Settings, database: str) -> None:
    copied = copy(two, database)
    assert copied.is_new and copied.publication_id == ids(two)[1]
    with reading(two) as source:
        tables = [name for (name,) in source.execute("select table_name from duckdb_tables()").fetchall()]
        assert copied.tables == len(tables) == 9
        total = 0
        for table in tables:
            there = asked(database, f'select * from hashwatt."{table}"')
            here = source.execute(f'from "{table}"').fetchall()
            if table == "fct_odd" or table == "fct_day":
                place = 1 if table == "fct_odd" else 3
                there = [(*row[:place], row[place] and Decimal(row[place]), *row[place + 1 :]) for row in there]
            assert sorted(map(repr, (tuple(map(plain, row)) for row in there))) == sorted(
                map(repr, (tuple(map(plain, row)) for row in here))
            )
            total += len(here)
        assert copied.rows == total
    types = asked(
        database,
        "select column_name, format_type(atttypid, atttypmod), is_nullable, col_description(attrelid, attnum) "
        "from information_schema.columns join pg_attribute on attrelid = 'hashwatt.fct_odd'::regclass "
        "and attname = column_name where table_name = 'fct_odd' order by attnum",
    )
    assert types == [
        ("name", "text", "NO", None),
        ("amount", "numeric(18,4)", "YES", "Amount. [USD]"),
        ("ratio", "double precision", "YES", None),
        ("is_odd", "boolean", "YES", None),
        ("count_n", "bigint", "YES", None),
        ("odd_date", "date", "YES", None),
        ("odd_utc", "timestamp without time zone", "YES", None),
    ]
    keys = "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint where contype = 'p'"
    assert ("hashwatt.meta_column", "PRIMARY KEY (table_name, column_name)") in asked(database, keys)
    assert asked(database, "select obj_description('hashwatt.fct_odd'::regclass)") == [("It's odd.",)]


def test_the_reader_reads_and_writes_nothing(two: Settings, database: str) -> None:
    copy(two, database, 1)
    copy(two, database, 2)
    assert asked(database, f"set role {database}", MARKERS) == [(2, 2)]
    for statement in (
        "delete from hashwatt.mart_book",
        "create table hashwatt.x(i int)",
        "drop table hashwatt.mart_book",
    ):
        with pytest.raises(dbapi.Error, match=r"permission denied|must be owner"):
            asked(database, f"set role {database}", statement)


def test_the_same_publication_is_not_copied_again(two: Settings, database: str) -> None:
    assert copy(two, database).is_new
    again = copy(two, database)
    assert not again.is_new and again.rows > ROWS


def gone(database: str) -> None:
    """Waits for the server to notice that a client has gone."""
    until = time.monotonic() + 30
    while asked(
        database, "select 1 from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    ):
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("point", crash_points("export"))
def test_killed_at(point: str, two: Settings, database: str) -> None:
    copy(two, database, 1)
    asked_for = ("export", "postgres", address_of(database), "--reader", database)
    assert code_of(elsewhere(two, command, *asked_for, HASHWATT_TESTING="1", HASHWATT_CRASH_AT=point)) == 137
    gone(database)
    assert seen(database) == (2 if point == "swap_committed" else 1)
    copy(two, database, 2)
    assert seen(database) == 2
    assert schemas(database) == ["hashwatt"]


def test_eight_readers_during_twenty_swaps(two: Settings, database: str) -> None:
    copy(two, database, 1)
    stop, faults, counts = threading.Event(), [], []

    def read(number: int) -> None:
        versions: set[int] = set()
        reads = 0
        try:
            with (
                dbapi.connect(address_of(database), autocommit=number % 2 == 0) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(f"set role {database}")
                if number % 2:
                    connection.commit()
                if number % 4 == 1:
                    cursor.execute("set session characteristics as transaction isolation level repeatable read")
                    connection.commit()
                while not stop.is_set():
                    cursor.execute("select 1")
                    cursor.fetchall()
                    cursor.execute(MARKERS)
                    found = set(cursor.fetchall())
                    if number % 2:
                        # In one transaction what was read first holds for what is read next.
                        cursor.execute("select marker, marker from hashwatt.fct_day limit 1")
                        found |= set(cursor.fetchall())
                        connection.commit()
                    assert len(found) == 1 and len(set(*found)) == 1, f"mixed: {found}"
                    versions |= set(*found)
                    reads += 1
            counts.append((reads, versions))
        except Exception as error:
            faults.append(error)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for reader in readers:
        reader.start()
    for turn in range(20):
        copy(two, database, 1 + (turn + 1) % 2)
    stop.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert len(counts) == 8 and all(reads > 20 and versions == {1, 2} for reads, versions in counts), counts


def test_who_still_reads_the_copy_before_fails_no_export(
    two: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy(two, database, 1)
    with dbapi.connect(address_of(database)) as connection, connection.cursor() as cursor:

        def read_before(_: Settings, point: str) -> None:
            if point == "swap_committed":
                cursor.execute("select distinct marker from hashwatt_before.mart_book")

        monkeypatch.setattr(Settings, "reach", read_before)
        assert copy(two, database, 2, wait_seconds=0.3).is_new
        assert cursor.fetchall() == [(1,)] and seen(database) == 2
        with pytest.raises(ExportFailed, match="lock timeout"):
            copy(two, database, 1, wait_seconds=0.3)
        assert seen(database) == 2
    assert not copy(two, database, 2).is_new and schemas(database) == ["hashwatt"]


@pytest.mark.parametrize(
    ("level", "first", "said"),
    [
        ("read committed", "select count(*) from hashwatt.fct_day", "lock timeout"),
        ("repeatable read", "select count(*) from pg_class", "began before the copy was made"),
    ],
)
def test_a_transaction_that_does_not_end_is_told_and_loses_nothing(
    level: str, first: str, said: str, two: Settings, database: str
) -> None:
    copy(two, database, 1)
    with dbapi.connect(address_of(database)) as connection, connection.cursor() as cursor:
        cursor.execute(f"set transaction isolation level {level}")
        cursor.execute(first)
        cursor.fetchall()
        with pytest.raises(ExportFailed, match=said) as raised:
            copy(two, database, 2, wait_seconds=0.3)
        assert "pg_stat_activity" in raised.value.remedy and schemas(database) == ["hashwatt"]
        cursor.execute("select distinct marker from hashwatt.mart_book")
        assert cursor.fetchall() == [(1,)]
    copy(two, database, 2)
    assert seen(database) == 2


@pytest.mark.parametrize(("statement", "said"), DATA["others"])
def test_nothing_of_others_is_lost(statement: str, said: str, two: Settings, database: str) -> None:
    copy(two, database, 1)
    asked(database, statement)
    with pytest.raises(ExportFailed, match=said) as raised:
        copy(two, database, 2)
    assert raised.value.remedy and "\n" not in raised.value.message
    assert asked(database, MARKERS) == [(1, 1)]


def test_two_copies_at_once_are_one_after_the_other(two: Settings, database: str) -> None:
    with dbapi.connect(address_of(database)) as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(hashtext('hashwatt publication hashwatt'))")
        with pytest.raises(ExportFailed, match="another copy"):
            copy(two, database)
    assert copy(two, database).is_new


def run(settings: Settings, *arguments: str, **env: str) -> Result:
    given = {"HASHWATT_HOME": str(settings.home), "HASHWATT_EXPORT": "", **env}
    return CliRunner(env=given).invoke(main, list(arguments))


SECRET = "geheim"


@pytest.mark.parametrize("address", DATA["passwords"])
@pytest.mark.parametrize("way", [[], ["--debug"], ["words"]])
def test_a_password_is_never_shown(address: str, way: list[str], two: Settings) -> None:
    words = address.split() if way == ["words"] else [address]
    given = [one for one in way if one != "words"]
    for done in (
        run(two, *given, "export", "postgres", *words),
        run(two, *given, "export", "postgres", HASHWATT_EXPORT=address),
    ):
        assert done.exit_code == 8 and SECRET not in done.output, done.output
        assert given or len(done.output.splitlines()) == 2
    assert SECRET not in repr(replace(two, export=address))


def test_what_is_meant_literally_is_hidden_too() -> None:
    for address in ("postgresql://me:p%40ss@h/db", r"host=h password='p@ss'", r"host=h password=p\@ss"):
        assert without_secrets("wrong: p@ss", fit(address)) == "wrong: ***"
    for address in (
        "postgresql:///db?host=/run",
        "postgresql://me@a:1,b:2/db",
        "postgresql://[::1]:5/db",
        "dbname = x user = 'a b'",
    ):
        assert fit(address) == address


def test_without_an_address_it_says_what_to_set(two: Settings) -> None:
    for words in (["export", "postgres"], ["refresh", "--then-export"]):
        done = run(two, *words)
        assert done.exit_code == 2 and "HASHWATT_EXPORT" in done.output


def test_the_daily_job_copies_what_it_published(
    two: Settings, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_of(name: str, address: str) -> dg.ExecuteInProcessResult:
        @dg.op(name=name)
        def step() -> None:
            pass

        @dg.job(hooks={copy_published})
        def daily() -> None:
            step()

        monkeypatch.setenv("HASHWATT_EXPORT", address)
        return daily.execute_in_process()

    told = tmp_path / "told"
    monkeypatch.setenv("HASHWATT_HOME", str(two.home))
    monkeypatch.setenv("HASHWATT_TELL", f"sh -c 'cat > {told}'")
    monkeypatch.setattr(postgres.copy, "__kwdefaults__", {**postgres.copy.__kwdefaults__, "reader": database})
    run_of("another", address_of(database))
    assert seen(database) is None
    run_of("publication", address_of(database))
    assert seen(database) == 2 and not told.exists()
    assert run_of("publication", "host=/nowhere password=geheim").success
    assert '"copy_failed"' in told.read_text() and SECRET not in told.read_text()

"""What a publication holds: tables with their constraints and comments, meta tables, Parquet, manifest; and what it
refuses: checks that do not allow it, candidates that BI tools could not read."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.errors import PublicationFailed, PublicationRefused
from orchestration.publish.build import meta_tables
from orchestration.publish.publication import Published, PublishRequest, publish
from orchestration.publish.reader import newly_warned, read_publication
from orchestration.publish.store import leftovers
from orchestration.settings import Settings
from quality.gate import ExpectedCheck
from quality.judge import Verdict
from quality.ledger import CheckLedger
from tests.faults.publication_kit import (
    JUDGED,
    ROWS,
    make_candidate,
    make_request,
    publish_marker,
    reading,
    settings_for,
    snapshot,
    verdict,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
CRITICAL, WARNING = "not_empty", "bar_within_coverage"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Published]:
    settings = settings_for(tmp_path_factory.mktemp("home"))
    return settings, publish_marker(settings, 930, now=NOW)


def test_the_folder(home: tuple[Settings, Published]) -> None:
    settings, published = home
    assert published.id == f"20260102T030405678901Z-{published.content_sha256[:12]}"
    assert settings.current.readlink() == Path("publications") / published.id
    assert sorted(path.name for path in published.path.iterdir()) == ["hashwatt.duckdb", "manifest.json", "parquet"]
    assert {path.stem for path in (published.path / "parquet").iterdir()} == set(published.rows)


def rows(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with reading(settings) as connection:
        return connection.execute(sql).fetchall()


def test_tables_keep_rows_constraints_and_comments(home: tuple[Settings, Published]) -> None:
    settings, published = home
    constraints = rows(settings, "select constraint_text from duckdb_constraints() where table_name = 'mart_book'")
    assert {text for (text,) in constraints} >= {
        "PRIMARY KEY(issuer)",
        "NOT NULL",
        "CHECK((value_usd_m > 0))",
    }
    comments = rows(settings, "select comment from duckdb_tables() where table_name = 'mart_book'")
    assert comments == [("One row per issuer; the owner's book.",)]
    comments = rows(settings, "select comment from duckdb_columns() where column_name = 'value_usd_m'")
    assert comments == [("Contracted value.",)]
    names = [name for (name,) in rows(settings, "select issuer from mart_book")]
    assert names == sorted(names) and len(names) == ROWS == published.rows["mart_book"]
    outside = rows(settings, "select distinct table_schema, table_type from information_schema.tables")
    assert outside == [("main", "BASE TABLE")], "nothing but the tables of schema main is published"
    ((tags,),) = rows(settings, "select tags from duckdb_databases() where not internal")
    assert tags["storage_version"].startswith("v1.4.0")


def test_meta_tables_say_what_was_checked_and_what_columns_mean(home: tuple[Settings, Published]) -> None:
    settings, published = home
    about = rows(settings, "select publication_id, published_at_utc, as_of_date, content_sha256 from meta_publication")
    assert about == [(published.id, NOW.replace(tzinfo=None), date(2025, 9, 30), published.content_sha256)]
    checks = rows(settings, "select check_id, table_name, status, rows_evaluated from meta_check")
    assert (f"gate.{JUDGED}.{CRITICAL}", JUDGED, "passed", 10) in checks
    assert len(checks) == published.checks["passed"] == len(verdict().outcomes)
    ours = rows(settings, "select table_name, column_name, position, data_type from meta_column order by all")
    assert ours == rows(
        settings,
        "select table_name, column_name, column_index, data_type from duckdb_columns() where not internal order by all",
    )
    described = rows(settings, "select unit, description from meta_column where column_name = 'value_usd_m'")
    assert described == [("USD million", "Contracted value.")]
    silent = rows(settings, "select distinct table_name from meta_column where description is null")
    assert not {name for (name,) in silent} & {meta.name for meta in meta_tables()}


def test_parquet_holds_the_same_rows(home: tuple[Settings, Published]) -> None:
    settings, published = home
    for table, count in published.rows.items():
        file = published.path / "parquet" / f"{table}.parquet"
        assert rows(settings, f"from {table} order by all") == rows(settings, f"from '{file}' order by all"), table
        assert rows(settings, f"select count(*) from {table}") == [(count,)]


def test_the_manifest_says_from_what_and_with_what(home: tuple[Settings, Published]) -> None:
    _, published = home
    manifest = json.loads((published.path / "manifest.json").read_text())
    assert manifest["inputs"] == {"raw_x": ["a" * 64, "b" * 64]}
    assert (manifest["as_of"], manifest["edition"], manifest["run_id"]) == ("2025-09-30", "bundle", "run-930")
    assert manifest["published_at_utc"] == "2026-01-02T03:04:05.678901Z"
    assert manifest["versions"]["duckdb"] == duckdb.__version__
    assert {table: facts["rows"] for table, facts in manifest["tables"].items()} == published.rows
    for name, facts in manifest["files"].items():
        content = (published.path / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (facts["bytes"], facts["sha256"])
    assert set(manifest["files"]) == {"hashwatt.duckdb", *(f"parquet/{table}.parquet" for table in published.rows)}


def test_same_in_same_out(home: tuple[Settings, Published], tmp_path: Path) -> None:
    _, published = home
    again = publish_marker(settings_for(tmp_path), 930)
    other = publish_marker(settings_for(tmp_path), 931)
    assert again.content_sha256 == published.content_sha256 != other.content_sha256
    for table in set(published.rows) - {"meta_publication"}:
        name = f"parquet/{table}.parquet"
        assert (again.path / name).read_bytes() == (published.path / name).read_bytes(), table


def test_the_content_hash_sees_one_value_and_not_the_order(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    request = make_request(settings, 1)
    first = publish(request).content_sha256
    with duckdb.connect(str(request.candidate)) as connection:
        connection.execute("create table b as from fct_day order by day_date desc; delete from fct_day")
        connection.execute("insert into fct_day from b; drop table b")
    assert publish(replace(request, now_utc=datetime.now(UTC))).content_sha256 == first
    with duckdb.connect(str(request.candidate)) as connection:
        connection.execute("update fct_day set is_open = null where day_date = '2025-01-05'")
    assert publish(replace(request, now_utc=datetime.now(UTC))).content_sha256 != first


def record(request: PublishRequest, *verdicts: Verdict) -> PublishRequest:
    """The request with these verdicts, and no others, in its ledger."""
    request.checks.unlink()
    for one in verdicts:
        CheckLedger(request.checks).record(one)
    return request


def crash(request: PublishRequest) -> PublishRequest:
    CheckLedger(request.checks).record_crash(JUDGED, ValueError("boom"))
    return request


def tear(request: PublishRequest) -> PublishRequest:
    request.checks.write_text(request.checks.read_text()[:-5])
    return request


LOST = ExpectedCheck("test.hashwatt.unique_x.1", "dbt_test", "", "unique_x")
REFUSALS: dict[str, Callable[[PublishRequest], PublishRequest]] = {
    "failed": lambda request: record(request, verdict(failing=[CRITICAL])),
    "torn": tear,
    "dbt tests have no result": lambda request: replace(request, expected=[*request.expected, LOST]),
}


@pytest.mark.parametrize("says", REFUSALS)
def test_refused(says: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    publish_marker(settings, 1)
    before = snapshot(settings)
    request = REFUSALS[says](make_request(settings, 2))
    with pytest.raises(PublicationRefused) as caught:
        publish(request)
    assert any(says in reason for reason in caught.value.reasons), caught.value.reasons
    assert caught.value.exit_code == 3
    assert snapshot(settings) == before
    assert leftovers(settings) == []


def test_what_is_newly_warned_is_told_apart_from_what_stood_before(tmp_path: Path) -> None:
    def made(marker: int, failing: dict[str, float]) -> dict[str, str]:
        said = verdict(failing=failing)
        found = [replace(one, observed=failing.get(one.rule, 0.0)) for one in said.outcomes]
        return publish(record(make_request(settings, marker), replace(said, outcomes=tuple(found)))).newly_warned

    settings, other = settings_for(tmp_path), "move_plausible"
    assert made(1, {WARNING: 1}) == {}, "with no publication before it nothing is new"
    assert made(2, {WARNING: 1}) == {}
    (check,) = new = made(3, {WARNING: 1, other: 2})
    assert check == f"gate.{JUDGED}.{other}"
    with read_publication(settings) as opened:
        assert newly_warned(opened) == new
    assert "2 found" in new[check]
    assert [*made(4, {WARNING: 3, other: 1})] == [f"gate.{JUDGED}.{WARNING}"], "more of the same is news"
    assert made(5, {}) == {}
    shutil.rmtree(settings.current / "parquet")
    assert made(6, {WARNING: 1}) == {}, "a publication that cannot be read is none to compare with"


UNFIT = {
    "create view mart_v as select 1 as x": "mart_v is a view",
    "create table scratch(i bigint)": "scratch does not start with",
    "create table mart_x(h hugeint)": "mart_x.h is HUGEINT",
    "create table mart_x(h timestamptz)": "TIMESTAMP WITH TIME ZONE",
    "create table mart_x(h bigint[])": "mart_x.h is BIGINT[]",
    "create table meta_check(i bigint)": "meta_check is written by publication itself",
}


@pytest.mark.parametrize("sql", UNFIT)
def test_an_unfit_candidate_is_named(sql: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    request = make_request(settings, 1)
    make_candidate(request.candidate, 1, extra=sql)
    with pytest.raises(PublicationFailed) as caught:
        publish(request)
    assert UNFIT[sql] in caught.value.message
    assert not settings.current.exists() and leftovers(settings) == []


def test_an_empty_or_absent_or_foreign_candidate(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    request = make_request(settings, 1)
    request.candidate.unlink()
    with pytest.raises(PublicationFailed, match=r"hashwatt\.duckdb"):
        publish(request)
    duckdb.connect(str(request.candidate)).close()
    with pytest.raises(PublicationFailed, match="holds no table"):
        publish(request)
    request.candidate.write_bytes(b"not a database, but long enough to be looked at" * 500)
    with pytest.raises(PublicationFailed, match="could not be written"):
        publish(request)
    assert not settings.current.exists() and leftovers(settings) == []


def test_odd_names_and_texts_are_quoted(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    request = make_request(settings, 1, units={('mart_o"dd', "select"): "a\0b 'c'; y"})
    odd = 'create table "mart_o""dd"("select" bigint primary key, "a b" varchar); insert into "mart_o""dd" values (1, \'x\')'
    comment = 'comment on column "mart_o""dd"."a b" is \'it\'\'s odd\''
    make_candidate(request.candidate, 1, extra=f"{odd}; {comment}")
    assert publish(request).rows['mart_o"dd'] == 1
    found = rows(
        settings, "select unit, description from meta_column where table_name like 'mart_o%' order by position"
    )
    assert found == [("ab 'c'; y", None), (None, "it's odd")]

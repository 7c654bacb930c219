"""Builds the models on Spark from the lake of a home, and compares every table with what DuckDB published there.

`make spark` calls it. It needs Java 17 or later and a home with a publication, changes neither, and installs dbt-spark and
PySpark (1 GB) into an environment of its own: the project does not depend on them. The lake may lie elsewhere than in the
home: `--lake` names the place, `--s3` copies it to an S3-compatible store that runs here as long as it takes. Other arguments
go to `dbt build`: `--select +mart_news` builds that mart with what it needs, and compares what was built.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import duckdb
from pyarrow import fs

from orchestration.settings import Settings
from quality.sql import literal, quoted
from tools.own_environment import environment

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "dbt_project"
ADAPTER = ("dbt-spark==1.11.0", "pyspark==4.3.0", "moto[server]==5.2.5")
OURS = ("dbt-core", "numpy", "pandas", "pyarrow")
"""What Spark's environment has in the project's own version."""
SECONDS_TO_START = 60
RELATIVE, ABSOLUTE = 1e-9, 1e-12
PLACES = 6
"""How far apart two doubles may be: sums depend on the order in which an engine takes their terms. What models round to six
places may fall to either side of an edge then."""
STEP = re.compile(r"[0-9:]{8} +[0-9]+ of [0-9]+ (?!START)|[0-9:]{8} +(Completed|Done)")
FAILED = re.compile(r"Encountered an error|Completed with [1-9]")


@dataclass(frozen=True)
class Compared:
    """One table of both engines: how many rows each has, and what differs, empty when nothing does."""

    table: str
    rows_duckdb: int
    rows_spark: int
    differs: str

    def __str__(self) -> str:
        rows = f"{self.rows_duckdb:,}" + ("" if self.rows_spark == self.rows_duckdb else f" / {self.rows_spark:,}")
        return f"{self.table:<28}{rows:>20}   {self.differs or 'the same'}"


def compare(published: Path, warehouse: Path, table: str) -> Compared:
    """A table of the published DuckDB file and of Spark's folder of Parquet files, row for row in any order.

    Doubles may differ by RELATIVE of the larger one, by ABSOLUTE, or by one in the last of PLACES; everything else must be the same. Raises
    duckdb.Error when either has no such table.
    """
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {literal(published)} AS published (READ_ONLY)")
        described = connection.execute(f"DESCRIBE published.{table}").fetchall()
        exact = [quoted(name) for name, kind, *_ in described if kind != "DOUBLE"]
        doubles = [quoted(name) for name, kind, *_ in described if kind == "DOUBLE"]
        # Spark writes moments in a form of its own, which reads back as the same moments under the published type.
        columns = ", ".join(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind, *_ in described)
        sources = {
            "duckdb": f"published.{table}",
            "spark": f"read_parquet({literal(warehouse / 'main.db' / table / '*.parquet')})",
        }
        for engine, source in sources.items():
            # Rows that agree in all but doubles come in the order of these, so that those of both engines pair off.
            order = ", ".join([*exact, *doubles])
            connection.execute(
                f"CREATE TEMP TABLE {engine} AS "
                f"SELECT *, row_number() OVER (ORDER BY {order}) AS place FROM (SELECT {columns} FROM {source})"
            )
        in_duckdb, in_spark = (_count(connection, f"FROM {engine}") for engine in sources)
        told = ", ".join(exact)
        first, second = (
            _count(connection, f"SELECT {told} FROM {one} EXCEPT ALL SELECT {told} FROM {other}")
            for one, other in (("duckdb", "spark"), ("spark", "duckdb"))
        )
        differs = f"{first:,} rows in DuckDB alone, {second:,} in Spark alone" if first or second else ""
        if not differs and doubles:
            apart = " OR ".join(_apart(name) for name in doubles)
            far = _count(connection, f"SELECT 1 FROM duckdb JOIN spark USING (place) WHERE {apart}")
            differs = f"{far:,} rows with another number" if far else ""
    return Compared(table, in_duckdb, in_spark, differs)


def compare_all(published: Path, warehouse: Path, tables: Sequence[str]) -> bool:
    """Prints what became of each of the tables; whether all are the same."""
    print(f"\n{'table':<28}{'rows':>20}")
    same = True
    for table in tables:
        try:
            compared = compare(published, warehouse, table)
        except duckdb.Error as error:
            print(f"{table:<28}{'':>20}   {str(error).splitlines()[0]}")
            same = False
        else:
            print(compared, flush=True)
            same &= not compared.differs
    return same


def _apart(column: str) -> str:
    a, b = f"duckdb.{column}", f"spark.{column}"
    allowed = f"greatest({ABSOLUTE}, {RELATIVE} * greatest(abs({a}), abs({b})))"
    step = f"({a} = round({a}, {PLACES}) AND {b} = round({b}, {PLACES}) AND abs({a} - {b}) < 1.5e-{PLACES})"
    return f"coalesce(abs({a} - {b}) > {allowed} AND NOT {step}, ({a} IS NULL) <> ({b} IS NULL))"


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM ({query})").fetchone() or (0,)
    return int(count)


def marts_asked_for(target: Path) -> list[str]:
    """The marts that a run of dbt was to build, by its own account, whatever became of them."""
    results = json.loads((target / "run_results.json").read_text())["results"]
    asked = {result["unique_id"].rsplit(".", 1)[-1] for result in results if result["unique_id"].startswith("model.")}
    return sorted(asked & {model.stem for model in (PROJECT / "models" / "marts").glob("*.sql")})


@contextmanager
def stored_in_s3(python: Path, lake: Path) -> Iterator[str]:
    """The address of a copy of the lake in an S3-compatible store (moto) that listens on loopback until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
    store = subprocess.Popen(
        [str(python.with_name("moto_server")), "-p", host.rsplit(":", 1)[1]],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + SECONDS_TO_START
        while not _answers(host):
            if store.poll() is not None or time.monotonic() > until:
                sys.exit("hashwatt: the store did not start")
            time.sleep(0.2)
        # The store takes any keys; those of a real one stay in the environment.
        address = f"s3://any:any@hashwatt/lake?endpoint_override={host}&scheme=http&region=us-east-1"
        fs.copy_files(str(lake), f"{address}&allow_bucket_creation=true")
        yield f"pyarrow+{address}"
    finally:
        store.terminate()
        store.wait(timeout=30)


def _answers(host: str) -> bool:
    address, port = host.split(":")
    with socket.socket() as tried:
        return tried.connect_ex((address, int(port))) == 0


def build(python: Path, lake: str, folder: Path, as_of: str | None, further: Sequence[str]) -> bool:
    """`dbt build` with `further` arguments on Spark, its tables under `folder`/warehouse; whether all of it passed. Prints each
    step as it ends, and after a failure all that dbt says about it, or where it did not come to that, what stood on stderr."""
    # A part of the project is built with the tests that its tables are enough for.
    command = [str(python), str(ROOT / "tools" / "spark_session.py"), "--no-use-colors", "build"]
    command += ["--indirect-selection", "buildable", *further]
    if as_of is not None:
        command += ["--vars", json.dumps({"as_of": as_of})]
    told = {
        "HASHWATT_LAKE": lake,
        "HASHWATT_SPARK_WAREHOUSE": str(folder / "warehouse"),
        "DBT_PROJECT_DIR": str(PROJECT),
        "DBT_PROFILES_DIR": str(PROJECT),
        "DBT_TARGET": "spark",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    # What Spark itself has to say is of no use to anybody while dbt names the error.
    errors = folder / "stderr"
    with errors.open("w") as aside:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **told}, stdout=subprocess.PIPE, stderr=aside, text=True
        )
    assert process.stdout is not None
    has_failed = False
    for line in process.stdout:
        has_failed |= FAILED.search(line) is not None
        if has_failed or STEP.match(line):
            print(line.rstrip(), flush=True)
    passed = process.wait() == 0
    if not passed and not has_failed:
        print(errors.read_text()[-2000:], file=sys.stderr)
    return passed


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.on_spark", description=__doc__, allow_abbrev=False)
    parser.add_argument("--home", type=Path, help="the home to compare with; HASHWATT_HOME or .hashwatt when not given")
    parser.add_argument("--python", type=Path, help="a Python that has dbt-spark, PySpark, pyarrow and moto already")
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--lake",
        help="where the lake lies, when not in the home: what Spark reads by itself, or pyarrow+URI, "
        "as pyarrow+s3://bucket/lake, that pyarrow reads for it",
    )
    place.add_argument(
        "--s3", action="store_true", help="copy the lake to an S3-compatible store on this machine first"
    )
    asked, further = parser.parse_known_args()
    home = asked.home or Settings.from_env().home
    current = home / "current"
    if not (current / "manifest.json").exists():
        print(f"hashwatt: nothing is published in {home}; run `make refresh` first", file=sys.stderr)
        return 2
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        print("hashwatt: Spark needs Java 17 or later on PATH or in JAVA_HOME", file=sys.stderr)
        return 2
    publication = current.resolve()
    as_of = json.loads((publication / "manifest.json").read_text())["as_of"]
    ours = [f"{package}=={importlib.metadata.version(package)}" for package in OURS]
    python = asked.python or environment(ROOT / ".venv-spark", [*ours, *ADAPTER])
    lake = (home / "lake").resolve()
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="hashwatt-spark-") as folder,
        stored_in_s3(python, lake) if asked.s3 else nullcontext(asked.lake or str(lake)) as location,
    ):
        work = Path(folder)
        passed = build(python, location, work, as_of, further)
        if not (work / "target" / "run_results.json").exists():
            return 1
        same = compare_all(publication / "hashwatt.duckdb", work / "warehouse", marts_asked_for(work / "target"))
    print(f"\n{(time.monotonic() - begun) / 60:.0f} minutes")
    return 0 if passed and same else 1


if __name__ == "__main__":
    sys.exit(main())

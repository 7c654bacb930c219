"""Builds the models on Spark from the lake of a home, and compares every table with what DuckDB published there.

`make spark` calls it. It needs Java 17 or later and a home with a publication, changes neither, and installs dbt-spark and
PySpark (1 GB) into an environment of its own: the project does not depend on them.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration.publish.build import quote, text
from orchestration.settings import Settings
from tools.own_environment import environment

ROOT = Path(__file__).resolve().parent.parent
PROJECT = ROOT / "dbt_project"
ADAPTER = ("dbt-spark==1.11.0", "pyspark==4.3.0")
RELATIVE, ABSOLUTE = 1e-9, 1e-12
"""How far apart two doubles may be: sums depend on the order in which an engine takes their terms."""
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

    Doubles may differ by RELATIVE of the larger one or by ABSOLUTE; everything else must be the same. Raises
    duckdb.Error when either has no such table.
    """
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {text(published)} AS published (READ_ONLY)")
        described = connection.execute(f"DESCRIBE published.{table}").fetchall()
        exact = [quote(name) for name, kind, *_ in described if kind != "DOUBLE"]
        doubles = [quote(name) for name, kind, *_ in described if kind == "DOUBLE"]
        # Spark writes moments in a form of its own, which reads back as the same moments under the published type.
        columns = ", ".join(f"CAST({quote(name)} AS {kind}) AS {quote(name)}" for name, kind, *_ in described)
        sources = {
            "duckdb": f"published.{table}",
            "spark": f"read_parquet({text(warehouse / 'main.db' / table / '*.parquet')})",
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


def compare_all(published: Path, warehouse: Path) -> bool:
    """Prints what became of each table of the marts; whether all are the same."""
    print(f"\n{'table':<28}{'rows':>20}")
    same = True
    for table in sorted(model.stem for model in (PROJECT / "models" / "marts").glob("*.sql")):
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
    return f"coalesce(abs({a} - {b}) > {allowed}, ({a} IS NULL) <> ({b} IS NULL))"


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM ({query})").fetchone() or (0,)
    return int(count)


def build(python: Path, lake: Path, folder: Path, as_of: str | None) -> bool:
    """`dbt build` on Spark with its tables under `folder`/warehouse; whether all of it passed. Prints each step as it ends,
    and after a failure all that dbt says about it."""
    command = [str(python), str(ROOT / "tools" / "spark_session.py"), "--no-use-colors", "build", "--target", "spark"]
    command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    command += ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    if as_of is not None:
        command += ["--vars", json.dumps({"as_of": as_of})]
    told = {
        "HASHWATT_LAKE": str(lake),
        "HASHWATT_SPARK_WAREHOUSE": str(folder / "warehouse"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    }
    # What Spark itself has to say is of no use to anybody while dbt names the error.
    process = subprocess.Popen(
        command, cwd=folder, env={**os.environ, **told}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    has_failed = False
    for line in process.stdout:
        has_failed |= FAILED.search(line) is not None
        if has_failed or STEP.match(line):
            print(line.rstrip(), flush=True)
    return process.wait() == 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.on_spark", description=__doc__)
    parser.add_argument("--home", type=Path, help="the home to compare with; HASHWATT_HOME or .hashwatt when not given")
    parser.add_argument("--python", type=Path, help="a Python that has dbt-spark and PySpark already")
    asked = parser.parse_args()
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
    ours = [f"{name}=={importlib.metadata.version(name)}" for name in ("dbt-core", "numpy", "pandas", "pyarrow")]
    python = asked.python or environment(ROOT / ".venv-spark", [*ours, *ADAPTER])
    with tempfile.TemporaryDirectory(prefix="hashwatt-spark-") as folder:
        passed = build(python, (home / "lake").resolve(), Path(folder), as_of)
        if not (Path(folder) / "warehouse").exists():
            return 1
        same = compare_all(publication / "hashwatt.duckdb", Path(folder) / "warehouse")
    return 0 if passed and same else 1


if __name__ == "__main__":
    sys.exit(main())

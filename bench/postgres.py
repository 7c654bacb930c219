"""A table of 25 million rows into PostgreSQL by `hashwatt export postgres`, and by psql's own `\\copy` of the same rows.

`python -m bench.postgres`: needs a server on this machine's socket and psql. The server makes the same key after either.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from bench.measure import Finding
from orchestration.export import postgres
from orchestration.publish.publication import publish
from quality.sql import literal
from tests.faults.publication_kit import make_request, settings_for

ROWS = 25_000_000
AT_MOST = 1.5
SOCKET = "/var/run/postgresql"
MADE = """
CREATE TABLE fct_close (
    instrument VARCHAR NOT NULL, session_date DATE NOT NULL, close_usd DOUBLE, volume BIGINT, known_at_utc TIMESTAMP NOT NULL,
    PRIMARY KEY (instrument, session_date)
);
INSERT INTO fct_close
SELECT 'I' || lpad((i // 10000)::VARCHAR, 4, '0'), DATE '1995-01-01' + (i % 10000)::INT, round(100 * random(), 4),
    CASE WHEN i % 10 > 0 THEN (1e7 * random())::BIGINT END, TIMESTAMP '1995-01-01 21:15:00' + to_days((i % 10000)::INT)
FROM range({rows}) AS t (i)
"""
PSQL = """
create schema plain;
create table plain.fct_close (
    instrument text not null, session_date date not null, close_usd double precision, volume bigint, known_at_utc timestamp not null
);
\\copy plain.fct_close from {file} (format csv)
alter table plain.fct_close add primary key (instrument, session_date);
analyze plain.fct_close;
"""


@contextmanager
def _database() -> Iterator[str]:
    name = f"hashwatt_{uuid.uuid4().hex}"
    server = ["psql", "--quiet", "--host", SOCKET, "--dbname", "postgres", "--command"]
    subprocess.run([*server, f"create database {name}"], check=True)
    try:
        yield name
    finally:
        subprocess.run([*server, f"drop database {name} with (force)"], check=True)


def copies(folder: Path, rows: int) -> Iterator[Finding]:
    """Both, one after the other, each into an empty database, the pages of the file before them in memory."""
    settings = settings_for(folder / "home")
    request = make_request(settings, 1)
    file = folder / "close.csv"
    with duckdb.connect(str(request.candidate)) as candidate:
        candidate.execute(MADE.format(rows=rows))
    published = publish(request)
    with duckdb.connect(str(published.path / "hashwatt.duckdb"), read_only=True) as connection:
        connection.execute(f"COPY fct_close TO {literal(file)} (HEADER false)")
    with _database() as name:
        began = time.monotonic()
        copied = postgres.copy(settings, f"host={SOCKET} dbname={name}", reader="pg_read_all_data")
        ours = time.monotonic() - began
    if copied.rows < rows:
        raise RuntimeError(f"{copied.rows} rows arrived")
    with _database() as name:
        psql = ["psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--host", SOCKET, "--dbname", name]
        began = time.monotonic()
        subprocess.run(psql, input=PSQL.format(file=file), text=True, check=True)
        theirs = time.monotonic() - began
    yield Finding(
        f"hashwatt export postgres, {rows:,} rows",
        f"{ours:.0f} s",
        f"psql \\copy {theirs:.0f} s",
        ours / theirs,
        AT_MOST,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.postgres", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hashwatt-bench-") as folder:
        for one in copies(Path(folder), given.rows):
            print(f"{one.subject}: {one.value}, {one.ratio:.2f}x of {one.baseline}, at most {one.bound:.2f}x")
            if not one.holds:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

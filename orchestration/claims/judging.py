"""A reader's own claims against a publication: the models of the ledger's claims run over a copy of it. Nothing is kept."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.contracts import TABLES
from ingestion.ledger.reader import read_ledger
from orchestration import clock
from orchestration.errors import HashwattError
from orchestration.pipeline import dbt
from orchestration.publish.build import DATABASE_NAME
from orchestration.publish.durable import sha256_of
from orchestration.publish.reader import read_publication
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

CLAIMS = TABLES["raw_ledger__claim"]


@contextmanager
def judged(settings: Settings, file: Path, wanted: str | date | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to mart_claims made of the claims in `file`, which has the form of the ledger's, and of the facts of the
    current publication or the kept one `wanted`; open for the block.

    Raises HashwattError with every line that does not hold, or with what could not be built; NothingPublished.
    """
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as pq

    now = clock.now_utc()
    batch = read_ledger(
        CLAIMS,
        file.read_bytes(),
        file=file.name,
        source_sha256=sha256_of(file),
        ingested_at_utc=now,
        universe=None,
        now_utc=now,
    )
    if batch.rejected:
        told = [f"{file}:{one.line}:{one.column}: {one.reason}" for one in batch.rejected]
        raise HashwattError("\n".join(told), "correct these lines; docs/claims.md says what a claim is made of")
    with tempfile.TemporaryDirectory(prefix="hashwatt-claims-") as folder:
        build_file, lake = Path(folder) / DATABASE_NAME, Path(folder) / "lake"
        with read_publication(settings, wanted) as (publication, _):
            shutil.copyfile(publication.path / DATABASE_NAME, build_file)
            as_of = publication.as_of
        # dbt lays a view over each raw table; the models of claims read this one alone, and published tables.
        for table in TABLES.values():
            rows = list(batch.records) if table is CLAIMS else []
            place = lake / table.name / "whole" / "data.parquet"
            place.parent.mkdir(parents=True)
            pq.write_table(pa.Table.from_pylist(rows, schema=table.schema()), place)
        names = [name for name in dbt.models(dbt.load_manifest()) if name.startswith("int_claim__")]
        day = None if as_of is None else date.fromisoformat(as_of)
        built = dbt.build(build_file, lake, Path(folder) / "target", day, ([*names, "mart_claims"], []))
        if built.fault:
            raise HashwattError(built.fault, "run `hashwatt refresh` to publish with this version, then check again")
        with duckdb.connect(str(build_file), read_only=True) as connection:
            yield connection

"""dbt on Spark within its own session, where models in Python run too: dbt-spark by itself sends them to clusters of Databricks.

Run by the Python of Spark's environment with the arguments of dbt. Where HASHWATT_LAKE is `pyarrow+s3://bucket/lake`, pyarrow reads
the raw tables in Spark's workers, for a Spark that has no file system for that place: what follows `pyarrow+` is an address of
`pyarrow.fs.FileSystem.from_uri` with its settings in the query part; S3's keys are those of the environment (AWS_ACCESS_KEY_ID ...).
A table is then read whole, file by file, and a Spark that has s3a does better.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
from dbt.adapters.base.impl import PythonJobHelper
from dbt.adapters.spark.impl import SparkAdapter
from dbt.cli.main import dbtRunner
from pyarrow import fs, parquet
from pyspark.sql import SparkSession
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition
from pyspark.sql.types import StructType

BY_PYARROW = "pyarrow+"


class InSession(PythonJobHelper):
    """Runs the code that dbt makes of a model in Python, which writes its table itself."""

    def __init__(self, parsed_model: dict[str, Any], credential: Any) -> None: ...

    def submit(self, compiled_code: str) -> None:
        exec(compiled_code, {"__name__": "__main__", "spark": SparkSession.builder.getOrCreate()})


def let_python_run() -> None:
    """Has models in Python run in the session of this process, and Spark's workers in this Python."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    SparkAdapter.python_submission_helpers = property(lambda adapter: {"all_purpose_cluster": InSession})


def data_source(table: str, address: str, files: list[str], schema: pa.Schema, columns: StructType) -> type:
    """A data source named `table` over Parquet files of one schema; each file is a partition.

    The classes are made here so that they travel to the workers whole: this file is on no path of theirs.
    """

    class Files(DataSourceReader):  # type: ignore[misc]
        def partitions(self) -> list[InputPartition]:
            return [InputPartition(file) for file in files]

        def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
            filesystem, _ = fs.FileSystem.from_uri(address)
            with filesystem.open_input_file(partition.value) as opened:
                for batch in parquet.ParquetFile(opened).iter_batches(columns=schema.names):
                    yield batch.cast(schema)

    class Table(DataSource):  # type: ignore[misc]
        @classmethod
        def name(cls) -> str:
            return table

        def schema(self) -> StructType:
            return columns

        def reader(self, schema: StructType) -> Files:
            return Files()

    return Table


def register(spark: SparkSession, address: str) -> None:
    """Makes each table of the lake a data source of the session. Raises OSError when the lake cannot be read, ArrowInvalid when
    the address is none."""
    filesystem, root = fs.FileSystem.from_uri(address)
    tables: dict[str, list[str]] = {}
    for info in filesystem.get_file_info(fs.FileSelector(root, recursive=True)):
        if info.path.endswith("/data.parquet"):
            tables.setdefault(PurePosixPath(info.path).parts[-3], []).append(info.path)
    for table, files in tables.items():
        schema = moments_in_utc(parquet.read_schema(files[0], filesystem=filesystem))
        columns = spark.createDataFrame(schema.empty_table()).schema
        spark.dataSource.register(data_source(table, address, sorted(files), schema, columns))


def moments_in_utc(schema: pa.Schema) -> pa.Schema:
    """The schema with the lake's moments, which are UTC without saying so, as moments that say so."""
    return pa.schema(
        [
            one.with_type(pa.timestamp(one.type.unit, "UTC")) if pa.types.is_timestamp(one.type) else one
            for one in schema
        ]
    )


def main() -> int:
    let_python_run()
    dbt = dbtRunner()
    lake = os.environ["HASHWATT_LAKE"]
    if lake.startswith(BY_PYARROW):
        # The session is dbt's own, with what the profile says, and lives until the end.
        opened = dbt.invoke(["debug", "--connection"])
        if not opened.success:
            sys.exit(f"no session of Spark: {opened.exception or 'dbt debug failed'}")
        register(SparkSession.builder.getOrCreate(), lake.removeprefix(BY_PYARROW))
    return 0 if dbt.invoke(sys.argv[1:]).success else 1


if __name__ == "__main__":
    sys.exit(main())

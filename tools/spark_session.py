"""dbt on Spark within its own session, where models in Python run too: dbt-spark by itself sends them to clusters of Databricks.

Run by the Python of Spark's environment with the arguments of dbt.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from dbt.adapters.base.impl import PythonJobHelper
from dbt.adapters.spark.impl import SparkAdapter
from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession


class InSession(PythonJobHelper):
    """Runs the code that dbt makes of a model in Python, which writes its table itself."""

    def __init__(self, parsed_model: dict[str, Any], credential: Any) -> None: ...

    def submit(self, compiled_code: str) -> None:
        exec(compiled_code, {"__name__": "__main__", "spark": SparkSession.builder.getOrCreate()})


def let_python_run() -> None:
    """Has models in Python run in the session of this process, and Spark's workers in this Python."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    SparkAdapter.python_submission_helpers = property(lambda adapter: {"all_purpose_cluster": InSession})


if __name__ == "__main__":
    let_python_run()
    sys.exit(0 if dbtRunner().invoke(sys.argv[1:]).success else 1)

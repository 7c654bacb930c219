"""The contracted AI book as a pandas frame: one connection a question, read-only."""

import os
from pathlib import Path

import duckdb

home = Path(os.environ.get("HASHWATT_HOME", ".hashwatt"))

with duckdb.connect(str(home / "current" / "hashwatt.duckdb"), read_only=True) as warehouse:
    book = warehouse.sql("from mart_contracted_ai_book").df()
    units = dict(
        warehouse.sql(
            "select column_name, unit from meta_column where table_name = 'mart_contracted_ai_book'"
        ).fetchall()
    )

print(f"value_usd_m in {units['value_usd_m']}")
print(book.set_index("issuer")["value_usd_m"].sort_values(ascending=False).head(3).to_string())

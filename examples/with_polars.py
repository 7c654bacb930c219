"""The same from Parquet: `current` is resolved once, so that all files are of one publication."""

import os
from pathlib import Path

import polars as pl

publication = Path(os.environ.get("HASHWATT_HOME", ".hashwatt"), "current").resolve()

book = pl.scan_parquet(publication / "parquet" / "mart_contracted_ai_book.parquet")
issuers = pl.scan_parquet(publication / "parquet" / "dim_issuer.parquet")

largest = book.join(issuers, on="issuer").select("issuer", "current_name", "value_usd_m")
print(largest.sort("value_usd_m", descending=True, nulls_last=True).head(3).collect())

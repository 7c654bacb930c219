"""Filings, facts and documents at EDGAR, partitioned by issuer: one run takes all partitions that it was asked for."""

from __future__ import annotations

import csv

import dagster as dg

from orchestration.gates import raw_asset
from orchestration.settings import Settings


def universe() -> list[str]:
    """Issuers of the ledger in its order. A ledger that cannot be read is the refresh's to complain about."""
    try:
        with (Settings.from_env().ledger_dir / "issuer.csv").open(encoding="utf-8", newline="") as file:
            return [row["issuer"] for row in csv.DictReader(file) if row.get("issuer")]
    except OSError:
        return []


ISSUERS = dg.StaticPartitionsDefinition(universe() or ["none"])
KEYS = ISSUERS.get_partition_keys()
# A run of partitioned and other assets together has a range of partitions in its tags; see decision 0012.
WHOLE_UNIVERSE = {"dagster/asset_partition_range_start": KEYS[0], "dagster/asset_partition_range_end": KEYS[-1]}

_LEDGER = ("raw_ledger__issuer", "raw_ledger__issuer_name")

filing = raw_asset("raw_sec__filing", deps=_LEDGER, partitions=ISSUERS)
fact = raw_asset("raw_sec__fact", deps=("raw_sec__filing", *_LEDGER), partitions=ISSUERS)
document = raw_asset("raw_sec__document", deps=("raw_sec__filing", *_LEDGER), partitions=ISSUERS)

assets = (filing, fact, document)

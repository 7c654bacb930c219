"""Filings, facts and documents at EDGAR, partitioned by issuer: one run takes all partitions that it was asked for."""

from __future__ import annotations

import csv
import io

import dagster as dg

from ingestion.errors import IngestionError
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from orchestration.pipeline.gates import raw_asset
from orchestration.settings import Settings


def universe() -> list[str]:
    """Issuers of the ledger in its order; where its folder is gone, of the archived one, which is all that a replay needs.
    A ledger that cannot be read is the refresh's to complain about."""
    settings = Settings.from_env()
    try:
        content = (settings.ledger_dir / "issuer.csv").read_bytes()
    except OSError:
        content = _archived(Archive(Storage(settings.archive)))
    try:
        return [row["issuer"] for row in csv.DictReader(io.StringIO(content.decode(), newline="")) if row.get("issuer")]
    except (UnicodeDecodeError, csv.Error):
        return []


def _archived(archive: Archive) -> bytes:
    try:
        fetch = archive.latest("ledger/issuer.csv")
        return b"" if fetch is None else archive.get(fetch.sha256)
    except IngestionError:
        return b""


ISSUERS = dg.StaticPartitionsDefinition(universe() or ["none"])
KEYS = ISSUERS.get_partition_keys()
# A run of partitioned and other assets together has a range of partitions in its tags; see decision 0012.
WHOLE_UNIVERSE = {"dagster/asset_partition_range_start": KEYS[0], "dagster/asset_partition_range_end": KEYS[-1]}

_LEDGER = ("raw_ledger__issuer", "raw_ledger__issuer_name")

filing = raw_asset("raw_sec__filing", deps=_LEDGER, partitions=ISSUERS)
fact = raw_asset("raw_sec__fact", deps=("raw_sec__filing", *_LEDGER), partitions=ISSUERS)
document = raw_asset("raw_sec__document", deps=("raw_sec__filing", *_LEDGER), partitions=ISSUERS)

assets = (filing, fact, document)

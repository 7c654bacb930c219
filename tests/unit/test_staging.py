"""Several batches staged for one gate: each partition as if its batch had come alone, counts added up."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from ingestion.contracts import DOCUMENT, NETWORK_DAY
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.lake import Lake

NOW = datetime(2026, 1, 2)


def batch(cik: str, *sequences: object) -> Batch:
    """Documents of one filing of a registrant."""
    rows = [
        {
            "issuer": f"ISSUER{cik[-1]}",
            "cik": cik,
            "accession": f"{cik}-26-000001",
            "sequence": sequence,
            "known_at_utc": datetime(2026, 1, 1),
            "ingested_at_utc": datetime(2026, 1, 1),
            "source": f"sec/filing_index/{cik}",
            "source_sha256": cik[-1] * 64,
            "parser_version": "1",
        }
        for sequence in sequences
    ]
    partitions = frozenset({DOCUMENT.partition.of(cik)})
    return Batch(DOCUMENT, rows, (), frozenset({f"sec/filing_index/{cik}"}), partitions=partitions)


def test_every_registrant_gets_its_partition_and_the_counts_add_up(tmp_path: Path) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    lake.initialise(DOCUMENT)
    batches = (batch(f"000000000{n}", *range(n), *(["bad"] if n == 2 else [])) for n in (1, 2, 3))
    staged = lake.stage_all(DOCUMENT, batches, tmp_path / "staging", NOW)
    assert staged.changed == tuple(f"cik=000000000{n}" for n in (1, 2, 3))
    assert staged.removed == ("empty",)
    assert (staged.rows_read, staged.rows_kept, staged.rows_quarantined) == (7, 6, 1)
    assert staged.by_batch == {f"cik=000000000{n}": (n + (n == 2), int(n == 2)) for n in (1, 2, 3)}
    assert staged.source_sha256s == tuple(str(n) * 64 for n in (1, 2, 3))
    lake.promote(staged)
    assert lake.read(DOCUMENT).num_rows == 6
    assert lake.verify(DOCUMENT) == []


def test_rows_put_aside_are_counted_by_provider_where_many_share_a_table(tmp_path: Path) -> None:
    def row(source: str, blocks: int, day: int = 1) -> dict[str, object]:
        return {
            "utc_date": date(2025, 1, day),
            "provider": source,
            "blocks": blocks,
            "known_at_utc": datetime(2025, 1, 3),
            "ingested_at_utc": datetime(2025, 1, 3),
            "source": source,
            "source_sha256": "a" * 64,
            "parser_version": "1",
        }

    rows = [row("bundle/days.csv", 144), row("feed/network/mempool/BTC/w1", 1), row("feed/network/mempool/BTC/w2", -1)]
    unread = Rejected("type", "no number", "blocks", {}, "feed/network/coin_metrics/BTC/w1/page-2", "b" * 64)
    staged = Lake(Storage(tmp_path / "lake")).stage(
        Batch(NETWORK_DAY, rows, (unread,), frozenset({"bundle/days.csv"})), tmp_path / "staging", NOW
    )
    assert staged.by_batch == {
        "bundle/days.csv": (1, 0),
        "feed/network/coin_metrics": (1, 1),
        "feed/network/mempool": (2, 1),
    }


def test_without_a_batch_nothing_is_staged(tmp_path: Path) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    staged = lake.stage_all(DOCUMENT, iter(()), tmp_path / "staging", NOW)
    assert (staged.changed, staged.removed, staged.rows_read, staged.partitions) == ((), (), 0, {})
    assert not (tmp_path / "staging").exists()


def test_two_batches_may_not_speak_for_one_partition(tmp_path: Path) -> None:
    lake = Lake(Storage(tmp_path / "lake"))
    with pytest.raises(ValueError, match="more than one batch speaks for cik=0000000001"):
        lake.stage_all(DOCUMENT, (batch("0000000001", 1), batch("0000000001", 2)), tmp_path / "staging", NOW)

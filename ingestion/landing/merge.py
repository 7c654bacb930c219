"""How new rows of a partition meet the rows that are there. Vintages are kept: a new known_at_utc is a new row."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.landing.batch import Batch, Rejected

PROVENANCE = ("ingested_at_utc", "source", "source_sha256", "parser_version", "source_line")


def merge(batch: Batch, existing: pa.Table, fresh: pa.Table) -> tuple[pa.Table, list[Rejected]]:
    """The rows of a partition after `batch`, sorted by key, and the fresh rows that contradict what is there.

    A snapshot replaces every row of its own sources. Otherwise, and against other sources, a row with a known key is
    dropped when it says the same, replaces the old one when a newer parser read it, and is refused when the same
    parser now reads another value under the same key: nothing is overwritten. Texts of `fresh` may be
    dictionary-encoded, and stay so where they meet no other rows.
    """
    table = batch.table
    if batch.snapshot and existing.num_rows:
        own = pc.is_in(existing["source"], value_set=pa.array(sorted(batch.sources), pa.string()))
        existing = existing.filter(pc.invert(own))
    if existing.num_rows == 0 or fresh.num_rows == 0:
        return (fresh if existing.num_rows == 0 else existing), []
    fresh = fresh.cast(table.schema())
    key = list(table.key)
    marked = existing.select(key).append_column("_old", pa.array(range(existing.num_rows), pa.int64()))
    joined = (
        fresh.select(key)
        .append_column("_new", pa.array(range(fresh.num_rows), pa.int64()))
        .join(marked, keys=key, join_type="inner")
    )
    drop_old: set[int] = set()
    drop_new: set[int] = set()
    rejected = []
    if joined.num_rows:
        olds, news = joined["_old"].combine_chunks(), joined["_new"].combine_chunks()
        was, now = existing.take(olds), fresh.take(news)
        differs = _differs(was, now)
        drop_new.update(news.filter(pc.invert(differs)).to_pylist())
        at = pc.indices_nonzero(differs)
        conflicts = zip(
            olds.take(at).to_pylist(),
            news.take(at).to_pylist(),
            was.take(at).to_pylist(),
            now.take(at).to_pylist(),
            strict=True,
        )
        for old, new, before, after in conflicts:
            if before["parser_version"] != after["parser_version"]:
                drop_old.add(old)
                continue
            drop_new.add(new)
            differing = sorted(n for n in before if n not in PROVENANCE and before[n] != after[n])
            rejected.append(
                Rejected(
                    rule="contradicts_lake",
                    reason=f"the lake holds other values of {', '.join(differing)} under the same key and known_at_utc",
                    column=differing[0],
                    row=after,
                    source=str(after["source"]),
                    source_sha256=str(after["source_sha256"]),
                )
            )
    merged = pa.concat_tables([_without(existing, drop_old), _without(fresh, drop_new)])
    return merged.sort_by([(name, "ascending") for name in table.sort_columns()]), rejected


def _differs(was: pa.Table, now: pa.Table) -> pa.BooleanArray:
    """Where two tables of the same length say different things, provenance aside; null equals null."""
    found = pa.array([False] * was.num_rows, pa.bool_())
    for name in was.column_names:
        if name not in PROVENANCE:
            old, new = was[name].combine_chunks(), now[name].combine_chunks()
            same = pc.if_else(pc.is_null(old), pc.is_null(new), pc.fill_null(pc.equal(old, new), False))
            found = pc.or_(found, pc.invert(same))
    return found


def _without(rows: pa.Table, dropped: set[int]) -> pa.Table:
    if not dropped:
        return rows
    return rows.take(pa.array([row for row in range(rows.num_rows) if row not in dropped], pa.int64()))

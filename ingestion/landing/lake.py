"""Parquet tables of the lake: merged, sorted, hashed, staged for a gate and promoted one atomic file per partition."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.contracts.contract import Table
from ingestion.errors import LakeDamaged
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch, Rejected, distinct, summarise
from ingestion.landing.conform import conform_encoded
from ingestion.landing.merge import merge
from ingestion.landing.parquet import parquet_bytes

EMPTY = "empty"
QUARANTINE_SCHEMA = pa.schema(
    [
        ("table_name", pa.string()),
        ("rule", pa.string()),
        ("column_name", pa.string()),
        ("reason", pa.string()),
        ("row_json", pa.string()),
        ("source", pa.string()),
        ("source_sha256", pa.string()),
        ("line", pa.int64()),
    ]
)


Manifest = dict[str, dict[str, object]]
"""Partition name to the sha256 and rows of its file."""


@dataclass(frozen=True)
class Damage:
    """A partition whose file is not the one that was written."""

    table: str
    partition: str
    path: str
    problem: str


@dataclass(frozen=True)
class Staged:
    """Partitions of one table in a run's private folder, not yet in the lake.

    `partitions` maps the name of every touched partition that will exist to its sha256 and rows; `changed` names those
    whose file is new, `removed` those that will go, `applied` the marks of the batch. `rows_read` = `rows_kept` +
    `rows_quarantined`, always; `by_batch` has rows read and rows quarantined under the partitions that a batch speaks
    for, or, where it speaks for the whole table, by source, the answers of one provider together.
    """

    table: Table
    folder: Path
    partitions: dict[str, tuple[str, int]]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    rows_read: int
    rows_kept: int
    rejected: tuple[Rejected, ...]
    first_date: date | None
    last_date: date | None
    source_sha256s: tuple[str, ...]
    by_batch: dict[str, tuple[int, int]]
    applied: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows_quarantined(self) -> int:
        return len(self.rejected)

    def rejection_summary(self) -> str:
        """The quarantined rows as one line for a person, empty when there are none."""
        return summarise(self.rejected)


class Lake:
    """The raw tables under one folder of any pyarrow file system.

    Layout: ``<table>/<partition>/data.parquet``, ``<table>/manifest.json`` (hash and rows of each partition,
    and the marks of what was applied),
    ``<table>.quarantine/<batch>.parquet``. A table without rows may have the one partition ``empty``.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        # Threads may stage side by side; what is damaged is set aside, and the manifest written, by one of them at a time.
        self._looking = threading.Lock()

    def stage(self, batch: Batch, folder: Path, now_utc: datetime) -> Staged:
        """Conform and merge `batch` into new partition files under `folder`; the lake's own files stay as they are.

        Rows that break the contract go to the table's quarantine at once, so they are kept even when a gate refuses
        the rest. Raises LakeDamaged when a partition to merge with is not the file that was written; the damaged file
        is moved to the quarantine, so that the next run rebuilds it from the archive.
        """
        table = batch.table
        good, broken = conform_encoded(table, batch.records, now_utc)
        rejected = [*batch.rejected, *broken]
        fresh = _split(table, good)
        if batch.partitions is not None and not batch.partitions >= fresh.keys():
            outside = ", ".join(sorted(fresh.keys() - batch.partitions))
            raise ValueError(f"{table.name}: the batch has rows for {outside}, which it does not speak for")
        with self._looking:
            manifest = self._manifest(table)
            touched = {*fresh, *(_spoken_for(batch, manifest) if batch.snapshot else ())} - {EMPTY}
            if fresh and EMPTY in manifest:
                touched.add(EMPTY)
            self._set_aside_damaged(table, manifest, touched)
        partitions: dict[str, tuple[str, int]] = {}
        changed, removed = [], []
        conflicts: list[Rejected] = []
        empty = table.schema().empty_table()
        for name in sorted(touched):
            existing = self._read(table, name) if name in manifest else empty
            merged, refused = merge(batch, existing, fresh.get(name, empty))
            conflicts += refused
            if merged.num_rows == 0:
                removed.append(name)
                continue
            content = parquet_bytes(merged, table)
            partitions[name] = (hashlib.sha256(content).hexdigest(), merged.num_rows)
            was = manifest.get(name, {})
            if {was.get("sha256"), was.get("also_sha256", was.get("sha256"))} != {partitions[name][0]}:
                changed.append(name)
                staged = folder / table.name / name / "data.parquet"
                staged.parent.mkdir(parents=True, exist_ok=True)
                staged.write_bytes(content)
        rejected += conflicts
        self._quarantine(table, rejected)
        first, last = _span(table, good)
        _give_back()
        return Staged(
            table=table,
            folder=folder,
            partitions=partitions,
            changed=tuple(changed),
            removed=tuple(removed),
            rows_read=batch.rows_read,
            rows_kept=batch.rows_read - len(rejected),
            rejected=tuple(rejected),
            first_date=first,
            last_date=last,
            source_sha256s=tuple(sorted({*distinct(good["source_sha256"]), *(r.source_sha256 for r in rejected)})),
            by_batch=batch.counted(rejected),
            applied=dict(batch.applied),
        )

    def promote(self, staged: Staged) -> None:
        """Put the staged partitions in the place of the lake's.

        The manifest names old and new hash of each partition while files move, so that a crash in between leaves a
        table in which every file is one that was meant to be there; running the same batch again completes it.
        """
        table = staged.table
        manifest, marks = self._manifest(table), self._marks(table)
        if not staged.changed and not any(name in manifest for name in staged.removed):
            if {**marks, **staged.applied} != marks:
                self._write_manifest(table, manifest, {**marks, **staged.applied})
            return
        following = {n: entry for n, entry in manifest.items() if n not in staged.removed}
        for name in staged.changed:
            sha256, rows = staged.partitions[name]
            following[name] = {"sha256": sha256, "rows": rows}
        moving = {n: dict(e) for n, e in {**manifest, **following}.items()}
        for name, entry in moving.items():
            entry["also_sha256"] = manifest.get(name, entry)["sha256"]
            if name not in following:
                entry["removing"] = True
        self._write_manifest(table, moving, marks)
        for name in staged.changed:
            self._storage.write(_file(table, name), (staged.folder / table.name / name / "data.parquet").read_bytes())
        for name in staged.removed:
            if name in manifest:
                self._storage.delete(_file(table, name))
        self._write_manifest(table, following, {**marks, **staged.applied})

    def applied(self, table: Table) -> dict[str, str]:
        """The marks of what the table has taken in: those of all batches promoted so far.

        None at all when a partition is not the file that was written, or when they were lost with the manifest: whoever
        reads them then begins anew and ends with the same rows.
        """
        marks = self._marks(table)
        return {} if marks and self.verify(table) else marks

    def initialise(self, table: Table) -> None:
        """Give a table that has no partition a file without rows, so that a reader of its files finds its columns.

        The file goes when the first rows arrive.
        """
        manifest = self._manifest(table)
        if manifest:
            return
        content = parquet_bytes(table.schema().empty_table(), table)
        self._storage.write(_file(table, EMPTY), content)
        entry: dict[str, object] = {"sha256": hashlib.sha256(content).hexdigest(), "rows": 0}
        self._write_manifest(table, {EMPTY: entry}, self._marks(table))

    def files(self, table: Table, staged: Staged | None = None) -> list[str]:
        """Paths of the table's Parquet files, with the staged partitions in the place of the lake's when given."""
        own = {name: self._storage.path(_file(table, name)) for name in self._manifest(table)}
        if staged is not None:
            for name in staged.removed:
                own.pop(name, None)
            for name in staged.changed:
                own[name] = str(staged.folder / table.name / name / "data.parquet")
        return [own[name] for name in sorted(own)]

    def read(self, table: Table) -> pa.Table:
        """All rows of the table in partition order."""
        return pa.concat_tables(
            [table.schema().empty_table(), *(self._read(table, n) for n in sorted(self._manifest(table)))]
        )

    def partitions(self, table: Table) -> list[str]:
        """The names of the table's partitions, sorted."""
        return sorted(self._manifest(table))

    def partition(self, table: Table, name: str, columns: Sequence[str]) -> pa.Table | None:
        """Some columns of one partition; None when there is no such partition or its file is not the one written."""
        entry = self._manifest(table).get(name)
        if entry is None:
            return None
        try:
            content = self._storage.read(_file(table, name))
        except FileNotFoundError:
            return None
        if hashlib.sha256(content).hexdigest() != entry["sha256"]:
            return None
        return pq.read_table(pa.BufferReader(content), columns=list(columns))

    def verify(self, table: Table) -> list[Damage]:
        """Every partition whose file is missing, has another hash than the manifest gives, or is in no manifest."""
        manifest = self._manifest(table)
        return self._damages(table, manifest, manifest)

    def quarantined(self, table: Table) -> pa.Table:
        """Every row the table ever refused, with rule, reason and source."""
        names = [n for n in self._storage.list(f"{table.name}.quarantine") if "/rows-" in n]
        return pa.concat_tables(
            [QUARANTINE_SCHEMA.empty_table(), *(pq.read_table(pa.BufferReader(self._storage.read(n))) for n in names)]
        )

    def _read(self, table: Table, partition: str) -> pa.Table:
        return pq.read_table(pa.BufferReader(self._storage.read(_file(table, partition)))).cast(table.schema())

    def _damages(self, table: Table, manifest: Manifest, partitions: Collection[str]) -> list[Damage]:
        """What is wrong with the files of `partitions`, and files that readers would find though none wrote them."""
        found = []
        for name in sorted(n for n in partitions if n in manifest):
            entry, path = manifest[name], _file(table, name)
            try:
                sha256 = hashlib.sha256(self._storage.read(path)).hexdigest()
            except FileNotFoundError:
                found.append(Damage(table.name, name, self._storage.path(path), "the file is gone"))
                continue
            if sha256 not in (entry["sha256"], entry.get("also_sha256")):
                problem = f"the file has hash {sha256[:12]}, not the one written"
                found.append(Damage(table.name, name, self._storage.path(path), problem))
        for path in self._storage.list(table.name):
            name = path.removeprefix(f"{table.name}/").removesuffix("/data.parquet")
            if path.endswith("/data.parquet") and name not in manifest:
                found.append(Damage(table.name, name, self._storage.path(path), "the manifest does not name the file"))
        return found

    def _set_aside_damaged(self, table: Table, manifest: Manifest, partitions: Collection[str]) -> None:
        damages = self._damages(table, manifest, partitions)
        if not damages:
            return
        for damage in damages:
            name = _file(table, damage.partition)
            if self._storage.exists(name):
                sha256 = hashlib.sha256(self._storage.read(name)).hexdigest()
                label = damage.partition.replace("/", "-")
                self._storage.move(name, f"{table.name}.quarantine/damaged-{label}-{sha256[:12]}.parquet")
        gone = {damage.partition for damage in damages}
        self._write_manifest(table, {name: entry for name, entry in manifest.items() if name not in gone}, {})
        raise LakeDamaged(
            f"{table.name}, rule lake_integrity",
            "; ".join(f"{d.path}: {d.problem}" for d in damages),
            "The file was moved to the quarantine beside the table; refresh again to rebuild it from the archive",
        )

    def _quarantine(self, table: Table, rejected: Sequence[Rejected]) -> None:
        if not rejected:
            return
        rows = [
            {
                "table_name": table.name,
                "rule": r.rule,
                "column_name": r.column,
                "reason": r.reason,
                "row_json": json.dumps(dict(r.row), default=str, sort_keys=True),
                "source": r.source,
                "source_sha256": r.source_sha256,
                "line": r.line,
            }
            for r in rejected
        ]
        content = parquet_bytes(pa.Table.from_pylist(rows, QUARANTINE_SCHEMA), table)
        name = f"{table.name}.quarantine/rows-{hashlib.sha256(content).hexdigest()[:16]}.parquet"
        if not self._storage.exists(name):
            self._storage.write(name, content)

    def _manifest(self, table: Table) -> Manifest:
        name = f"{table.name}/manifest.json"
        if not self._storage.exists(name):
            return {}
        try:
            entries = {str(k): dict(v) for k, v in json.loads(self._storage.read(name))["partitions"].items()}
        except (ValueError, KeyError, AttributeError):
            # A garbled manifest is rebuilt from the files: what they hold is merged again with the next batch.
            files = [n for n in self._storage.list(table.name) if n.endswith("/data.parquet")]
            return {n.split("/")[-2]: {"sha256": hashlib.sha256(self._storage.read(n)).hexdigest()} for n in files}
        # A removal that was cut short has either happened or not.
        return {k: v for k, v in entries.items() if not v.get("removing") or self._storage.exists(_file(table, k))}

    def _marks(self, table: Table) -> dict[str, str]:
        """The marks of the manifest; none where it does not name its partitions any more."""
        try:
            facts = json.loads(self._storage.read(f"{table.name}/manifest.json"))
            marks = facts.get("applied", {}) if isinstance(facts["partitions"], dict) else {}
            return {str(name): str(mark) for name, mark in marks.items()}
        except (FileNotFoundError, ValueError, AttributeError, KeyError, TypeError):
            return {}

    def _write_manifest(self, table: Table, entries: Manifest, marks: Mapping[str, str]) -> None:
        facts: dict[str, object] = {"table": table.name, "partitions": entries}
        if marks:
            facts["applied"] = dict(marks)
        content = json.dumps(facts, indent=1, sort_keys=True)
        self._storage.write(f"{table.name}/manifest.json", content.encode())


def _file(table: Table, partition: str) -> str:
    return f"{table.name}/{partition}/data.parquet"


def _spoken_for(batch: Batch, manifest: dict[str, dict[str, object]]) -> set[str]:
    """The partitions of the lake that a snapshot replaces its sources' rows in."""
    return set(manifest) if batch.partitions is None else manifest.keys() & batch.partitions


def _split(table: Table, rows: pa.Table) -> dict[str, pa.Table]:
    """Rows by partition name; the order of rows is kept."""
    if rows.num_rows == 0:
        return {}
    if table.partition.kind == "whole":
        return {"whole": rows}
    if table.partition.kind == "value":
        column = rows[table.partition.column]
        values = distinct(column)
        if len(values) == 1:
            return {table.partition.of(values[0]): rows}
        return {table.partition.of(value): rows.filter(pc.equal(column, value)) for value in values}
    form = {"month": "month=%Y-%m", "year": "year=%Y"}[table.partition.kind]
    names = pc.strftime(rows[table.partition.column], format=form)
    return {name: rows.filter(pc.equal(names, name)) for name in pc.unique(names).to_pylist()}


def _span(table: Table, rows: pa.Table) -> tuple[date | None, date | None]:
    if rows.num_rows == 0 or table.partition.kind not in ("month", "year"):
        return None, None
    bounds = pc.min_max(rows[table.partition.column])
    return bounds["min"].as_py(), bounds["max"].as_py()


def _give_back() -> None:
    """Over many batches the peak stays that of the largest one; the system's allocator needs no telling."""
    pool = pa.default_memory_pool()
    if pool.backend_name != "system":
        pool.release_unused()

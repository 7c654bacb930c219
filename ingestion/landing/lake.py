"""Parquet tables of the lake: staged for a gate in a run's folder and promoted, one atomic file per partition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contracts.contract import Table
from ingestion.errors import LakeDamaged
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch, Rejected
from ingestion.landing.staging import EMPTY, Staged, parquet_bytes, stage

_TEXTS = ("table_name", "rule", "column_name", "reason", "row_json", "source", "source_sha256")
QUARANTINE_SCHEMA = pa.schema([*((name, pa.string()) for name in _TEXTS), ("line", pa.int64())])

Manifest = dict[str, dict[str, object]]
"""Partition name to the sha256 and rows of its file; while files move also the hash it had, null where there is no file."""
_ABSENT: dict[str, object] = {"sha256": None}


@dataclass(frozen=True)
class Damage:
    """A partition whose file is not the one that was written."""

    table: str
    partition: str
    path: str
    problem: str


class Lake:
    """The raw tables under one folder.

    Layout: ``<table>/<partition>/data.parquet``, ``<table>/manifest.json`` (hash and rows of each partition, and the
    marks of what was applied), ``<table>.quarantine/<batch>.parquet``. A table without rows may have the one partition
    ``empty``.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def stage(self, batch: Batch, folder: Path, now_utc: datetime) -> Staged:
        """What becomes of one batch."""
        return stage(self, batch.table, [batch], folder, now_utc)

    def stage_all(self, table: Table, batches: Iterable[Batch], folder: Path, now_utc: datetime) -> Staged:
        """What becomes of all batches together; see `staging.stage`."""
        return stage(self, table, batches, folder, now_utc)

    def promote(self, staged: Staged) -> None:
        """Put the staged partitions in the place of the lake's.

        The manifest names old and new hash of each partition while files move, so that a crash in between leaves a
        table in which every file is one that was meant to be there; running the same batch again completes it.
        """
        table = staged.table
        manifest, marks = self.facts(table)
        following = {name: entry for name, entry in manifest.items() if name not in staged.removed}
        for name in staged.changed:
            sha256, rows = staged.partitions[name]
            following[name] = {"sha256": sha256, "rows": rows}
        going = manifest.keys() - following.keys()
        if staged.changed or going:
            moving = {**manifest, **following}
            for name in (*staged.changed, *going):
                new, old = (entries.get(name, _ABSENT)["sha256"] for entries in (following, manifest))
                moving[name] = {**moving[name], "sha256": new, "also_sha256": old}
            self._write_manifest(table, moving, marks)
            for name in staged.changed:
                self._storage.write(_file(table, name), staged.file(name).read_bytes())
            for name in going:
                self._storage.delete(_file(table, name))
        self._write_manifest(table, following, {**marks, **staged.applied})

    def initialise(self, table: Table) -> None:
        """Give a table that has no partition a file without rows, so that a reader of its files finds its columns.

        The file goes when the first rows arrive.
        """
        manifest, marks = self.facts(table)
        if not manifest:
            content = parquet_bytes(table.schema().empty_table(), table)
            self._storage.write(_file(table, EMPTY), content)
            self._write_manifest(table, {EMPTY: {"sha256": hashlib.sha256(content).hexdigest(), "rows": 0}}, marks)

    def applied(self, table: Table) -> dict[str, str]:
        """The marks of what the table has taken in: those of all batches promoted so far.

        None at all when a partition is not the file that was written, or when they were lost with the manifest: whoever
        reads them then begins anew and ends with the same rows.
        """
        _, marks = self.facts(table)
        return {} if marks and self.verify(table) else marks

    def files(self, table: Table, staged: Staged | None = None) -> list[str]:
        """Paths of the table's Parquet files, with the staged partitions in the place of the lake's when given."""
        own = {name: self._storage.path(_file(table, name)) for name in self.partitions(table)}
        if staged is not None:
            own = {name: path for name, path in own.items() if name not in staged.removed}
            own |= {name: str(staged.file(name)) for name in staged.changed}
        return [own[name] for name in sorted(own)]

    def partitions(self, table: Table) -> list[str]:
        """The names of the table's partitions, sorted."""
        return sorted(self.facts(table)[0])

    def read(self, table: Table) -> pa.Table:
        """All rows of the table in partition order."""
        return pa.concat_tables(
            [table.schema().empty_table(), *(self.read_partition(table, name) for name in self.partitions(table))]
        )

    def partition(self, table: Table, name: str, columns: Sequence[str]) -> pa.Table | None:
        """Some columns of one partition; None when there is no such partition or its file is not the one written."""
        entry = self.facts(table)[0].get(name)
        try:
            content = self._storage.read(_file(table, name))
        except FileNotFoundError:
            return None
        if entry is None or hashlib.sha256(content).hexdigest() != entry["sha256"]:
            return None
        return pq.read_table(pa.BufferReader(content), columns=list(columns))

    def verify(self, table: Table) -> list[Damage]:
        """Every partition whose file is missing, has another hash than the manifest gives, or is in no manifest."""
        return self._damages(table, self.partitions(table))

    def quarantined(self, table: Table) -> pa.Table:
        """Every row the table ever refused, with rule, reason and source."""
        names = [n for n in self._storage.list(f"{table.name}.quarantine") if "/rows-" in n]
        return pa.concat_tables(
            [QUARANTINE_SCHEMA.empty_table(), *(pq.read_table(pa.BufferReader(self._storage.read(n))) for n in names)]
        )

    def read_partition(self, table: Table, partition: str) -> pa.Table:
        """All rows of one partition; raises FileNotFoundError when its file is gone."""
        return pq.read_table(pa.BufferReader(self._storage.read(_file(table, partition)))).cast(table.schema())

    def _damages(self, table: Table, partitions: Collection[str]) -> list[Damage]:
        """What is wrong with the files of `partitions`, and files that readers would find though none wrote them."""
        manifest, _ = self.facts(table)
        problems = {}
        for name in sorted(manifest.keys() & partitions):
            sha256, entry = self._storage.sha256(_file(table, name)), manifest[name]
            if sha256 is None:
                problems[name] = "the file is gone"
            elif sha256 not in (entry["sha256"], entry.get("also_sha256")):
                problems[name] = f"the file has hash {sha256[:12]}, not the one written"
        for name in sorted(self._held(table) - manifest.keys()):
            problems[name] = "the manifest does not name the file"
        where = self._storage.path
        return [Damage(table.name, name, where(_file(table, name)), said) for name, said in problems.items()]

    def _held(self, table: Table) -> set[str]:
        """The partitions that have a file, whoever wrote it."""
        files = [name for name in self._storage.list(table.name) if name.endswith("/data.parquet")]
        return {name.removeprefix(f"{table.name}/").removesuffix("/data.parquet") for name in files}

    def set_aside_damaged(self, table: Table, partitions: Collection[str]) -> None:
        """Move damaged files of `partitions`, and files that none wrote, to the quarantine; raises LakeDamaged for any."""
        damages = self._damages(table, partitions)
        if not damages:
            return
        for damage in damages:
            name = _file(table, damage.partition)
            if (sha256 := self._storage.sha256(name)) is not None:
                label = damage.partition.replace("/", "-")
                self._storage.move(name, f"{table.name}.quarantine/damaged-{label}-{sha256[:12]}.parquet")
        gone = {damage.partition for damage in damages}
        standing, _ = self.facts(table)
        self._write_manifest(table, {name: entry for name, entry in standing.items() if name not in gone}, {})
        raise LakeDamaged(
            f"{table.name}, rule lake_integrity",
            "; ".join(f"{d.path}: {d.problem}" for d in damages),
            "The file was moved to the quarantine beside the table; refresh again to rebuild it from the archive",
        )

    def quarantine(self, table: Table, rejected: Sequence[Rejected]) -> None:
        """Keep the rejected rows with their reasons, once however often they are rejected."""
        if not rejected:
            return
        rows = []
        for one in rejected:
            row_json = json.dumps(dict(one.row), default=str, sort_keys=True)
            rows.append({**vars(one), "table_name": table.name, "column_name": one.column, "row_json": row_json})
        content = parquet_bytes(pa.Table.from_pylist(rows, QUARANTINE_SCHEMA), table)
        name = f"{table.name}.quarantine/rows-{hashlib.sha256(content).hexdigest()[:16]}.parquet"
        if not self._storage.exists(name):
            self._storage.write(name, content)

    def facts(self, table: Table) -> tuple[Manifest, dict[str, str]]:
        """The partitions and the marks of the manifest."""
        try:
            facts = json.loads(self._storage.read(f"{table.name}/manifest.json"))
            entries: Manifest = {}
            for name, entry in facts["partitions"].items():
                one, other = entry["sha256"], entry.get("also_sha256", entry["sha256"])
                # What was to come or to go when a promotion was cut short has done so or not.
                if (one and other) or self._storage.exists(_file(table, name)):
                    also = {"also_sha256": other} if one and other and one != other else {}
                    entries[name] = {"rows": entry.get("rows"), "sha256": one or other, **also}
            marks = {str(name): str(mark) for name, mark in facts.get("applied", {}).items()}
        except FileNotFoundError:
            return {}, {}
        except (ValueError, KeyError, AttributeError, TypeError):
            # A garbled manifest is rebuilt from the files: what they hold is merged again with the next batch.
            files = {name: _file(table, name) for name in self._held(table)}
            return {name: {"rows": None, "sha256": self._storage.sha256(file)} for name, file in files.items()}, {}
        return entries, marks

    def _write_manifest(self, table: Table, entries: Manifest, marks: Mapping[str, str]) -> None:
        facts: dict[str, object] = {"table": table.name, "partitions": entries}
        if marks:
            facts["applied"] = dict(marks)
        name, content = f"{table.name}/manifest.json", json.dumps(facts, indent=1, sort_keys=True).encode()
        if not self._storage.exists(name) or self._storage.read(name) != content:
            self._storage.write(name, content)


def _file(table: Table, partition: str) -> str:
    return f"{table.name}/{partition}/data.parquet"

"""Parquet tables of the lake: staged for a gate in a run's folder and promoted, one atomic file per partition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.contracts.contract import Table
from ingestion.errors import LakeDamaged
from ingestion.fetch.storage import Storage, sealed, unsealed
from ingestion.landing.batch import Rejected
from ingestion.landing.staging import EMPTY, INTEGRITY, Staged, parquet_bytes

_TEXTS = ("table_name", "rule", "column_name", "reason", "row_json", "source", "source_sha256")
QUARANTINE_SCHEMA = pa.schema([*((name, pa.string()) for name in _TEXTS), ("line", pa.int64())])

Manifest = dict[str, dict[str, object]]
"""Partition name to the sha256 and rows of its file; while files move also the hash it had, null where there is no file."""
_ABSENT: dict[str, object] = {"sha256": None}
_LOST = "lost"
"""Stands for the hash of a file of which nobody knows any more what it was."""


@dataclass(frozen=True)
class Damage:
    """A partition whose file is not the one that was written."""

    table: str
    partition: str
    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.table} {self.partition}: {self.problem} ({self.path})"


class Lake:
    """The raw tables under one folder.

    Layout: ``<table>/<partition>/data.parquet``, ``<table>/manifest.json`` (hash and rows of each partition, and the
    marks of what was applied), ``<table>.quarantine/<batch>.parquet``. A table without rows may have the one partition
    ``empty``.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

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
                # What lies there, not what the manifest says: after a crash it may be either of two.
                old = self._storage.sha256(_file(table, name)) or (_LOST if name in manifest else None)
                moving[name] = {**moving[name], "sha256": following.get(name, _ABSENT)["sha256"], "also_sha256": old}
            self._write_manifest(table, moving, marks)
            for name in staged.changed:
                self._storage.write(_file(table, name), staged.file(name).read_bytes())
            for name in going:
                if self._storage.exists(_file(table, name)):
                    self._storage.delete(_file(table, name))
        self._write_manifest(table, following, {**marks, **staged.applied})

    def initialise(self, table: Table) -> None:
        """Give a table that has no partition a file without rows, so that a reader of its files finds its columns.

        The file goes when the first rows arrive.
        """
        manifest, marks = self.facts(table)
        if not manifest:
            content = parquet_bytes(table.schema().empty_table(), table)
            self._write_manifest(table, {EMPTY: {"sha256": hashlib.sha256(content).hexdigest(), "rows": 0}}, marks)
            self._storage.write(_file(table, EMPTY), content)

    def applied(self, table: Table) -> dict[str, str]:
        """The marks of what the table has taken in: those of all batches promoted so far.

        When a partition is not the file that was written, those that a row of it may have come from are not among them, nor
        any that were lost with the manifest: whoever reads them then begins anew and ends with the same rows.
        """
        _, marks = self.facts(table)
        return _sound(table, marks, self.verify(table)) if marks else {}

    def is_whole(self, table: Table) -> bool:
        """Whether the table was landed, each file is the one that was written, and no promotion was cut short."""
        manifest, _, is_settled = self._read_manifest(table)
        return bool(manifest) and is_settled and not self.verify(table)

    def files(self, table: Table, staged: Staged | None = None) -> list[str]:
        """Paths of the table's Parquet files, with the staged partitions in the place of the lake's when given. Raises
        LakeDamaged when one of the lake's is not the file that was written."""
        replaced = set() if staged is None else {*staged.changed, *staged.removed}
        names = {*self.partitions(table)} - replaced
        if damages := [damage for damage in self.verify(table) if damage.partition in names]:
            raise _unreadable(table, damages)
        own = {name: self.path(table, name) for name in names}
        if staged is not None:
            own |= {name: str(staged.file(name)) for name in staged.changed}
        return [own[name] for name in sorted(own)]

    def path(self, table: Table, partition: str) -> str:
        """Where the file of a partition lies, for who asks its footer alone; whether it is the one written is not asked."""
        return self._storage.path(_file(table, partition))

    def partitions(self, table: Table) -> list[str]:
        return sorted(self.facts(table)[0])

    def partition(self, table: Table, name: str, columns: Sequence[str] | None = None) -> pa.Table | None:
        """One partition, or some columns of it; None when there is no such partition or its file is not the one written."""
        try:
            content = self._storage.read(_file(table, name))
        except FileNotFoundError:
            return None
        if hashlib.sha256(content).hexdigest() not in _hashes(self.facts(table)[0].get(name, _ABSENT)):
            return None
        return pq.read_table(pa.BufferReader(content), columns=None if columns is None else [*columns])

    def verify(self, table: Table) -> list[Damage]:
        """Every partition whose file is missing, has another hash than the manifest gives or other columns than the contract,
        and files that readers would find though none wrote them."""
        manifest, _ = self.facts(table)
        schema = table.schema()

        def problem(name: str) -> str | None:
            sha256 = self._storage.sha256(_file(table, name))
            if sha256 is None:
                return "the file is gone"
            if sha256 not in _hashes(manifest[name]):
                return f"the file has hash {sha256[:12]}, not the one written"
            is_of_contract = pq.read_schema(self.path(table, name)).equals(schema)
            return None if is_of_contract else "the file has the columns of another version of hashwatt"

        names = sorted(manifest)
        with ThreadPoolExecutor() as threads:
            said = zip(names, threads.map(problem, names), strict=True)
            problems = {name: told for name, told in said if told is not None}
        for name in sorted(self._held(table) - manifest.keys()):
            problems[name] = "the manifest does not name the file"
        where = self._storage.path
        return [Damage(table.name, name, where(_file(table, name)), said) for name, said in problems.items()]

    def read_partition(self, table: Table, partition: str) -> pa.Table:
        """All rows of one partition; raises LakeDamaged when its file is gone or not the one that was written."""
        if (rows := self.partition(table, partition)) is None:
            where = self.path(table, partition)
            raise _unreadable(table, [Damage(table.name, partition, where, "the file is not the one written")])
        return rows.cast(table.schema())

    def _held(self, table: Table) -> set[str]:
        """The partitions that have a file, whoever wrote it."""
        files = [name for name in self._storage.list(table.name) if name.endswith("/data.parquet")]
        return {name.removeprefix(f"{table.name}/").removesuffix("/data.parquet") for name in files}

    def set_aside_damaged(self, table: Table) -> dict[str, Damage]:
        """Move damaged files, and files that none wrote, to the quarantine. The partitions that have to be made again, which
        the manifest goes on naming, so that a run after a crash knows of them, too."""
        damages = self.verify(table)
        if not damages:
            return {}
        manifest, marks = self.facts(table)
        manifest.pop(EMPTY, None)
        self._write_manifest(table, manifest, _sound(table, marks, damages))
        for damage in damages:
            name = _file(table, damage.partition)
            if (sha256 := self._storage.sha256(name)) is not None:
                label = damage.partition.replace("/", "-")
                self._storage.move(name, f"{table.name}.quarantine/damaged-{label}-{sha256[:12]}.parquet")
        return {damage.partition: damage for damage in damages if damage.partition in manifest}

    def forget(self, table: Table) -> None:
        """Remove the table, its quarantine excepted: the next run of an edition that speaks of it reads it anew."""
        for name in sorted(self._held(table)):
            self._storage.delete(_file(table, name))
        if self._storage.exists(manifest := f"{table.name}/manifest.json"):
            self._storage.delete(manifest)

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
        """The partitions and the marks of the manifest. Where that is gone or is not what was written, nobody knows what the
        files are that lie there: they stand under a hash that no file has."""
        entries, marks, _ = self._read_manifest(table)
        return entries, marks

    def _read_manifest(self, table: Table) -> tuple[Manifest, dict[str, str], bool]:
        """The same, and whether no promotion was under way."""
        try:
            facts = unsealed(self._storage.read(f"{table.name}/manifest.json"))
            entries: Manifest = {}
            for name, entry in facts["partitions"].items():
                one, other = entry["sha256"], entry.get("also_sha256", entry["sha256"])
                rows = entry.get("rows")
                self.path(table, name)
                # What was to come or to go when a promotion was cut short has done so or not.
                if (one and other) or self._storage.exists(_file(table, name)):
                    also = {"also_sha256": other} if one and other and one != other else {}
                    entries[name] = {"rows": rows if isinstance(rows, int) else None, "sha256": one or other, **also}
            marks = {str(name): str(mark) for name, mark in facts.get("applied", {}).items()}
            return entries, marks, not any("also_sha256" in entry for entry in facts["partitions"].values())
        except (FileNotFoundError, ValueError, KeyError, AttributeError, TypeError):
            return {name: {"rows": None, "sha256": _LOST} for name in self._held(table)}, {}, False

    def _write_manifest(self, table: Table, entries: Manifest, marks: Mapping[str, str]) -> None:
        facts: dict[str, object] = {"table": table.name, "partitions": entries}
        if marks:
            facts["applied"] = dict(marks)
        name, content = f"{table.name}/manifest.json", sealed(facts)
        if not self._storage.exists(name) or self._storage.read(name) != content:
            self._storage.write(name, content)


def _hashes(entry: Mapping[str, object]) -> tuple[object, object]:
    """The hashes that the file of a partition may have."""
    return entry["sha256"], entry.get("also_sha256")


def _sound(table: Table, marks: Mapping[str, str], damages: Collection[Damage]) -> dict[str, str]:
    """The marks that say nothing of a damaged partition. A mark of EDGAR's tables names one registrant, as a partition does;
    rows of any other may be anywhere in the table."""
    damaged = [one.partition.removeprefix("cik=") if table.partition.column == "cik" else "" for one in damages]
    return {name: mark for name, mark in marks.items() if not any(cik in name for cik in damaged)}


def _unreadable(table: Table, damages: Collection[Damage]) -> LakeDamaged:
    said = "; ".join(f"{d.path}: {d.problem}" for d in damages)
    return LakeDamaged(f"{table.name}, rule {INTEGRITY}", said, "`hashwatt refresh` makes it again from the archive")


def _file(table: Table, partition: str) -> str:
    return f"{table.name}/{partition}/data.parquet"

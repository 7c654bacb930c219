"""Raw bytes by sha256, stored with where and when they came from, before anything is parsed. Never interprets them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock

from ingestion.clock import now_utc
from ingestion.errors import ArchiveDamaged
from ingestion.fetch.storage import Storage, sealed, sha256_of, unsealed

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
ASIDE = (
    "Run `hashwatt doctor --fix`, which puts the record aside, and refresh again, with `--edition live` where a source has to "
    "say it once more"
)
STAMP_FORMAT = "%Y%m%dT%H%M%S%fZ"
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Fetch:
    """One answer of a source. Times are naive UTC.

    `fetched_at_utc` is when the bytes were obtained (for frozen files, when they were frozen);
    `archived_at_utc` is when this archive first stored them as the source's newest answer.
    """

    source: str
    sha256: str
    size: int
    fetched_at_utc: datetime
    archived_at_utc: datetime
    request: Mapping[str, object]

    def provenance(self, parser_version: str) -> dict[str, object]:
        """The columns of a raw row that say where it came from."""
        return {
            "ingested_at_utc": self.fetched_at_utc,
            "source": self.source,
            "source_sha256": self.sha256,
            "parser_version": parser_version,
        }


@dataclass(frozen=True, order=True)
class Record:
    """One answer as the archive lists it: what a name tells, nothing read. `stamp` sorts in the order of archiving: it is the
    time of archiving, or just after the stamp before where the clock was set back."""

    stamp: str
    source: str
    sha12: str

    @property
    def name(self) -> str:
        return f"fetches/{self.source}/{self.stamp}-{self.sha12}.json"


class Archive:
    """Objects under ``objects/ab/<sha256>``, one small JSON record per fetch under ``fetches/<source>/``, sealed with a hash of
    its own. Records from before there were seals are held against their names alone."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._newest = ""
        self._turn = Lock()

    def put(
        self,
        source: str,
        content: bytes | Path,
        *,
        fetched_at_utc: datetime,
        request: Mapping[str, object] | None = None,
    ) -> Fetch:
        """Store `content` as the newest answer of `source` and return its record.

        A local file is moved in and never held in memory; see `scratch`. The same bytes again are no new answer: the
        record that exists is returned.
        """
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        sha256 = self._keep(content)
        if records := self._own(source):
            try:
                newest = self.open(records[-1])
            except ArchiveDamaged:
                self.set_aside(records[-1])
            else:
                if newest.sha256 == sha256:
                    return newest
        fetch = Fetch(source, sha256, size, fetched_at_utc, now_utc(), dict(request or {}))
        listed = Record(self._next_stamp(fetch.archived_at_utc), source, sha256[:12])
        self._write(listed, fetch)
        return fetch

    def _next_stamp(self, archived_at_utc: datetime) -> str:
        with self._turn:
            if not self._newest:
                self._newest = max((one.stamp for one in self.records("")), default="")
            stamp = archived_at_utc.strftime(STAMP_FORMAT)
            if stamp <= self._newest:
                with suppress(ValueError):  # whoever named a file so gave it no place
                    stamp = (datetime.strptime(self._newest, STAMP_FORMAT) + MICROSECOND).strftime(STAMP_FORMAT)
            self._newest = max(stamp, self._newest)
            return stamp

    def _keep(self, content: bytes | Path) -> str:
        """Store the bytes; their sha256."""
        sha256 = sha256_of(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()
        if not self.holds(sha256):
            if isinstance(content, Path):
                self._storage.take(_object_name(sha256), content)
            else:
                self._storage.write(_object_name(sha256), content)
        return sha256

    def scratch(self) -> AbstractContextManager[Path]:
        """A path beside the archive for a file that is on its way to `put`."""
        return self._storage.scratch()

    def holds(self, sha256: str) -> bool:
        """Whether the bytes of `sha256` are here and are still those bytes."""
        return self._storage.sha256(_object_name(sha256)) == sha256

    def path(self, sha256: str) -> Path:
        """Where the bytes of `sha256` lie on this disk, for files too large to hold; raises ArchiveDamaged."""
        if not self.holds(sha256):
            raise _damaged(sha256)
        return Path(self._storage.path(_object_name(sha256)))

    def get(self, sha256: str) -> bytes:
        """The bytes stored under `sha256`; raises ArchiveDamaged when they are gone or are no longer those bytes."""
        try:
            content = self._storage.read(_object_name(sha256))
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise _damaged(sha256)
        return content

    def remember(self, source: str, notes: Mapping[str, str]) -> None:
        """Keep `notes` on the newest answer of `source` that came after its record: only the last ones count."""
        self._storage.write(f"notes/{source}.json", json.dumps(dict(notes), indent=1, sort_keys=True).encode())

    def remembered(self, source: str) -> dict[str, str]:
        """The notes on `source`; none when there are none or they cannot be read, since nothing depends on them."""
        try:
            notes = json.loads(self._storage.read(f"notes/{source}.json"))
        except (FileNotFoundError, ValueError):
            return {}
        return {str(name): str(value) for name, value in notes.items()} if isinstance(notes, dict) else {}

    def sources(self, folder: str) -> list[str]:
        """Names of the sources below `folder` that were ever archived, sorted."""
        records = self._storage.list(f"fetches/{folder}")
        return sorted({name.removeprefix("fetches/").rsplit("/", 1)[0] for name in records})

    def records(self, folder: str) -> list[Record]:
        """Every answer of every source below `folder` in the order of archiving; reads none of them."""
        names = self._storage.list(f"fetches/{folder}".removesuffix("/"))
        return sorted(record for name in names if (record := _listed(name)).name == name)

    def latest(self, source: str) -> Fetch | None:
        """The newest answer of `source`, or None when it was never archived."""
        found = self._own(source)
        return self.open(found[-1]) if found else None

    def held(self, source: str) -> Fetch | None:
        """The newest answer of `source`; None also when its record or its bytes are gone or damaged, so that it is asked for
        in full."""
        try:
            newest = self.latest(source)
        except ArchiveDamaged:
            return None
        return newest if newest is not None and self.holds(newest.sha256) else None

    def fetches(self, source: str) -> list[Fetch]:
        """All answers of `source`, oldest first."""
        return [self.open(record) for record in self._own(source)]

    def contents(self, folders: Iterable[str]) -> dict[str, str]:
        """SHA-256 over the names of all answers below each of `folders` that holds any; every new answer changes it. Opens none."""
        found = {}
        for folder in folders:
            if records := self.records(folder):
                text = "\n".join(f"{one.source} {one.stamp} {one.sha12}" for one in records)
                found[folder] = hashlib.sha256(text.encode()).hexdigest()
        return found

    def _own(self, source: str) -> list[Record]:
        """The answers of `source` itself, not those of sources below it, oldest first."""
        return [record for record in self.records(source) if record.source == source]

    def redate(self, record: Record, at_utc: datetime) -> None:
        """Say of an answer that was recorded under a clock that was ahead that it came in at `at_utc`, naive UTC, at the
        latest. Its place in the order of archiving stays, and the times that were recorded are kept with the request."""
        fetch = self.open(record)
        was = {name: getattr(fetch, name).strftime(TIME_FORMAT) for name in ("fetched_at_utc", "archived_at_utc")}
        fetched = min(fetch.fetched_at_utc, at_utc)
        request = {**fetch.request, "recorded_as": was}
        self._write(record, replace(fetch, fetched_at_utc=fetched, archived_at_utc=at_utc, request=request))

    def _write(self, record: Record, fetch: Fetch) -> None:
        fields = asdict(fetch) | {
            "fetched_at_utc": fetch.fetched_at_utc.strftime(TIME_FORMAT),
            "archived_at_utc": fetch.archived_at_utc.strftime(TIME_FORMAT),
        }
        self._storage.write(record.name, sealed(fields))

    def open(self, record: Record) -> Fetch:
        """What the archive wrote down about an answer; raises ArchiveDamaged."""
        try:
            fields = unsealed(self._storage.read(record.name))
            for name in ("fetched_at_utc", "archived_at_utc"):
                fields[name] = datetime.strptime(fields[name], TIME_FORMAT)
            fetch = Fetch(**fields)
            if (fetch.source, fetch.sha256[:12]) != (record.source, record.sha12) or not isinstance(
                fetch.request, dict
            ):
                raise ValueError("it does not say what its name says")
        except (ValueError, TypeError, KeyError, FileNotFoundError) as error:
            raise ArchiveDamaged(
                f"archive record {record.name}", f"the record cannot be read ({error})", ASIDE
            ) from error
        return fetch

    def damages(self) -> list[tuple[Record, ArchiveDamaged]]:
        """Every record that cannot be read, or whose bytes are gone or are not those any more, by reading all of them."""
        found: list[tuple[Record, ArchiveDamaged]] = []
        sound: dict[str, bool] = {}
        for record in self.records(""):
            try:
                sha256 = self.open(record).sha256
                if sha256 not in sound:
                    sound[sha256] = self.holds(sha256)
                if not sound[sha256]:
                    raise _damaged(sha256)
            except ArchiveDamaged as damage:
                found.append((record, damage))
        return found

    def set_aside(self, record: Record) -> None:
        """Move a record to ``damaged/``, with the bytes it names where these are no longer what they were: to the archive the
        answer was never given."""
        try:
            sha256 = self.open(record).sha256
        except ArchiveDamaged:
            pass
        else:
            if not self.holds(sha256) and self._storage.exists(_object_name(sha256)):
                self._storage.move(_object_name(sha256), f"damaged/{_object_name(sha256)}")
        self._storage.move(record.name, f"damaged/{record.name}")


def _listed(name: str) -> Record:
    source, file = name.removeprefix("fetches/").rsplit("/", 1)
    stamp, _, sha12 = file.removesuffix(".json").partition("-")
    return Record(stamp, source, sha12)


def _damaged(sha256: str) -> ArchiveDamaged:
    return ArchiveDamaged(
        f"archive object {sha256}",
        "the stored bytes are missing or do not have this hash",
        f"Restore a backup, or: {ASIDE}",
    )


def _object_name(sha256: str) -> str:
    return f"objects/{sha256[:2]}/{sha256}"

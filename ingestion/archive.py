"""Raw bytes by sha256, stored with where and when they came from, before anything is parsed. Never interprets them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from ingestion.errors import ArchiveDamaged
from ingestion.storage import Storage

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"


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


class Archive:
    """Objects under ``objects/ab/<sha256>``, one small JSON record per fetch under ``fetches/<source>/``."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def put(
        self, source: str, content: bytes, *, fetched_at_utc: datetime, request: Mapping[str, object] | None = None
    ) -> Fetch:
        """Store `content` as the newest answer of `source` and return its record.

        The same bytes again are no new answer: the record that exists is returned.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        name = _object_name(sha256)
        if not self._storage.exists(name) or hashlib.sha256(self._storage.read(name)).hexdigest() != sha256:
            self._storage.write(name, content)
        newest = self.latest(source)
        if newest is not None and newest.sha256 == sha256:
            return newest
        fetch = Fetch(
            source, sha256, len(content), fetched_at_utc, datetime.now(UTC).replace(tzinfo=None), dict(request or {})
        )
        record = asdict(fetch) | {
            "fetched_at_utc": fetch.fetched_at_utc.strftime(TIME_FORMAT),
            "archived_at_utc": fetch.archived_at_utc.strftime(TIME_FORMAT),
        }
        stamp = fetch.archived_at_utc.strftime("%Y%m%dT%H%M%S%fZ")
        self._storage.write(
            f"fetches/{source}/{stamp}-{sha256[:12]}.json", json.dumps(record, indent=1, sort_keys=True).encode()
        )
        return fetch

    def get(self, sha256: str) -> bytes:
        """The bytes stored under `sha256`; raises ArchiveDamaged when they are gone or are no longer those bytes."""
        try:
            content = self._storage.read(_object_name(sha256))
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != sha256:
            raise ArchiveDamaged(
                f"archive object {sha256}",
                "the stored bytes are missing or do not have this hash",
                "Restore the file from a backup, or fetch the source again",
            )
        return content

    def latest(self, source: str) -> Fetch | None:
        """The newest answer of `source`, or None when it was never archived."""
        records = self._storage.list(f"fetches/{source}")
        if not records:
            return None
        try:
            fields = json.loads(self._storage.read(records[-1]))
            for name in ("fetched_at_utc", "archived_at_utc"):
                fields[name] = datetime.strptime(fields[name], TIME_FORMAT)
            return Fetch(**fields)
        except (ValueError, TypeError, KeyError) as error:
            raise ArchiveDamaged(
                f"archive record {records[-1]}",
                f"the record cannot be read ({error})",
                "Delete this one record; the archived bytes themselves are kept under objects/",
            ) from error


def _object_name(sha256: str) -> str:
    return f"objects/{sha256[:2]}/{sha256}"

"""Large answers move into the archive through the disk, with the same promises as small ones; notes beside a record."""

from __future__ import annotations

import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.errors import ArchiveDamaged
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage

FETCHED = datetime(2025, 1, 2, 3, 4, 5)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(Storage(tmp_path / "archive"))


def incoming(archive: Archive, content: bytes, source: str = "bulk/all.zip") -> str:
    with archive.scratch() as path:
        path.write_bytes(content)
        return archive.put(source, path, fetched_at_utc=FETCHED, request={"status": 200}).sha256


def test_a_file_is_the_same_answer_as_its_bytes(archive: Archive, tmp_path: Path) -> None:
    sha256 = incoming(archive, b"PK large")
    assert archive.get(sha256) == archive.path(sha256).read_bytes() == b"PK large"
    newest = archive.latest("bulk/all.zip")
    assert newest is not None and (newest.sha256, newest.size, newest.fetched_at_utc) == (sha256, 8, FETCHED)
    assert archive.put("bulk/all.zip", b"PK large", fetched_at_utc=datetime(2026, 1, 1)) == newest
    assert incoming(archive, b"PK large") == sha256
    assert len(list((tmp_path / "archive" / "fetches").rglob("*.json"))) == 1


def test_nothing_stays_on_the_way(archive: Archive, tmp_path: Path) -> None:
    incoming(archive, b"kept")
    incoming(archive, b"kept")
    with pytest.raises(KeyError), archive.scratch() as path:
        path.write_bytes(b"half")
        raise KeyError
    assert list((tmp_path / "archive" / "incoming").iterdir()) == []


def test_a_large_file_is_never_in_memory(archive: Archive) -> None:
    with archive.scratch() as path:
        with open(path, "wb") as handle:
            for _ in range(64):
                handle.write(bytes(1 << 20))
        tracemalloc.start()
        fetch = archive.put("bulk/all.zip", path, fetched_at_utc=FETCHED)
        archive.path(fetch.sha256)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert fetch.size == 64 << 20
    assert peak < 8 << 20


@pytest.mark.parametrize("harm", [None, b"", b"PK larga"])
def test_damage_is_named_and_healed(harm: bytes | None, archive: Archive) -> None:
    sha256 = incoming(archive, b"PK large")
    path = archive.path(sha256)
    assert archive.holds(sha256)
    path.unlink() if harm is None else path.write_bytes(harm)
    assert not archive.holds(sha256)
    with pytest.raises(ArchiveDamaged, match=sha256):
        archive.path(sha256)
    incoming(archive, b"PK large")
    assert archive.path(sha256).read_bytes() == b"PK large"


def test_notes_are_the_last_ones_and_never_an_obstacle(archive: Archive, tmp_path: Path) -> None:
    assert archive.remembered("sec/a.json") == {}
    archive.remember("sec/a.json", {"etag": "1"})
    archive.remember("sec/a.json", {"etag": "2"})
    assert archive.remembered("sec/a.json") == {"etag": "2"}
    assert archive.latest("sec/a.json") is None
    for rubbish in (b"{", b"[1]", b"\xff"):
        (tmp_path / "archive" / "notes" / "sec" / "a.json.json").write_bytes(rubbish)
        assert archive.remembered("sec/a.json") == {}

"""The archive: bytes are kept as they came, found again by hash, and damage is noticed."""

from __future__ import annotations

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


def test_bytes_come_back_by_hash_with_where_they_came_from(archive: Archive) -> None:
    fetch = archive.put("provider/day", b"\x00raw\xff", fetched_at_utc=FETCHED, request={"url": "file", "status": 200})
    assert archive.get(fetch.sha256) == b"\x00raw\xff"
    assert archive.latest("provider/day") == fetch
    assert (fetch.fetched_at_utc, fetch.request["status"], fetch.size) == (FETCHED, 200, 5)


def test_an_unchanged_answer_is_no_new_record(archive: Archive, tmp_path: Path) -> None:
    first = archive.put("provider/day", b"same", fetched_at_utc=FETCHED)
    assert archive.put("provider/day", b"same", fetched_at_utc=datetime(2026, 1, 1)) == first
    assert len(list((tmp_path / "archive" / "fetches").rglob("*.json"))) == 1


def test_the_newest_answer_wins_also_when_an_old_one_returns(archive: Archive) -> None:
    for content in (b"good", b"bad", b"good"):
        archive.put("provider/day", content, fetched_at_utc=FETCHED)
    newest = archive.latest("provider/day")
    assert newest is not None
    assert archive.get(newest.sha256) == b"good"


def test_sources_do_not_see_each_other(archive: Archive) -> None:
    archive.put("provider/day", b"one", fetched_at_utc=FETCHED)
    assert archive.latest("provider/week") is None


@pytest.mark.parametrize("harm", [b"", b"sort of"])
def test_damaged_bytes_are_named_and_healed_by_the_same_answer(archive: Archive, tmp_path: Path, harm: bytes) -> None:
    fetch = archive.put("provider/day", b"sound", fetched_at_utc=FETCHED)
    (tmp_path / "archive" / "objects" / fetch.sha256[:2] / fetch.sha256).write_bytes(harm)
    with pytest.raises(ArchiveDamaged, match=fetch.sha256):
        archive.get(fetch.sha256)
    archive.put("provider/day", b"sound", fetched_at_utc=FETCHED)
    assert archive.get(fetch.sha256) == b"sound"


def test_a_garbled_record_is_named(archive: Archive, tmp_path: Path) -> None:
    archive.put("provider/day", b"sound", fetched_at_utc=FETCHED)
    record = next((tmp_path / "archive" / "fetches").rglob("*.json"))
    record.write_text("{")
    with pytest.raises(ArchiveDamaged, match=record.name):
        archive.latest("provider/day")


@pytest.mark.parametrize("name", ["../up", "/etc/x", "a//b", "a/../b", "."])
def test_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a name inside"):
        Storage(tmp_path).write(name, b"")


def test_a_failed_write_leaves_the_old_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = Storage(tmp_path)
    storage.write("folder/name", b"old")

    def broken(*_: object) -> None:
        raise OSError("disk full")

    for step in ("os.fsync", "os.replace"):
        with monkeypatch.context() as patched, pytest.raises(OSError, match="disk full"):
            patched.setattr(step, broken)
            storage.write("folder/name", b"new")
        assert storage.read("folder/name") == b"old"
        assert storage.list("folder") == ["folder/name"]
        assert [p.name for p in (tmp_path / "folder").iterdir()] == ["name"]


def test_all_answers_of_a_source_come_oldest_first_and_none_of_sources_below_it(tmp_path: Path) -> None:
    archive = Archive(Storage(tmp_path))
    assert archive.fetches("feed/a") == []
    first = archive.put("feed/a", b"1", fetched_at_utc=FETCHED)
    archive.put("feed/a/page-2", b"2", fetched_at_utc=FETCHED)
    last = archive.put("feed/a", b"3", fetched_at_utc=FETCHED)
    archive.put("feed/a/page-2", b"4", fetched_at_utc=FETCHED)
    assert archive.fetches("feed/a") == [first, last]
    assert archive.latest("feed/a") == last
    assert archive.put("feed/a", b"3", fetched_at_utc=FETCHED) == last
    listed = archive.records("feed")
    assert [record.source for record in listed] == ["feed/a", "feed/a/page-2", "feed/a", "feed/a/page-2"]
    assert archive.open(listed[0]) == first

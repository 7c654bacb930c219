"""The archive: bytes are kept as they came, found again by hash, and damage is noticed, whether they came in memory or as
a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from ingestion.errors import ArchiveDamaged
from ingestion.fetch.archive import Archive, Fetch
from ingestion.fetch.storage import Storage

FETCHED = datetime(2025, 1, 2, 3, 4, 5)
SOURCE = "provider/day"

Put = Callable[[bytes], Fetch]


@pytest.fixture(params=["bytes", "file"])
def put(request: pytest.FixtureRequest, archive: Archive) -> Put:
    def put(content: bytes) -> Fetch:
        if request.param == "bytes":
            return archive.put(SOURCE, content, fetched_at_utc=FETCHED, request={"status": 200})
        with archive.scratch() as path:
            path.write_bytes(content)
            return archive.put(SOURCE, path, fetched_at_utc=FETCHED, request={"status": 200})

    return put


def test_bytes_come_back_by_hash_with_where_they_came_from(archive: Archive, put: Put) -> None:
    fetch = put(b"\x00raw\xff")
    assert archive.get(fetch.sha256) == archive.path(fetch.sha256).read_bytes() == b"\x00raw\xff"
    assert archive.latest(SOURCE) == archive.held(SOURCE) == fetch
    assert (fetch.fetched_at_utc, fetch.request["status"], fetch.size) == (FETCHED, 200, 5)


def test_an_unchanged_answer_is_no_new_record(archive: Archive, put: Put, tmp_path: Path) -> None:
    first = put(b"same")
    assert put(b"same") == archive.put(SOURCE, b"same", fetched_at_utc=datetime(2026, 1, 1)) == first
    assert len(list((tmp_path / "archive" / "fetches").rglob("*.json"))) == 1
    for content in (b"other", b"same"):
        put(content)
    newest = archive.latest(SOURCE)
    assert newest is not None and newest != first and archive.get(newest.sha256) == b"same"


def test_nothing_stays_on_the_way(archive: Archive, tmp_path: Path) -> None:
    for _ in range(2):
        with archive.scratch() as path:
            path.write_bytes(b"kept")
            archive.put(SOURCE, path, fetched_at_utc=FETCHED)
    with pytest.raises(KeyError), archive.scratch() as path:
        path.write_bytes(b"half")
        raise KeyError
    assert list((tmp_path / "archive" / "incoming").iterdir()) == []


@pytest.mark.parametrize("harm", [None, b"", b"sort of"])
def test_damage_is_named_and_healed_by_the_same_answer(harm: bytes | None, archive: Archive, put: Put) -> None:
    sha256 = put(b"sound").sha256
    path = archive.path(sha256)
    path.unlink() if harm is None else path.write_bytes(harm)
    assert archive.held(SOURCE) is None and archive.latest(SOURCE) is not None
    for read in (archive.get, archive.path):
        with pytest.raises(ArchiveDamaged, match=sha256):
            read(sha256)
    put(b"sound")
    assert archive.get(sha256) == b"sound"


GARBLED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "torn": lambda content: content[:-20],
    "binary": lambda _: bytes(range(256)),
    "a list": lambda _: b"[1]",
    "another object": lambda _: b'{"a": 1}',
    "altered": lambda content: content.replace(b"2025-01-02T03", b"2024-01-02T03"),
    "of another answer": lambda content: content.replace(b"provider/day", b"provider/hour"),
    "altered, from before there were seals": lambda content: unseal(content).replace(b"provider/day", b"provider/hour"),
}


def unseal(content: bytes) -> bytes:
    """The record as it was written before there were seals."""
    fields = json.loads(content)
    del fields["seal_sha256"]
    return json.dumps(fields).encode()


@pytest.mark.parametrize("garble", GARBLED.values(), ids=GARBLED)
def test_a_garbled_record_is_named_never_read_and_put_aside(
    archive: Archive, tmp_path: Path, garble: Callable[[bytes], bytes]
) -> None:
    archive.put(SOURCE, b"sound", fetched_at_utc=FETCHED)
    other = archive.put("provider/other", b"other", fetched_at_utc=FETCHED)
    (record,) = archive.records(SOURCE)
    path = tmp_path / "archive" / record.name
    path.write_bytes(garble(path.read_bytes()))
    for read in (archive.latest, archive.fetches):
        with pytest.raises(ArchiveDamaged, match=rf"{record.name}.*doctor --fix"):
            read(SOURCE)
    assert archive.held(SOURCE) is None, "its source is asked in full"
    assert [found for found, _ in archive.damages()] == [record]
    archive.set_aside(record)
    assert archive.damages() == [] and archive.latest(SOURCE) is None and archive.latest("provider/other") == other
    assert (tmp_path / "archive" / "damaged" / record.name).exists()


def test_the_same_answer_again_takes_the_place_of_a_garbled_record(archive: Archive, tmp_path: Path, put: Put) -> None:
    fetch = put(b"sound")
    (record,) = archive.records(SOURCE)
    (tmp_path / "archive" / record.name).write_bytes(b"{")
    assert put(b"sound").sha256 == fetch.sha256
    assert archive.damages() == [] and len(archive.fetches(SOURCE)) == 1


def test_a_record_from_before_there_were_seals_is_read(archive: Archive, tmp_path: Path) -> None:
    fetch = archive.put(SOURCE, b"sound", fetched_at_utc=FETCHED, request={"status": 200, "rate": 0.1})
    (record,) = archive.records(SOURCE)
    path = tmp_path / "archive" / record.name
    path.write_bytes(unseal(path.read_bytes()))
    assert archive.latest(SOURCE) == fetch and archive.damages() == []


@pytest.mark.parametrize("harm", [None, b"", b"sort of"])
def test_bytes_that_are_damaged_are_put_aside_with_every_record_that_names_them(
    harm: bytes | None, archive: Archive, tmp_path: Path
) -> None:
    sha256 = archive.put(SOURCE, b"sound", fetched_at_utc=FETCHED).sha256
    archive.put("provider/twin", b"sound", fetched_at_utc=FETCHED)
    archive.put(SOURCE, b"newer", fetched_at_utc=FETCHED)
    path = archive.path(sha256)
    path.unlink() if harm is None else path.write_bytes(harm)
    found = archive.damages()
    assert [record.source for record, _ in found] == [SOURCE, "provider/twin"]
    assert all(sha256 in str(damage) for _, damage in found)
    for record, _ in found:
        archive.set_aside(record)
    assert archive.damages() == [] and not path.exists()
    newest = archive.latest(SOURCE)
    assert newest is not None and archive.get(newest.sha256) == b"newer"
    assert (tmp_path / "archive" / "damaged" / "objects").exists() == (harm is not None)


def test_all_answers_of_a_source_come_oldest_first_and_none_of_sources_below_it(archive: Archive) -> None:
    assert archive.fetches("feed/a") == []
    first = archive.put("feed/a", b"1", fetched_at_utc=FETCHED)
    archive.put("feed/a/page-2", b"2", fetched_at_utc=FETCHED)
    last = archive.put("feed/a", b"3", fetched_at_utc=FETCHED)
    archive.put("feed/a/page-2", b"4", fetched_at_utc=FETCHED)
    assert archive.fetches("feed/a") == [first, last]
    assert archive.latest("feed/a") == last
    listed = archive.records("feed")
    assert [record.source for record in listed] == ["feed/a", "feed/a/page-2", "feed/a", "feed/a/page-2"]
    assert archive.open(listed[0]) == first


def test_notes_are_the_last_ones_and_never_an_obstacle(archive: Archive, tmp_path: Path) -> None:
    assert archive.remembered("sec/a.json") == {}
    for etag in "12":
        archive.remember("sec/a.json", {"etag": etag})
    assert archive.remembered("sec/a.json") == {"etag": "2"}
    assert archive.latest("sec/a.json") is None
    for rubbish in (b"{", b"[1]", b"\xff"):
        (tmp_path / "archive" / "notes" / "sec" / "a.json.json").write_bytes(rubbish)
        assert archive.remembered("sec/a.json") == {}


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

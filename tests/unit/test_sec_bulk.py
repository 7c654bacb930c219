"""Bulk archives: only the universe's entries, one at a time, and nothing from an archive that is not what it says."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import pytest

from ingestion.edgar import bulk
from ingestion.edgar.bulk import read_bulk
from ingestion.errors import SourceDamaged, SourceEmpty
from tests.edgar import documents as doc

OTHER = "0000000002"


def archive(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> io.BytesIO:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    made.seek(0)
    return made


FACTS = doc.as_json(doc.plain_year().company_facts())
GOOD = (f"CIK{doc.CIK}.json", FACTS)


def test_only_the_registrants_asked_for_are_read() -> None:
    made = archive((f"CIK{OTHER}.json", b"{}"), GOOD, ("readme.txt", b"hello"))
    assert [*read_bulk("bulk", made, "companyfacts", {doc.CIK, "0000000009"})] == [(GOOD[0], FACTS)]


def test_older_pages_belong_to_submissions_only() -> None:
    older = f"CIK{doc.CIK}-submissions-001.json"
    entries = ((older, b"[]"), GOOD)
    assert [name for name, _ in read_bulk("b", archive(*entries), "submissions", {doc.CIK})] == sorted([older, GOOD[0]])
    assert [name for name, _ in read_bulk("b", archive(*entries), "companyfacts", {doc.CIK})] == [GOOD[0]]


def test_entries_are_unpacked_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = zipfile.ZipFile.open

    def spy(self: zipfile.ZipFile, name: zipfile.ZipInfo, *more: object) -> object:
        opened.append(name.filename)
        return real(self, name)

    made = archive(GOOD, (f"CIK{OTHER}.json", b"{}"), ("CIK0000000003.json", b"{}"))
    monkeypatch.setattr(zipfile.ZipFile, "open", spy)
    entries = read_bulk("bulk", made, "companyfacts", {doc.CIK, OTHER})
    assert OTHER in next(entries)[0]
    assert opened == [f"CIK{OTHER}.json"]
    assert doc.CIK in next(entries)[0]
    assert opened == [f"CIK{OTHER}.json", GOOD[0]]


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(f"CIK{OTHER}.json")
    info.external_attr = 0o120777 << 16
    return info


BAD: list[tuple[str | zipfile.ZipInfo, str]] = [
    ("/etc/passwd", "leads out"),
    ("../CIK0000000002.json", "leads out"),
    ("a/../../CIK0000000002.json", "leads out"),
    ("..\\CIK0000000002.json", "leads out"),
    ("C:/CIK0000000002.json", "leads out"),
    (link(), "is a link"),
]


@pytest.mark.parametrize(("name", "problem"), BAD)
def test_an_archive_with_a_bad_name_gives_nothing_at_all(name: str | zipfile.ZipInfo, problem: str) -> None:
    with pytest.raises(SourceDamaged, match=problem):
        next(read_bulk("bulk", archive(GOOD, (name, b"x")), "companyfacts", {doc.CIK}))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(SourceDamaged, match="twice"):
        next(read_bulk("bulk", archive(GOOD, GOOD), "companyfacts", {doc.CIK}))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    made = archive((GOOD[0], b"0" * (8 * 1024 * 1024)))
    with pytest.raises(SourceDamaged, match="fold"):
        next(read_bulk("bulk", made, "companyfacts", {doc.CIK}))


def test_an_entry_beyond_the_size_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "LARGEST_ENTRY", 100)
    with pytest.raises(SourceDamaged, match="at most 100"):
        next(read_bulk("bulk", archive(GOOD), "companyfacts", {doc.CIK}))


def test_a_lie_about_the_size_is_found_before_it_fills_the_memory() -> None:
    size = 64 << 20
    raw = bytearray(archive((GOOD[0], b"0" * size)).getvalue())
    while (at := raw.find(size.to_bytes(4, "little"))) >= 0:
        raw[at : at + 4] = (10).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(SourceDamaged):
        next(read_bulk("bulk", io.BytesIO(bytes(raw)), "companyfacts", {doc.CIK}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("harm", ["truncated", "flipped", "no zip", "empty"])
def test_a_damaged_archive_is_refused(harm: str) -> None:
    raw = archive(GOOD).getvalue()
    at = raw.find(GOOD[0].encode()) + len(GOOD[0]) + 40
    harmed = {
        "truncated": raw[:-30],
        "flipped": raw[:at] + bytes([raw[at] ^ 0xFF]) + raw[at + 1 :],
        "no zip": b"<html>",
        "empty": b"",
    }[harm]
    with pytest.raises(SourceDamaged):
        next(read_bulk("bulk", io.BytesIO(harmed), "companyfacts", {doc.CIK}))


def test_an_archive_without_the_registrants_is_an_error() -> None:
    with pytest.raises(SourceEmpty):
        next(read_bulk("bulk", archive(GOOD), "companyfacts", {OTHER}))

"""Power fails: of archive and lake only what was synced is left on the disk, and what was acknowledged is among it."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from ingestion.contracts import MARKET_BAR
from ingestion.fetch.archive import Archive
from ingestion.fetch.storage import Storage
from ingestion.landing.batch import Batch
from ingestion.landing.lake import Lake
from tests.lakes import rows_of, stage_one
from tests.unit.rawrows import NOW, bar

FETCHED = datetime(2025, 1, 2)
DAYS = [date(2025, 1, 30) + timedelta(days=n) for n in range(5)]


class Disk:
    """What would be left of the folder `root` if power failed: a file as it was when it was last synced, a folder with the
    names that it had when it was. Files that are not synced are empty where their names are."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root, self._files, self._folders = root, dict[int, bytes](), dict[int, dict[str, int]]()
        self._held: list[int] = []
        self.syncs = 0
        self.after_sync: Callable[[], None] = lambda: None
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._synced)

    def _synced(self, descriptor: int) -> None:
        self._fsync(descriptor)
        found = os.fstat(descriptor)
        self._held.append(os.dup(descriptor))  # as long as it is open no other file gets its number
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if stat.S_ISDIR(found.st_mode):
            self._folders[found.st_ino] = {entry.name: entry.inode() for entry in os.scandir(path)}
        else:
            self._files[found.st_ino] = path.read_bytes()
        self.syncs += 1
        self.after_sync()

    def left(self, target: Path, *, with_names: bool) -> Path:
        """The folder after the power came back. A disk may have written names that were not synced, or not: `with_names`."""
        shutil.rmtree(target, ignore_errors=True)
        if with_names:
            shutil.copytree(self._root, target)
            for path in self._root.rglob("*"):
                if path.is_file():
                    (target / path.relative_to(self._root)).write_bytes(self._files.get(path.stat().st_ino, b""))
        else:
            self._make(target, self._root.stat().st_ino)
        return target

    def _make(self, folder: Path, inode: int) -> None:
        folder.mkdir()
        for name, found in self._folders.get(inode, {}).items():
            if found in self._folders or found not in self._files:
                self._make(folder / name, found)
            else:
                (folder / name).write_bytes(self._files[found])

    def close(self) -> None:
        for descriptor in self._held:
            os.close(descriptor)


@pytest.fixture(params=[True, False], ids=["names are there", "names are gone"])
def with_names(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def test_what_the_archive_acknowledged_is_there(
    with_names: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root := tmp_path / "home").mkdir()
    disk, archive = Disk(root, monkeypatch), Archive(Storage(root / "archive"))
    acknowledged: list[tuple[str, bytes]] = []

    def is_there() -> None:
        left = Archive(Storage(disk.left(tmp_path / "left", with_names=with_names) / "archive"))
        for source, content in acknowledged:
            (fetch,) = left.fetches(source)
            assert left.get(fetch.sha256) == content
        assert [damage for _, damage in left.damages()] == [], "a record that is there has its bytes"

    disk.after_sync = is_there
    for number in range(3):
        source, content = f"provider/{number % 2}/day-{number}", b"answer %d" % number
        if number == 1:
            with archive.scratch() as path:
                path.write_bytes(content)
                archive.put(source, path, fetched_at_utc=FETCHED)
        else:
            archive.put(source, content, fetched_at_utc=FETCHED)
        acknowledged.append((source, content))
        is_there()
    assert disk.syncs > 12
    disk.close()


def test_the_lake_is_whole_or_is_completed_by_the_next_run(
    with_names: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A promotion in which one file changes, one comes and one goes."""
    (root := tmp_path / "home").mkdir()
    disk, lake = Disk(root, monkeypatch), Lake(Storage(root / "lake"))
    first = [*(bar(day) for day in DAYS), bar(date(2025, 5, 2))]
    following = [bar(DAYS[0], 2.0), bar(DAYS[-1]), bar(date(2025, 4, 1))]

    def put(into: Lake, rows: list[dict[str, object]]) -> None:
        batch = Batch(MARKET_BAR, rows, (), frozenset({"unit/bars"}), True)
        into.promote(stage_one(into, batch, tmp_path / "staging", NOW))

    def left() -> Lake:
        return Lake(Storage(disk.left(tmp_path / "left", with_names=with_names) / "lake"))

    put(lake, first)
    assert left().is_whole(MARKET_BAR) and rows_of(left(), MARKET_BAR).equals(rows_of(lake, MARKET_BAR))
    seen: list[Path] = []

    def is_sound() -> None:
        now = left()
        assert now.verify(MARKET_BAR) == [], "each file is one that was meant to be there"
        seen.append(shutil.copytree(tmp_path / "left", tmp_path / f"left-{len(seen)}"))

    disk.after_sync = is_sound
    put(lake, following)
    disk.after_sync = lambda: None
    assert len(seen) > 8
    assert left().is_whole(MARKET_BAR) and rows_of(left(), MARKET_BAR).equals(rows_of(lake, MARKET_BAR)), "acknowledged"
    for folder in seen:
        again = Lake(Storage(folder / "lake"))
        put(again, following)
        assert again.is_whole(MARKET_BAR) and rows_of(again, MARKET_BAR).equals(rows_of(lake, MARKET_BAR))
    disk.close()

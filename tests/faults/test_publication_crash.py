"""Publication under kills, failing disks, two publishers and readers that never stop: readers see k or k+1."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import PublicationFailed
from orchestration.publish.publication import publish
from orchestration.publish.store import (
    KEEP,
    damages,
    leftovers,
    list_publications,
    next_run_number,
    pointed_id,
    rollback,
)
from orchestration.settings import Settings
from tests.faults.publication_kit import (
    clone,
    code_of,
    crash_points,
    elsewhere,
    ids,
    make_request,
    process_env,
    publish_in_home,
    publish_marker,
    publish_within,
    seen_marker,
    settings_for,
    snapshot,
)

pytestmark = pytest.mark.faults

ROOT = Path(__file__).resolve().parents[2]
POINTS = crash_points("publish")
SEEN_AFTER = ("pointer_replaced", "home_synced", "collecting", "collected")


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with five publications; `current` shows marker 1."""
    settings = settings_for(tmp_path_factory.mktemp("five"))
    publish_marker(settings, 1)
    newest = ids(settings)[0]
    for day in range(1, KEEP):
        clone(settings, newest, f"2025010{day}T000000000000Z-{newest[-12:]}")
    assert len(ids(settings)) == KEEP
    return settings.home


def copy_of(home: Path, target: Path) -> Settings:
    shutil.copytree(home, target, symlinks=True)
    return settings_for(target)


def assert_whole(settings: Settings) -> None:
    """No leftovers, every publication intact, the pointer on one of them."""
    assert leftovers(settings) == []
    assert {p.id: damages(p) for p in list_publications(settings)} == {p.id: [] for p in list_publications(settings)}
    assert pointed_id(settings) in ids(settings)


def test_a_crash_point_stands_once_in_the_code_after_each_side_effect() -> None:
    assert len(set(POINTS)) == len(POINTS) == 15 and {*SEEN_AFTER} < {*POINTS}


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(point: str, five: Path, tmp_path: Path) -> None:
    settings = copy_of(five, tmp_path / "home")
    before = snapshot(settings)
    assert code_of(elsewhere(settings, publish_in_home, 2, HASHWATT_TESTING="1", HASHWATT_CRASH_AT=point)) == 137
    assert seen_marker(settings) == (2 if point in SEEN_AFTER else 1)
    if point not in SEEN_AFTER:
        after = snapshot(settings)
        assert {name: after[name] for name in before} == before
    publish_marker(settings, 3)
    assert seen_marker(settings) == 3
    assert len(ids(settings)) == KEEP
    assert_whole(settings)


@pytest.mark.parametrize("point", ["renamed", "pointer_replaced"])
def test_killed_before_there_is_anything(point: str, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    assert code_of(elsewhere(settings, publish_in_home, 2, HASHWATT_TESTING="1", HASHWATT_CRASH_AT=point)) == 137
    assert seen_marker(settings) == (2 if point in SEEN_AFTER else None)
    publish_marker(settings, 3)
    assert seen_marker(settings) == 3
    assert_whole(settings)


def test_a_crash_point_outside_tests_does_nothing(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    assert code_of(elsewhere(settings, publish_in_home, 2, HASHWATT_CRASH_AT="build_started")) == 0
    assert seen_marker(settings) == 2


FALLIBLE = ("fsync", "rename", "replace", "symlink", "mkdir", "write_text")


def make_fail(monkeypatch: pytest.MonkeyPatch, turn: int) -> list[str]:
    """Let the `turn`-th call of any FALLIBLE operation raise; returns the list in which calls are noted."""
    calls: list[str] = []

    def failing(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def operation(*arguments: Any, **options: Any) -> Any:
            calls.append(name)
            if len(calls) == turn:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(arguments[0]))
            return real(*arguments, **options)

        return operation

    for name in FALLIBLE:
        owner: Any = Path if name == "write_text" else os
        monkeypatch.setattr(owner, name, failing(name, getattr(owner, name)))
    return calls


def test_the_nth_operation_fails(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    publish_marker(settings, 1)
    request = make_request(settings, 2)
    before = snapshot(settings)
    turn, failed = 0, set()
    while True:
        turn += 1
        with pytest.MonkeyPatch.context() as patch:
            calls = make_fail(patch, turn)
            try:
                publish(request)
            except PublicationFailed as error:
                assert os.strerror(errno.ENOSPC) in error.message
                assert error.remedy
                failed.add(calls[turn - 1])
        if len(calls) < turn:
            break
        if pointed_id(settings) == before["current"].decode():
            assert snapshot(settings) == before, f"operation {turn} ({calls[-1]}) left a trace"
        else:
            # The failure did no harm, or the pointer had moved when the disk refused to confirm it: k+1 is seen,
            # whole. Take it back by hand.
            assert seen_marker(settings) == 2
            shutil.rmtree(settings.current.resolve())
            settings.current.unlink()
            settings.current.symlink_to(Path("publications") / before["current"].decode())
        assert leftovers(settings) == []
        assert turn < 200
    assert failed == set(FALLIBLE)
    assert seen_marker(settings) == 2
    assert_whole(settings)


@pytest.mark.parametrize("limit", [0, 300_000])
def test_the_disk_gives_no_more_room(limit: int, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    publish_marker(settings, 1)
    before = snapshot(settings)
    assert code_of(elsewhere(settings, publish_within, limit)) == 9
    assert snapshot(settings) == before
    assert leftovers(settings) == []
    assert code_of(elsewhere(settings, publish_within, resource.getrlimit(resource.RLIMIT_FSIZE)[1])) == 0
    assert seen_marker(settings) == 2


READER = """
import sys
from pathlib import Path
from orchestration.cli.query import run_query
from orchestration.settings import Settings
from tests.faults.publication_kit import seen_marker
settings, folder, kind = Settings.from_env(), Path(sys.argv[1]), sys.argv[2]

def read():
    if kind == "tool":
        return seen_marker(settings)
    with run_query(settings, "select distinct b.marker, d.marker from mart_book b, fct_day d") as result:
        ((book, day),) = result.rows
    assert book == day
    return book

seen = [read()]
(folder / kind).touch()
while not (folder / "stop").exists():
    seen.append(read())
seen.append(read())
assert None not in seen and seen == sorted(seen), seen
print(len(set(seen)))
"""
KINDS = ("tool", "query")


def test_readers_during_ten_publications(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "home")
    publish_marker(settings, 1)
    readers = [
        subprocess.Popen(
            [sys.executable, "-c", READER, str(tmp_path), kind],
            env=process_env(settings),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for kind in KINDS
    ]
    deadline = time.monotonic() + 120
    while not all((tmp_path / kind).exists() for kind in KINDS):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    for marker in range(2, 12):
        publish_marker(settings, marker)
    (tmp_path / "stop").touch()
    for reader in readers:
        out, err = reader.communicate(timeout=120)
        assert reader.returncode == 0, err
        assert int(out) > 2, "some of those that came and went were seen"
    assert len(ids(settings)) == KEEP
    assert_whole(settings)


def test_two_publishers_at_once(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    publish_marker(settings, 1)
    both = [elsewhere(settings, publish_in_home, marker) for marker in (2, 3)]
    assert [code_of(process) for process in both] == [0, 0]
    newest = ids(settings)[-1]
    assert pointed_id(settings) == newest
    assert seen_marker(settings) in (2, 3)
    assert len(ids(settings)) == 3
    assert_whole(settings)


def test_the_run_that_began_first_never_replaces_the_one_that_began_later(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    slow, quick = make_request(settings, 1), make_request(settings, 2)
    newer = publish(quick)
    older = publish(slow)
    assert (newer.is_current, older.is_current) == (True, False)
    assert seen_marker(settings) == 2
    assert ids(settings) == [older.id, newer.id]
    assert_whole(settings)


def test_a_clock_once_ahead_holds_up_nobody(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    now = datetime.now(UTC)
    ahead = publish_marker(settings, 1, now=now + timedelta(days=500))
    right = publish_marker(settings, 2, now=now)
    assert right.is_current and seen_marker(settings) == 2
    assert ids(settings) == [ahead.id, right.id]
    assert rollback(settings).id == ahead.id
    later = [publish_marker(settings, marker, now=now + timedelta(seconds=marker)) for marker in range(3, 3 + KEEP)]
    assert ids(settings) == [one.id for one in later], "the one dated ahead is the oldest and goes like any other"
    assert_whole(settings)


def test_publications_without_a_number_come_before_those_with_one(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    old = [
        publish_marker(settings, marker, now=datetime(year, 1, 1, tzinfo=UTC))
        for marker, year in ((1, 2025), (2, 2099))
    ]
    for one in old:
        path = one.path / "manifest.json"
        manifest = json.loads(path.read_text())
        del manifest["run_number"], manifest["is_beside"]
        path.write_text(json.dumps(manifest))
    assert ids(settings) == [one.id for one in old]
    assert publish_marker(settings, 3).is_current
    assert seen_marker(settings) == 3 and ids(settings)[:2] == [one.id for one in old]
    assert [rollback(settings).id for _ in old] == [old[1].id, old[0].id]
    (settings.home / "run_number").unlink()
    assert publish_marker(settings, 4).is_current and seen_marker(settings) == 4
    assert_whole(settings)


def test_numbers_taken_at_once_differ(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: next_run_number(settings), range(40)))
    assert sorted(numbers) == list(range(1, 41))
    for garbled in ("", "x", "-5"):
        (settings.home / "run_number").write_text(garbled)
        assert next_run_number(settings) == 1

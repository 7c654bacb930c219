"""Publications on disk: rollback, clearing old ones, lost pointers, damaged files."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.cli.doctor import fix_pointer
from orchestration.errors import HashwattError, NothingPublished, PublicationDamaged
from orchestration.publish.store import (
    KEEP,
    collect,
    current_publication,
    damages,
    list_publications,
    move_pointer,
    pointed_id,
    rollback,
    store_lock,
)
from orchestration.settings import Settings
from tests.faults.publication_kit import clone, ids, publish_marker, seen_marker, settings_for, snapshot

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = settings_for(tmp_path_factory.mktemp("three"))
    for marker in (1, 2, 3):
        publish_marker(settings, marker)
    return settings.home


@pytest.fixture
def three(published: Path, tmp_path: Path) -> Settings:
    """A home of the test's own with the markers 1, 2 and 3 published, 3 current."""
    shutil.copytree(published, tmp_path / "home", symlinks=True)
    return settings_for(tmp_path / "home")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_rollback_goes_one_back_at_a_time(three: Settings) -> None:
    first, second, third = ids(three)
    assert rollback(three).id == second and seen_marker(three) == 2
    assert rollback(three).id == first and seen_marker(three) == 1
    with pytest.raises(NothingPublished, match="before") as caught:
        rollback(three)
    assert caught.value.exit_code == 5 and seen_marker(three) == 1
    assert rollback(three, third).id == third and seen_marker(three) == 3


def test_rollback_changes_nothing_but_the_pointer(three: Settings) -> None:
    before = snapshot(three)
    rollback(three)
    after = snapshot(three)
    assert {**after, "current": before["current"]} == before and after["current"] != before["current"]


def test_a_refresh_after_a_rollback_moves_on(three: Settings) -> None:
    rollback(three)
    assert publish_marker(three, 4).is_current
    assert seen_marker(three) == 4
    assert rollback(three).id == ids(three)[2], "the one rolled back from is the one before again"


@pytest.mark.parametrize("name", ["hashwatt.duckdb", "parquet/mart_book.parquet", "manifest.json"])
def test_rollback_passes_over_a_damaged_one(three: Settings, name: str) -> None:
    first, second, _ = ids(three)
    path = three.publications / second / name
    if name == "manifest.json":
        path.write_text(path.read_text()[:100])
    else:
        flip(path)
    with pytest.raises(PublicationDamaged, match=second):
        rollback(three, second)
    assert seen_marker(three) == 3
    assert rollback(three).id == first


def test_rollback_to_what_is_not_there(three: Settings) -> None:
    for unknown in ("20200101T000000000000Z-000000000000", "../../etc"):
        with pytest.raises(NothingPublished, match="no publication"):
            rollback(three, unknown)
    assert seen_marker(three) == 3


def test_nothing_to_roll_back(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished):
        rollback(settings_for(tmp_path))


@pytest.mark.parametrize(
    "kind", ["file gone", "truncated", "flipped", "manifest gone", "manifest garbled", "another's"]
)
def test_damage_is_found_and_named(three: Settings, kind: str) -> None:
    target, other, _ = list_publications(three)
    database, manifest = target.path / "hashwatt.duckdb", target.path / "manifest.json"
    if kind == "file gone":
        (target.path / "parquet" / "fct_day.parquet").unlink()
    elif kind == "truncated":
        database.write_bytes(database.read_bytes()[:-1])
    elif kind == "flipped":
        flip(database)
    elif kind == "manifest gone":
        manifest.unlink()
    elif kind == "manifest garbled":
        manifest.write_text('{"files": {}}')
    else:
        manifest.write_bytes((other.path / "manifest.json").read_bytes())
    now = {one.id: damages(one) for one in list_publications(three)}
    (found,) = now[target.id]
    expected = {"file gone": "parquet/fct_day.parquet", "truncated": "hashwatt.duckdb", "flipped": "hashwatt.duckdb"}
    assert expected.get(kind, "manifest.json") in found
    assert now[other.id] == []


def lose_pointer(settings: Settings, kind: str) -> None:
    settings.current.unlink()
    if kind == "dangling":
        settings.current.symlink_to("publications/20200101T000000000000Z-000000000000")
    elif kind == "elsewhere":
        settings.current.symlink_to("/tmp")
    elif kind == "another home":
        other = settings.home.parent / "other" / "publications" / ids(settings)[0]
        other.mkdir(parents=True)
        settings.current.symlink_to(other)
    elif kind == "a file":
        settings.current.write_text("publications/x")
    elif kind == "a folder":
        (settings.current / "kept").mkdir(parents=True)


POINTERS = ["gone", "dangling", "elsewhere", "another home", "a file", "a folder"]


@pytest.mark.parametrize("kind", POINTERS)
def test_a_lost_pointer_is_said_and_repaired(three: Settings, kind: str) -> None:
    lose_pointer(three, kind)
    with pytest.raises(PublicationDamaged) as caught:
        current_publication(three)
    assert "doctor --fix" in caught.value.remedy
    flip(three.publications / ids(three)[2] / "hashwatt.duckdb")
    assert ids(three)[1] in fix_pointer(three)
    assert seen_marker(three) == 2
    assert (three.home / f"current.displaced-{ids(three)[1]}" / "kept").exists() == (kind == "a folder")


@pytest.mark.parametrize("kind", ["gone", "another home"])
def test_a_refresh_repairs_a_lost_pointer(three: Settings, kind: str) -> None:
    lose_pointer(three, kind)
    assert publish_marker(three, 4).is_current
    assert seen_marker(three) == 4


def test_fix_leaves_an_intact_pointer_alone(three: Settings) -> None:
    rollback(three)
    assert "nothing to repair" in fix_pointer(three)
    assert seen_marker(three) == 2


def test_fix_leaves_a_damaged_publication(three: Settings) -> None:
    flip(three.current / "hashwatt.duckdb")
    fix_pointer(three)
    assert seen_marker(three) == 2


def test_fix_without_an_intact_publication(three: Settings) -> None:
    for name in ids(three):
        flip(three.publications / name / "hashwatt.duckdb")
    with pytest.raises(NothingPublished, match="no intact"):
        fix_pointer(three)


def test_clearing_over_random_histories(tmp_path: Path) -> None:
    """Whatever was published and rolled back before: what `current` names stays, and so do the newest five."""
    settings = settings_for(tmp_path)
    seed = publish_marker(settings, 1).id
    source = random.Random(5)
    moment = datetime.now(UTC)
    removed_total = 0
    for _ in range(120):
        moment += timedelta(seconds=source.randint(1, 1000))
        if source.random() < 0.3:
            move_pointer(settings, source.choice(ids(settings)))
            continue
        name = f"{moment:%Y%m%dT%H%M%S%f}Z-{source.getrandbits(48):012x}"
        clone(settings, str(pointed_id(settings)), name)
        if source.random() < 0.7:
            move_pointer(settings, name)
        known, pointed = ids(settings), pointed_id(settings)
        with store_lock(settings):
            removed = collect(settings, also_keep=name)
        removed_total += len(removed)
        kept = ids(settings)
        assert pointed in kept and name in kept and set(known[-KEEP:]) <= set(kept)
        assert len(kept) <= KEEP + 1
        assert set(removed) == set(known) - set(kept)
    assert removed_total > 50 and seed not in ids(settings)


def beside(settings: Settings, marker: int, day: date) -> str:
    return publish_marker(settings, marker, as_of=day, is_beside=True).id


def test_what_stands_beside_is_kept_by_day_and_never_becomes_current_by_itself(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(KEEP + 2)]
    assert not settings.current.exists()
    first = beside(settings, 100, days[0])
    with pytest.raises(NothingPublished, match="nothing is published") as caught:
        current_publication(settings)
    assert str(days[0]) in caught.value.remedy
    with pytest.raises(NothingPublished, match="nothing is published"):
        fix_pointer(settings)
    line = [publish_marker(settings, marker).id for marker in range(1, KEEP + 1)]
    again = beside(settings, 101, days[0])
    others = [beside(settings, 102 + number, day) for number, day in enumerate(days[1:])]
    assert seen_marker(settings) == KEEP
    kept = ids(settings)
    assert first not in kept and again not in kept, "pushed out by the same day and by five newer days"
    assert kept == [*line, *others[-KEEP:]]
    assert rollback(settings).id == line[-2], "what stands beside is no publication to go back to"
    assert rollback(settings, others[-1]).id == others[-1] and seen_marker(settings) == 102 + KEEP
    assert rollback(settings).id == line[-1]
    settings.current.unlink()
    fix_pointer(settings)
    assert seen_marker(settings) == KEEP
    for marker in range(KEEP + 1, 2 * KEEP + 1):
        publish_marker(settings, marker)
    assert ids(settings)[:KEEP] == others[-KEEP:], "five newer ones push out nothing beside"


def test_going_back_from_a_publication_without_a_manifest(three: Settings) -> None:
    _, second, third = ids(three)
    (three.publications / third / "manifest.json").unlink()
    assert rollback(three).id == second and seen_marker(three) == 2


def test_a_publication_without_a_manifest_does_not_push_out_a_good_one(tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    first = publish_marker(settings, 1).id
    for day in range(1, KEEP):
        broken = settings.publications / f"2099010{day}T000000000000Z-000000000000"
        broken.mkdir()
    with store_lock(settings):
        assert collect(settings, also_keep=first) == ()
    assert first in ids(settings)


def test_leftovers_of_a_kill_are_cleared_by_the_next_publication(three: Settings) -> None:
    (three.publications / ".tmp-dead").mkdir()
    (three.publications / ".tmp-dead" / "hashwatt.duckdb").write_bytes(b"half")
    (three.home / ".current-dead").symlink_to("publications/x")
    publish_marker(three, 4)
    assert not (three.publications / ".tmp-dead").exists()
    assert not (three.home / ".current-dead").is_symlink()


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(HashwattError, match="home"):
        rollback(settings_for(tmp_path / "home"))

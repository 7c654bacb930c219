"""A home in one file while it is used, and out of it elsewhere: whole, or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from orchestration.publish.lock import writer_lock
from orchestration.publish.store import BUILD_PREFIX, damages, list_publications, pointed_id
from orchestration.settings import Settings
from tests.faults.publication_kit import publish_marker, seen_marker, settings_for
from tests.unit.test_cli import run


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home in use: two publications, an archive, and what a killed run left."""
    settings = settings_for(tmp_path_factory.mktemp("backup") / "home")
    publish_marker(settings, 1)
    publish_marker(settings, 2)
    for name in ("archive/bytes", "lake/part", f"publications/{BUILD_PREFIX}killed/half", "builds/run/hashwatt.duckdb"):
        file = settings.home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name, encoding="utf-8")
    return settings


@pytest.fixture
def elsewhere(tmp_path: Path) -> Settings:
    return settings_for(tmp_path / "elsewhere" / "home")


def saved(home: Settings, folder: Path) -> Path:
    done = run(home, "backup", str(folder))
    assert done.exit_code == 0, done.stderr
    (file,) = folder.glob("*.tar")
    return file


def test_what_is_restored_is_what_was_there_and_nothing_half(
    home: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    file = saved(home, tmp_path)
    done = run(elsewhere, "restore", str(file))
    assert done.exit_code == 0 and str(pointed_id(home)) in done.stdout, done.stderr
    assert [one.id for one in list_publications(elsewhere)] == [one.id for one in list_publications(home)]
    assert not any(damages(one) for one in list_publications(elsewhere))
    assert (pointed_id(elsewhere), seen_marker(elsewhere)) == (pointed_id(home), 2)
    assert (elsewhere.archive / "bytes").read_text(encoding="utf-8") == "archive/bytes"
    left = {path.name for path in elsewhere.home.iterdir()}
    assert left & {"archive", "lake", "builds"} == {"archive", "lake"}
    assert not list(elsewhere.publications.glob(f"{BUILD_PREFIX}*"))
    publish_marker(elsewhere, 3)
    assert seen_marker(elsewhere) == 3, "the next publication finds its place"


@pytest.mark.parametrize("folder", ["nowhere", "file"])
def test_a_folder_that_is_none_is_told_as_such(home: Settings, tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    done = run(home, "backup", str(tmp_path / folder / "home.tar"))
    assert done.exit_code == 1
    assert "the backup could not be written" in done.stderr and "see that the folder exists" in done.stderr


def test_a_running_refresh_is_waited_for(home: Settings, tmp_path: Path) -> None:
    with writer_lock(home):
        assert run(home, "backup", str(tmp_path)).exit_code == 4
    assert list(tmp_path.iterdir()) == [], "nothing half is left"


def test_nothing_is_overwritten(home: Settings, tmp_path: Path) -> None:
    file = saved(home, tmp_path)
    before = file.read_bytes()
    assert run(home, "backup", str(file)).exit_code == 1 and file.read_bytes() == before
    done = run(home, "restore", str(file))
    assert done.exit_code == 1 and "is not empty" in done.stderr
    inside = run(home, "backup", str(home.home / "backup.tar"))
    assert inside.exit_code == 1 and "inside the home" in inside.stderr


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.6, 0.99])
def test_a_torn_file_restores_nothing(home: Settings, elsewhere: Settings, tmp_path: Path, kept: float) -> None:
    file = saved(home, tmp_path)
    whole = file.read_bytes()
    # What follows the last entry is zeros; a cut there loses nothing.
    with tarfile.open(file) as tar:
        end = tar.getmember("end-of-backup").offset
    # Between two entries, where a torn file reads like a whole one.
    file.write_bytes(whole[: int(end * kept) // 512 * 512])
    done = run(elsewhere, "restore", str(file))
    assert done.exit_code in (1, 5) and "what to do:" in done.stderr
    assert not elsewhere.home.exists() and list(elsewhere.home.parent.glob("*")) == []


@pytest.mark.parametrize("knows_filters", [True, False])
@pytest.mark.parametrize(
    ("name", "link"),
    [
        ("../outside", ""),
        ("/tmp/outside", ""),
        ("archive/../../outside", ""),
        ("archive", "../outside"),
        ("archive", "/tmp/outside"),
    ],
)
def test_a_file_that_names_what_lies_outside_restores_nothing(
    elsewhere: Settings, tmp_path: Path, name: str, link: str, knows_filters: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not knows_filters:
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
    file = tmp_path / "foreign.tar"
    with tarfile.open(file, "w") as tar:
        entry = tarfile.TarInfo(name)
        entry.size, entry.linkname = (0, link) if link else (1, "")
        entry.type = tarfile.SYMTYPE if link else tarfile.REGTYPE
        tar.addfile(entry, io.BytesIO(b"x"))
    assert run(elsewhere, "restore", str(file)).exit_code in (1, 5)
    assert not elsewhere.home.exists() and not (tmp_path / "elsewhere" / "outside").exists()

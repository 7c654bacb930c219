"""Whole refreshes of homes in odd places: a path full of letters that mean something elsewhere, a disk without room."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.faults import FULL_BYTES
from orchestration.settings import Settings
from tests.e2e.conftest import Home
from tests.e2e.live_world import copy_of
from tests.faults.publication_kit import process_env

NASTY = " -a'b\"c {{ d }} {% e %} $HOME #;&=|<>! 100%\n漢字 "


def hashwatt(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "orchestration.cli.main", *arguments]
    return subprocess.run(command, env=process_env(settings), capture_output=True, text=True)


@pytest.mark.e2e
@pytest.mark.long
def test_a_refresh_in_a_folder_of_a_nasty_name(tmp_path: Path) -> None:
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path / NASTY / "home")})
    done = hashwatt(settings, "refresh", "--quiet")
    assert done.returncode == 0, done.stderr
    assert "APLD" in done.stdout
    looked = hashwatt(settings, "doctor")
    assert looked.returncode == 0, looked.stdout
    assert [path for path in tmp_path.rglob("*") if not path.is_relative_to(settings.home.parent)] == []
    assert os.listdir(settings.home.parent) == ["home"]


@pytest.fixture
def small_disk(first_home: Home, tmp_path: Path) -> Iterator[Settings]:
    """The first home on a disk with room for not much more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    used = sum(path.stat().st_size for path in first_home.settings.home.rglob("*") if path.is_file())
    size = used + FULL_BYTES
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("no file system may be mounted here")
    try:
        yield copy_of(first_home.settings, disk)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.e2e
@pytest.mark.long
def test_a_full_disk_is_named_readers_keep_what_they_had_and_the_room_comes_back(small_disk: Settings) -> None:
    before, free = os.readlink(small_disk.current), shutil.disk_usage(small_disk.home).free
    done = hashwatt(small_disk, "refresh", "--force", "--quiet")
    assert done.returncode == 1 and "is full" in done.stderr and "free some space" in done.stderr, done.stderr
    assert not any(word in done.stderr for word in ("Error", "Errno", "I/O"))
    assert os.readlink(small_disk.current) == before
    assert "39" in hashwatt(small_disk, "query", "select count(*) from dim_issuer").stdout
    assert not small_disk.builds.exists() or not any(small_disk.builds.iterdir())
    assert shutil.disk_usage(small_disk.home).free > free - FULL_BYTES / 2
    # The remedy, followed: more room, the same command.
    subprocess.run(["mount", "-o", "remount,size=2g", str(small_disk.home.parent)], check=True)
    done = hashwatt(small_disk, "refresh", "--force", "--quiet")
    assert done.returncode == 0, done.stderr

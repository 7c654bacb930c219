"""A home in one file while it is used, and out of it elsewhere: archive, lake, publications with their checks, and the pointer."""

from __future__ import annotations

import os
import shutil
import tarfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final

from ingestion.fetch.storage import sync
from orchestration import clock
from orchestration.errors import HashwattError, PublicationDamaged
from orchestration.publish.lock import writer_lock
from orchestration.publish.store import BUILD_PREFIX, current_publication, damages, store_lock
from orchestration.settings import Settings

# What a run writes anew, or what is of this machine alone.
_END: Final = "end-of-backup"
_LEFT_OUT: Final = ("builds", "charts", "dbt", "dagster", "logs", "limits", "refresh.lock.json")


def back_up(settings: Settings, target: Path, wait_seconds: float) -> Path:
    """Write the home into `target`, a new file, or into a new file in the folder `target`; returns the file.

    Waits for a running refresh to end, for `wait_seconds` at most, and keeps the next one waiting; readers and the schedule go
    on. Raises RefreshRunning, and HashwattError when there is no home, or the file is there or cannot be written.
    """
    if not settings.home.is_dir():
        raise HashwattError(f"there is no home {settings.home}", "check HASHWATT_HOME")
    target = target.absolute()
    file = target / f"hashwatt-{clock.now_utc():%Y%m%dT%H%M%SZ}.tar" if target.is_dir() else target
    if file.is_relative_to(settings.home):
        raise HashwattError(f"{file} is inside the home", "name a file outside it, best on another disk")
    if file.exists():
        raise HashwattError(f"{file} is there already", "name a new file, or a folder, in which the file gets a name")
    unfinished = file.with_name(f"{file.name}.unfinished")
    try:
        with (
            writer_lock(settings, wait_seconds),
            store_lock(settings),
            tarfile.open(unfinished, "w") as tar,
        ):
            for path in sorted(settings.home.iterdir()):
                if path.name not in _LEFT_OUT and path.suffix != ".lock":
                    tar.add(path, path.name, filter=_whole)
            # A file that was cut between two entries reads like a whole one.
            tar.addfile(tarfile.TarInfo(_END))
        sync(unfinished)
        unfinished.rename(file)
        sync(file.parent)
    except OSError as error:
        raise HashwattError(
            f"the backup could not be written: {error.strerror or error}: {error.filename or file}",
            "see that the folder exists, may be written and has room",
        ) from error
    finally:
        # Where its folder is none there is nothing to remove either, and the error above says so.
        with suppress(OSError):
            unfinished.unlink()
    return file


def restore(settings: Settings, file: Path) -> str:
    """Make the home anew from `file`, and return the id that `current` names in it. All or nothing: the home appears whole.

    Raises HashwattError when the home holds anything, or the file is no backup, torn, or names what lies outside it;
    PublicationDamaged when its current publication does not match its manifest, NothingPublished when it has none, and
    everything follows from a ledger and the sources anyhow.
    """
    home = settings.home
    if home.is_dir() and any(home.iterdir()):
        raise HashwattError(f"{home} is not empty", "name a new folder by HASHWATT_HOME; nothing is overwritten")
    unfinished = home.with_name(f"{home.name}.restoring-{os.getpid()}")
    try:
        unfinished.mkdir(parents=True)
        with tarfile.open(file, "r:") as tar:
            # A Python before 3.11.4, as Debian 12 has it, knows no filter, and `_of_a_home` alone guards it.
            tar.extraction_filter = getattr(tarfile, "data_filter", lambda entry, path: entry)
            tar.extractall(unfinished, members=map(_of_a_home, tar))
        (unfinished / _END).unlink()
        now = current_publication(Settings.from_env({"HASHWATT_HOME": str(unfinished)}))
        if found := damages(now):
            raise PublicationDamaged(
                f"publication {now.id} is damaged in {file}: {'; '.join(found)}", "use another backup"
            )
        unfinished.rename(home)
        sync(home.parent)
    except (OSError, tarfile.TarError, EOFError) as error:
        raise HashwattError(
            f"{file} could not be restored: {error}", "see that it is a whole backup, and that there is room"
        ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return now.id


def _whole(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """All but what a publication that was killed left behind; owners are of this machine."""
    if any(part.startswith((BUILD_PREFIX, ".current-")) for part in Path(entry.name).parts):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _of_a_home(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """The entry, a file, a folder or a link in the home; raises TarError for what is none or leads out of it."""
    names = [PurePosixPath(name) for name in (entry.name, entry.linkname)]
    if any(name.is_absolute() or ".." in name.parts for name in names) or not (
        entry.isfile() or entry.isdir() or entry.issym()
    ):
        raise tarfile.TarError(f"{entry.name} is no part of a home")
    return entry

"""What the operating system and libraries say when a home cannot be used, told as one line with a remedy. Nothing is mended."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from orchestration.errors import HashwattError
from orchestration.settings import Settings

# A refresh needs some tens of megabytes; what is left when one stops for want of room is less than this.
FULL_BYTES: Final = 20_000_000

_RESTS = "readers keep the last publication"
# What is said, in whoever's words; what it means for the path that is named, or the home; what to do.
_KNOWN: Final = (
    (
        "No space left on device|disk is full|Disk quota exceeded",
        "the disk of {path} is full",
        "free some space there and run the command again; " + _RESTS,
    ),
    (
        "Read-only file system",
        "{path} cannot be written: its file system is read-only",
        "set HASHWATT_HOME to a folder that can be written; a home that is there can still be read",
    ),
    (
        "Permission denied|Operation not permitted|readonly database",
        "no right to read or write {path}: it belongs to {owner}",
        "run the command as {owner}, or set HASHWATT_HOME to a folder of your own",
    ),
    (
        "Too many open files",
        "this process may not open as many files as it needs",
        "raise the limit, for instance by `ulimit -n 1024`, and run the command again; " + _RESTS,
    ),
    (
        "File exists|Not a directory",
        "{path} is no folder, and one is needed there",
        "move it away, or set HASHWATT_HOME to a folder",
    ),
    (
        "Too many levels of symbolic links",
        "{path} is a link that leads to itself",
        "remove it, or set HASHWATT_HOME to a folder",
    ),
    (
        "File name too long",
        "{path} is too long a path for this file system",
        "set HASHWATT_HOME to a shorter one",
    ),
    (
        "disk I/O error|Input/output error",
        "the disk of {path} cannot be read or written",
        "look for errors of that disk in the system's log, then run `hashwatt doctor`; " + _RESTS,
    ),
)
_PATH = re.compile(r"""(['"])(/.+?)\1""")


def plain(said: Exception | str, settings: Settings | None) -> HashwattError | None:
    """The error in plain words, with what to do; None where it is none that the operating system or a disk gave."""
    for pattern, message, remedy in _KNOWN:
        if not re.search(pattern, str(said), re.IGNORECASE):
            continue
        quoted = _PATH.search(str(said))
        named = (said.filename if isinstance(said, OSError) else None) or (quoted and quoted[2])
        if named:
            path = Path(os.fsdecode(named))
        elif settings:
            path = settings.home
        else:
            return None
        if "I/O" in pattern and disk_is_full(path):
            return plain("disk is full", settings)
        if os.path.islink(path) and not os.path.exists(path):
            message, remedy = "{path} is a link to a place that does not exist", "make that place or remove the link"
        told = {"path": path, "owner": _owner(path)}
        return HashwattError(message.format(**told), remedy.format(**told))
    return None


def require_writable(settings: Settings) -> None:
    """Make the home unless it is there and see that it can be written; raises HashwattError, with whose it is."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        try:
            tempfile.TemporaryFile(dir=settings.home).close()
        except OSError as error:
            error.filename = str(settings.home)
            raise
    except OSError as error:
        raise plain(error, settings) or HashwattError(f"{settings.home} cannot be written: {error}") from error


def disk_is_full(path: Path) -> bool:
    """Whether the disk of `path`, or of the nearest folder above that is there, has no room to work in."""
    place = next(folder for folder in (path, *path.parents) if os.path.exists(folder))
    return shutil.disk_usage(place).free < FULL_BYTES


def _owner(path: Path) -> str:
    """Whose the path is, or the nearest folder above that can be looked at."""
    import pwd

    for place in (path, *path.parents):
        with suppress(OSError):
            number = place.lstat().st_uid
            try:
                return pwd.getpwuid(number).pw_name
            except KeyError:
                return f"user {number}"
    return "somebody else"

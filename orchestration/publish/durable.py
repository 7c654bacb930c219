"""Files that survive a power cut: write, fsync, rename. Nothing here knows what the files mean."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_CHUNK = 1 << 20


def sync_file(path: Path) -> None:
    """Ask the system to put the file's content on the disk; raises OSError."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Ask the system to put the folder's entries on the disk; raises OSError."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def sync_tree(folder: Path) -> None:
    """Sync every file below `folder`, then the folders, deepest first, then `folder` itself."""
    folders = [folder]
    for path in sorted(folder.rglob("*")):
        if path.is_dir():
            folders.append(path)
        else:
            sync_file(path)
    for path in reversed(folders):
        sync_folder(path)


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal; raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

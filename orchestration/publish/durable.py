"""Files that survive a power cut: write, fsync, rename. Nothing here knows what the files mean."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def sync(path: Path) -> None:
    """Ask the system to put a file's content, or a folder's entries, on the disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Sync everything below `folder`, what is in a folder before the folder, and `folder` itself last."""
    for path in [*sorted(folder.rglob("*"), reverse=True), folder]:
        sync(path)


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

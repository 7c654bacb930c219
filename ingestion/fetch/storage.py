"""Bytes in and out of a folder, atomically and lasting. Knows nothing of tables or formats."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SEAL = "seal_sha256"


class Storage:
    """A folder of files named by their path inside it, with slashes.

    A reader sees the old bytes of a name or the new ones, also after a power loss: what is written is synced under
    another name and renamed.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = str(Path(root).absolute())

    def path(self, name: str) -> str:
        """The full path of `name` inside the folder; raises ValueError for a name that would leave it."""
        parts = name.split("/")
        if name.startswith("/") or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"not a name inside the folder: {name!r}")
        return f"{self.root}/{name}"

    def exists(self, name: str) -> bool:
        return os.path.isfile(self.path(name))

    def read(self, name: str) -> bytes:
        """All bytes of `name`; raises FileNotFoundError."""
        return Path(self.path(name)).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Write `content` to `name`, whole or not at all."""
        with self.scratch() as temporary:
            temporary.write_bytes(content)
            self.take(name, temporary)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A path for a file that `take` may move in without copying; what is left there at the end is removed."""
        path = Path(self.path("incoming")) / f"{uuid.uuid4().hex}.tmp"
        _make_folders(path.parent)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def take(self, name: str, path: Path) -> None:
        """Move the file `path` of the same disk to `name`, never held in memory, with the promise of `write`."""
        target = Path(self.path(name))
        sync(path)
        _make_folders(target.parent)
        os.replace(path, target)
        sync(target.parent)

    def sha256(self, name: str) -> str | None:
        """The hash of the bytes of `name`, read piece by piece; None when there is no such file."""
        try:
            return sha256_of(Path(self.path(name)))
        except FileNotFoundError:
            return None

    def delete(self, name: str) -> None:
        path = Path(self.path(name))
        path.unlink()
        sync(path.parent)

    def move(self, name: str, to: str) -> None:
        """Give the file `name` the name `to`, for good."""
        path, target = Path(self.path(name)), Path(self.path(to))
        _make_folders(target.parent)
        os.replace(path, target)
        sync(target.parent)
        sync(path.parent)

    def list(self, folder: str) -> list[str]:
        """Names of the files below `folder`, sorted; temporary files of interrupted writes are left out."""
        inside = len(self.root) + 1
        found = os.walk(self.path(folder))
        return sorted(f"{at}/{n}"[inside:] for at, _, names in found for n in names if not n.endswith(".tmp"))


def sealed(fields: Mapping[str, object]) -> bytes:
    """JSON of `fields` that says by a hash of its own whether it was altered since."""
    return json.dumps({**fields, SEAL: _seal(fields)}, indent=1, sort_keys=True).encode()


def unsealed(content: bytes) -> dict[str, Any]:
    """The fields that `sealed` was given; raises ValueError when they are not those any more.

    A document without a seal was written before there were any, and says what it says.
    """
    fields = json.loads(content)
    if not isinstance(fields, dict):
        raise ValueError("it holds no object")
    if (seal := fields.pop(SEAL, None)) is not None and seal != _seal(fields):
        raise ValueError("it was altered after it was written")
    return fields


def _seal(fields: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _make_folders(folder: Path) -> None:
    """Create `folder` and its parents, syncing each parent that gained an entry."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync(path.parent)


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Ask the system to put a file's content, or a folder's entries, on the disk; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Bytes in and out of any pyarrow file system, atomically. Knows nothing of tables or formats."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pyarrow import fs


class Storage:
    """A folder on a pyarrow file system.

    `root` is a local path, a URI such as ``s3://bucket/prefix``, or a path inside `filesystem`.
    Writes are atomic: on a local disk through a synced temporary file and a rename, on object stores because an
    object appears when its upload is closed.
    """

    def __init__(self, root: str | Path, filesystem: fs.FileSystem | None = None) -> None:
        if filesystem is not None:
            self.filesystem, self.root = filesystem, str(root).rstrip("/")
        elif "://" in str(root):
            self.filesystem, path = fs.FileSystem.from_uri(str(root))
            self.root = path.rstrip("/")
        else:
            self.filesystem, self.root = fs.LocalFileSystem(), str(Path(root).absolute())
        self.is_local = isinstance(self.filesystem, fs.LocalFileSystem)

    def path(self, name: str) -> str:
        """The full path of `name` inside the folder; raises ValueError for a name that would leave it."""
        parts = name.split("/")
        if name.startswith("/") or any(part in ("", ".", "..") for part in parts):
            raise ValueError(f"not a name inside the folder: {name!r}")
        return f"{self.root}/{name}"

    def exists(self, name: str) -> bool:
        return bool(self.filesystem.get_file_info(self.path(name)).type == fs.FileType.File)

    def read(self, name: str) -> bytes:
        """All bytes of `name`; raises FileNotFoundError."""
        with self.filesystem.open_input_stream(self.path(name)) as stream:
            return bytes(stream.read())

    def write(self, name: str, content: bytes) -> None:
        """Write `content` to `name` so that a reader sees the old bytes or the new ones, also after a power loss."""
        target = self.path(name)
        parent = target.rsplit("/", 1)[0]
        if not self.is_local:
            self.filesystem.create_dir(parent, recursive=True)
            with self.filesystem.open_output_stream(target) as stream:
                stream.write(content)
            return
        _make_folders(Path(parent))
        temporary = f"{target}.{uuid.uuid4().hex}.tmp"
        try:
            with open(temporary, "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_folder(Path(parent))

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A path for a file that `take` may move in without copying; what is left there at the end is removed."""
        if self.is_local:
            folder = Path(self.path("incoming"))
            _make_folders(folder)
        else:
            folder = Path(tempfile.gettempdir())
        path = folder / f"{uuid.uuid4().hex}.tmp"
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    def take(self, name: str, path: Path) -> None:
        """Move the local file `path` to `name`, never held in memory, with the promise of `write`."""
        target = self.path(name)
        if not self.is_local:
            self.filesystem.create_dir(target.rsplit("/", 1)[0], recursive=True)
            fs.copy_files(str(path), target, destination_filesystem=self.filesystem)
            path.unlink()
            return
        with open(path, "rb") as handle:
            os.fsync(handle.fileno())
        _make_folders(Path(target).parent)
        os.replace(path, target)
        sync_folder(Path(target).parent)

    def sha256(self, name: str) -> str | None:
        """The hash of the bytes of `name`, read piece by piece; None when there is no such file."""
        try:
            stream = self.filesystem.open_input_stream(self.path(name))
        except FileNotFoundError:
            return None
        digest = hashlib.sha256()
        with stream:
            while piece := stream.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()

    def delete(self, name: str) -> None:
        self.filesystem.delete_file(self.path(name))

    def move(self, name: str, to: str) -> None:
        self.filesystem.create_dir(self.path(to).rsplit("/", 1)[0], recursive=True)
        self.filesystem.move(self.path(name), self.path(to))

    def list(self, folder: str) -> list[str]:
        """Names of the files below `folder`, sorted; temporary files of interrupted writes are left out."""
        selector = fs.FileSelector(self.path(folder), recursive=True, allow_not_found=True)
        infos = self.filesystem.get_file_info(selector)
        prefix = len(self.root) + 1
        return sorted(i.path[prefix:] for i in infos if i.type == fs.FileType.File and not i.path.endswith(".tmp"))


def _make_folders(folder: Path) -> None:
    """Create `folder` and its parents, syncing each parent that gained an entry."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power loss."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

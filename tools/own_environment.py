"""Environments for what the project itself does not depend on: made once for a list of packages, and again when the list changes."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def environment(folder: Path, packages: Sequence[str]) -> Path:
    """A Python with `packages`, each pinned as `name==version`, in `folder`; raises CalledProcessError when pip cannot install."""
    python = folder / "bin" / "python"
    wanted = "\n".join(packages)
    stamp = folder / "installed.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"hashwatt: installing {', '.join(packages)} into {folder}; takes some minutes", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *packages], check=True)
    stamp.write_text(wanted)
    return python

"""Makes `.venv` from requirements.lock, or finds that it is up to date and touches nothing. Standard library only.

A stamp in `.venv` names what was installed: the hashes of the lock and of pyproject.toml, and the interpreter. It is
written last, so an install that was cut off is taken up again by the next call.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SERVING = ("3.11", "3.12", "3.13")
# Settings of a person's shell or of an active environment that would send packages, or look for them, elsewhere.
MISLEADING = (
    "PIP_PREFIX",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_TARGET",
    "PIP_USER",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
)


def say(message: str) -> None:
    print(f"hashwatt: {message}", flush=True)


class Environment:
    """The environment `.venv` of the working copy at `root`: whether it is current, and how it is made so."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self.stamp = self.folder / "installed.txt"
        self.child_environment = {k: v for k, v in os.environ.items() if k not in MISLEADING}

    def interpreter(self) -> str:
        """Version of the interpreter in `.venv`, such as "3.12"; empty where there is none that runs."""
        if not self.python.exists():
            return ""
        asked = subprocess.run(
            [self.python, "-Ic", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.stdout.strip()

    def wanted(self) -> str:
        """What the stamp of a current environment says: the interpreter and the two hashes."""
        parts = [f"python {self.interpreter()}"]
        for name in ("requirements.lock", "pyproject.toml"):
            parts.append(f"{name} {hashlib.sha256((self.root / name).read_bytes()).hexdigest()}")
        return "\n".join(parts) + "\n"

    def is_current(self) -> bool:
        return self.stamp.exists() and self.stamp.read_text() == self.wanted()

    def make(self) -> None:
        """Creates `.venv` where there is none, or where its interpreter is gone or outside 3.11 to 3.13."""
        if self.interpreter() in SERVING:
            return
        if self.folder.exists():
            say("the interpreter of .venv is gone or too old or too new: making .venv anew")
            shutil.rmtree(self.folder)
        say(f"making .venv with Python {sys.version.split()[0]}")
        self._run(self._venv_command(), "could not make .venv; on Debian and Ubuntu: apt install python3-venv")

    def install(self) -> None:
        """Installs exactly what the lock names, then hashwatt itself in place, then writes the stamp."""
        self.stamp.unlink(missing_ok=True)
        self._drop_half_installed()
        lock = (self.root / "requirements.lock").read_text()
        count = sum(1 for line in lock.splitlines() if line[:1].isalnum())
        say(f"installing up to {count} packages from requirements.lock; a first time takes one to four minutes")
        packages = ["--no-deps", "--require-hashes", "--requirement", "requirements.lock"]
        itself = ["--no-deps", "--no-build-isolation", "--editable", "."]
        uv = shutil.which("uv")
        if not (uv and self._install_with_uv(uv, packages)):
            self._install_with_pip(packages, count)
        if not (uv and self._install_with_uv(uv, itself)):
            self._install_with_pip(["--no-index", *itself], 1)
        self.stamp.write_text(self.wanted())

    def _venv_command(self) -> list[str | Path]:
        # Some distributions split ensurepip off; uv makes an environment without it and brings its own installer.
        uv = shutil.which("uv")
        has_pip = subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False)
        if has_pip.returncode != 0 and uv:
            return [uv, "venv", "--quiet", "--python", sys.executable, self.folder]
        return [sys.executable, "-m", "venv", self.folder]

    def _install_with_pip(self, arguments: list[str], count: int) -> None:
        """Runs pip and tells how far it is; what it wrote is shown when it fails. Raises SystemExit then."""
        # Bytecode comes with the first import. Compiling everything now would be two fifths of the install, most of it for
        # modules that nobody imports.
        install = ["install", "--no-compile", *arguments]
        command = [str(self.python), "-m", "pip", "--disable-pip-version-check", *install]
        written: list[str] = []
        seen = 0
        with subprocess.Popen(
            command,
            cwd=self.root,
            env=self.child_environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as pip:
            for line in pip.stdout or ():
                written.append(line)
                seen += line.startswith(("Collecting ", "Requirement already satisfied"))
                if line.startswith(("Collecting ", "Requirement already satisfied")) and seen % 25 == 0:
                    say(f"{seen} of {count} packages at hand")
                elif line.startswith("Installing collected packages") and count > 1:
                    say("unpacking")
        if pip.returncode != 0:
            sys.stdout.writelines(written[-40:])
            raise SystemExit(f"hashwatt: pip could not install; its last lines stand above ({' '.join(command)})")

    def _install_with_uv(self, uv: str, arguments: list[str]) -> bool:
        done = subprocess.run(
            [uv, "pip", "install", "--python", str(self.python), *arguments],
            cwd=self.root,
            env=self.child_environment,
            check=False,
        )
        if done.returncode != 0:
            say("uv did not manage; trying pip, which knows this machine's package index")
        return done.returncode == 0

    def _drop_half_installed(self) -> None:
        # RECORD and INSTALLER are the last files an installer writes: a package without them was cut off, and both
        # pip and uv would take it for installed.
        for record in self.folder.glob("lib/python*/site-packages/*.dist-info"):
            if not ((record / "RECORD").exists() and (record / "INSTALLER").exists()):
                say(f"{record.name} was cut off and is installed again")
                shutil.rmtree(record)

    def _run(self, command: list[str | Path], failure: str) -> None:
        done = subprocess.run(command, cwd=self.root, env=self.child_environment, check=False)
        if done.returncode != 0:
            raise SystemExit(f"hashwatt: {failure} (the command was: {' '.join(map(str, command))})")


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Two makes at once in one working copy: the second waits until the first has installed."""
    with (root / ".bootstrap.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(root: Path) -> bool:
    """Brings `.venv` under `root` up to date; True when something had to be installed."""
    environment = Environment(root)
    if environment.is_current():
        return False
    with alone(root):
        if environment.is_current():
            return False
        started = time.monotonic()
        environment.make()
        environment.install()
        say(f"installed in {time.monotonic() - started:.0f} s")
    return True


if __name__ == "__main__":
    ensure(ROOT)

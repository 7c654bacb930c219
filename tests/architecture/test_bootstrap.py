"""The environment that `make` prepares: nothing is installed twice, a cut-off install is taken up, a wrong Python is named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.syntax import ROOT
from tools.bootstrap import Environment


class Recording(Environment):
    """An environment whose installer notes what it was asked for, and fails when told to."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: list[str] = []
        self.fails = False

    def _install_with_uv(self, uv: str, arguments: list[str]) -> bool:
        return False

    def _install_with_pip(self, arguments: list[str], count: int) -> None:
        self.asked.append(" ".join(arguments))
        if self.fails:
            raise SystemExit("cut off")


@pytest.fixture
def environment(tmp_path: Path) -> Recording:
    (tmp_path / "requirements.lock").write_text("click==8.4.2\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    made = Recording(tmp_path)
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to(sys.executable)
    return made


def test_a_second_call_finds_nothing_to_do(environment: Recording) -> None:
    assert not environment.is_current()
    environment.install()
    assert environment.is_current()
    lock, itself = environment.asked
    assert "--require-hashes" in lock and "requirements.lock" in lock
    assert "--editable" in itself and "--no-index" in itself


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_either_file_is_noticed(environment: Recording, name: str) -> None:
    environment.install()
    with (environment.root / name).open("a") as handle:
        handle.write("# changed\n")
    assert not environment.is_current()


def test_an_install_that_was_cut_off_leaves_no_stamp(environment: Recording) -> None:
    environment.install()
    (environment.root / "requirements.lock").write_text("click==8.4.3\n")
    environment.fails = True
    with pytest.raises(SystemExit):
        environment.install()
    (environment.root / "requirements.lock").write_text("click==8.4.2\n")
    assert not environment.is_current(), "the old stamp would vouch for a half-installed environment"


def test_a_half_installed_package_is_dropped(environment: Recording) -> None:
    packages = environment.folder / "lib" / "python3.11" / "site-packages"
    whole, cut = packages / "click-8.4.2.dist-info", packages / "rich-15.0.0.dist-info"
    for record, names in ((whole, ("METADATA", "INSTALLER", "RECORD")), (cut, ("METADATA", "INSTALLER"))):
        record.mkdir(parents=True)
        for name in names:
            (record / name).touch()
    environment.install()
    assert whole.exists() and not cut.exists()


@pytest.mark.slow
def test_a_broken_interpreter_is_replaced(environment: Recording) -> None:
    environment.install()
    environment.python.unlink()
    environment.python.symlink_to("/nowhere/python3")
    assert not environment.is_current()
    environment.make()
    asked = subprocess.run([environment.python, "-c", "print('alive')"], capture_output=True, text=True, check=True)
    assert asked.stdout == "alive\n"


def test_settings_of_another_environment_do_not_reach_the_installer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    monkeypatch.setenv("PIP_CERT", "/etc/certificate")
    child = Environment(tmp_path).child_environment
    assert "PIP_TARGET" not in child and "VIRTUAL_ENV" not in child
    assert child["PIP_CERT"] == "/etc/certificate"


def test_a_python_that_does_not_serve_is_named(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\n[ \"$1\" = --version ] && { echo 'Python 3.9.18'; exit 0; }\nexit 1\n")
    old.chmod(0o755)
    for tool in ("make", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    done = subprocess.run(
        ["make", "--no-print-directory", "-f", ROOT / "Makefile", "venv"],
        cwd=tmp_path,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "Python 3.9.18" in done.stderr
    assert not (tmp_path / ".venv").exists()

"""The script that every change passes: its order, that it stops at the first failure, and the line it ends with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.architecture.syntax import ROOT

CLOSING = "=================== 7 passed, 1 skipped in 1.23s ==================="


def run_ci(tmp_path: Path, *failing: str) -> tuple[int, list[str], list[str]]:
    """Runs .ci/run with a `make` that only notes its target; gives exit code, targets asked for, lines printed."""
    notes = tmp_path / "targets.txt"
    make = tmp_path / "make"
    make.write_text(
        "#!/bin/sh\n"
        "for target; do :; done\n"
        f'echo "$target" >> {notes}\n'
        'echo "$target: begins"\n'
        f'[ "$target" = test ] && echo "{CLOSING}"\n'
        'echo "$target: ends"\n'
        f'case " {" ".join(failing)} " in *" $target "*) exit 1;; esac\n'
    )
    make.chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, notes.read_text().split(), done.stdout.splitlines()


def test_the_order_and_the_closing_line(tmp_path: Path) -> None:
    code, targets, lines = run_ci(tmp_path)
    assert code == 0
    assert (targets[0], set(targets[1:3]), targets[3:]) == ("venv", {"lint", "types"}, ["test", "refresh"])
    assert lines[-1] == CLOSING
    assert lines.index("refresh: ends") < len(lines) - 1
    # What runs side by side is printed apart.
    for target in ("lint", "types"):
        assert lines.index(f"{target}: ends") == lines.index(f"{target}: begins") + 1


@pytest.mark.parametrize(
    ("failing", "reached"),
    [
        (["venv"], ["venv"]),
        (["lint"], ["lint", "types", "venv"]),
        (["types"], ["lint", "types", "venv"]),
        (["test"], ["lint", "test", "types", "venv"]),
        (["refresh"], ["lint", "refresh", "test", "types", "venv"]),
    ],
)
def test_the_first_failure_ends_it(tmp_path: Path, failing: list[str], reached: list[str]) -> None:
    code, targets, lines = run_ci(tmp_path, *failing)
    assert code != 0
    assert sorted(targets) == reached
    assert {line for line in lines if line.endswith(": ends")} == {f"{target}: ends" for target in reached}

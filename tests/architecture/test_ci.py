"""The script that every change passes: its order, that it stops at the first failure, and the line it ends with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.architecture.syntax import ROOT

CLOSING = "=================== 7 passed, 1 skipped in 1.23s ==================="


def run_ci(tmp_path: Path, failing: str = "") -> tuple[int, list[str], list[str]]:
    """Runs .ci/run with a `make` that only notes its target; gives exit code, targets asked for, lines printed."""
    notes = tmp_path / "targets.txt"
    make = tmp_path / "make"
    make.write_text(
        "#!/bin/sh\n"
        "for target; do :; done\n"
        f'echo "$target" >> {notes}\n'
        f'[ "$target" = test ] && echo "{CLOSING}"\n'
        '[ "$target" = refresh ] && echo "published"\n'
        f'[ "$target" != "{failing}" ]\n'
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
    assert targets == ["lint", "types", "test", "refresh"]
    assert lines[-1] == CLOSING
    assert lines.index("published") < len(lines) - 1


@pytest.mark.parametrize(
    ("failing", "reached"),
    [
        ("lint", ["lint"]),
        ("types", ["lint", "types"]),
        ("test", ["lint", "types", "test"]),
        ("refresh", ["lint", "types", "test", "refresh"]),
    ],
)
def test_the_first_failure_ends_it(tmp_path: Path, failing: str, reached: list[str]) -> None:
    code, targets, _ = run_ci(tmp_path, failing)
    assert code != 0
    assert targets == reached

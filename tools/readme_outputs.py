"""The queries of README.md and their answers: finds them, runs them, writes the answers back. `make readme` calls it."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"<!-- query: (\w+) -->\n```sh\n(hashwatt query .+?)\n```\n\n```text\n(.*?)```\n", re.S)


@dataclass(frozen=True)
class Block:
    """A query in the README: its name, the command as printed, and the answer as printed."""

    name: str
    command: str
    answer: str


def blocks(text: str) -> list[Block]:
    """The query blocks of a page; raises ValueError when one is announced and its shape is not understood."""
    found = [Block(*match.groups()) for match in BLOCK.finditer(text)]
    if len(found) != text.count("<!-- query:"):
        raise ValueError("a query block is not a command in ```sh followed by an answer in ```text")
    return found


def fill(text: str, answer: Callable[[str], str]) -> str:
    """The page with each answer replaced by what `answer(command)` gives."""

    def replaced(match: re.Match[str]) -> str:
        start, end = (position - match.start() for position in match.span(3))
        return match.group(0)[:start] + answer(match.group(2)) + match.group(0)[end:]

    return BLOCK.sub(replaced, text)


def run(command: str, home: Path) -> str:
    """What `hashwatt ...` prints about the publication in `home`; raises CalledProcessError when it fails."""
    program, *arguments = shlex.split(command)
    if program != "hashwatt":
        raise ValueError(f"not a hashwatt command: {command}")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, "HASHWATT_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="hashwatt-readme-") as folder:
        home = Path(folder)
        run("hashwatt refresh --quiet", home)
        text = README.read_text(encoding="utf-8")
        README.write_text(fill(text, lambda command: run(command, home)), encoding="utf-8")
        print(f"{len(blocks(text))} answers written into {README.name}")


if __name__ == "__main__":
    main()

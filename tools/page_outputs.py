"""The queries that pages show and their answers: finds them, runs them, writes the answers back. `make readme` calls it."""

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
PAGES = (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in ("questions", "claims", "coverage", "metrics")))
ANSWERED = r"hashwatt (?:query|claims|news)"
BLOCK = re.compile(rf"```(sh\n{ANSWERED}|sql\n)(.*?)\n```\n\n```text\n(.*?)```\n", re.S)


@dataclass(frozen=True)
class Block:
    """A query on a page: the command that runs it, and the answer as printed."""

    command: str
    answer: str


def blocks(text: str) -> list[Block]:
    """The queries of a page, each a command in ```sh or bare SQL in ```sql; raises ValueError for one without answer."""
    found = [Block(_command(match), match.group(3)) for match in BLOCK.finditer(text)]
    if len(found) != len(re.findall(f"```sh\n{ANSWERED}|```sql\n", text)):
        raise ValueError("a query block is not followed by an answer in ```text")
    return found


def written_sql(text: str) -> list[str]:
    """All SQL that a page writes, with an answer or without: in blocks, in commands, within a sentence. Not that of dbt."""
    blocks = re.findall(r"```sql\n(.+?)\n```", text, re.S)
    commands = re.findall(r"""hashwatt query (?:--\S+ \S+ )*(["'])(.+?)\1""", text, re.S)
    inline = re.findall(r"`((?:select|from|with) [^`]+)`", text)
    return [sql for sql in [*blocks, *(sql for _, sql in commands), *inline] if "{{" not in sql and sql != "..."]


def _command(match: re.Match[str]) -> str:
    opening, query = match.group(1), match.group(2)
    return f"hashwatt query {shlex.quote(query)}" if opening.startswith("sql") else opening.removeprefix("sh\n") + query


def fill(text: str, answer: Callable[[str], str]) -> str:
    """The page with each answer replaced by what `answer(command)` gives."""

    def replaced(match: re.Match[str]) -> str:
        start, end = (position - match.start() for position in match.span(3))
        return match.group(0)[:start] + answer(_command(match)) + match.group(0)[end:]

    return BLOCK.sub(replaced, text)


def run(command: str, home: Path) -> str:
    """What `hashwatt ...` prints about the publication in `home`; raises CalledProcessError when it fails."""
    program, *arguments = shlex.split(command)
    if program != "hashwatt":
        raise ValueError(f"not a hashwatt command: {command}")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli.main", *arguments],
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
        for page in PAGES:
            text = page.read_text(encoding="utf-8")
            page.write_text(fill(text, lambda command: run(command, home)), encoding="utf-8")
            print(f"{len(blocks(text))} answers written into {page.name}")


if __name__ == "__main__":
    main()

"""Hygiene of the repository: light files, nothing copied, nothing left over, no address of a package registry."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.syntax import ROOT

MEGABYTE = 1_000_000
# Spelled in two halves, so that this file does not find itself.
LEFTOVERS = r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"
REGISTRIES = (
    r"pypi" + r"\.org|python" + r"hosted|conda" + r"\.io|npmjs" + r"\.org|ghcr" + r"\.io"
    r"|(?<![\w-])--(extra-)?index" + r"-url\b|(?<![\w-])--find" + r"-links\b"
)
AUTHORSHIP = r"(?i)\b(chat" + r"gpt|cla" + r"ude|copi" + r"lot|language " + r"model|AI[- ]" + r"generated)\b"

Check = Callable[[Path, str], list[str]]


@cache
def tracked() -> tuple[Path, ...]:
    """Files that are, or would be, committed: everything that .gitignore does not exclude."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(sorted(ROOT / name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file()))


@cache
def text_of(path: Path) -> str:
    data = path.read_bytes()
    return "" if b"\0" in data[:4096] else data.decode("utf-8", "replace")


def lines_matching(pattern: str) -> Check:
    def check(path: Path, text: str) -> list[str]:
        # The licence is quoted whole.
        numbered = enumerate(() if path.name == "LICENSE" else text.splitlines(), 1)
        return [f"{path.name}:{n}: {line.strip()[:80]}" for n, line in numbered if re.search(pattern, line)]

    return check


def heavy(path: Path, text: str) -> list[str]:
    size = path.stat().st_size
    return [f"{path.name}: {size:,} bytes"] if size > MEGABYTE else []


CHECKS: dict[str, Check] = {
    "no heavy file": heavy,
    "no leftover marker": lines_matching(LEFTOVERS),
    "no registry address": lines_matching(REGISTRIES),
    "no word on authorship": lines_matching(AUTHORSHIP),
}


def test_no_file_has_a_fault() -> None:
    assert len(tracked()) > 50
    assert [fault for path in tracked() for check in CHECKS.values() for fault in check(path, text_of(path))] == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("no heavy file", "x" * (MEGABYTE + 1)),
        ("no leftover marker", "# TO" + "DO: later"),
        ("no registry address", "--extra-" + "index-url=https://example.invalid/simple"),
        ("no registry address", "see https://files.python" + "hosted.org/packages"),
        ("no word on authorship", "written by Chat" + "GPT"),
    ],
)
def test_the_check_finds(name: str, content: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(content)
    assert len(CHECKS[name](planted, content)) == 1
    planted.write_text("x = 1\n")
    assert CHECKS[name](planted, "x = 1\n") == []


def copies(files: Iterable[Path], folder: Path) -> list[str]:
    """Files whose bytes equal a file under `folder`; tiny ones may agree by chance."""
    theirs = [path for path in folder.rglob("*") if path.is_file() and path.stat().st_size > 400]
    known = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in theirs}
    digests = [(path, hashlib.sha256(path.read_bytes()).hexdigest()) for path in files]
    return [f"{path} is a copy of {known[digest]}" for path, digest in digests if digest in known]


@pytest.mark.shared
def test_nothing_is_copied_from_shared(shared: Path) -> None:
    assert copies(tracked(), shared) == []


def test_a_copy_is_found(tmp_path: Path) -> None:
    original, copy = tmp_path / "shared" / "a.csv", tmp_path / "b.csv"
    original.parent.mkdir()
    original.write_text("row\n" * 200)
    copy.write_text("row\n" * 200)
    assert len(copies([copy], original.parent)) == 1
    copy.write_text("row\n" * 201)
    assert copies([copy], original.parent) == []


def test_the_decisions_are_numbered_and_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [page[:4] for page in pages] == [f"{n:04}" for n in range(1, len(pages) + 1)]
    index = (ROOT / "docs" / "README.md").read_text()
    assert [page for page in pages if f"decisions/{page}" not in index] == []


def broken_links(page: Path) -> list[str]:
    """Links of a Markdown page to files of the repository that do not exist."""
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text())
    return [target for target in targets if not (page.parent / target).exists()]


def test_links_between_pages_lead_somewhere(tmp_path: Path) -> None:
    pages = [path for path in tracked() if path.suffix == ".md"]
    assert {page.name: broken_links(page) for page in pages if broken_links(page)} == {}
    planted = tmp_path / "page.md"
    planted.write_text("[a](gone.md) and [b](page.md#top) and [c](https://example.invalid/x)")
    assert broken_links(planted) == ["gone.md"]


def strays(page: str, files: Mapping[str, str]) -> list[str]:
    """What the walks of a page name and no file of the rooms holds: methods, modules, tables and models."""
    walks = page.split("## Four walks", 1)[1].split("\n## ", 1)[0]
    code = "\n".join(files.values())
    found = []
    for owner, method in re.findall(r"\b([A-Z]\w+)\.(\w+)", walks):
        if not re.search(rf"class {owner}\b", code) or not re.search(rf"def {method}\b", code):
            found.append(f"{owner}.{method}")
    named = re.findall(r"\b((?:raw|int|fct|mart)_[a-z_]+__[a-z_]+|(?:fct|mart)_[a-z_]+)\b", walks)
    found += [name for name in named if not any(Path(file).stem == name for file in files)]
    modules = re.findall(r"[\w/]+\.py", walks)
    return found + [name for name in modules if not any(file.endswith(f"/{name}") or file == name for file in files)]


def test_the_walks_name_what_exists() -> None:
    rooms = ("ingestion", "quality", "orchestration", "dbt_project")
    files = {path.relative_to(ROOT).as_posix(): text_of(path) for path in tracked()}
    code = {file: text for file, text in files.items() if file.split("/")[0] in rooms}
    page = files["docs/architecture.md"]
    assert strays(page, code) == []
    wrong = page.replace("Vintages.observe", "Vintages.watch").replace("int_bar__vintage", "int_bar__first")
    assert len(strays(wrong.replace("fetch/archive.py", "fetch/attic.py"), code)) >= 3
    walks = page.split("## Four walks", 1)[1].split("\n## ", 1)[0].split("### ")[1:]
    assert len(walks) == 4 and all(len(walk.splitlines()) <= 24 for walk in walks), "each on one screen"

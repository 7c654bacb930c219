"""Rooms that a newcomer can name: short modules, folders that are not crowded, a README with a picture in each."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from tests.architecture.syntax import OURS, ROOMS, ROOT, texts

MODULE_LINES = 300
TEST_LINES = 450
DEFINITIONS_LINES = 30
FOLDER_MODULES = 15


def too_long(files: dict[str, str]) -> list[str]:
    """Modules of more lines than one reads at a sitting."""
    found = []
    for file, text in files.items():
        limit = MODULE_LINES if file.split("/")[0] in ROOMS else TEST_LINES
        limit = DEFINITIONS_LINES if file == "orchestration/definitions.py" else limit
        if (lines := len(text.splitlines())) > limit:
            found.append(f"{file}: {lines} lines, at most {limit}")
    return found


def too_full(files: dict[str, str]) -> list[str]:
    """Folders of the rooms with more modules than a newcomer can name; an __init__.py is none."""
    folders = Counter(str(Path(file).parent) for file in files if not file.endswith("/__init__.py"))
    return [
        f"{folder}: {count} modules, at most {FOLDER_MODULES}"
        for folder, count in sorted(folders.items())
        if folder.split("/")[0] in (*ROOMS, "tools", "bench") and count > FOLDER_MODULES
    ]


def test_modules_are_short() -> None:
    assert too_long(texts()) == []
    limits = {
        "orchestration/definitions.py": DEFINITIONS_LINES,
        "quality/gate.py": MODULE_LINES,
        "tests/unit/test_x.py": TEST_LINES,
    }
    assert too_long({file: "x = 1\n" * limit for file, limit in limits.items()}) == []
    assert len(too_long({file: "x = 1\n" * (limit + 1) for file, limit in limits.items()})) == 3


def test_folders_are_not_crowded() -> None:
    assert too_full(texts()) == []
    names = [f"quality/suites/{number}.py" for number in range(FOLDER_MODULES + 1)]
    assert len(too_full(dict.fromkeys([*names, "quality/suites/__init__.py"], ""))) == 1
    assert too_full(dict.fromkeys([*names[1:], "quality/suites/__init__.py"], "")) == []


def says_little(folder: Path, *, flows: bool) -> str | None:
    """What a newcomer misses in the README of a folder: a few lines, and a picture where data flows through."""
    page = folder / "README.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if len(text.splitlines()) < 5:
        return f"{folder.name}: no README, or one that says next to nothing"
    picture = re.search(r"^    .*(►|->)", text, re.MULTILINE)
    return f"{folder.name}: no picture of what flows where" if flows and not picture else None


def test_every_top_folder_has_a_readme_and_the_rooms_a_picture(tmp_path: Path) -> None:
    through = (*ROOMS, "dbt_project")
    pages = {folder: says_little(ROOT / folder, flows=folder in through) for folder in {*OURS, *through, "docs"}}
    assert [told for told in pages.values() if told] == []
    assert says_little(tmp_path, flows=False)
    (tmp_path / "README.md").write_text("# Room\n" + "a line\n" * 5, encoding="utf-8")
    assert (says_little(tmp_path, flows=False), bool(says_little(tmp_path, flows=True))) == (None, True)
    (tmp_path / "README.md").write_text("# Room\n\n    lake ─► mart\n" + "a line\n" * 5, encoding="utf-8")
    assert says_little(tmp_path, flows=True) is None

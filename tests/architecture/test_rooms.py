"""Rooms that a newcomer can name: short modules, folders that are not crowded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.architecture.syntax import ROOMS, texts

MODULE_LINES = 310
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

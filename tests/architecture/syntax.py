"""Reads the working copy as syntax trees: files by room, imports by module. Opinions about them are in the tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ingestion", "quality", "orchestration")
OURS = (*ROOMS, "tests", "tools", "bench")


def modules(*folders: str, root: Path = ROOT) -> list[Path]:
    """The Python files under `folders`, in a fixed order."""
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py") if "target" not in path.parts)


@cache
def texts() -> dict[str, str]:
    """Every Python file of ours by its path from the root."""
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in modules(*OURS)}


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every imported name with its line, at any depth: `from a.b import c` gives `a.b.c`.

    `importlib.import_module("x")` and `__import__("x")` count as well.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.lineno, f"{'.' * node.level}{node.module or ''}.{alias.name}"
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called in {"importlib.import_module", "import_module", "__import__"}:
                yield node.lineno, str(node.args[0].value)


def within(name: str, package: str) -> bool:
    """True where the dotted `name` is `package` or lies inside it."""
    return name == package or name.startswith(package + ".")

"""pyproject.toml tells the truth: every module and data file of the rooms is shipped, every import declared."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.syntax import ROOMS, ROOT, imports, modules

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGE_DATA: dict[str, list[str]] = SETTINGS["tool"]["setuptools"]["package-data"]
# Settings of the linter and READMEs are no data.
NO_DATA = {".py", ".pyc", ".toml", ".md"}


def folders_without_init(root: Path) -> set[str]:
    """Folders of modules that setuptools would not ship."""
    holding = {module.parent for room in ROOMS for module in (root / room).rglob("*.py")}
    return {folder.relative_to(root).as_posix() for folder in holding if not (folder / "__init__.py").exists()}


def unshipped_files(root: Path, package_data: dict[str, list[str]]) -> set[str]:
    """Data files inside a room that no package-data pattern matches."""
    found = set()
    for room in ROOMS:
        for path in (root / room).rglob("*"):
            inside = PurePosixPath(path.relative_to(root / room).as_posix())
            data = path.is_file() and path.suffix not in NO_DATA and ".ruff_cache" not in path.parts
            if data and not any(inside.match(pattern) for pattern in package_data.get(room, [])):
                found.add(f"{room}/{inside}")
    return found


def test_every_module_and_every_data_file_is_shipped() -> None:
    assert list((ROOT / "ingestion" / "ledger").glob("*.csv"))
    assert folders_without_init(ROOT) == set()
    assert unshipped_files(ROOT, PACKAGE_DATA) == set()


def test_what_is_missing_is_found(tmp_path: Path) -> None:
    for file in ("ingestion/edgar/__init__.py", "quality/suites/raw.py", "ingestion/edgar/map.csv"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    assert folders_without_init(tmp_path) == {"quality/suites"}
    assert unshipped_files(tmp_path, {"ingestion": ["ledger/*.csv"]}) == {"ingestion/edgar/map.csv"}


def undeclared_imports(root: Path, dependencies: list[str], owners: Mapping[str, list[str]]) -> set[str]:
    """What the rooms import that is neither ours, nor of the standard library, nor a declared dependency.

    A package that only comes along with another one can vanish with the next release of that one. `owners` maps the
    names that can be imported to the distributions that bring them.
    """
    declared = {canonicalize_name(Requirement(one).name) for one in dependencies}
    found = set()
    for path in modules(*ROOMS, root=root):
        for _, name in imports(ast.parse(path.read_text())):
            top = re.split(r"\W", name)[0]
            if top in sys.stdlib_module_names or top in ROOMS:
                continue
            if not {canonicalize_name(owner) for owner in owners.get(top, [])} & declared:
                found.add(f"{path.relative_to(root)} imports {top}")
    return found


def test_every_import_is_a_declared_dependency() -> None:
    declared = SETTINGS["project"]["dependencies"]
    assert undeclared_imports(ROOT, declared, metadata.packages_distributions()) == set()


def test_an_undeclared_import_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "quality" / "gate.py"
    planted.parent.mkdir()
    planted.write_text("import json\nimport yaml\nimport duckdb\nfrom ingestion import tables\n")
    owners = {"yaml": ["PyYAML"], "duckdb": ["duckdb"]}
    assert undeclared_imports(tmp_path, ["duckdb>=1.5"], owners) == {"quality/gate.py imports yaml"}
    assert undeclared_imports(tmp_path, ["duckdb>=1.5", "pyyaml"], owners) == set()

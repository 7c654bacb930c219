"""pyproject.toml tells the truth: the packages that exist, and every data file the rooms read beside their code."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.syntax import ROOMS, ROOT, imports, modules

SETTINGS = "pyproject.toml"


def packages_on_disk(root: Path) -> set[str]:
    return {
        init.parent.relative_to(root).as_posix().replace("/", ".")
        for r in ROOMS
        for init in (root / r).rglob("__init__.py")
    }


def untold_packages(root: Path, setuptools: dict[str, Any]) -> set[str]:
    """Packages on disk and not declared, or declared and not on disk."""
    return packages_on_disk(root) ^ set(setuptools["packages"])


def folders_without_init(root: Path) -> set[str]:
    """Folders of modules that setuptools would not ship."""
    holding = {module.parent for room in ROOMS for module in (root / room).rglob("*.py")}
    return {folder.relative_to(root).as_posix() for folder in holding if not (folder / "__init__.py").exists()}


def unshipped_files(root: Path, setuptools: dict[str, Any]) -> set[str]:
    """Data files inside a room that no package-data pattern matches. Settings of the linter and READMEs are not data."""
    found = set()
    for room in ROOMS:
        patterns = setuptools["package-data"].get(room, [])
        for path in (root / room).rglob("*"):
            if (
                not path.is_file()
                or path.suffix in {".py", ".pyc", ".toml", ".md"}
                or {"__pycache__", ".ruff_cache"} & set(path.parts)
            ):
                continue
            inside = PurePosixPath(path.relative_to(root / room).as_posix())
            if not any(inside.match(pattern) for pattern in patterns):
                found.add(f"{room}/{inside}")
    return found


@pytest.fixture
def setuptools() -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads((ROOT / SETTINGS).read_text())["tool"]["setuptools"]
    return settings


def test_every_package_is_listed(setuptools: dict[str, Any]) -> None:
    assert untold_packages(ROOT, setuptools) == set()
    assert folders_without_init(ROOT) == set()


def test_every_data_file_is_shipped(setuptools: dict[str, Any]) -> None:
    assert list((ROOT / "ingestion" / "ledger").glob("*.csv"))
    assert unshipped_files(ROOT, setuptools) == set()


def test_what_is_missing_is_found(tmp_path: Path) -> None:
    for file in (
        "ingestion/__init__.py",
        "ingestion/edgar/__init__.py",
        "quality/suites/raw.py",
        "ingestion/edgar/map.csv",
    ):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    declared = {"packages": ["ingestion", "orchestration"], "package-data": {"ingestion": ["ledger/*.csv"]}}
    assert untold_packages(tmp_path, declared) == {"ingestion.edgar", "orchestration"}
    assert folders_without_init(tmp_path) == {"quality/suites"}
    assert unshipped_files(tmp_path, declared) == {"ingestion/edgar/map.csv"}


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
    declared = tomllib.loads((ROOT / SETTINGS).read_text())["project"]["dependencies"]
    assert undeclared_imports(ROOT, declared, metadata.packages_distributions()) == set()


def test_an_undeclared_import_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "quality" / "gate.py"
    planted.parent.mkdir()
    planted.write_text("import json\nimport yaml\nimport duckdb\nfrom ingestion import tables\n")
    owners = {"yaml": ["PyYAML"], "duckdb": ["duckdb"]}
    assert undeclared_imports(tmp_path, ["duckdb>=1.5"], owners) == {"quality/gate.py imports yaml"}
    assert undeclared_imports(tmp_path, ["duckdb>=1.5", "pyyaml"], owners) == set()

"""The walls between the rooms, read from the syntax trees; each wall is also shown a file that breaks it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.syntax import OURS, ROOMS, ROOT, Found, imports, modules, within

BANNED = {
    "ingestion": ("dagster", "dagster_dbt", "dbt", "great_expectations", "orchestration", "quality"),
    "quality": ("dagster", "dagster_dbt", "dbt", "orchestration"),
}
# Of ingestion, judgement may know what a table promises and nothing else.
QUALITY_MAY_READ = ("ingestion.contracts",)
NETWORK = ("aiohttp", "ftplib", "http.client", "httpx", "requests", "smtplib", "socket", "urllib.request", "urllib3")
MODULE_LINES = 400
DEFINITIONS_LINES = 30

Wall = Callable[[str, ast.Module], Iterator[Found]]


def room_imports(file: str, tree: ast.Module) -> Iterator[Found]:
    """A room reads the room before it, never one after it, and never a tool that belongs to another room."""
    room = file.split("/")[0]
    for line, name in imports(tree):
        if name.startswith("."):
            yield Found(file, line, f"relative import {name}; write the whole name")
        if any(within(name, banned) for banned in BANNED.get(room, ())):
            yield Found(file, line, f"{room} imports {name}")
        if room == "quality" and within(name, "ingestion") and not any(within(name, m) for m in QUALITY_MAY_READ):
            # `from ingestion import tables` arrives here as ingestion.contracts and is allowed above.
            yield Found(file, line, f"quality imports {name}; of ingestion it may know {', '.join(QUALITY_MAY_READ)}")
        if room in ROOMS and any(within(name, outside) for outside in ("tests", "tools", "bench")):
            yield Found(file, line, f"{room} imports {name}, which is not installed")


def environment_reads(file: str, tree: ast.Module) -> Iterator[Found]:
    """Only settings.py reads environment variables. Setting one, or handing all of them to a child, is no reading."""
    if file == "orchestration/settings.py" or file.split("/")[0] not in ROOMS:
        return
    harmless: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            harmless.add(id(node.value))
        elif isinstance(node, ast.Dict):
            harmless.update(id(value) for key, value in zip(node.keys, node.values, strict=True) if key is None)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.environb"}:
            if id(node) not in harmless:
                yield Found(file, node.lineno, "reads os.environ; only orchestration/settings.py does")
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.getenv", "os.getenvb"}:
            yield Found(file, node.lineno, "reads os.getenv; only orchestration/settings.py reads the environment")
    for line, name in imports(tree):
        if name in {"os.environ", "os.environb", "os.getenv", "os.getenvb"}:
            yield Found(file, line, f"imports {name}; only orchestration/settings.py reads the environment")


def sockets(file: str, tree: ast.Module) -> Iterator[Found]:
    """One module opens sockets: ingestion/fetch/http.py."""
    if file == "ingestion/fetch/http.py" or file.split("/")[0] not in ROOMS:
        return
    for line, name in imports(tree):
        if any(within(name, module) for module in NETWORK):
            yield Found(file, line, f"imports {name}; only ingestion/fetch/http.py opens sockets")


def pickles(file: str, tree: ast.Module) -> Iterator[Found]:
    """Nothing is pickled: a pickle from a disk or a bucket runs code."""
    for line, name in imports(tree):
        if any(within(name, module) for module in ("pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal")):
            yield Found(file, line, f"imports {name}")


def opens_with_a_sentence(file: str, tree: ast.Module) -> Iterator[Found]:
    """A module opens by saying what lives in it; an empty __init__.py has nothing to say."""
    if tree.body and not ast.get_docstring(tree):
        yield Found(file, 1, "no docstring: the first lines say what lives here and what does not")


WALLS: tuple[Wall, ...] = (room_imports, environment_reads, sockets, pickles, opens_with_a_sentence)


def breaches(wall: Wall, root: Path = ROOT) -> list[str]:
    found: list[Found] = []
    for path in modules(*OURS, root=root):
        file = path.relative_to(root).as_posix()
        found.extend(wall(file, ast.parse(path.read_text(), file)))
    return [str(one) for one in found]


@pytest.mark.parametrize("wall", WALLS, ids=lambda wall: wall.__name__)
def test_the_wall_stands(wall: Wall) -> None:
    assert breaches(wall) == []


def test_every_room_is_looked_at() -> None:
    for folder in OURS:
        assert modules(folder), f"no Python file under {folder}: the walls would hold for nothing"


COUNTER_EXAMPLES: tuple[tuple[Wall, str, str], ...] = (
    (room_imports, "ingestion/landing/lake.py", "import dagster as dg"),
    (room_imports, "ingestion/landing/lake.py", "def f():\n    from dbt.cli.main import dbtRunner"),
    (room_imports, "ingestion/landing/lake.py", "import importlib\nimportlib.import_module('great_expectations')"),
    (room_imports, "ingestion/ledger/reader.py", "from quality.rules import Rule"),
    (room_imports, "ingestion/ledger/reader.py", "from . import tables"),
    (room_imports, "ingestion/load.py", "from orchestration.settings import Settings"),
    (room_imports, "quality/runner.py", "from dagster import asset_check"),
    (room_imports, "quality/runner.py", "from ingestion.landing.lake import Lake"),
    (room_imports, "quality/runner.py", "from ingestion import ledger"),
    (room_imports, "quality/runner.py", "import ingestion"),
    (room_imports, "orchestration/cli/main.py", "from tests.architecture import syntax"),
    (environment_reads, "orchestration/cli/main.py", "import os\nhome = os.environ['HASHWATT_HOME']"),
    (environment_reads, "orchestration/cli/main.py", "import os\nhome = os.environ.get('HASHWATT_HOME')"),
    (environment_reads, "orchestration/cli/main.py", "import os\nhome = os.getenv('HASHWATT_HOME')"),
    (environment_reads, "ingestion/load.py", "from os import environ"),
    (sockets, "ingestion/providers/stooq.py", "import requests"),
    (sockets, "orchestration/cli/main.py", "from urllib.request import urlopen"),
    (pickles, "orchestration/pipeline/resources.py", "import pickle"),
    (opens_with_a_sentence, "quality/gate.py", "LIMIT = 3"),
)


@pytest.mark.parametrize(("wall", "file", "source"), COUNTER_EXAMPLES)
def test_the_wall_stops(wall: Wall, file: str, source: str, tmp_path: Path) -> None:
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(source + "\n")
    assert len(breaches(wall, tmp_path)) == 1


ALLOWED: tuple[tuple[Wall, str, str], ...] = (
    (room_imports, "quality/from_contract.py", "from ingestion.contracts.contract import Table"),
    (room_imports, "quality/from_contract.py", "from ingestion.contracts import tables"),
    (room_imports, "ingestion/landing/lake.py", "import dagsterlike"),
    (environment_reads, "orchestration/settings.py", "import os\nhome = os.environ['HASHWATT_HOME']"),
    (
        environment_reads,
        "orchestration/pipeline/resources.py",
        "import os\nchild = {**os.environ, 'HASHWATT_LAKE': 'x'}",
    ),
    (environment_reads, "orchestration/pipeline/resources.py", "import os\nos.environ['HASHWATT_LAKE'] = 'x'"),
    (sockets, "ingestion/fetch/http.py", "import requests"),
    (opens_with_a_sentence, "quality/__init__.py", ""),
)


@pytest.mark.parametrize(("wall", "file", "source"), ALLOWED)
def test_the_wall_has_its_doors(wall: Wall, file: str, source: str, tmp_path: Path) -> None:
    planted = tmp_path / file
    planted.parent.mkdir(parents=True)
    planted.write_text(source)
    assert breaches(wall, tmp_path) == []


def too_long(root: Path) -> list[str]:
    found = []
    for path in modules(*OURS, root=root):
        file = path.relative_to(root).as_posix()
        limit = DEFINITIONS_LINES if file == "orchestration/definitions.py" else MODULE_LINES
        lines = len(path.read_text().splitlines())
        if lines > limit:
            found.append(f"{file}: {lines} lines, at most {limit}")
    return found


def test_modules_are_short() -> None:
    assert too_long(ROOT) == []


@pytest.mark.parametrize(
    ("file", "lines"), [("orchestration/definitions.py", DEFINITIONS_LINES + 1), ("quality/gate.py", MODULE_LINES + 1)]
)
def test_a_long_module_is_found(file: str, lines: int, tmp_path: Path) -> None:
    planted = tmp_path / file
    planted.parent.mkdir()
    planted.write_text("x = 1\n" * lines)
    assert len(too_long(tmp_path)) == 1
    planted.write_text("x = 1\n" * (lines - 1))
    assert too_long(tmp_path) == []

"""The walls between the rooms, read from the syntax trees; each wall is also shown a file that breaks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.architecture.syntax import OURS, ROOMS, imports, texts, within


class Wall(NamedTuple):
    """What the modules under `rooms` may not import, except for `doors`: what they may, or a file or folder that may."""

    rooms: tuple[str, ...]
    banned: tuple[str, ...]
    why: str
    doors: tuple[str, ...] = ()


WALLS = (
    Wall(("ingestion",), ("orchestration", "quality"), "a room reads the room before it, never one after it"),
    Wall(("quality",), ("orchestration",), "a room reads the room before it, never one after it"),
    Wall(("ingestion", "quality"), ("dagster", "dagster_dbt", "dbt"), "only orchestration runs Dagster and dbt"),
    Wall(("ingestion",), ("great_expectations",), "only quality judges"),
    Wall(("quality",), ("ingestion",), "of ingestion it may know the contracts", ("ingestion.contracts",)),
    Wall(ROOMS, ("tests", "tools", "bench"), "they are not installed"),
    Wall(ROOMS, ("requests", "urllib3"), "one folder asks over HTTP", ("ingestion/fetch/",)),
    Wall(
        ROOMS,
        ("aiohttp", "ftplib", "http.client", "httpx", "smtplib", "socket", "urllib.request"),
        "one module opens sockets",
        ("ingestion/fetch/http.py",),
    ),
    Wall(
        OURS,
        ("pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"),
        "a pickle from a disk or a bucket runs code",
    ),
)
# Setting a variable, or handing all of them to a child, is no reading.
ENVIRONMENT = re.compile(r"(?<!\*\*)(?<!del )\bos\.(environb?\b(?!\[[^\]]*\] = )|getenvb?\b)|from os import .*env")
SETTINGS = "orchestration/settings.py"


def breaches(file: str, text: str) -> Iterator[str]:
    """What the module does that no module of its room may: imports, the environment, no word on what lives in it."""
    tree = ast.parse(text, file)
    if tree.body and not ast.get_docstring(tree):
        yield f"{file}:1: no docstring: the first lines say what lives here and what does not"
    for line, name in imports(tree):
        if name.startswith("."):
            yield f"{file}:{line}: relative import {name}; write the whole name"
        for wall in WALLS:
            inside = file.split("/")[0] in wall.rooms and any(within(name, banned) for banned in wall.banned)
            if inside and not any(file.startswith(door) or within(name, door) for door in wall.doors):
                yield f"{file}:{line}: imports {name}; {wall.why}"
    if file.split("/")[0] in ROOMS and file != SETTINGS:
        for number, line_text in enumerate(text.splitlines(), 1):
            if ENVIRONMENT.search(line_text):
                yield f"{file}:{number}: reads the environment; only {SETTINGS} does"


def test_the_walls_stand() -> None:
    assert {file.split("/")[0] for file in texts()} == {*OURS}, "walls around an empty room hold for nothing"
    assert [breach for file, text in texts().items() for breach in breaches(file, text)] == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("ingestion/landing/lake.py", "import dagster as dg"),
        ("ingestion/landing/lake.py", "def f():\n    from dbt.cli.main import dbtRunner"),
        ("ingestion/landing/lake.py", "import importlib\nimportlib.import_module('great_expectations')"),
        ("ingestion/ledger/reader.py", "from quality.rules import Rule"),
        ("ingestion/ledger/reader.py", "from . import rules"),
        ("ingestion/load.py", "from orchestration.settings import Settings"),
        ("quality/gate.py", "from ingestion.landing.lake import Lake"),
        ("quality/gate.py", "import ingestion"),
        ("orchestration/cli/main.py", "from tests.architecture import syntax"),
        ("orchestration/cli/main.py", "import os\nhome = os.environ['HASHWATT_HOME']"),
        ("orchestration/cli/main.py", "import os\nhome = os.getenv('HASHWATT_HOME')"),
        ("ingestion/load.py", "from os import environ"),
        ("ingestion/providers/tiingo.py", "import requests"),
        ("ingestion/fetch/client.py", "import socket"),
        ("tests/unit/test_load.py", "import pickle"),
    ],
)
def test_a_wall_stops(file: str, source: str) -> None:
    assert len(list(breaches(file, f'"""A module."""\n{source}\n'))) == 1


def test_a_module_without_a_word_is_found_and_an_empty_one_is_none() -> None:
    assert len(list(breaches("quality/gate.py", "LIMIT = 3\n"))) == 1
    assert list(breaches("quality/__init__.py", "")) == []


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("quality/from_contract.py", "from ingestion.contracts.contract import Table"),
        ("quality/from_contract.py", "from ingestion import contracts"),
        ("ingestion/landing/lake.py", "import dagsterlike"),
        (SETTINGS, "import os\nhome = os.environ['HASHWATT_HOME']"),
        ("orchestration/pipeline/dbt.py", "import os\nchild = {**os.environ, 'HASHWATT_LAKE': 'x'}"),
        ("orchestration/pipeline/dbt.py", "import os\nos.environ['HASHWATT_LAKE'] = 'x'"),
        ("ingestion/fetch/client.py", "import requests"),
        ("ingestion/fetch/http.py", "import socket"),
    ],
)
def test_a_wall_has_its_doors(file: str, source: str) -> None:
    assert list(breaches(file, f'"""A module."""\n{source}\n')) == []

"""The recipe for many readers in docs/bi.md: cheap while the publication stays, and on the next one with the first question after it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.publish.store import move_pointer
from orchestration.settings import Settings

BI = Path(__file__).resolve().parents[2] / "docs" / "bi.md"


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the recipe defines, in a folder with a home of two publications, `first` and `second`."""
    publications = tmp_path / ".hashwatt" / "publications"
    for name in ("first", "second"):
        (publications / name).mkdir(parents=True)
        with duckdb.connect(str(publications / name / "hashwatt.duckdb")) as connection:
            connection.execute(f"CREATE TABLE name AS SELECT '{name}' AS name")
    monkeypatch.chdir(tmp_path)
    recipe = re.search(r"## Many readers.*?```python\n(.*?)```", BI.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(recipe[1], names)
    return names


def test_the_recipe_opens_the_file_once_and_follows_the_pointer(names: dict[str, Any], tmp_path: Path) -> None:
    settings = Settings.from_env({"HASHWATT_HOME": str(tmp_path / ".hashwatt")})
    ask, marked = names["ask"], []
    for name in ("first", "first", "second", "second", "first"):
        move_pointer(settings, name)
        assert ask("from name")["name"].tolist() == [name]
        # A setting holds for all connections to an opened file, and goes when it is closed.
        marked.append(ask("select current_setting('memory_limit') as set")["set"].tolist() == ["95.3 MiB"])
        names["kept"].execute("SET memory_limit = '100MB'")
    assert marked == [False, True, False, True, False]

"""Contracts from their yml files: one a raw table, and columns.yml with the columns that several have."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from ingestion.contracts.contract import Column, Table

FOLDER = Path(__file__).parent
SHARED_FILE = "columns.yml"
# Columns that a table has by its name alone, those at the end of each ledger table, and those at the end of every table.
Shared = Mapping[str, tuple[Column, ...]]

_TABLE, _SHARED = TypeAdapter(Table), TypeAdapter(dict[str, tuple[Column, ...]])
_WORDS = {"unexpected_keyword_argument": "no contract has this field", "missing": "is missing"}


class ContractError(ValueError):
    """A contract that cannot be meant so; the message names file and field."""


class _Loader(yaml.CSafeLoader):
    """Plain values only, and no field twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found = super().construct_mapping(node, deep)
        if len(found) < len(node.value):
            raise yaml.constructor.ConstructorError(problem="a field stands twice", problem_mark=node.start_mark)
        return found


def read_tables(folder: Path = FOLDER) -> dict[str, Table]:
    """The contracts of `folder` by name, in the order of names. Raises ContractError for the first mistake found."""
    file = folder / SHARED_FILE
    shared = _valid(file, _SHARED, _load(file))
    tables = {path.stem: _table(path, shared) for path in sorted(folder.glob("raw_*.yml"))}
    for table in tables.values():
        _hold_together(table, tables)
    try:
        TopologicalSorter({table.name: table.after for table in tables.values()}).prepare()
    except CycleError as error:
        raise ContractError(f"after: {' waits for '.join(reversed(error.args[1]))}, which never ends") from error
    return tables


def _table(path: Path, shared: Shared) -> Table:
    given = _load(path)
    named = {column.name: column for column in shared["shared"]}
    listed = given.pop("columns", None)
    if isinstance(listed, list):
        for entry in listed:
            if isinstance(entry, str) and entry not in named:
                raise ContractError(f"{path.name}: columns: {entry} is not among the shared columns of {SHARED_FILE}")
        listed = [named[entry] if isinstance(entry, str) else entry for entry in listed]
        listed += shared.get(str(given.get("group")), ())
    cut = given.get("partition")
    if isinstance(cut, dict) and len(cut) == 1:
        given["partition"] = dict(zip(("kind", "column"), *cut.items(), strict=True))
    elif cut is not None:
        given["partition"] = {"kind": cut}
    made = {"name": path.stem, "own_columns": listed, "common_columns": shared["every_table"]}
    if named_here := made.keys() & given.keys():
        raise ContractError(f"{path.name}: {min(named_here)} is no field of a contract file")
    table: Table = _valid(path, _TABLE, {**given, **made})
    return table


def _load(path: Path) -> dict[str, Any]:
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        raise ContractError(f"{path.name}: {error}") from error
    if not isinstance(given, dict):
        raise ContractError(f"{path.name}: the file is no mapping of fields")
    return given


def _valid(path: Path, kind: TypeAdapter[Any], given: dict[str, Any]) -> Any:
    """`given` as `kind`; raises ContractError for the first thing wrong, by column and field."""
    try:
        return kind.validate_python(given)
    except ValidationError as error:
        # A field of a wrong name is told before the one that is missing for it.
        found = sorted(error.errors(include_url=False), key=lambda one: one["type"] != "unexpected_keyword_argument")[0]
        match found["loc"]:
            case (str(part), int(place), *field) if isinstance(column := given[part][place], dict):
                where = [f"column {column.get('name', place + 1)}", *field]
            case loc:
                where = ["columns" if step == "own_columns" else step for step in loc]
        said = found["msg"].removeprefix("Value error, ").replace("tuple", "list")
        if found["type"] in _WORDS:
            said = _WORDS[found["type"]]
        elif not isinstance(found["input"], dict):
            said += f", not {found['input']!r}"
        raise ContractError(": ".join(map(str, (path.name, *where, said)))) from error


def _hold_together(table: Table, tables: Mapping[str, Table]) -> None:
    """Raises ContractError where the table waits for, or names rows of, what is not there."""
    file = f"{table.name}.yml"
    for name in table.after:
        if name not in tables:
            raise ContractError(f"{file}: after: there is no contract of {name}")
    for column in table.columns:
        if not column.references:
            continue
        name, _, target = column.references.partition(".")
        if name not in tables or target not in (other.name for other in tables[name].columns):
            raise ContractError(f"{file}: column {column.name}: references {column.references}, which does not exist")
        if name not in table.after:
            raise ContractError(f"{file}: after: {name} is missing, which column {column.name} references")

"""Contracts from their yml files: one a raw table, and columns.yml with the columns that several have."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from difflib import get_close_matches
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, get_args

import yaml

from ingestion.contracts.contract import SQL_TYPES, Column, Group, Partition, PartitionKind, Table

FOLDER = Path(__file__).parent
SHARED_FILE = "columns.yml"

_COLUMN_FIELDS: dict[str, type] = {
    "name": str,
    "type": str,
    "unit": str,
    "nullable": bool,
    "positive": bool,
    "minimum": float,
    "maximum": float,
    "allowed": list,
    "pattern": str,
    "references": str,
    "wildcard": str,
    "description": str,
}
_TABLE_FIELDS: dict[str, type] = {
    "description": str,
    "group": str,
    "key": list,
    "partition": object,
    "after": list,
    "may_be_empty": bool,
    "columns": list,
}
_SHARED_FIELDS: dict[str, type] = {"shared": list, "ledger": list, "every_table": list}
_WORDS = {str: "a text", bool: "true or false", float: "a number", list: "a list"}


class ContractError(ValueError):
    """A contract that cannot be meant so; the message names file and field, and what would be right."""


class _Loader(yaml.CSafeLoader):
    """Plain values only, and no field twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found = super().construct_mapping(node, deep)
        if len(found) < len(node.value):
            raise yaml.constructor.ConstructorError(problem="a field stands twice", problem_mark=node.start_mark)
        return found


def read_tables(folder: Path = FOLDER) -> dict[str, Table]:
    """The contracts of `folder` by name, in the order of names. Raises ContractError for the first mistake found."""
    shared = _load(folder / SHARED_FILE, _SHARED_FIELDS, tuple(_SHARED_FIELDS))
    columns = {part: _columns(SHARED_FILE, shared[part], {}) for part in _SHARED_FIELDS}
    named = {column.name: column for column in columns["shared"]}
    tables: dict[str, Table] = {}
    for path in sorted(folder.glob("raw_*.yml")):
        given = _load(path, _TABLE_FIELDS, ("description", "group", "key", "partition", "columns"))
        own = (*_columns(path.name, given["columns"], named), *columns.get(given["group"], ()))
        try:
            tables[path.stem] = Table(
                name=path.stem,
                description=given["description"],
                own_columns=own,
                key=_texts(path.name, "key", given["key"]),
                partition=_partition(given["partition"]),
                group=_one_of("group", given["group"], get_args(Group)),
                after=_texts(path.name, "after", given.get("after", [])),
                may_be_empty=given.get("may_be_empty", False),
                common_columns=columns["every_table"],
            )
        except ContractError:
            raise
        except ValueError as error:
            raise ContractError(f"{path.name}: {error}") from error
    for table in tables.values():
        _hold_together(table, tables)
    try:
        TopologicalSorter({table.name: table.after for table in tables.values()}).prepare()
    except CycleError as error:
        raise ContractError(f"after: {' waits for '.join(reversed(error.args[1]))}, which never ends") from error
    return tables


def _load(path: Path, fields: Mapping[str, type], required: tuple[str, ...]) -> dict[str, Any]:
    try:
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        raise ContractError(f"{path.name}: {error}") from error
    return _checked(path.name, given, fields, required)


def _checked(where: str, given: object, fields: Mapping[str, type], required: tuple[str, ...]) -> dict[str, Any]:
    """`given` as a mapping of known fields with values of their types; raises ContractError that names the field."""
    if not isinstance(given, dict):
        raise ContractError(f"{where}: {given!r} is no mapping of {', '.join(fields)}")
    for name, value in given.items():
        if name not in fields:
            near = get_close_matches(str(name), fields, n=1)
            raise ContractError(f"{where}: unknown field {name}; " + (f"{near[0]}?" if near else ", ".join(fields)))
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number if fields[name] is float else isinstance(value, fields[name])):
            raise ContractError(f"{where}: {name} is {value!r}, not {_WORDS[fields[name]]}")
    if missing := [name for name in required if name not in given]:
        raise ContractError(f"{where}: {missing[0]} is missing")
    return given


def _columns(file: str, given: list[object], named: Mapping[str, Column]) -> tuple[Column, ...]:
    """Columns as listed, those of `named` by their name alone."""
    found = []
    for entry in given:
        if isinstance(entry, str):
            if entry not in named:
                raise ContractError(f"{file}: columns: {entry} is not among the shared columns of {SHARED_FILE}")
            found.append(named[entry])
            continue
        name = entry.get("name") if isinstance(entry, dict) else None
        where = f"{file}: column {name}" if name else f"{file}: columns"
        fields = _checked(where, entry, _COLUMN_FIELDS, ("name", "type", "description"))
        allowed = _texts(where, "allowed", fields.pop("allowed", []))
        try:
            kind = SQL_TYPES[_one_of("type", fields.pop("type"), tuple(SQL_TYPES))]
            found.append(Column(type=kind, allowed=allowed, **fields))
        except ValueError as error:
            raise ContractError(
                f"{file}: {f'column {name}: ' if str(name) not in str(error) else ''}{error}"
            ) from error
    return tuple(found)


def _texts(where: str, field: str, given: list[object]) -> tuple[str, ...]:
    for entry in given:
        if not isinstance(entry, str):
            raise ContractError(f"{where}: {field} lists {entry!r}, which is no text; quote it")
    return tuple(map(str, given))


def _one_of(field: str, value: str, allowed: tuple[str, ...]) -> Any:
    if value not in allowed:
        raise ValueError(f"{field} is {value!r}, none of {', '.join(allowed)}")
    return value


def _partition(given: object) -> Partition:
    """`whole`, or one of `{month: column}`, `{year: column}`, `{value: column}`."""
    if isinstance(given, dict) and len(given) == 1:
        ((kind, column),) = given.items()
        return Partition(_one_of("partition", kind, get_args(PartitionKind)), column)
    return Partition(_one_of("partition", str(given), ("whole",)))


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

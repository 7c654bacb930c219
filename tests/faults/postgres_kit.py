"""Databases of their own on the PostgreSQL server of this machine; where there is none, tests that ask for one are skipped."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from adbc_driver_postgresql import dbapi

SOCKET = "/var/run/postgresql"


def address_of(database: str) -> str:
    return f"postgresql:///{database}?host={SOCKET}"


@contextmanager
def empty_database() -> Iterator[str]:
    """The name of an empty database, dropped afterwards with the role of the same name, if there is one."""
    try:
        server = dbapi.connect(address_of("postgres"), autocommit=True)
    except dbapi.Error as error:
        pytest.skip(f"no PostgreSQL on this machine: {error}")
    name = f"hashwatt_{uuid.uuid4().hex}"
    with server, server.cursor() as cursor:
        cursor.execute(f"create database {name}")
        try:
            yield name
        finally:
            cursor.execute(f"drop database {name} with (force)")
            cursor.execute(f"drop role if exists {name}")


def asked(database: str, *statements: str) -> list[tuple[Any, ...]]:
    """What the last of the statements answers; all are one transaction."""
    with dbapi.connect(address_of(database)) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
        connection.commit()
    return rows

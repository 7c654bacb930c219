"""Dagster's event log in the same files as ever, written through connections that stay open for the length of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sql import create_engine
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from dagster._serdes import ConfigurableClassData


class OpenEventLog(SqliteEventLogStorage):
    """Dagster opens and closes its SQLite files anew for each of a run's thousands of statements, and waits for the disk
    each time; that was a third of a refresh. Here a file is opened once and closed by `dispose`.

    A power cut may cost the last events of a run, never the file: SQLite's journal stays in order. What a publication
    counts is in the run's own check ledger, not here.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Any] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> OpenEventLog:
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Any]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = self._opened(shard)
            with self._engines[shard].connect() as connection, connection.begin():
                yield connection

    def _opened(self, shard: str) -> Any:
        engine = create_engine(
            self.conn_string_for_shard(shard),
            # The lock lets one thread in at a time, so one connection serves them all and keeps its PRAGMA; only to
            # create the tables Dagster takes a second one.
            pool_size=1,
            max_overflow=1,
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        self._initdb(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")
        return engine

    def has_table(self, table_name: str) -> bool:
        """Asked before every check that is stored; a table that was there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def delete_events(self, run_id: str) -> None:
        """Dagster empties the run's file and leaves it as large as it was."""
        super().delete_events(run_id)
        with self._db_lock:
            if (engine := self._engines.pop(run_id, None)) is not None:
                engine.dispose()
        for file in Path(self._base_dir).glob(f"{run_id}.db*"):
            file.unlink(missing_ok=True)

    def dispose(self) -> None:
        super().dispose()
        with self._db_lock:
            while self._engines:
                _, engine = self._engines.popitem()
                engine.dispose()

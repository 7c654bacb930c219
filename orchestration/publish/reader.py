"""Opens the current publication for reading: resolved once, read-only, with every door to files and network shut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from orchestration.errors import PublicationDamaged
from orchestration.publish.build import DATABASE_NAME
from orchestration.publish.store import Publication, current_publication
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT: Final = "1GB"


class Reading(NamedTuple):
    """An open publication. The connection stays on this publication however often a new one is published."""

    publication: Publication
    connection: duckdb.DuckDBPyConnection


@contextmanager
def read_current(settings: Settings, memory_limit: str = MEMORY_LIMIT) -> Iterator[Reading]:
    """Open the publication that `current` names now, and close it after the block.

    Raises NothingPublished, or PublicationDamaged when the pointer or the file is unusable.
    """
    import duckdb

    publication = current_publication(settings)
    database = publication.path / DATABASE_NAME
    if not database.exists():
        # Resolved just before five newer publications pushed it out: the pointer has moved, so look once more.
        publication = current_publication(settings)
        database = publication.path / DATABASE_NAME
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        # Without a folder for spilling nothing is ever written beside the publication.
        "temp_directory": "",
        "memory_limit": memory_limit,
        "lock_configuration": "true",
    }
    try:
        connection = duckdb.connect(str(database), read_only=True, config=config)
    except duckdb.Error as error:
        raise PublicationDamaged(
            f"publication {publication.id} cannot be opened: {str(error).splitlines()[0]}",
            "run `hashwatt doctor`, then `hashwatt rollback` to the publication before it or `hashwatt refresh`",
        ) from error
    try:
        yield Reading(publication, connection)
    finally:
        connection.close()


def newly_warned(reading: Reading) -> dict[str, str]:
    """What the publication warns of and the one before it did not: what each check says, by its id; empty for a
    publication that does not know."""
    import duckdb

    sql = "SELECT check_id, message FROM meta_check WHERE is_new ORDER BY 1"
    try:
        return dict(reading.connection.execute(sql).fetchall())
    except (duckdb.CatalogException, duckdb.BinderException):
        return {}

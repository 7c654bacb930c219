"""Opens a publication for reading: resolved once, read-only, with every door to files and network shut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from orchestration.errors import HashwattError, NothingPublished, PublicationDamaged, QueryRefused
from orchestration.publish.build import DATABASE_NAME
from orchestration.publish.store import Publication, current_publication, in_line, list_publications
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT: Final = "1GB"
REFUSED_RUN: Final = "refused"
"""The file in the folder of a refused run that holds its number."""


class Reading(NamedTuple):
    """An open publication. The connection stays on this publication however often a new one is published."""

    publication: Publication
    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Rows by column name. Values stand in the SQL: a bound parameter would make DuckDB's client import pandas."""
        found = self.connection.execute(sql)
        names = [str(column[0]) for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def require(self, *tables: str) -> None:
        """Raises QueryRefused where the publication is of a version that had no such tables."""
        there = {row["table_name"] for row in self.rows("SELECT table_name FROM duckdb_tables()")}
        if missing := [name for name in tables if name not in there]:
            said = f"publication {self.publication.id} has no {', '.join(missing)}"
            raise QueryRefused(said, "run `hashwatt refresh` to publish with this version")


def kept_publication(settings: Settings, wanted: str | date) -> Publication:
    """The publication of an id, or the newest one kept as of a day; raises NothingPublished with what is kept."""
    kept = [one for one in list_publications(settings) if one.manifest]
    if isinstance(wanted, str):
        found = [one for one in kept if one.id == wanted]
        said, remedy = (
            f"there is no publication {wanted}",
            f"choose one of {', '.join(one.id for one in kept) or 'none'}",
        )
    else:
        found = [one for one in kept if one.as_of == wanted.isoformat()]
        days = sorted({one.as_of for one in kept if one.as_of})
        said = f"nothing is kept as of {wanted}; there is {', '.join(days) or 'no other day'}"
        remedy = f"run `hashwatt refresh --as-of {wanted}`, which makes it and leaves `current` as it is"
    if not found:
        raise NothingPublished(said, remedy)
    return found[0]


def not_the_newest(settings: Settings) -> str | None:
    """Why what readers see is not the newest knowledge; None where it is, or where nothing can be read."""
    try:
        now = current_publication(settings)
    except HashwattError:
        return None
    if now.as_of is not None:
        return f"`current` is {now.id}, which holds what was known on {now.as_of}; `hashwatt rollback` or a refresh leaves it"
    newest = next((one for one in in_line(list_publications(settings)) if one.manifest), now)
    if newest.order > now.order:
        return f"`current` was set back to {now.id}; the newest publication is {newest.id}"
    for refused in settings.builds.glob(f"*/{REFUSED_RUN}"):
        with suppress(OSError, ValueError):
            if int(refused.read_text(encoding="ascii")) > now.order[0]:
                return f"a refresh since {now.id} was refused by its checks, which are in {refused.parent}"
    return None


@contextmanager
def read_publication(
    settings: Settings, wanted: str | date | None = None, memory_limit: str = MEMORY_LIMIT
) -> Iterator[Reading]:
    """Open the publication that `current` names now, or the kept one that is `wanted` (an id, or the day whose knowledge it
    holds), and close it after the block.

    Raises NothingPublished, or PublicationDamaged when the pointer or the file is unusable.
    """
    import duckdb

    publication = resolved(settings, wanted)
    database = publication.path / DATABASE_NAME
    if not database.exists():
        # Resolved just before newer publications pushed it out: the pointer has moved, so look once more.
        publication = resolved(settings, wanted)
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


def resolved(settings: Settings, wanted: str | date | None) -> Publication:
    """The publication that `current` names now, or the kept one `wanted`; raises NothingPublished, PublicationDamaged."""
    return current_publication(settings) if wanted is None else kept_publication(settings, wanted)


def newly_warned(reading: Reading) -> dict[str, str]:
    """What the publication warns of and the one before it did not: what each check says, by its id; empty for a
    publication that does not know."""
    import duckdb

    sql = "SELECT check_id, message FROM meta_check WHERE is_new ORDER BY 1"
    try:
        return dict(reading.connection.execute(sql).fetchall())
    except (duckdb.CatalogException, duckdb.BinderException):
        return {}

"""`hashwatt export`: a publication carried to where others read it."""

from __future__ import annotations

import re
from datetime import date

import click

from orchestration.cli.base import EXIT_CODES, progress, wanted_options
from orchestration.cli.output import say
from orchestration.errors import SettingMissing
from orchestration.export.postgres import READER, SCHEMA, WAIT_SECONDS, Copied, copy
from orchestration.progress import listening
from orchestration.settings import EXPORT_SETTING, Settings


@click.group(epilog=EXIT_CODES)
def export() -> None:
    """Copy a publication to where others read it."""


def _name(ctx: click.Context, param: click.Parameter, name: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,50}", name):
        raise click.BadParameter(f"{name!r} is not a name of small letters, digits and underscores")
    return name


# Several words are one address: as usage that is wrong they would be printed, and one of them may be the password.
@export.command(epilog=EXIT_CODES)
@click.argument("address", metavar="DSN", nargs=-1)
@click.option("--schema", callback=_name, default=SCHEMA, show_default=True, metavar="NAME", help="The schema to fill.")
@click.option(
    "--reader",
    callback=_name,
    default=READER,
    show_default=True,
    metavar="ROLE",
    help="The role that may read it; made when it does not exist, without a login.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=WAIT_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="Wait this long for queries that still read the copy before.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress lines.")
@wanted_options
@click.pass_obj
def postgres(
    settings: Settings,
    address: tuple[str, ...],
    schema: str,
    reader: str,
    wait: float,
    quiet: bool,
    wanted: str | date | None,
) -> None:
    """Copy the tables of the current publication into a schema of a PostgreSQL database, with keys and comments, in one
    transaction: readers see the copy before, whole, or this one. DSN is what libpq connects to; HASHWATT_EXPORT when not
    given. A password is best in HASHWATT_EXPORT or ~/.pgpass: others see what stands on a command line.

    \b
    Examples:
      hashwatt export postgres postgresql://loader@db.example.org/warehouse
      hashwatt export postgres "host=db.example.org dbname=warehouse" --as-of 2025-09-30 --schema hashwatt_2025_09_30
    """
    given = " ".join(address) or export_address(settings)
    with listening(None if quiet else progress):
        say(
            copied_line(
                copy(settings, given, schema=schema, reader=reader, wanted=wanted, wait_seconds=wait), reader=reader
            )
        )


def export_address(settings: Settings) -> str:
    """What HASHWATT_EXPORT holds; raises SettingMissing."""
    if settings.export is None:
        raise SettingMissing(
            "the address of a database is missing",
            f"set {EXPORT_SETTING} to it, as postgresql://USER@HOST/DATABASE, or give it to `hashwatt export postgres`",
        )
    return settings.export


def copied_line(copied: Copied, reader: str = READER) -> str:
    if not copied.is_new:
        return f"PostgreSQL: schema {copied.schema} is {copied.publication_id} already."
    return (
        f"PostgreSQL: schema {copied.schema} is {copied.publication_id} now: {copied.tables} tables, {copied.rows:,} rows, "
        f"{copied.seconds:.1f} s. Role {reader} may read it."
    )

"""`hashwatt tables`: what the current publication holds, read from its own meta tables."""

from __future__ import annotations

from datetime import date

import click

from orchestration.cli.base import EXIT_CODES, one_wanted, print_lines, wanted_options
from orchestration.cli.output import table_lines
from orchestration.cli.query import no_such_table
from orchestration.publish.build import text
from orchestration.publish.reader import read_publication
from orchestration.settings import Settings


@click.command(epilog=EXIT_CODES)
@click.argument("name", required=False)
@wanted_options
@click.pass_obj
def tables(settings: Settings, name: str | None, publication: str | None, as_of: date | None) -> None:
    """The published tables; with NAME, the columns of one: type, unit, meaning."""
    with read_publication(settings, one_wanted(publication, as_of)) as (opened, connection):
        found = connection.execute("SELECT table_name, comment FROM duckdb_tables() ORDER BY 1").fetchall()
        facts = opened.manifest.get("tables", {})
        published = {table: (table, facts.get(table, {}).get("rows", 0), comment or "") for table, comment in found}
        if name is None:
            print_lines(table_lines(("table", "rows", "description"), published.values()))
            return
        if name not in published:
            raise no_such_table(name, published)
        # A bound parameter would make DuckDB's client import pandas; the name is one that the file itself gave.
        columns = connection.execute(
            "SELECT column_name, data_type, coalesce(unit, ''), if(is_key, 'key', ''), coalesce(description, '') "
            f"FROM meta_column WHERE table_name = {text(name)} ORDER BY position"
        ).fetchall()
        _, rows, description = published[name]
        print_lines((f"{name}: {rows:,} rows. {description}", ""))
        print_lines(table_lines(("column", "type", "unit", "key", "description"), columns))

"""Writes the report of a publication: its pages, the data of each block as CSV, and one file of JavaScript that draws the charts."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from markupsafe import Markup

from orchestration.cli.output import csv_lines
from orchestration.errors import PublicationFailed
from orchestration.publish.build import DATABASE_NAME
from orchestration.report.declared import PAGES, Block, Page, read_pages
from orchestration.report.rows import Rows, Tables
from orchestration.report.shown import script_json
from quality.sql import literal

if TYPE_CHECKING:
    import duckdb

REPORT: Final = "report"
FIRST_PAGE: Final = "index.html"
ROWS: Final = 3_000
"""Rows of a block that are shown and kept at most; the page says so where there are more."""
_SECONDS: Final = 60.0
_LOOK: Final = Path(__file__).with_name("look")
_CHARTS: Final = "vl-convert-python"


def write_report(folder: Path, before: Path | None, cache: Path, pages: Path = PAGES) -> None:
    """Write `folder`/report from the finished file in `folder`; `before` is the folder of the publication that it will replace,
    if any. `cache` keeps the library of charts between publications.

    Raises PublicationFailed, naming page and block, when a page cannot be made, or all of them not within a minute; OSError.
    """
    target = folder / REPORT
    (target / "data").mkdir(parents=True)
    declared = read_pages(pages)
    with _opened(folder, before) as connection:
        tables = Tables.of(connection)
        environment = Environment(
            loader=FileSystemLoader(_LOOK),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        for page in declared:
            written = [_block(page, block, connection, tables, environment, target) for block in page.blocks]
            html = environment.get_template("page.html.j2").render(
                page=page, pages=declared, blocks=written, publication=tables.publication, first=FIRST_PAGE
            )
            (target / f"{page.name}.html").write_text(html, encoding="utf-8")
    for file in ("report.css", "report.js"):
        shutil.copyfile(_LOOK / file, target / file)
    shutil.copyfile(_chart_library(cache), target / "vega.js")


def _block(
    page: Page,
    block: Block,
    connection: duckdb.DuckDBPyConnection,
    tables: Tables,
    environment: Environment,
    target: Path,
) -> dict[str, Any]:
    import duckdb

    columns: list[str] = []
    found: list[tuple[Any, ...]] = []
    is_without_before = False
    try:
        columns, found = _asked(connection, block.sql)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        if not block.without_before:
            raise _failed(page, block, error) from None
        # There is none, or one of another version, which knows less.
        is_without_before = True
    except duckdb.Error as error:
        raise _failed(page, block, error) from None
    rows = Rows(block, tables, columns, found[:ROWS])
    said = alt = ""
    try:
        # Words about rows have nothing to say where there are none; `empty` does.
        if rows.records:
            said = environment.from_string(block.text).render(rows=rows.records, figure=rows.figure, value=rows.value)
            alt = environment.from_string(block.alt).render(rows=rows.records, value=rows.value)
    except (TemplateError, LookupError) as error:
        raise _failed(page, block, error) from None
    csv = f"data/{page.name}-{block.id}.csv"
    if rows.records:
        (target / csv).write_text("".join(csv_lines(columns, found[:ROWS])), encoding="utf-8")
    chart = block.chart and rows.records and script_json({**block.chart, "data": {"values": rows.data()}})
    return {
        "declared": block,
        "text": Markup(said),
        "alt": Markup(alt),
        "rows": rows,
        "csv": csv,
        "chart": chart,
        "is_cut": len(found) > ROWS,
        "empty": block.without_before if is_without_before else block.empty,
    }


def _asked(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    timer = threading.Timer(_SECONDS, connection.interrupt)
    timer.start()
    try:
        connection.execute(sql)
        return [str(column[0]) for column in connection.description or []], connection.fetchmany(ROWS + 1)
    finally:
        timer.cancel()


def _failed(page: Page, block: Block, error: Exception) -> PublicationFailed:
    """The error with its place, to be raised `from None`: of a run that failed the innermost cause is told, and this is it."""
    said = " ".join(str(error).split("\n\nLINE ")[0].split())
    return PublicationFailed(
        f"the report could not be written: page {page.name}, block {block.id}: {said}",
        f"mend the block in orchestration/report/pages, or take it out, then run `hashwatt refresh` again; {json.dumps(block.title)} "
        "is wrong for this version's tables, the data is not; readers keep the last publication meanwhile",
    )


@contextmanager
def _opened(folder: Path, before: Path | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The publication, and the one before it as `before`, both read-only and with every other door shut."""
    import duckdb

    config: Mapping[str, str] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "temp_directory": "",
    }
    with duckdb.connect(str(folder / DATABASE_NAME), read_only=True, config=dict(config)) as connection:
        if before is not None and (before / DATABASE_NAME).exists():
            connection.execute(f"ATTACH {literal(before / DATABASE_NAME)} AS before (READ_ONLY)")
        connection.execute("SET enable_external_access = false; SET TimeZone = 'UTC'; SET lock_configuration = true")
        yield connection


def _chart_library(cache: Path) -> Path:
    """The file with Vega, Vega-Lite and vega-embed, bundled once per version, which takes two seconds."""
    file = cache / f"vega-{metadata.version(_CHARTS)}.js"
    if not file.exists():
        import vl_convert

        cache.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"), encoding="utf-8")
        unfinished.replace(file)
    return file

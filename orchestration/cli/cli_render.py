"""Turns what the commands found into lines for people. Nothing is decided, fetched or written here."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.cli.query_output import write_table
from orchestration.publish.publication_build import DATABASE_NAME
from orchestration.publish.publication_store import Publication, list_publications, pointed_id
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.cli.refresh import NothingNew, RefreshSummary
    from orchestration.live import News

EVERYTHING = "everything known"
PUBLISH = "Publish them with `hashwatt refresh --edition replay`, or with `--edition live` and what is newer."


def summary_lines(summary: RefreshSummary, settings: Settings) -> Iterator[str]:
    """What a refresh did: rows by layer, checks by status, seconds by stage, what is published where."""
    yield ""
    yield "Rows"
    yield from indented(aligned(("layer", "rows"), [(layer, f"{rows:,}") for layer, rows in summary.rows.items()]))
    yield "Published tables"
    yield from indented(
        aligned(("table", "rows"), [(table, f"{rows:,}") for table, rows in sorted(summary.table_rows.items())])
    )
    yield "Seconds"
    stages = [(stage, f"{seconds:.1f}") for stage, seconds in summary.seconds.items()]
    yield from indented(aligned(("stage", "seconds"), [*stages, ("all steps", f"{sum(summary.seconds.values()):.1f}")]))
    yield f"Checks: {checks_text(summary.checks)}"
    yield f"Published: {summary.publication_id}"
    yield f"  {summary.path / DATABASE_NAME}"
    if summary.is_current:
        yield f"  readers open {settings.current / DATABASE_NAME}"
    else:
        yield "  a newer publication was already there and stays current"


def nothing_new_line(found: NothingNew) -> str:
    """What a refresh did that had nothing to build from."""
    asked = [f"{found.requests} requests about {found.issuers} issuers"] if found.issuers else []
    if found.questions:
        asked.append(f"{found.questions} questions to providers")
    said = f"{' and '.join(asked)} in {found.seconds:.1f} s" if asked else "nobody had to be asked"
    return f"Nothing new: {said}, and every input is that of {found.publication_id}, which stays current."


def backfill_line(news: News) -> str:
    """What a backfill of filings brought into the archive."""
    new = sum(one.new for one in news.asked)
    return f"Archived: {new} new documents of {len(news.asked)} issuers by {news.requests} requests. {PUBLISH}"


def feed_backfill_lines(news: News) -> Iterator[str]:
    """What a backfill of prices, network or macro data brought into the archive, provider by provider."""
    from orchestration.questions import outcome_lines

    if not news.outcomes:
        yield "Nothing to ask: every day that the providers can be asked about is archived."
        return
    yield from outcome_lines(news.outcomes)
    answered = sum(one.outcome == "answered" for one in news.outcomes)
    yield f"Archived: the answers to {answered} of {len(news.outcomes)} questions. {PUBLISH}"


def answer_lines(settings: Settings) -> Iterator[str]:
    """Three answers from the current publication."""
    from orchestration.cli.answers import QUESTIONS, answer

    for question in QUESTIONS:
        found = answer(settings, question)
        yield ""
        yield found.title
        if found.rows:
            yield from indented(aligned(found.columns, found.rows))
        else:
            yield "  nothing in this publication"


def publication_lines(settings: Settings) -> Iterator[str]:
    """All publications, newest first, the current one marked."""
    now = pointed_id(settings)
    found = list_publications(settings)
    if not found:
        yield "none"
        return
    yield from aligned(
        ("", "publication", "edition", "as of", "rows"),
        [("*" if p.id == now else "", p.id, p.edition, p.as_of or EVERYTHING, _rows(p)) for p in found],
    )


def table_lines(settings: Settings) -> Iterator[str]:
    """The published tables with rows and description."""
    from orchestration.cli.tables_info import list_tables

    yield from aligned(
        ("table", "rows", "description"), [(t.name, t.rows, t.description) for t in list_tables(settings)]
    )


def column_lines(settings: Settings, name: str) -> Iterator[str]:
    """One table: rows, description, and its columns with type, unit and meaning."""
    from orchestration.cli.tables_info import describe_table

    table, columns = describe_table(settings, name)
    yield f"{table.name}: {table.rows:,} rows. {table.description}"
    yield ""
    yield from aligned(
        ("column", "type", "unit", "key", "description"),
        [(c.name, c.type, c.unit, "key" if c.is_key else "", c.description) for c in columns],
    )


def checks_text(checks: dict[str, int]) -> str:
    """Counts of checks; the three usual outcomes are named even when there was none."""
    usual = ("passed", "warned", "failed")
    unusual = [name for name, count in sorted(checks.items()) if count and name not in usual]
    return ", ".join(f"{checks.get(name, 0)} {name}" for name in [*usual, *unusual])


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the largest two units."""
    seconds = int(max(now - then, timedelta(0)).total_seconds())
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"


def _rows(publication: Publication) -> str:
    if not publication.manifest:
        return "damaged"
    return f"{sum(facts['rows'] for facts in publication.manifest.get('tables', {}).values()):,}"


def aligned(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    """Rows below their heads, columns as wide as what they hold."""
    out = io.StringIO()
    listed = list(rows)
    write_table(columns, iter(listed), out, max_rows=max(len(listed), 1), rich=False)
    return out.getvalue().splitlines()


def indented(lines: Iterable[str]) -> Iterator[str]:
    """The lines two columns further right."""
    return (f"  {line}" if line else line for line in lines)

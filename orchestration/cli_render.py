"""Turns what the commands found into lines for people. Nothing is decided, fetched or written here."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestration.publication_build import DATABASE_NAME
from orchestration.publication_store import Publication, list_publications, pointed_id
from orchestration.query_output import write_table
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.live import News
    from orchestration.refresh import NothingNew, RefreshSummary

_EVERYTHING = "everything known"


def summary_lines(summary: RefreshSummary, settings: Settings) -> Iterator[str]:
    """What a refresh did: rows by layer, checks by status, seconds by stage, what is published where."""
    yield ""
    yield "Rows"
    yield from _indented(_aligned(("layer", "rows"), [(layer, f"{rows:,}") for layer, rows in summary.rows.items()]))
    yield "Published tables"
    yield from _indented(
        _aligned(("table", "rows"), [(table, f"{rows:,}") for table, rows in sorted(summary.table_rows.items())])
    )
    yield "Seconds"
    stages = [(stage, f"{seconds:.1f}") for stage, seconds in summary.seconds.items()]
    yield from _indented(
        _aligned(("stage", "seconds"), [*stages, ("all steps", f"{sum(summary.seconds.values()):.1f}")])
    )
    yield f"Checks: {checks_text(summary.checks)}"
    yield f"Published: {summary.publication_id}"
    yield f"  {summary.path / DATABASE_NAME}"
    if summary.is_current:
        yield f"  readers open {settings.current / DATABASE_NAME}"
    else:
        yield "  a newer publication was already there and stays current"


def nothing_new_line(found: NothingNew) -> str:
    """What a refresh did that had nothing to build from."""
    return (
        f"Nothing new: {found.requests} requests about {found.issuers} issuers in {found.seconds:.1f} s, and every input is "
        f"that of {found.publication_id}, which stays current."
    )


def backfill_line(news: News) -> str:
    """What a backfill brought into the archive."""
    new = sum(one.new for one in news.asked)
    return (
        f"Archived: {new} new documents of {len(news.asked)} issuers by {news.requests} requests. "
        "Publish them with `hashwatt refresh --edition replay`, or with `--edition live` and what is newer."
    )


def answer_lines(settings: Settings) -> Iterator[str]:
    """Three answers from the current publication."""
    from orchestration.answers import QUESTIONS, answer

    for question in QUESTIONS:
        found = answer(settings, question)
        yield ""
        yield found.title
        if found.rows:
            yield from _indented(_aligned(found.columns, found.rows))
        else:
            yield "  nothing in this publication"


def status_lines(settings: Settings) -> Iterator[str]:
    """The current publication, its freshness and checks, earlier publications, a running refresh."""
    from orchestration.tables_info import overview
    from orchestration.writer_lock import running_refresh

    holder = running_refresh(settings)
    running = f"Running:   {holder.sentence()}" if holder else "Running:   no refresh"
    try:
        state = overview(settings)
    except Exception:
        yield running
        raise
    now = state.publication
    yield f"Current:   {now.id}"
    yield f"Published: {now.published_at_utc:%Y-%m-%d %H:%M:%S} UTC, {age(now.published_at_utc, datetime.now(UTC))} ago"
    yield f"Edition:   {now.edition}"
    yield f"As of:     {now.as_of or _EVERYTHING}"
    yield f"File:      {settings.current / DATABASE_NAME}"
    yield f"Checks:    {checks_text(state.checks)}"
    yield running
    if state.freshness:
        yield ""
        yield "Freshness"
        yield from _indented(_aligned(state.freshness_columns, state.freshness))
    yield ""
    yield "Publications"
    yield from _indented(publication_lines(settings))


def publication_lines(settings: Settings) -> Iterator[str]:
    """All publications, newest first, the current one marked."""
    now = pointed_id(settings)
    found = list_publications(settings)
    if not found:
        yield "none"
        return
    yield from _aligned(
        ("", "publication", "edition", "as of", "rows"),
        [("*" if p.id == now else "", p.id, p.edition, p.as_of or _EVERYTHING, _rows(p)) for p in found],
    )


def table_lines(settings: Settings) -> Iterator[str]:
    """The published tables with rows and description."""
    from orchestration.tables_info import list_tables

    yield from _aligned(
        ("table", "rows", "description"), [(t.name, t.rows, t.description) for t in list_tables(settings)]
    )


def column_lines(settings: Settings, name: str) -> Iterator[str]:
    """One table: rows, description, and its columns with type, unit and meaning."""
    from orchestration.tables_info import describe_table

    table, columns = describe_table(settings, name)
    yield f"{table.name}: {table.rows:,} rows. {table.description}"
    yield ""
    yield from _aligned(
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


def _aligned(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[str]:
    out = io.StringIO()
    listed = list(rows)
    write_table(columns, iter(listed), out, max_rows=max(len(listed), 1), rich=False)
    return out.getvalue().splitlines()


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" if line else line for line in lines)

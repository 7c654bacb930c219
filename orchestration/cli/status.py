"""`hashwatt status`: what the current publication says about itself, its sources and providers, on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import click

from orchestration import clock
from orchestration.cli.base import EXIT_CODES, format_option, print_lines
from orchestration.cli.output import json_text, say, table_lines, text_lines
from orchestration.dates import dated_ahead
from orchestration.errors import HashwattError
from orchestration.publish.build import DATABASE_NAME
from orchestration.publish.lock import running_refresh
from orchestration.publish.reader import Reading, newly_warned, read_publication
from orchestration.publish.store import list_publications, pointed_id
from orchestration.settings import Settings
from orchestration.standing import EXIT_CODES as STATE_CODES
from orchestration.standing import Looked, last_look, last_problem, standing

EVERYTHING = "everything known"
PROBLEM_WIDTH = 60


@click.command(epilog=EXIT_CODES)
@format_option(
    "text",
    "json",
    help="json: one object for a monitor, and exit code 0 when fresh, 1 when the last run or look came to nothing, 3 when "
    "older than two days or nothing is published.",
)
@click.pass_context
def status(ctx: click.Context, style: str) -> None:
    """What is published: age, edition, checks, freshness of each source; where providers were asked, fail-overs, open
    circuits, gaps and disagreements; earlier publications, a running refresh.

    \b
    Examples:
      hashwatt status
      hashwatt status --format json
    """
    if style == "text":
        print_lines(status_lines(ctx.obj))
        return
    said = standing(ctx.obj)
    say(json_text(said, indent=1), folded=False)
    ctx.exit(STATE_CODES[said["state"]])


def status_lines(settings: Settings) -> Iterator[str]:
    """The current publication, freshness, providers, gaps, disagreements, earlier publications, a running refresh."""
    try:
        running = f"Running:   {running_refresh(settings) or 'no refresh'}"
    except HashwattError as unknown:
        running = f"Running:   {unknown.message}"
    now_utc = clock.now()
    try:
        with read_publication(settings) as reading:
            new = newly_warned(reading)
            asked = {name: _found(reading, sql) for name, sql in _queries().items()}
    except Exception:
        yield running
        raise
    lines = list(warned_lines(new))
    if (looked := last_look(settings)) is not None:
        lines.append(look_line(looked, now_utc))
    lines += [f"Dates:     {said}; see `hashwatt doctor`" for said, _ in dated_ahead(settings)]
    if (problem := last_problem(settings)) is not None:
        kind = problem.kind.replace("_", " ")
        lines.append(f"Problem:   {problem.at_utc:%Y-%m-%d %H:%M:%S} UTC, {kind}: {_cut(problem.message)}")
    fresh = [
        (source, rows, first or "", last or "", age(known_at.replace(tzinfo=UTC), now_utc) if known_at else "")
        for source, rows, first, last, known_at in asked["freshness"]
        if rows
    ]
    yield from text_lines(
        "status",
        now=reading.publication,
        asked=asked,
        everything=EVERYTHING,
        file=settings.current / DATABASE_NAME,
        checks=checks_text(dict(asked["checks"])),
        lines=[*lines, running],
        fresh=fresh,
        empty=[source for source, rows, *_ in asked["freshness"] if not rows],
        providers=[(*row, _cut(problem)) for *row, problem in asked["providers"]],
        publications=publication_lines(settings, indent=2),
        ago=lambda then: ago(then, now_utc),
    )


def look_line(looked: Looked, now_utc: datetime) -> str:
    """When the sources were last looked at, and what came of it: a publication may be old because nothing is new."""
    at_utc = looked.at_utc.replace(tzinfo=UTC)
    if looked.problem is not None:
        found = f"came to nothing: {_cut(looked.problem)}"
    elif looked.same_as is None:
        found = "found something to build from"
    else:
        found = f"nothing new since {looked.same_as}"
    return f"Looked:    {at_utc:%Y-%m-%d %H:%M:%S} UTC, {ago(at_utc, now_utc)}, {found}"


def publication_lines(settings: Settings, indent: int = 0) -> Iterator[str]:
    """All publications, newest first; the current one marked, and those that stand beside."""
    now = pointed_id(settings)
    rows = []
    for one in list_publications(settings):
        total = sum(facts["rows"] for facts in one.manifest.get("tables", {}).values())
        rows.append(
            (
                "*" if one.id == now else "beside" if one.is_beside else "",
                one.id,
                one.edition,
                one.as_of or EVERYTHING,
                f"{total:,}" if one.manifest else "damaged",
            )
        )
    yield from table_lines(("", "publication", "edition", "as of", "rows"), rows, indent) if rows else ["none"]


def checks_text(checks: dict[str, int]) -> str:
    """Counts of checks; the three usual outcomes are named even when there was none."""
    usual = ("passed", "warned", "failed")
    unusual = [name for name, count in sorted(checks.items()) if count and name not in usual]
    return ", ".join(f"{checks.get(name, 0)} {name}" for name in [*usual, *unusual])


def warned_lines(new: Mapping[str, str]) -> Iterator[str]:
    """What is newly warned, each check with some of its rows and its remedy; apart from what stood before."""
    yield f"Newly warned, and not in the publication before: {len(new) or 'none'}"
    for check, said in new.items():
        yield from (f"  {line}" for line in warned_text(check, said).splitlines())


def warned_text(check: str, said: str) -> str:
    """What a check says, with its name before it where that is not said: dbt's messages are about nothing by name."""
    return said if said.startswith(check.removeprefix("gate.")) else f"{check}: {said}"


def age(then: datetime, now: datetime) -> str:
    """How long ago, in the largest two units; of a moment in the future how far ahead it is."""
    seconds = int(abs(now - then).total_seconds())
    days, hours, minutes = seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60
    long = f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds % 60} s"
    long = f"{days} d {hours} h" if days else long
    return long if then <= now else f"in the future by {long}"


def ago(then: datetime, now: datetime) -> str:
    """The age as the end of a sentence."""
    return f"{age(then, now)} ago" if then <= now else age(then, now)


def _found(reading: Reading, sql: str) -> list[tuple[Any, ...]]:
    """What a query finds; nothing where the publication is older than a table or a column of it."""
    import duckdb

    try:
        return reading.connection.execute(sql).fetchall()
    except (duckdb.CatalogException, duckdb.BinderException):
        return []


@cache
def _queries() -> dict[str, str]:
    from quality.read import read_yml

    return read_yml(Path(__file__).with_name("status.yml"))


def _cut(text: str) -> str:
    """One line of a problem; the whole of it is in mart_provider_health."""
    first = " ".join(text.split())
    return first if len(first) <= PROBLEM_WIDTH else f"{first[: PROBLEM_WIDTH - 3]}..."

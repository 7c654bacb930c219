"""The screen of `hashwatt status`: one publication, its sources and providers, for people. Nothing is decided or written here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby

from orchestration.cli.cli_render import EVERYTHING, age, aligned, checks_text, indented, publication_lines
from orchestration.cli.overview import WORST, Freshness, Gap, Overview, overview
from orchestration.looked import Looked, last_look
from orchestration.publish.publication_build import DATABASE_NAME
from orchestration.publish.writer_lock import running_refresh
from orchestration.settings import Settings

PROBLEM_WIDTH = 60
_GAPS = {
    "not_available": "not available at any provider asked",
    "not_fetched": "not fetched",
    "missing_at_provider": "missing at one provider while another has it",
}


def status_lines(settings: Settings) -> Iterator[str]:
    """The current publication, freshness, providers, gaps, disagreements, earlier publications, a running refresh."""
    holder = running_refresh(settings)
    running = f"Running:   {holder.sentence()}" if holder else "Running:   no refresh"
    try:
        state = overview(settings)
    except Exception:
        yield running
        raise
    now_utc = datetime.now(UTC)
    now = state.publication
    yield f"Current:   {now.id}"
    yield f"Published: {now.published_at_utc:%Y-%m-%d %H:%M:%S} UTC, {age(now.published_at_utc, now_utc)} ago"
    yield f"Edition:   {now.edition}"
    yield f"As of:     {now.as_of or EVERYTHING}"
    yield f"File:      {settings.current / DATABASE_NAME}"
    yield f"Checks:    {checks_text(state.checks)}"
    if (looked := last_look(settings)) is not None:
        yield look_line(looked, now_utc)
    yield running
    yield from freshness_lines(state.freshness, now_utc)
    if state.providers:
        yield from provider_lines(state)
        yield from gap_lines(state.gaps)
        yield from disagreement_lines(state)
        yield from finding_lines(state.findings)
    yield ""
    yield "Publications"
    yield from indented(publication_lines(settings))


def look_line(looked: Looked, now_utc: datetime) -> str:
    """When the sources were last looked at, and what came of it: a publication may be old because nothing is new."""
    at_utc = looked.at_utc.replace(tzinfo=UTC)
    if looked.problem is not None:
        found = f"came to nothing: {_cut(looked.problem)}"
    elif looked.same_as is None:
        found = "found something to build from"
    else:
        found = f"nothing new since {looked.same_as}"
    return f"Looked:    {at_utc:%Y-%m-%d %H:%M:%S} UTC, {age(at_utc, now_utc)} ago, {found}"


def freshness_lines(sources: Sequence[Freshness], now_utc: datetime) -> Iterator[str]:
    """How far each source reaches and how old its newest row is; sources without rows in one line."""
    filled = [one for one in sources if one.rows]
    if filled:
        yield ""
        yield "Freshness"
        rows = [
            (
                one.source,
                one.rows,
                one.first_date or "",
                one.last_date or "",
                "" if one.last_known_at_utc is None else age(one.last_known_at_utc.replace(tzinfo=UTC), now_utc),
            )
            for one in filled
        ]
        yield from indented(aligned(("source", "rows", "first day", "last day", "age of the newest"), rows))
    if empty := [one.source for one in sources if not one.rows]:
        yield f"  no rows: {', '.join(empty)}"


def provider_lines(state: Overview) -> Iterator[str]:
    """What each provider was asked on its last day, and what was asked of another in its place."""
    yield ""
    yield "Providers, each on the last day it was asked"
    rows = [
        (
            one.provider,
            one.domain,
            one.asked_date,
            f"{one.answered} of {one.questions}",
            one.requests,
            one.fail_overs,
            "OPEN" if one.is_circuit_open else "closed",
            _cut(one.first_problem or ""),
        )
        for one in state.providers
    ]
    heads = ("provider", "data", "asked", "answered", "requests", "fail-overs", "circuit", "first problem")
    yield from indented(aligned(heads, rows))


def gap_lines(gaps: Sequence[Gap]) -> Iterator[str]:
    """Sessions without a bar by kind, and the instruments that lack most."""
    yield ""
    yield f"Gaps: {'' if gaps else 'none'}".rstrip()
    for kind, found in groupby(gaps, key=lambda gap: gap.kind):
        listed = list(found)
        total = sum(gap.sessions for gap in listed)
        named = [f"{_name(gap)} {gap.sessions} (last {gap.last_date})" for gap in listed[:WORST]]
        more = f", and {len(listed) - WORST} more" if len(listed) > WORST else ""
        yield f"  {_sessions(total)} {_GAPS.get(kind, kind)}: {', '.join(named)}{more}"


def disagreement_lines(state: Overview) -> Iterator[str]:
    """How many bars of several providers differ, and the worst of them."""
    yield f"Disagreements: {state.differing:,} of {state.compared:,} bars that several providers gave"
    if state.disagreements:
        rows = [
            (one.instrument, one.session_date, f"{one.difference_pct:.2f}", one.reason) for one in state.disagreements
        ]
        yield from indented(aligned(("instrument", "session", "by %", "reason"), rows))


def finding_lines(findings: Sequence[tuple[str, int]]) -> Iterator[str]:
    """What was found about the data that asks for a look, by name."""
    listed = ", ".join(f"{count:,} {finding}" for finding, count in findings)
    yield f"Findings in mart_data_quality: {listed or 'none'}"


def _name(gap: Gap) -> str:
    return f"{gap.instrument} at {gap.provider}" if gap.provider else gap.instrument


def _sessions(count: int) -> str:
    return f"{count:,} session{'' if count == 1 else 's'}"


def _cut(text: str) -> str:
    """One line of a problem; the whole of it is in mart_provider_health."""
    first = " ".join(text.split())
    return first if len(first) <= PROBLEM_WIDTH else f"{first[: PROBLEM_WIDTH - 3]}..."

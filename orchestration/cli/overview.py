"""What the current publication says about itself and about its sources: checks, freshness, providers, gaps, disagreements.
Only reads; how it looks is status_render.py."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from orchestration.cli.reader import Reading, read_current
from orchestration.publish.publication_store import Publication
from orchestration.settings import Settings

WORST = 4
_LEDGER = "raw_ledger__"


@dataclass(frozen=True)
class Freshness:
    """How far one source reaches: `last_date` is the newest day it describes, `last_known_at_utc` is naive UTC."""

    source: str
    rows: int
    first_date: date | None
    last_date: date | None
    last_known_at_utc: datetime | None


@dataclass(frozen=True)
class ProviderDay:
    """What a provider was asked on the last day on which it was asked, and what came of it. A whole answer without rows
    counts as one."""

    provider: str
    domain: str
    asked_date: date
    questions: int
    answered: int
    requests: int
    fail_overs: int
    is_circuit_open: bool
    first_problem: str | None


@dataclass(frozen=True)
class Gap:
    """Sessions of one instrument that are absent in one way; `provider` where only that one lacks them."""

    kind: str
    provider: str | None
    instrument: str
    sessions: int
    last_date: date


@dataclass(frozen=True)
class Disagreement:
    """A bar on which providers differ beyond the tolerance."""

    instrument: str
    session_date: date
    difference_pct: float
    reason: str


@dataclass(frozen=True)
class Overview:
    """The state of the current publication.

    `checks` counts outcomes by status. `providers` is empty where no provider was ever asked, and then the rest is too.
    `gaps` are by kind, most sessions first. `compared` bars were given by several providers, `differing` of them
    beyond the tolerance. `findings` counts by name what mart_data_quality asks to look at.
    """

    publication: Publication
    checks: dict[str, int]
    freshness: tuple[Freshness, ...]
    providers: tuple[ProviderDay, ...] = ()
    gaps: tuple[Gap, ...] = ()
    compared: int = 0
    differing: int = 0
    disagreements: tuple[Disagreement, ...] = ()
    findings: tuple[tuple[str, int], ...] = ()


def overview(settings: Settings) -> Overview:
    """The current publication as it describes itself; raises what read_current raises. What an older publication has no
    table or column for is left out."""
    with read_current(settings) as reading:
        checks = _rows(reading, "meta_check", ("status",), "SELECT status, count(*) FROM meta_check GROUP BY 1")
        providers = _providers(reading)
        plain = Overview(reading.publication, dict(checks), _freshness(reading), providers)
        if not providers:
            return plain
        compared, differing, disagreements = _agreement(reading)
        gaps = _gaps(reading)
        return replace(
            plain,
            gaps=gaps,
            compared=compared,
            differing=differing,
            disagreements=disagreements,
            findings=_findings(reading),
        )


def _freshness(reading: Reading) -> tuple[Freshness, ...]:
    """One line a source, the files of the ledger as one."""
    names = ("source_table", "rows", "first_date", "last_date", "last_known_at_utc")
    found = [
        Freshness(*row)
        for row in _rows(
            reading, "meta_freshness", names, f"SELECT {', '.join(names)} FROM meta_freshness ORDER BY source_table"
        )
    ]
    ledger = [one for one in found if one.source.startswith(_LEDGER)]
    if len(ledger) < 2:
        return tuple(found)
    whole = Freshness(
        f"{_LEDGER}* ({len(ledger)} files)",
        sum(one.rows for one in ledger),
        min((one.first_date for one in ledger if one.first_date), default=None),
        max((one.last_date for one in ledger if one.last_date), default=None),
        max((one.last_known_at_utc for one in ledger if one.last_known_at_utc), default=None),
    )
    others = [one for one in found if one not in ledger]
    return tuple(sorted([whole, *others], key=lambda one: one.source))


def _providers(reading: Reading) -> tuple[ProviderDay, ...]:
    names = ("provider", "domain", "asked_date", "questions", "answered", "empty", "requests", "fail_overs")
    sql = (
        "SELECT provider, domain, asked_date, questions, answered + empty, requests, fail_overs, is_circuit_open,"
        " first_problem FROM mart_provider_health QUALIFY asked_date = max(asked_date) OVER (PARTITION BY provider, domain) ORDER BY domain, provider"
    )
    needed = (*names, "is_circuit_open", "first_problem")
    return tuple(ProviderDay(*row) for row in _rows(reading, "mart_provider_health", needed, sql))


def _gaps(reading: Reading) -> tuple[Gap, ...]:
    sql = (
        "SELECT gap, provider, instrument, count(*), max(session_date) FROM mart_market_gap"
        " GROUP BY ALL ORDER BY gap, count(*) DESC, max(session_date) DESC, instrument, provider"
    )
    return tuple(
        Gap(*row) for row in _rows(reading, "mart_market_gap", ("gap", "provider", "instrument", "session_date"), sql)
    )


def _agreement(reading: Reading) -> tuple[int, int, tuple[Disagreement, ...]]:
    table = "fct_market_price_daily"
    names = ("providers_count", "agreement", "max_difference_pct", "disagreement_reason")
    counted = _rows(
        reading,
        table,
        names,
        "SELECT count(*) FILTER (WHERE providers_count > 1), count(*) FILTER (WHERE agreement = 'differs')"
        f" FROM {table}",
    )
    if not counted:
        return 0, 0, ()
    worst = _rows(
        reading,
        table,
        names,
        f"SELECT instrument, session_date, max_difference_pct, coalesce(disagreement_reason, '') FROM {table}"
        f" WHERE agreement = 'differs' ORDER BY max_difference_pct DESC, session_date DESC, instrument LIMIT {WORST}",
    )
    return counted[0][0], counted[0][1], tuple(Disagreement(*row) for row in worst)


def _findings(reading: Reading) -> tuple[tuple[str, int], ...]:
    sql = (
        "SELECT finding, count(*) FROM mart_data_quality WHERE severity <> 'info'"
        " GROUP BY finding ORDER BY count(*) DESC, finding"
    )
    return tuple(_rows(reading, "mart_data_quality", ("finding", "severity"), sql))


def _rows(reading: Reading, table: str, columns: Collection[str], sql: str) -> list[Any]:
    """The rows of `sql`; none where the publication has no `table` with these `columns`."""
    # No bound parameters: DuckDB's client would import pandas for them.
    found = reading.connection.execute(
        f"SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = '{table}'"
    ).fetchall()
    if not set(columns) <= {name for (name,) in found}:
        return []
    return reading.connection.execute(sql).fetchall()

"""Finds one number of the current publication and its rows of mart_number_evidence. Nothing is computed here; how it
looks is explain_text.py."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from orchestration.cli.base import near_names
from orchestration.cli.output import json_text
from orchestration.errors import QueryRefused
from orchestration.publish.reader import Reading, read_publication
from orchestration.publish.store import Publication
from orchestration.settings import Settings
from quality.sql import literal

Row = Mapping[str, Any]

NEW_YORK: Final = ZoneInfo("America/New_York")
_NEEDED: Final = ("dim_issuer", "dim_metric", "fct_financial_quarter", "mart_data_quality", "mart_number_evidence")


@dataclass(frozen=True)
class Explanation:
    """One number as it is published: `number` is its row of fct_financial_quarter, `issuer` that of dim_issuer, `meaning` what
    dim_metric says of its metric, `evidence` its rows of mart_number_evidence in their order, `findings` those of
    mart_data_quality about it."""

    publication: Publication
    issuer: Row
    number: Row
    meaning: str
    evidence: tuple[Row, ...]
    findings: tuple[Row, ...]

    @property
    def name(self) -> str:
        """What the issuer is called now."""
        return str(self.issuer["current_name"] or self.issuer["sec_name"])


def explain(
    settings: Settings, issuer: str, metric: str, quarter: str, wanted: str | date | None = None
) -> Explanation:
    """Explain one number of the current publication, or of the kept one `wanted`; names may be written in any case, `quarter` is YYYYQn.

    Raises QueryRefused, with near names and what exists, when there is no such number; NothingPublished;
    PublicationDamaged.
    """
    with read_publication(settings, wanted) as reading:
        reading.require(*_NEEDED)
        company = _issuer(reading, issuer)
        number = _number(reading, company["issuer"], metric, quarter.upper())
        key = f"{number['issuer']} {number['metric']} {number['calendar_quarter']}"
        evidence = reading.rows(
            "FROM mart_number_evidence WHERE published_table = 'fct_financial_quarter' AND published_column = 'value'"
            f" AND number_key = {literal(key)} ORDER BY operand_number, vintage_number",
        )
        meant = f"FROM dim_metric WHERE metric = {literal(number['metric'])} AND standard = 'statements'"
        # Publications of earlier versions do not say it.
        meaning = "".join(row["definition"] for row in reading.rows(meant))
        return Explanation(reading.publication, company, number, meaning, tuple(evidence), _findings(reading, number))


def in_new_york(moment_utc: datetime) -> datetime:
    """The wall time in New York of a naive UTC time."""
    return moment_utc.replace(tzinfo=UTC).astimezone(NEW_YORK)


def explanation_json(found: Explanation) -> str:
    """One JSON object: the number's columns, its evidence as rows of the mart, findings, the publication. Values are in the
    unit named, times ISO 8601, those in New York with their offset."""
    publication = found.publication
    content = {
        **found.number,
        "issuer_name": found.name,
        "cik": found.issuer["cik"],
        "known_at_new_york": in_new_york(found.number["known_at_utc"]),
        "evidence": [
            {**row, "operand_known_at_new_york": (at := row["operand_known_at_utc"]) and in_new_york(at)}
            for row in found.evidence
        ],
        "findings": list(found.findings),
        "publication": {"id": publication.id, "edition": publication.edition, "as_of": publication.as_of},
    }
    return json_text(content, indent=1)


def _issuer(reading: Reading, name: str) -> Row:
    issuers = {row["issuer"]: row for row in reading.rows("FROM dim_issuer ORDER BY issuer")}
    if name.upper() in issuers:
        return issuers[name.upper()]
    # Former names and tickers lead to the issuer too; they are only proposed, since a ticker may have had two owners.
    known_as = "SELECT name, issuer FROM dim_issuer_name UNION ALL SELECT ticker, issuer FROM dim_ticker ORDER BY ALL"
    aliases = {row["name"].upper(): row["issuer"] for row in reading.rows(known_as)}
    aliases |= {issuer: issuer for issuer in issuers}
    within = [alias for alias in aliases if len(name) > 2 and alias.startswith(name.upper())]
    near = [aliases[one] for one in (*within, *difflib.get_close_matches(name.upper(), aliases, n=4, cutoff=0.6))]
    meant = f"; near names: {', '.join(dict.fromkeys(near))}" if near else ""
    raise QueryRefused(
        f"there is no issuer {name}{meant}",
        f"give one of the {len(issuers)} of the universe: {', '.join(issuers)}",
    )


def _number(reading: Reading, issuer: str, metric: str, quarter: str) -> Row:
    by_metric: dict[str, dict[str, Row]] = {}
    of_issuer = f"FROM fct_financial_quarter WHERE issuer = {literal(issuer)} ORDER BY metric, calendar_quarter"
    for row in reading.rows(of_issuer):
        by_metric.setdefault(row["metric"], {})[row["calendar_quarter"]] = row
    if not by_metric:
        others = reading.rows("SELECT DISTINCT issuer FROM fct_financial_quarter ORDER BY 1")
        raise QueryRefused(
            f"nothing is published of {issuer}'s quarters in this edition",
            f"there are quarters of {', '.join(row['issuer'] for row in others) or 'no issuer'}",
        )
    metrics = {name.upper(): name for name in by_metric}
    chosen = metrics.get(metric.upper())
    if chosen is None:
        subject = literal(f"{issuer} {metric.lower()}")
        said = reading.rows(f"FROM mart_data_quality WHERE check_subject = {subject} ORDER BY finding")
        why = f" (mart_data_quality: {', '.join(row['finding'] for row in said)})" if said else ""
        raise QueryRefused(
            f"there is no metric {metric} of {issuer}{why}{near_names(metric, by_metric)}",
            f"{issuer} has {'; '.join(f'{name} {_span(quarters)}' for name, quarters in by_metric.items())}",
        )
    quarters = by_metric[chosen]
    if quarter not in quarters:
        nearest = min(quarters, key=lambda other: abs(_count(other) - _count(quarter)))
        raise QueryRefused(
            f"there is no {quarter} of {issuer} {chosen}; the nearest is {nearest}",
            f"there is {_span(quarters)} (calendar quarters, by the middle day of the fiscal quarter)",
        )
    return quarters[quarter]


def _count(quarter: str) -> int:
    return int(quarter[:4]) * 4 + int(quarter[5])


def _span(quarters: Collection[str]) -> str:
    return f"{min(quarters)} to {max(quarters)}" if len(quarters) > 1 else min(quarters)


def _findings(reading: Reading, number: Row) -> tuple[Row, ...]:
    """Findings about the number, its metric or its issuer; of the counts of quarters without a number, its reason's."""
    issuer, metric, quarter = number["issuer"], number["metric"], literal(number["calendar_quarter"])
    # The map of concepts names metrics without their unit.
    subjects = (issuer, f"{issuer} {metric}", f"{issuer} {metric.removesuffix('_usd_m')}")
    return tuple(
        reading.rows(
            f"FROM mart_data_quality WHERE check_subject IN ({', '.join(map(literal, subjects))})"
            f" AND (period = 'all' OR {quarter} BETWEEN split_part(period, ' to ', 1) AND split_part(period, ' to ', -1))"
            f" AND (finding NOT LIKE 'quarters_null_%' OR finding = {literal('quarters_null_' + str(number['null_reason']))})"
            # What a table's rows came to is counted of all of them, and tells nothing about one number.
            " AND (unit NOT IN ('facts', 'rows', 'numbers') OR expected IS NOT NULL OR severity <> 'info')"
            " ORDER BY severity DESC, check_subject, finding",
        )
    )

"""Collects, from the current publication alone, everything behind one number of fct_financial_quarter. What it finds is
explain_model.py, how that looks explain_render.py."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from orchestration.cli.explain_model import Explanation, Fact, Filed, Row, Term
from orchestration.errors import QueryRefused
from orchestration.publish.publication_build import text
from orchestration.publish.reader import read_current
from orchestration.settings import Settings

if TYPE_CHECKING:
    import duckdb

_NEEDED: Final = (
    "dim_issuer",
    "dim_issuer_name",
    "dim_ticker",
    "fct_financial_quarter",
    "fct_financial_quarter.ledger_period_end_date",
    "fct_financial_xbrl",
    "fct_financial_xbrl.known_at_basis",
    "mart_data_quality",
)
_FACT_KEY: Final = ("taxonomy", "concept", "unit", "period_start_date", "period_end_date")


def explain(settings: Settings, issuer: str, metric: str, quarter: str) -> Explanation:
    """Explain one number of the current publication; names may be written in any case, `quarter` is YYYYQn.

    Raises QueryRefused, with near names and what exists, when there is no such number; NothingPublished;
    PublicationDamaged.
    """
    with read_current(settings) as reading:
        connection = reading.connection
        _require_tables(connection)
        company = _issuer(connection, issuer)
        row = _row(connection, company["issuer"], metric, quarter.upper())
        facts = _facts(connection, row)
        terms = tuple(_term(concept, row, facts) for concept in _concepts(row))
        used = {_days(fact) for term in terms for fact in term.facts}
        return Explanation(
            publication=reading.publication,
            name=_name(company),
            cik=company["cik"],
            row=row,
            terms=terms,
            elsewhere=tuple(fact for fact in facts if _days(fact) not in used),
            findings=tuple(_findings(connection, row)),
        )


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    """Rows by column name. Values stand in the SQL: a bound parameter would make DuckDB's client import pandas."""
    found = connection.execute(sql).fetchall()
    names = [str(column[0]) for column in connection.description or []]
    return [dict(zip(names, row, strict=True)) for row in found]


def _require_tables(connection: duckdb.DuckDBPyConnection) -> None:
    there = {row["table_name"] for row in _rows(connection, "SELECT table_name FROM duckdb_tables()")}
    columns = _rows(connection, "SELECT table_name || '.' || column_name AS name FROM duckdb_columns()")
    there |= {row["name"] for row in columns}
    if missing := [name for name in _NEEDED if name not in there]:
        raise QueryRefused(
            f"this publication cannot be explained: it has no {', '.join(missing)}",
            "run `hashwatt refresh` to publish with this version",
        )


def _issuer(connection: duckdb.DuckDBPyConnection, name: str) -> Row:
    issuers = {row["issuer"]: row for row in _rows(connection, "FROM dim_issuer ORDER BY issuer")}
    if name.upper() in issuers:
        return issuers[name.upper()]
    # Former names and tickers lead to the issuer too; they are only proposed, since a ticker may have had two owners.
    known_as = "SELECT name, issuer FROM dim_issuer_name UNION ALL SELECT ticker, issuer FROM dim_ticker ORDER BY ALL"
    aliases = {row["name"].upper(): row["issuer"] for row in _rows(connection, known_as)}
    aliases |= {issuer: issuer for issuer in issuers}
    within = [alias for alias in aliases if len(name) > 2 and alias.startswith(name.upper())]
    near = [*within, *difflib.get_close_matches(name.upper(), aliases, n=4, cutoff=0.6)]
    raise QueryRefused(
        f"there is no issuer {name}{_near(aliases[alias] for alias in near)}",
        f"give one of the {len(issuers)} of the universe: {', '.join(issuers)}",
    )


def _name(issuer: Row) -> str:
    return str(issuer["current_name"] or issuer["sec_name"])


def _row(connection: duckdb.DuckDBPyConnection, issuer: str, metric: str, quarter: str) -> Row:
    rows = _rows(
        connection, f"FROM fct_financial_quarter WHERE issuer = {text(issuer)} ORDER BY metric, calendar_quarter"
    )
    by_metric: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_metric.setdefault(row["metric"], {})[row["calendar_quarter"]] = row
    if not rows:
        others = _rows(connection, "SELECT DISTINCT issuer FROM fct_financial_quarter ORDER BY 1")
        raise QueryRefused(
            f"nothing is published of {issuer}'s quarters in this edition",
            f"there are quarters of {', '.join(row['issuer'] for row in others) or 'no issuer'}",
        )
    metrics = {name.upper(): name for name in by_metric}
    chosen = metrics.get(metric.upper())
    if chosen is None:
        near = difflib.get_close_matches(metric.upper(), metrics, n=3, cutoff=0.5)
        near += [name for name in metrics if metric.upper() in name]
        spans = "; ".join(f"{name} {_spans(quarters)}" for name, quarters in by_metric.items())
        said = _rows(
            connection,
            f"FROM mart_data_quality WHERE check_subject = {text(f'{issuer} {metric.lower()}')} ORDER BY finding",
        )
        why = f" (mart_data_quality: {', '.join(finding['finding'] for finding in said)})" if said else ""
        raise QueryRefused(
            f"there is no metric {metric} of {issuer}{why}{_near(metrics[name] for name in near)}",
            f"{issuer} has {spans}",
        )
    quarters = by_metric[chosen]
    if quarter not in quarters:
        raise QueryRefused(
            f"there is no {quarter} of {issuer} {chosen}; the nearest is {_nearest(quarter, quarters)}",
            f"there is {_spans(quarters)} (calendar quarters, by the middle day of the fiscal quarter)",
        )
    return quarters[quarter]


def _near(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    return f"; near names: {', '.join(found)}" if found else ""


def _number(quarter: str) -> int:
    return int(quarter[:4]) * 4 + int(quarter[5])


def _nearest(quarter: str, quarters: Iterable[str]) -> str:
    return min(quarters, key=lambda other: abs(_number(other) - _number(quarter)))


def _spans(quarters: Iterable[str]) -> str:
    """Runs of consecutive quarters: `2019Q4 to 2020Q2, 2021Q1`."""
    runs: list[list[str]] = []
    for quarter in sorted(quarters):
        if runs and _number(quarter) == _number(runs[-1][-1]) + 1:
            runs[-1].append(quarter)
        else:
            runs.append([quarter])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def _concepts(row: Row) -> list[str]:
    """The concepts of the number, in the order in which they are added; of the ledger's numbers none was read here."""
    return [] if row["method"] == "ledger" or not row["xbrl_concept"] else row["xbrl_concept"].split(" + ")


def _facts(connection: duckdb.DuckDBPyConnection, row: Row) -> list[Fact]:
    """Facts of the metric over the quarter, over the year up to its end and up to its start, and balances from its end."""
    if row["fiscal_year_start_date"] is None:
        return []
    year, start, end = (row[f"{name}_date"] for name in ("fiscal_year_start", "period_start", "period_end"))
    before = start - timedelta(days=1)
    filed = _rows(
        connection,
        f"""
        FROM fct_financial_xbrl
        WHERE
            issuer = {text(row["issuer"])} AND unit = {text(row["unit"])}
            AND list_contains(string_split(metrics, '; '), {text(_mapped_name(row["metric"]))})
            AND (
                (period_type = 'instant' AND period_end_date >= '{end}')
                OR (
                    period_type = 'duration'
                    AND (
                        (period_start_date = '{year}' AND period_end_date IN ('{before}', '{end}'))
                        OR (period_start_date = '{start}' AND period_end_date = '{end}')
                    )
                )
            )
        ORDER BY {", ".join(_FACT_KEY)}, filing_number
        """,
    )
    by_fact: dict[tuple[Any, ...], list[Row]] = {}
    for one in filed:
        by_fact.setdefault(tuple(one[name] for name in _FACT_KEY), []).append(one)
    facts = [_fact(rows) for rows in by_fact.values()]
    return [f for f in facts if f.period_start_date < f.period_end_date or _is_balance(f, facts, row)]


def _is_balance(fact: Fact, facts: Sequence[Fact], row: Row) -> bool:
    """Whether an instant is the quarter's: at its end, or of cover pages the first after it where the number has one."""
    if not fact.concept.startswith("dei:"):
        return bool(fact.period_end_date == row["period_end_date"])
    first = min(other.period_end_date for other in facts if other.concept == fact.concept)
    return row["minuend_value"] is not None and fact.period_end_date == first


def _fact(rows: Sequence[Row]) -> Fact:
    filings: list[Filed] = []
    for row in rows:
        change = row["value"] - filings[-1].value if filings else None
        words = {
            name: row[name]
            for name in ("accession", "form", "filed_date", "known_at_utc", "value", "change_kind", "known_at_basis")
        }
        filings.append(Filed(change=change, **words))
    first = rows[0]
    concept = f"{first['taxonomy']}:{first['concept']}"
    return Fact(concept, first["unit"], first["period_start_date"], first["period_end_date"], tuple(filings))


def _term(concept: str, row: Row, facts: Sequence[Fact]) -> Term:
    own = {(fact.period_start_date, fact.period_end_date): fact for fact in facts if fact.concept == concept}
    year, start, end = row["fiscal_year_start_date"], row["period_start_date"], row["period_end_date"]
    balance = next((fact for (first, last), fact in own.items() if first == last), None)
    if balance is not None or row["null_reason"] == "missing_balance":
        return Term(concept, (end, end), None, balance, None, None)
    before = (year, start - timedelta(days=1)) if start > year else None
    minuend, subtrahend = own.get((year, end)), own.get(before) if before else None
    return Term(
        concept=concept,
        days=(year, end),
        before=before,
        minuend=minuend and minuend.by(_accessions(row["minuend_accession"])),
        subtrahend=subtrahend and subtrahend.by(_accessions(row["subtrahend_accession"])),
        reported=own.get((start, end)) if before else None,
    )


def _days(fact: Fact) -> tuple[str, date, date]:
    """What tells a fact among those of one number, whichever of its filings counts."""
    return fact.concept, fact.period_start_date, fact.period_end_date


def _accessions(listed: str | None) -> list[str]:
    """The accessions that a column of the row names, one for each term where they differ."""
    return listed.split("; ") if listed else []


def _findings(connection: duckdb.DuckDBPyConnection, row: Row) -> Iterable[Row]:
    """Findings about the number, its metric or its issuer; of the counts of quarters without a number, its reason's."""
    issuer, metric, quarter = row["issuer"], row["metric"], row["calendar_quarter"]
    subjects = ", ".join(map(text, (issuer, f"{issuer} {metric}", f"{issuer} {_mapped_name(metric)}")))
    for finding in _rows(
        connection,
        f"FROM mart_data_quality WHERE check_subject IN ({subjects}) ORDER BY severity DESC, check_subject, finding",
    ):
        first, _, last = finding["period"].partition(" to ")
        counts_nulls = finding["finding"].startswith("quarters_null_")
        if counts_nulls and finding["finding"] != f"quarters_null_{row['null_reason']}":
            continue
        if first == "all" or first <= quarter <= (last or first):
            yield finding


def _mapped_name(metric: str) -> str:
    """The metric's name in the map of concepts, which carries no unit."""
    return metric.removesuffix("_usd_m")

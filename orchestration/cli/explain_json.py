"""Writes an explanation as JSON. Nothing is looked up or decided here; for people it is explain_render.py."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from orchestration.cli.explain_model import Explanation, Fact, Filed, Term, in_new_york
from orchestration.cli.explain_render import index_page, ledger_citation, needed
from orchestration.cli.explain_words import METHODS, REASONS


def explanation_json(found: Explanation) -> str:
    """The same as one JSON object; numbers in the unit named, times ISO 8601, those in New York with their offset."""
    row = dict(found.row)
    as_of = found.publication.as_of
    content = {
        **row,
        "issuer_name": found.name,
        "cik": found.cik,
        "meaning": found.meaning,
        "known_at_new_york": in_new_york(row["known_at_utc"]),
        "method_means": METHODS.get(row["method"]),
        "null_means": REASONS.get(row["null_reason"]),
        "needed": needed(found) if row["value"] is None else [],
        "adds_up": found.adds_up,
        "terms": [_term_json(term) for term in found.terms],
        "elsewhere": [_fact_json(fact) for fact in found.elsewhere],
        "filings": [_filed_json(filed) | {"page": index_page(found.cik, filed.accession)} for filed in found.filings],
        "on_file": [{"since_utc": since, "value": value} for since, value in found.on_file],
        "first_change": _less(row["value"], row["first_value"]),
        "ledger_difference_usd_m": found.ledger_difference_usd_m,
        "ledger_citation": ledger_citation(found),
        "findings": list(found.findings),
        "publication": {"id": found.publication.id, "edition": found.publication.edition, "as_of": as_of},
    }
    return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1, default=_text)


def _term_json(term: Term) -> dict[str, Any]:
    parts = {name: getattr(term, name) for name in ("minuend", "subtrahend", "reported")}
    facts = {name: None if fact is None else _fact_json(fact) for name, fact in parts.items()}
    return {"concept": term.concept, "value": term.value, **facts}


def _fact_json(fact: Fact) -> dict[str, Any]:
    return {
        "concept": fact.concept,
        "unit": fact.unit,
        "period_start_date": fact.period_start_date,
        "period_end_date": fact.period_end_date,
        "value": fact.value,
        "accession": fact.standing.accession,
        "is_superseded": fact.is_superseded,
        "vintages": [_filed_json(filed) for filed in fact.filings],
    }


def _filed_json(filed: Filed) -> dict[str, Any]:
    return {
        "accession": filed.accession,
        "form": filed.form,
        "filed_date": filed.filed_date,
        "accepted_utc": filed.known_at_utc,
        "accepted_new_york": in_new_york(filed.known_at_utc),
        "is_bound": filed.is_bound,
        "known_at_basis": filed.known_at_basis,
        "value": filed.value,
        "change": filed.change,
        "change_kind": filed.change_kind,
    }


def _text(moment: date) -> str:
    return moment.isoformat()


def _less(value: float | None, first: float | None) -> float | None:
    return None if value is None or first is None else value - first

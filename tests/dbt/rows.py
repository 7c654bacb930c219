"""Rows of raw tables that tell of EDGAR's facts and of what the ledger makes of them. No expectations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

Row = dict[str, Any]
LEDGER = datetime(2020, 1, 1)


def fact(
    issuer: str, concept: str, first: date | None, last: date, value: float, form: str, known: datetime, **more: Any
) -> Row:
    """One filing's word on one period, accepted at `known`; an instant without `first`."""
    row: Row = {"issuer": issuer, "taxonomy": "us-gaap", "concept": concept, "unit": "USD", "value": float(value)}
    row |= {"period_type": "duration" if first else "instant", "period_start_date": first or last}
    row |= {"period_end_date": last, "accession": f"{known:%Y%m%d}-{form}", "form": form, "filed_date": known.date()}
    return row | {"known_at_basis": "acceptance", "known_at_utc": known} | more


def concept(issuer: str, metric: str, name: str, **more: Any) -> Row:
    """By which concept a metric is told."""
    row: Row = {"issuer": issuer, "metric": metric, "taxonomy": "us-gaap", "concept": name, "unit": "USD"}
    return (
        row
        | {"period_type": "duration", "priority": 1, "is_required": True, "basis": metric, "known_at_utc": LEDGER}
        | more
    )


def issuer(name: str, cik: str, **more: Any) -> Row:
    """Who files under it."""
    row: Row = {"issuer": name, "cik": cik, "sec_name": name, "taxonomy": "us-gaap", "reporting_currency": "USD"}
    return row | more

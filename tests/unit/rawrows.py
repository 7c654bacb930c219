"""Small raw rows for tests of the lake: bars of a made-up instrument and filings, with every common column filled."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.tables import tables

NOW = datetime(2026, 11, 30)
SHA = "a" * 64
ROWS = tables(__file__)


def bar(day: date, close: object = 10.0, **changes: object) -> dict[str, object]:
    """One row of raw_market__bar; `changes` replaces single cells."""
    known = datetime(day.year, day.month, day.day) + timedelta(days=1)
    own = {"session_date": day, "close_usd": close, "known_at_utc": known, "source_sha256": SHA}
    return {**ROWS["bar"], **own, **changes}


def filing(cik: str, number: int, **changes: object) -> dict[str, object]:
    """One row of raw_sec__filing; `changes` replaces single cells."""
    own = {"issuer": f"I{cik[-1]}", "cik": cik, "accession": f"{cik}-25-{number:06}", "source_sha256": SHA}
    return {**ROWS["filing"], **own, "source": f"sec/submissions/CIK{cik}.json", **changes}

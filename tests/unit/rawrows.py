"""Small raw rows for tests of the lake: bars of a made-up instrument and filings, with every common column filled."""

from __future__ import annotations

from datetime import date, datetime, timedelta

NOW = datetime(2026, 11, 30)
SHA = "a" * 64


def bar(day: date, close: object = 10.0, **changes: object) -> dict[str, object]:
    """One row of raw_market__bar; `changes` replaces single cells."""
    return {
        "instrument": "TEST",
        "session_date": day,
        "provider": "unit",
        "close_usd": close,
        "known_at_utc": datetime(day.year, day.month, day.day) + timedelta(days=1),
        "ingested_at_utc": datetime(2026, 1, 1),
        "source": "unit/bars",
        "source_sha256": SHA,
        "parser_version": "unit-1",
    } | changes


def filing(cik: str, number: int, **changes: object) -> dict[str, object]:
    """One row of raw_sec__filing; `changes` replaces single cells."""
    return {
        "issuer": f"I{cik[-1]}",
        "cik": cik,
        "accession": f"{cik}-25-{number:06}",
        "form": "8-K",
        "filed_date": date(2025, 3, 3),
        "acceptance_text": "2025-03-03T16:00:00.000Z",
        "acceptance_zone": "bound",
        "is_xbrl": False,
        "size_bytes": 10,
        "known_at_utc": datetime(2025, 3, 3, 21),
        "ingested_at_utc": datetime(2026, 1, 1),
        "source": f"sec/submissions/CIK{cik}.json",
        "source_sha256": SHA,
        "parser_version": "unit-1",
    } | changes

"""Small raw rows for tests of the lake: bars of a made-up instrument, with every common column filled."""

from __future__ import annotations

from datetime import date, datetime, timedelta

NOW = datetime(2026, 11, 20)
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

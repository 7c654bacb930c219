"""What time it is, for everything that asks sources. One place, so that a test can let days pass."""

from __future__ import annotations

from datetime import UTC, datetime


def now_utc() -> datetime:
    """This moment, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)

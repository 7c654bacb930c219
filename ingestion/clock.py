"""What time it is, the one place where ingestion looks at the machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime


def now_utc() -> datetime:
    """Now as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)

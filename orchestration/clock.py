"""What time it is and how long things take: one clock, so that a test can let days pass, and every span of time in one place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ingestion.clock import now_utc as now_utc

# New York closes at 16:00 and the UTC day ends at 19:00 or 20:00 New York time: half an hour after the later of the
# two, equities, coins and the network can all be known. Every day, because coins and blocks know no weekend.
DAILY_CRON = "30 20 * * *"
TIMEZONE = "America/New_York"

FRESH_FOR, STALE_AFTER = timedelta(hours=25), timedelta(hours=49)
SECONDS_BETWEEN_LOOKS_FOR_FILINGS = 900
SECONDS_UNTIL_BUILT = 30
SCHEDULED_WAIT_SECONDS = 600.0
SECONDS_BEFORE_A_RETRY = 5


def now() -> datetime:
    """This moment in UTC, with its time zone."""
    return now_utc().replace(tzinfo=UTC)

"""What time it is, the one place where ingestion looks at the machine's clock; and how long things take to be known."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

CLOSE_LAG = timedelta(minutes=15)
"""Closing auctions and index closes are disseminated within minutes of the bell."""
CONFIRMATION_LAG = timedelta(hours=1)
"""Six blocks: by then the last block of a day of the bitcoin network is settled."""
END_OF_DAY = time(23, 59, 59)
"""When what comes out on a day at an unknown hour is known at the latest, UTC."""
LATEST_OPEN = timedelta(hours=14, minutes=30)
"""Half past nine in New York in winter, after midnight UTC."""
REACH = 5
"""Days, or periods of a series, before the first missing one that are asked for once more, so that a vendor's correction is
seen."""
MOST_ANSWERS = 3
"""A day that answers of so many days covered without bringing it is not available from the provider."""
PERIOD_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "quarterly": 92}
"""The longest that a period of a series takes."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""Clocks of machines that are set may differ by this much; what is dated further ahead was dated by one that was not."""


def now_utc() -> datetime:
    """Now as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)

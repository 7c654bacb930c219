"""Rules of exchange sessions. What follows from the contract alone is in from_contract.py."""

from __future__ import annotations

from quality.rules import Rule

HALF_DAY_HOURS = 6  # A whole session lasts 6.5 hours, a half day 3.5.
LONGEST_BREAK_DAYS = 5  # A weekend with a holiday on either side.

LIBRARY = "Update the calendar library or its reader, then refresh again."

SESSION: tuple[Rule, ...] = (
    Rule(
        "not_on_weekend",
        "critical",
        "No session falls on a Saturday or Sunday.",
        LIBRARY,
        where="isodow(session_date) >= 6",
    ),
    Rule(
        "close_after_open",
        "critical",
        "Every session closes after it opens.",
        LIBRARY,
        where="close_utc <= open_utc",
    ),
    Rule(
        "open_on_session_date",
        "critical",
        "Every session opens on its own date, UTC.",
        f"New York opens at 13:30 or 14:30 UTC: a time zone was dropped. {LIBRARY}",
        where="CAST(open_utc AS DATE) <> session_date",
    ),
    Rule(
        "half_day_agrees",
        "critical",
        f"A session is marked as a half day exactly when it lasts less than {HALF_DAY_HOURS} hours.",
        LIBRARY,
        where=f"close_utc > open_utc AND is_half_day <> (close_utc - open_utc < INTERVAL {HALF_DAY_HOURS} HOUR)",
    ),
    Rule(
        "no_long_break",
        "warning",
        f"No two sessions in a row are more than {LONGEST_BREAK_DAYS} days apart.",
        f"The exchange closed for longer only in 2001 and before 1934: see whether sessions were lost. {LIBRARY}",
        violations=(
            "SELECT exchange, previous_date, session_date FROM (SELECT exchange, session_date,"
            " lag(session_date) OVER (PARTITION BY exchange ORDER BY session_date) AS previous_date FROM {relation})"
            f" WHERE session_date - previous_date > {LONGEST_BREAK_DAYS}"
        ),
    ),
)

RULES = {"raw_calendar__session": SESSION}

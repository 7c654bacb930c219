"""Rules of daily bars and of what was asked for. What follows from the contract alone is in from_contract.py."""

from __future__ import annotations

from quality.rules import Rule

INSTRUMENTS = "raw.raw_ledger__instrument"
SESSIONS = "raw.raw_calendar__session"
COVERAGE = "raw.raw_market__coverage"

MOVE_LIMIT = (
    0.60  # A day's move beyond it is a split, a wrong unit or real news; BMNR rose sevenfold on one day in 2025.
)
MOVE_GAP_DAYS = 5  # Bars further apart than the longest weekend are not one day's move.
FROZEN_SESSIONS = 6  # Equal closes in a row, to four decimals, mean that a feed repeats itself.
CALENDAR_SLACK_DAYS = 4  # A span may end on a holiday or weekend after the last session.

PROVIDER = "Look at the bar at its provider; correct the bundle file or the parser, then refresh again."

_RANGE = "{column} < low_usd OR {column} > high_usd"

BAR: tuple[Rule, ...] = (
    Rule(
        "high_not_below_low",
        "critical",
        "high_usd is not below low_usd.",
        f"Providers differ in the order of the two columns. {PROVIDER}",
        where="high_usd < low_usd",
    ),
    Rule(
        "open_within_range",
        "critical",
        "open_usd lies between low_usd and high_usd.",
        PROVIDER,
        where="high_usd >= low_usd AND (" + _RANGE.format(column="open_usd") + ")",
    ),
    Rule(
        "close_within_range",
        "critical",
        "close_usd lies between low_usd and high_usd.",
        f"A close adjusted for splits beside an unadjusted range looks like this. {PROVIDER}",
        where="high_usd >= low_usd AND (" + _RANGE.format(column="close_usd") + ")",
    ),
    Rule(
        "instrument_known",
        "critical",
        "Every instrument is in the universe.",
        "Add the instrument to ingestion/ledger/instrument.csv, or take its bars out of the source.",
        where=f"instrument NOT IN (SELECT instrument FROM {INSTRUMENTS} WHERE instrument IS NOT NULL)",
        reads=(INSTRUMENTS,),
    ),
    Rule(
        "session_held",
        "critical",
        "Every bar of a share, fund or coin falls on a session of its calendar.",
        f"A bar on a holiday is a wrong date or a wrong time zone. {PROVIDER}",
        violations=(
            "SELECT bar.instrument, bar.session_date, bar.provider, bar.source FROM {relation} AS bar"
            f" JOIN {INSTRUMENTS} AS i ON i.instrument = bar.instrument"
            f" LEFT JOIN {SESSIONS} AS s ON s.exchange = i.calendar AND s.session_date = bar.session_date"
            " WHERE i.calendar <> 'UTC' AND i.kind <> 'index' AND s.session_date IS NULL"
        ),
        reads=(INSTRUMENTS, SESSIONS),
    ),
    Rule(
        "index_outside_sessions",
        "info",
        "Index values fall on sessions of the exchange.",
        "Nothing to mend: an index can be computed on days when shares do not trade. Joins by session leave the day out.",
        violations=(
            "SELECT bar.instrument, bar.session_date, bar.provider, bar.source FROM {relation} AS bar"
            f" JOIN {INSTRUMENTS} AS i ON i.instrument = bar.instrument"
            f" LEFT JOIN {SESSIONS} AS s ON s.exchange = i.calendar AND s.session_date = bar.session_date"
            " WHERE i.calendar <> 'UTC' AND i.kind = 'index' AND s.session_date IS NULL"
        ),
        reads=(INSTRUMENTS, SESSIONS),
    ),
    Rule(
        "session_missing",
        "critical",
        "Every session asked for has its bar; half days are sessions, coins have every UTC day.",
        "Fetch the session again. If the instrument did not trade, end its span in the coverage table before the day.",
        violations=(
            "WITH asked AS ("
            " SELECT c.instrument, c.provider, s.session_date"
            f" FROM {COVERAGE} AS c JOIN {INSTRUMENTS} AS i ON i.instrument = c.instrument"
            f" JOIN {SESSIONS} AS s ON s.exchange = i.calendar"
            " AND s.session_date BETWEEN c.first_session_date AND c.last_session_date AND s.close_utc <= {now}"
            " WHERE i.calendar <> 'UTC'"
            " UNION ALL"
            " SELECT c.instrument, c.provider, CAST(unnest(generate_series(c.first_session_date, c.last_session_date,"
            " INTERVAL 1 DAY)) AS DATE) AS session_date"
            f" FROM {COVERAGE} AS c JOIN {INSTRUMENTS} AS i ON i.instrument = c.instrument"
            " WHERE i.calendar = 'UTC')"
            " SELECT asked.instrument, asked.provider, asked.session_date FROM asked ANTI JOIN {relation} AS bar"
            " ON bar.instrument = asked.instrument AND bar.provider = asked.provider"
            " AND bar.session_date = asked.session_date"
            " WHERE asked.session_date < CAST({now} AS DATE) OR asked.session_date IN"
            f" (SELECT session_date FROM {SESSIONS} WHERE close_utc <= {{now}})"
        ),
        reads=(COVERAGE, INSTRUMENTS, SESSIONS),
    ),
    Rule(
        "bar_within_coverage",
        "warning",
        "Every bar lies in a span that its provider was asked for.",
        "Write the span into the coverage table: outside it, a missing bar would go unnoticed.",
        violations=(
            "SELECT bar.instrument, bar.session_date, bar.provider, bar.source FROM {relation} AS bar"
            f" ANTI JOIN {COVERAGE} AS c ON c.instrument = bar.instrument AND c.provider = bar.provider"
            " AND bar.session_date BETWEEN c.first_session_date AND c.last_session_date"
        ),
        reads=(COVERAGE,),
    ),
    Rule(
        "known_after_close",
        "critical",
        "No bar was known before its session closed; coins close at the end of the UTC day.",
        f"A bar read while the session was open is not a daily bar. {PROVIDER}",
        violations=(
            "SELECT bar.instrument, bar.session_date, bar.provider, bar.known_at_utc, bar.source FROM {relation} AS bar"
            f" JOIN {INSTRUMENTS} AS i ON i.instrument = bar.instrument"
            f" LEFT JOIN {SESSIONS} AS s ON s.exchange = i.calendar AND s.session_date = bar.session_date"
            " WHERE bar.known_at_utc < CASE WHEN i.calendar = 'UTC' THEN bar.session_date + INTERVAL 1 DAY"
            " ELSE s.close_utc END"
        ),
        reads=(INSTRUMENTS, SESSIONS),
    ),
    Rule(
        "move_plausible",
        "warning",
        f"No close moves by more than {MOVE_LIMIT:.0%} from the one before.",
        "Look for a split, a change of unit or news of the day; a real move stays as it is.",
        violations=(
            "SELECT instrument, provider, session_date, previous_close, close_usd FROM ("
            " SELECT *, lag(close_usd) OVER w AS previous_close, lag(session_date) OVER w AS previous_date FROM ("
            " SELECT * FROM {relation} QUALIFY row_number() OVER"
            " (PARTITION BY instrument, provider, session_date ORDER BY known_at_utc DESC) = 1)"
            " WINDOW w AS (PARTITION BY instrument, provider ORDER BY session_date))"
            f" WHERE session_date - previous_date <= {MOVE_GAP_DAYS} AND previous_close > 0 AND close_usd > 0"
            f" AND abs(close_usd / previous_close - 1) > {MOVE_LIMIT}"
        ),
    ),
    Rule(
        "close_not_frozen",
        "warning",
        f"No close stays the same for {FROZEN_SESSIONS} sessions in a row.",
        f"A feed that stopped repeats its last value. {PROVIDER}",
        violations=(
            "SELECT instrument, provider, session_date, close_usd FROM ("
            " SELECT instrument, provider, session_date, close_usd, count(*) OVER w AS bars,"
            " max(close_usd) OVER w - min(close_usd) OVER w AS spread FROM ("
            " SELECT * FROM {relation} QUALIFY row_number() OVER"
            " (PARTITION BY instrument, provider, session_date ORDER BY known_at_utc DESC) = 1)"
            " WINDOW w AS (PARTITION BY instrument, provider ORDER BY session_date"
            f" ROWS {FROZEN_SESSIONS - 1} PRECEDING))"
            f" WHERE bars = {FROZEN_SESSIONS} AND spread < 0.0001"
        ),
    ),
)

ASKED: tuple[Rule, ...] = (
    Rule(
        "span_ordered",
        "critical",
        "No span ends before it begins.",
        "Correct the span in the coverage table, then refresh again.",
        where="last_session_date < first_session_date",
    ),
    Rule(
        "spans_apart",
        "critical",
        "Spans of one instrument and provider do not overlap.",
        "Join the two spans into one, then refresh again.",
        violations=(
            "SELECT a.instrument, a.provider, a.first_session_date, b.first_session_date AS other_first_session_date"
            " FROM {relation} AS a JOIN {relation} AS b ON a.instrument = b.instrument AND a.provider = b.provider"
            " AND a.first_session_date < b.first_session_date AND a.last_session_date >= b.first_session_date"
        ),
    ),
    Rule(
        "span_not_in_future",
        "critical",
        "No span reaches beyond the run's own day, UTC.",
        "Only sessions that have begun can have been asked for; correct the span.",
        where="last_session_date > CAST({now} AS DATE)",
    ),
    Rule(
        "calendar_long_enough",
        "critical",
        "The calendar of sessions reaches over every span of a listed instrument.",
        "Extend the calendar: beyond its end a missing session would go unnoticed.",
        violations=(
            "SELECT c.instrument, c.provider, c.first_session_date, c.last_session_date FROM {relation} AS c"
            f" JOIN {INSTRUMENTS} AS i ON i.instrument = c.instrument AND i.calendar <> 'UTC'"
            f" LEFT JOIN (SELECT exchange, min(session_date) AS first, max(session_date) AS last FROM {SESSIONS} GROUP BY ALL)"
            " AS s ON s.exchange = i.calendar WHERE s.first IS NULL"
            f" OR c.first_session_date < s.first - {CALENDAR_SLACK_DAYS}"
            f" OR c.last_session_date > s.last + {CALENDAR_SLACK_DAYS}"
        ),
        reads=(INSTRUMENTS, SESSIONS),
    ),
    Rule(
        "instrument_known",
        "critical",
        "Every instrument is in the universe.",
        "Add the instrument to ingestion/ledger/instrument.csv, or take its span out of the coverage table.",
        where=f"instrument NOT IN (SELECT instrument FROM {INSTRUMENTS} WHERE instrument IS NOT NULL)",
        reads=(INSTRUMENTS,),
    ),
    Rule(
        "every_instrument_asked",
        "warning",
        "Every instrument of the universe was asked for at some time.",
        "Fetch the instrument, or take it out of ingestion/ledger/instrument.csv.",
        violations=f"SELECT i.instrument, i.name FROM {INSTRUMENTS} AS i ANTI JOIN {{relation}} AS c ON c.instrument = i.instrument",
        reads=(INSTRUMENTS,),
    ),
)

RULES = {"raw_market__bar": BAR, "raw_market__coverage": ASKED}

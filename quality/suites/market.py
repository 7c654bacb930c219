"""Rules of daily bars and of what was asked for. Those of splits and dividends are in actions.py, what follows from the
contract alone in from_contract.py."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.actions import ACTION, DATES_APART
from quality.suites.feeds import provider_known

INSTRUMENTS = "raw.raw_ledger__instrument"
SESSIONS = "raw.raw_calendar__session"
COVERAGE = "raw.raw_market__coverage"
ACTIONS = "raw.raw_market__action"
EXCLUSIONS = "raw.raw_ledger__bar_exclusion"

FROZEN = "bundle"  # The shipped file is whole or it is damaged; of providers some sessions are missing for good.

MOVE_LIMIT = (
    0.60  # A day's move beyond it is a split, a wrong unit or real news; BMNR rose sevenfold on one day in 2025.
)
MOVE_GAP_DAYS = 5  # Bars further apart than the longest weekend are not one day's move.
FROZEN_SESSIONS = 6  # Equal closes in a row, to four decimals, mean that a feed repeats itself.
TENFOLD_STEP = (
    0.35  # How far a session's own move may take a step from exactly ten, and the way back from exactly none.
)
TENFOLD_APART = 0.02  # Two providers of one session have no move between them.
SPLIT_STEP = 0.10  # Shares of miners move by this much on an ordinary day.
LARGEST_SPLIT = 50
CLOSE_LAG = "INTERVAL 15 MINUTE"
CALENDAR_SLACK_DAYS = 4  # A span may end on a holiday or weekend after the last session.

PROVIDER = "Look at the bar at its provider; correct the bundle file or the parser, then refresh again."
EXCLUDE = "A bar that is wrong goes into ingestion/ledger/bar_exclusion.csv: it stays in the lake and is used nowhere."

# Each provider's own steps from bar to bar: its latest vintages without excluded bars, splits that anybody tells
# undone, once where two providers date the same one differently.
STEPS = (
    "WITH latest AS (SELECT * FROM {relation} QUALIFY row_number() OVER"
    " (PARTITION BY instrument, provider, session_date ORDER BY known_at_utc DESC) = 1),"
    " bars AS (SELECT instrument, provider, session_date, close_usd, lag(close_usd) OVER w AS previous_close,"
    " lag(session_date) OVER w AS previous_date, lead(close_usd) OVER w AS next_close FROM (SELECT b.* FROM latest AS b"
    f" ANTI JOIN {EXCLUSIONS} AS e ON e.instrument = b.instrument AND e.provider = b.provider"
    " AND e.session_date = b.session_date) WINDOW w AS (PARTITION BY instrument, provider ORDER BY session_date)),"
    " splits AS (SELECT * FROM (SELECT instrument, ex_date, max(split_ratio) AS split_ratio"
    f" FROM {ACTIONS} WHERE action = 'split' GROUP BY ALL) QUALIFY coalesce(ex_date - lag(ex_date) OVER"
    f" (PARTITION BY instrument, round(split_ratio, 2) ORDER BY ex_date) > {DATES_APART}, true)),"
    " told AS (SELECT b.instrument, b.provider, b.session_date, product(s.split_ratio) AS split_ratio FROM bars AS b"
    " JOIN splits AS s ON s.instrument = b.instrument AND s.ex_date > b.previous_date AND s.ex_date <= b.session_date"
    " GROUP BY ALL),"
    " steps AS (SELECT b.*, b.close_usd * coalesce(t.split_ratio, 1) / b.previous_close AS step,"
    " greatest(step, 1 / step) AS times FROM bars AS b LEFT JOIN told AS t ON t.instrument = b.instrument"
    " AND t.provider = b.provider AND t.session_date = b.session_date"
    f" WHERE b.session_date - b.previous_date <= {MOVE_GAP_DAYS} AND b.previous_close > 0 AND b.close_usd > 0),"
    f" judged AS (SELECT *, coalesce(abs(times / 10 - 1) <= {TENFOLD_STEP}"
    f" AND abs(next_close / previous_close - 1) <= {TENFOLD_STEP}, false) AS is_error FROM steps)"
)

_RANGE = "{column} < low_usd OR {column} > high_usd"


def _missing(asked: str) -> str:
    """SELECT of the sessions in spans for which `asked` holds that had ended when they were asked for and have no bar."""
    return (
        "WITH asked AS ("
        " SELECT c.instrument, c.provider, s.session_date"
        f" FROM {COVERAGE} AS c JOIN {INSTRUMENTS} AS i ON i.instrument = c.instrument"
        f" JOIN {SESSIONS} AS s ON s.exchange = i.calendar"
        " AND s.session_date BETWEEN c.first_session_date AND c.last_session_date"
        f" AND s.close_utc + {CLOSE_LAG} <= c.ingested_at_utc AND s.close_utc + {CLOSE_LAG} <= {{now}}"
        f" WHERE i.calendar <> 'UTC' AND {asked}"
        " AND s.session_date >= coalesce(i.first_session_date, s.session_date)"
        " UNION ALL"
        " SELECT c.instrument, c.provider, CAST(unnest(generate_series(c.first_session_date, least(c.last_session_date,"
        " CAST(c.ingested_at_utc AS DATE) - 1, CAST({now} AS DATE) - 1), INTERVAL 1 DAY)) AS DATE)"
        f" FROM {COVERAGE} AS c JOIN {INSTRUMENTS} AS i ON i.instrument = c.instrument"
        f" WHERE i.calendar = 'UTC' AND {asked})"
        " SELECT DISTINCT asked.instrument, asked.provider, asked.session_date FROM asked ANTI JOIN {relation} AS bar"
        " ON bar.instrument = asked.instrument AND bar.provider = asked.provider"
        " AND bar.session_date = asked.session_date"
    )


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
    provider_known(),
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
        "The shipped file has a bar for every session of its spans; half days are sessions, coins have every UTC day.",
        "Restore the bundle. If the instrument did not trade, end its span in the coverage table before the day.",
        violations=_missing(f"c.provider = '{FROZEN}'"),
        reads=(COVERAGE, INSTRUMENTS, SESSIONS),
    ),
    Rule(
        "session_missing_at_provider",
        "warning",
        "A provider has a bar for every session it was asked for after its end.",
        "Refresh again, the session is asked for again; mart_market_gap says whether another provider has it.",
        violations=_missing(f"c.provider <> '{FROZEN}'"),
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
        f"No close of a provider moves by more than {MOVE_LIMIT:.0%} from the one before, splits undone.",
        f"Look for a split, a change of unit or news of the day; a real move stays as it is. {EXCLUDE}",
        violations=(
            STEPS + " SELECT instrument, provider, session_date, previous_close, close_usd FROM judged"
            f" WHERE abs(step - 1) > {MOVE_LIMIT}"
        ),
        reads=(ACTIONS, EXCLUSIONS),
    ),
    Rule(
        "tenfold_error",
        "warning",
        "No close is ten times, or a tenth of, another provider's of the session, or of its own neighbours on both sides.",
        f"A shifted decimal point or a unit in cents looks like this. {EXCLUDE}",
        violations=(
            STEPS + " SELECT instrument, provider, session_date, close_usd, previous_close AS held_against FROM judged"
            " WHERE is_error"
            " UNION ALL SELECT a.instrument, a.provider, a.session_date, a.close_usd, b.close_usd FROM bars AS a"
            " JOIN bars AS b ON b.instrument = a.instrument AND b.session_date = a.session_date AND b.provider < a.provider"
            " WHERE a.close_usd > 0 AND b.close_usd > 0 AND abs(greatest(a.close_usd / b.close_usd,"
            f" b.close_usd / a.close_usd) / 10 - 1) <= {TENFOLD_APART}"
        ),
        reads=(ACTIONS, EXCLUSIONS),
    ),
    Rule(
        "split_without_action",
        "warning",
        f"No close of a share or fund steps, and stays, within {SPLIT_STEP:.0%} of a whole ratio that no known split explains.",
        "Look for a split of the day: without it every earlier close is on another basis. Real news may look the same.",
        violations=(
            STEPS + " SELECT j.instrument, j.provider, j.session_date, j.previous_close, j.close_usd FROM ("
            "SELECT *, lag(is_error) OVER (PARTITION BY instrument, provider ORDER BY session_date) AS is_way_back FROM judged)"
            f" AS j JOIN {INSTRUMENTS} AS i ON i.instrument = j.instrument AND i.kind IN ('equity', 'etf')"
            " WHERE NOT j.is_error AND NOT coalesce(j.is_way_back, false)"
            f" AND round(j.times) BETWEEN 2 AND {LARGEST_SPLIT} AND abs(j.times / round(j.times) - 1) <= {SPLIT_STEP}"
        ),
        reads=(ACTIONS, EXCLUSIONS, INSTRUMENTS),
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
        "Spans of one instrument in the shipped file do not overlap.",
        "Join the two spans into one, then refresh again. Questions to providers overlap on purpose.",
        violations=(
            "SELECT a.instrument, a.provider, a.first_session_date, b.first_session_date AS other_first_session_date"
            " FROM {relation} AS a JOIN {relation} AS b ON a.instrument = b.instrument AND a.provider = b.provider"
            f" AND a.provider = '{FROZEN}'"
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

RULES = {"raw_market__bar": BAR, "raw_market__coverage": ASKED, "raw_market__action": ACTION}

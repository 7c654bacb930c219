"""Rules of splits and dividends as providers give them. What follows from the contract alone is in from_contract.py."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.feeds import provider_known

INSTRUMENTS = "raw.raw_ledger__instrument"
SESSIONS = "raw.raw_calendar__session"

ACTION_AT_PROVIDER = "Look at the action at its provider; correct the parser, then refresh again."
LARGEST_RATIO = 200
AMOUNT_TOLERANCE = 0.01
DATES_APART = 5
_NEWEST = (
    "(SELECT * FROM {relation} QUALIFY row_number() OVER"
    " (PARTITION BY instrument, ex_date, action, provider ORDER BY known_at_utc DESC) = 1)"
)
_AMOUNT = "CASE {side}.action WHEN 'split' THEN {side}.split_ratio ELSE {side}.dividend_usd END"
_AMOUNTS_APART = f"abs(({_AMOUNT.format(side='b')}) / ({_AMOUNT.format(side='a')}) - 1)"

ACTION: tuple[Rule, ...] = (
    provider_known(),
    Rule(
        "instrument_known",
        "critical",
        "Every instrument is in the universe.",
        "Add the instrument to ingestion/ledger/instrument.csv, or see why its actions were read.",
        where=f"instrument NOT IN (SELECT instrument FROM {INSTRUMENTS} WHERE instrument IS NOT NULL)",
        reads=(INSTRUMENTS,),
    ),
    Rule(
        "amount_fits_action",
        "critical",
        "A split has a ratio and no dividend, a dividend has an amount and no ratio.",
        ACTION_AT_PROVIDER,
        where=(
            "(action = 'split' AND (split_ratio IS NULL OR dividend_usd IS NOT NULL))"
            " OR (action = 'dividend' AND (dividend_usd IS NULL OR split_ratio IS NOT NULL))"
        ),
    ),
    Rule(
        "shares_and_funds_alone",
        "critical",
        "Only shares and funds split or pay dividends.",
        ACTION_AT_PROVIDER,
        violations=(
            "SELECT a.instrument, a.ex_date, a.provider, i.kind FROM {relation} AS a"
            f" JOIN {INSTRUMENTS} AS i ON i.instrument = a.instrument WHERE i.kind NOT IN ('equity', 'etf')"
        ),
        reads=(INSTRUMENTS,),
    ),
    Rule(
        "session_held",
        "warning",
        "Every ex-date is a session of the exchange.",
        f"An ex-date on a holiday is a wrong date or a wrong time zone. {ACTION_AT_PROVIDER}",
        violations=(
            "SELECT a.instrument, a.ex_date, a.action, a.provider FROM {relation} AS a"
            f" JOIN {INSTRUMENTS} AS i ON i.instrument = a.instrument"
            f" LEFT JOIN {SESSIONS} AS s ON s.exchange = i.calendar AND s.session_date = a.ex_date"
            " WHERE s.session_date IS NULL"
            f" AND a.ex_date >= (SELECT min(session_date) FROM {SESSIONS})"
        ),
        reads=(INSTRUMENTS, SESSIONS),
    ),
    Rule(
        "split_ratio_plausible",
        "warning",
        f"A split makes other than one share of one, at most {LARGEST_RATIO} of one or one of {LARGEST_RATIO}.",
        f"A ratio the wrong way round moves every earlier price. {ACTION_AT_PROVIDER}",
        where=f"split_ratio = 1 OR split_ratio > {LARGEST_RATIO} OR split_ratio < 1.0 / {LARGEST_RATIO}",
    ),
    Rule(
        "providers_agree",
        "warning",
        f"Two providers' amounts of one action are within {AMOUNT_TOLERANCE:.0%}.",
        f"The preferred provider's is used. {ACTION_AT_PROVIDER}",
        violations=(
            "SELECT a.instrument, a.ex_date, a.action, a.provider, b.provider AS other_provider,"
            f" {_AMOUNT.format(side='a')} AS amount, {_AMOUNT.format(side='b')} AS other_amount"
            f" FROM {_NEWEST} AS a JOIN {_NEWEST} AS b ON b.instrument = a.instrument AND b.ex_date = a.ex_date"
            f" AND b.action = a.action AND b.provider > a.provider WHERE {_AMOUNTS_APART} > {AMOUNT_TOLERANCE}"
        ),
    ),
    Rule(
        "ex_dates_agree",
        "warning",
        f"No two providers tell the same action under dates up to {DATES_APART} days apart.",
        f"It is taken once, under the preferred provider's date. {ACTION_AT_PROVIDER}",
        violations=(
            "SELECT a.instrument, a.action, a.ex_date, a.provider, b.ex_date AS other_date, b.provider AS other_provider"
            f" FROM {_NEWEST} AS a JOIN {_NEWEST} AS b ON b.instrument = a.instrument AND b.action = a.action"
            f" AND b.provider <> a.provider AND b.ex_date - a.ex_date BETWEEN 1 AND {DATES_APART}"
            f" WHERE {_AMOUNTS_APART} <= {AMOUNT_TOLERANCE}"
        ),
    ),
)

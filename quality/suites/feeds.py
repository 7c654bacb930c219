"""Rules of who is asked and what came of it: providers, series, the order of asking, excluded bars, requests."""

from __future__ import annotations

from quality.rules import Rule
from quality.suites.universe import LEDGER

PROVIDERS = "raw.raw_ledger__provider"
SERIES = "raw.raw_ledger__series"
FEEDS = "raw.raw_ledger__feed"
INSTRUMENTS = "raw.raw_ledger__instrument"

NETWORK = "BTC"
LONGEST_LAG_DAYS = {"daily": 10, "weekly": 14, "monthly": 92, "quarterly": 250}
ANSWERS = ("answered", "empty")
# A key beside its name, as vendors write it in addresses, headers and bodies; hidden ones and names of settings are none.
NO_SECRET = "REDACTED|HASHWATT_[A-Z_]+"
SECRET = (
    "(?i)((key|token|secret|password)[\"'']*\\s*[=:]|authorization[\"'']*\\s*[=:]\\s*[\"'']*(token|bearer|basic)?)"
    "\\s*[\"'']*[a-z0-9_-]{12,}"
)

REQUESTS = "See feed/requests in the archive for the run, then ingestion/feeds for what writes it."

_SUBJECT_UNKNOWN = (
    f"(domain = 'market' AND subject NOT IN (SELECT instrument FROM {INSTRUMENTS} WHERE instrument IS NOT NULL))"
    f" OR (domain = 'macro' AND subject NOT IN (SELECT series FROM {SERIES} WHERE series IS NOT NULL))"
    f" OR (domain = 'network' AND subject <> '{NETWORK}')"
)


def provider_known(name: str = "provider") -> Rule:
    """Every provider that column `name` of the table speaks of is in the ledger."""
    return Rule(
        f"{name}_known",
        "critical",
        "Every provider is in the ledger.",
        "Add the provider with its licence to ingestion/ledger/provider.csv.",
        where=f"{name} NOT IN (SELECT provider FROM {PROVIDERS} WHERE provider IS NOT NULL)",
        reads=(PROVIDERS,),
    )


SUBJECT_KNOWN = Rule(
    "subject_known",
    "critical",
    "Every subject is an instrument, a series, or the bitcoin network, as its domain says.",
    "Add the subject to ingestion/ledger/instrument.csv or series.csv, or correct the line that names it.",
    where=_SUBJECT_UNKNOWN,
    reads=(INSTRUMENTS, SERIES),
)

PROVIDER: tuple[Rule, ...] = (
    Rule(
        "name_unique",
        "critical",
        "No two providers share a name.",
        LEDGER,
        violations=(
            "SELECT name, list(provider ORDER BY provider) AS providers FROM {relation}"
            " GROUP BY name HAVING count(DISTINCT provider) > 1"
        ),
    ),
    Rule(
        "attribution_given",
        "critical",
        "A licence that asks to be named comes with the words.",
        f"Write the words that the licence asks for. {LEDGER}",
        where="redistribution IN ('with_attribution', 'non_commercial') AND attribution IS NULL",
    ),
)

SERIES_RULES: tuple[Rule, ...] = (
    Rule(
        "name_unique",
        "critical",
        "No two series share a name.",
        LEDGER,
        violations=(
            "SELECT name, list(series ORDER BY series) AS series FROM {relation}"
            " GROUP BY name HAVING count(DISTINCT series) > 1"
        ),
    ),
    Rule(
        "lag_plausible",
        "warning",
        "The lag is at most "
        + ", ".join(f"{days} days of a {frequency} series" for frequency, days in LONGEST_LAG_DAYS.items())
        + ".",
        f"A lag in other units makes values known too late. {LEDGER}",
        where=" OR ".join(
            f"(frequency = '{frequency}' AND publication_lag_days > {days})"
            for frequency, days in LONGEST_LAG_DAYS.items()
        ),
    ),
)

FEED: tuple[Rule, ...] = (
    provider_known(),
    SUBJECT_KNOWN,
    Rule(
        "provider_of_one_domain",
        "critical",
        "A provider is asked for one kind of data.",
        f"The providers' modules are made for one kind each. {LEDGER}",
        violations=(
            "SELECT provider, list(DISTINCT domain ORDER BY domain) AS domains FROM {relation}"
            " GROUP BY provider HAVING count(DISTINCT domain) > 1"
        ),
    ),
    Rule(
        "places_apart",
        "critical",
        "No two providers of a subject share a place in the order.",
        f"Who is preferred must not be left to chance. {LEDGER}",
        violations=(
            "SELECT domain, subject, priority, list(provider ORDER BY provider) AS providers FROM (SELECT * FROM {relation}"
            " QUALIFY row_number() OVER (PARTITION BY domain, subject, provider ORDER BY valid_from_date DESC,"
            " known_at_utc DESC) = 1) GROUP BY domain, subject, priority HAVING count(DISTINCT provider) > 1"
        ),
    ),
    Rule(
        "every_subject_asked",
        "warning",
        "Every instrument, every series and the bitcoin network has a provider.",
        "Write into ingestion/ledger/feed.csv who is asked, or take the subject out of the ledger.",
        violations=(
            f"SELECT s.domain, s.subject FROM (SELECT 'market' AS domain, instrument AS subject FROM {INSTRUMENTS}"
            f" UNION ALL SELECT 'macro', series FROM {SERIES} UNION ALL SELECT 'network', '{NETWORK}') AS s"
            " ANTI JOIN {relation} AS f ON f.domain = s.domain AND f.subject = s.subject WHERE s.subject IS NOT NULL"
        ),
        reads=(INSTRUMENTS, SERIES),
    ),
    Rule(
        "stand_in_named",
        "info",
        "Every subject has a second provider, who stands in and is compared with.",
        "Nothing to mend where the publisher is the only source; its outage is then a gap.",
        violations=(
            "SELECT domain, subject, min(provider) AS provider FROM {relation}"
            " GROUP BY domain, subject HAVING count(DISTINCT provider) < 2"
        ),
    ),
)

BAR_EXCLUSION: tuple[Rule, ...] = (
    provider_known(),
    Rule(
        "instrument_known",
        "critical",
        "Every instrument is in the universe.",
        "Correct the line of ingestion/ledger/bar_exclusion.csv: as it stands it excludes nothing.",
        where=f"instrument NOT IN (SELECT instrument FROM {INSTRUMENTS} WHERE instrument IS NOT NULL)",
        reads=(INSTRUMENTS,),
    ),
)

REQUEST: tuple[Rule, ...] = (
    provider_known(),
    SUBJECT_KNOWN,
    Rule(
        "asked_on_asked_date",
        "critical",
        "asked_date is the UTC day of asked_at_utc.",
        REQUESTS,
        where="asked_date <> CAST(asked_at_utc AS DATE)",
    ),
    Rule(
        "known_when_asked",
        "critical",
        "No question was known before it was asked.",
        REQUESTS,
        where="known_at_utc < asked_at_utc",
    ),
    Rule("days_ordered", "critical", "No question ends before it begins.", REQUESTS, where="last_date < first_date"),
    Rule(
        "days_have_begun",
        "critical",
        "No question is about days that had not begun.",
        REQUESTS,
        where="last_date > CAST(asked_at_utc AS DATE)",
    ),
    Rule("place_from_one", "critical", "Places in the order count from 1.", REQUESTS, where="priority < 1"),
    Rule(
        "answer_kept",
        "warning",
        "A question that was answered names the archived answer.",
        f"Without its bytes the answer cannot be read again. {REQUESTS}",
        where=f"outcome IN {ANSWERS} AND answer_sha256 IS NULL",
    ),
    Rule(
        "problem_told",
        "warning",
        "A question that was not answered says why, and an answered one has no problem.",
        REQUESTS,
        where=f"(outcome IN {ANSWERS}) <> (problem IS NULL)",
    ),
    Rule(
        "skipped_asks_nobody",
        "critical",
        "A question that was skipped took no answer.",
        REQUESTS,
        where="outcome = 'skipped' AND requests > 0",
    ),
    Rule(
        "problem_without_key",
        "critical",
        "No problem holds a key or token.",
        "Change the key at the provider, remove the entry from the archive, and correct ingestion/fetch/redaction.py.",
        where=f"regexp_matches(regexp_replace(problem, '{NO_SECRET}', '', 'g'), '{SECRET}')",
    ),
    Rule(
        "subject_answered",
        "warning",
        "On the last day of asking, somebody answered about every subject.",
        "Refresh again later; until then the days are not fetched. mart_provider_health says who failed and why.",
        violations=(
            "SELECT domain, subject, count(*) AS questions, min(problem) AS problem FROM {relation}"
            " WHERE asked_date = (SELECT max(asked_date) FROM {relation} WHERE asked_date <= CAST({now} AS DATE))"
            f" GROUP BY domain, subject HAVING count(*) FILTER (outcome IN {ANSWERS}) = 0"
        ),
    ),
)

RULES = {
    "raw_ledger__provider": PROVIDER,
    "raw_ledger__series": SERIES_RULES,
    "raw_ledger__feed": FEED,
    "raw_ledger__bar_exclusion": BAR_EXCLUSION,
    "raw_feed__request": REQUEST,
}
